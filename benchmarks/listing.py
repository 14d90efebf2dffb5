"""Pages of the list of receivables at 500,000 open rows: server time of the whole request, template included."""

from __future__ import annotations

import cProfile
import logging
import pstats
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from aldia.tenancy.models import Membership, Role, User
from aldia.tenancy.scope import company_scope, transaction
from benchmarks._books import Figures, load, measure

PAGES = {
    "open": "por-cobrar/",
    "overdue": "por-cobrar/?tab=overdue",
    "partial": "por-cobrar/?tab=partial",
    "paid": "por-cobrar/?tab=paid",
    "voided": "por-cobrar/?tab=voided",
    "bucket": "por-cobrar/?bucket=2",
    "dollars": "por-cobrar/?currency=USD",
    "by_customer": "por-cobrar/?sort=customer",
    "by_balance": "por-cobrar/?sort=-balance",
    "search_customer": "por-cobrar/?q=cliente+00042",
    "search_number": "por-cobrar/?q=F-123456",
    "search_part_of_number": "por-cobrar/?q=23456",
    "search_nothing": "por-cobrar/?q=zzz9",
    "payments": "pagos/",
}


def run(size: int = 500_000) -> dict[str, object]:
    """Milliseconds of each page, the best of five."""
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    logging.getLogger("aldia.web").setLevel(logging.WARNING)
    company, seconds = load(size)
    user = User.objects.create_user(email=f"{company.slug}@example.com", password="una-clave-larga-1")
    with company_scope(company.pk), transaction():
        Membership.objects.create(company=company, user=user, role=Role.OWNER)
    client = Client()
    client.force_login(user)

    def page(path: str, **headers: str) -> Callable[[], Any]:
        def ask() -> Any:
            answer = client.get(f"/e/{company.slug}/{path}", headers=headers)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            return answer

        return ask

    figures: Figures = {"engine": connection.vendor, "open_receivables": size}
    figures["load_seconds"] = round(seconds, 1)
    for name, path in PAGES.items():
        measure(figures, name, page(path))
    measure(figures, "open_by_htmx", page(PAGES["open"], **{"HX-Request": "true"}))
    second = re.search(r'rel="next" href="([^"]+)"', page(PAGES["open"])().content.decode())
    if second:
        path = second[1].replace("&amp;", "&").split(f"/e/{company.slug}/")[-1]
        measure(figures, "open_page_2", page(path))
    measure(figures, "totals", page("por-cobrar/totales/"), 2)
    figures["costs_most"] = _profile(page(PAGES["open"]))
    return figures


def _profile(act: Callable[[], Any]) -> list[str]:
    """The functions that the page spends most in."""
    profile = cProfile.Profile()
    profile.runcall(act)
    stats = pstats.Stats(profile).sort_stats("tottime").stats  # type: ignore[attr-defined]
    top = sorted(stats.items(), key=lambda item: -item[1][2])[:6]
    return [f"{where[0].rsplit('/', 1)[-1]}:{where[2]} {spent[2] * 1000:.1f} ms" for where, spent in top]
