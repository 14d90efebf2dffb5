"""What every page of the shell needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from aldia.tenancy import queries
from aldia.web import clock, navigation


def shell(request: HttpRequest) -> dict[str, Any]:
    """Company, membership, today, sidebar and the companies to switch to. The last two are made only if drawn."""
    company = getattr(request, "company", None)
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {
        "company": company,
        "membership": getattr(request, "membership", None),
        "today": clock.today(company) if company else None,
        "theme": getattr(user, "theme", "auto") if known else "auto",
        "sidebar": SimpleLazyObject(lambda: navigation.sidebar(request)) if company else [],
        "my_companies": SimpleLazyObject(lambda: queries.companies_of(user=user)) if known else [],
        "LANGUAGE_CODE": get_language() or settings.LANGUAGE_CODE,
    }
