"""Inicio and every report of a company with 500,000 receivables over three years: server time of whole requests.

One in ten is open, 10,000 customers. Each page is asked for twice over: `first` has nothing kept and computes (Inicio
shows its frame and asks for its figures by themselves), the others are what people see from then on. `anew` is Inicio's
figures after something happened. Figures are the best of some rounds: wall and CPU, the database server's included.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from aldia.reporting.models import KeptFigures
from aldia.tenancy import audit
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope, transaction
from aldia.web import clock
from benchmarks._books import TODAY, Figures, load_years, measure

AIM_INICIO_MS, AIM_REPORT_MS = 150, 2_000
INICIO = {
    "inicio": "inicio/",
    "inicio_dollars": "inicio/?currency=USD",
    "inicio_figures": "inicio/cifras/",
    "inicio_chart": "inicio/grafica/",
    "inicio_indicators": "inicio/indicadores/",
    "inicio_outlook": "inicio/lo-que-viene/",
}
REPORTS = {
    "aging_today": "reportes/antiguedad/",
    "aging_past": "reportes/antiguedad/?as_of=2026-08-31",
    "aging_by_portfolio": "reportes/antiguedad/?by=portfolio",
    "overdue": "reportes/vencidos/",
    "rows_of_a_past_day": "reportes/detalle/?what=owed&currency=MXN&as_of=2026-10-31",
    "rows_collected": "reportes/detalle/?what=collected&currency=MXN&first=2026-10-01&last=2026-10-31",
    "indicators": "reportes/indicadores/",
    "indicators_of_a_year": "reportes/indicadores/?period=year",
    "months": "reportes/indicadores/meses/",
    "months_24": "reportes/indicadores/meses/?months=24",
    "reminders": "reportes/recordatorios/",
    "collectors": "reportes/cobradores/",
    "aging_xlsx": "reportes/antiguedad.xlsx",
}


def run(size: int = 500_000) -> dict[str, object]:
    """Milliseconds of each page."""
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    logging.getLogger("aldia.web").setLevel(logging.WARNING)
    clock.today = lambda company: TODAY
    company, seconds = load_years(size)
    figures: Figures = {"engine": connection.vendor, "receivables": size, "load_seconds": round(seconds, 1)}
    return {**figures, **measure_pages(company)}


def measure_pages(company: Company, rounds: int = 5) -> Figures:
    """Every page of a company: first with nothing kept, then as people see it."""
    figures: Figures = {}
    page = _pages(company)
    with company_scope(company.pk), transaction():
        KeptFigures.objects.all().delete()
    page("clientes/")()  # the first request of a process reads templates and addresses: no report's doing
    for name, path in {**INICIO, **REPORTS}.items():
        measure(figures, f"first_{name}", page(path), 1)
    for name, path in {**INICIO, **REPORTS}.items():
        measure(figures, name, page(path), rounds)
    figures["inicio_anew_cpu_ms"] = _anew(company, page("inicio/cifras/?fresh=1"))
    inicio = max(float(str(figures[f"{name}_cpu_ms"])) for name in INICIO)
    reports = max(float(str(figures[f"first_{name}_cpu_ms"])) for name in REPORTS)
    figures.update(inicio_slowest_cpu_ms=inicio, report_slowest_cpu_ms=reports)
    return figures


def holds(figures: dict[str, object]) -> bool:
    """Whether Inicio and the reports keep what was promised, by CPU: the wall depends on who else is at work."""
    inicio, report = figures["inicio_slowest_cpu_ms"], figures["report_slowest_cpu_ms"]
    return float(str(inicio)) <= AIM_INICIO_MS and float(str(report)) <= AIM_REPORT_MS


def _pages(company: Company) -> Callable[[str], Callable[[], Any]]:
    user = User.objects.create_user(email=f"{company.pk.hex}@example.com", password="una-clave-larga-1")
    with company_scope(company.pk), transaction():
        Membership.objects.create(company=company, user=user, role=Role.OWNER)
    client = Client()
    client.force_login(user)

    def page(path: str) -> Callable[[], Any]:
        def ask() -> Any:
            answer = client.get(f"/e/{company.slug}/{path}")
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]

        return ask

    return page


def _anew(company: Company, ask: Callable[[], Any]) -> float:
    """CPU of computing the figures again because something happened."""
    with company_scope(company.pk), transaction():
        audit.record(actor=None, verb="bench.something")
    figures: Figures = {}
    measure(figures, "anew", ask, 1)
    return float(str(figures["anew_cpu_ms"]))
