"""What the pages of the team read from their address: a month, a currency, and whose results one may see."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from aldia.customers.queries import as_uuid
from aldia.domain.calendars import add_months
from aldia.receivables.queries import lists
from aldia.reporting.queries.team import Team, team
from aldia.reporting.queries.team_rows import NOBODY, Month, Whom
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.formatting import months
from aldia.web.views.collecting.common import patience_of

SHOWN_MONTHS = 13


def month_name(first: date) -> str:
    """ "oct 2026"."""
    return f"{months()[first.month - 1]} {first.year}"


def month_asked(request: CompanyRequest, *, latest: date) -> date:
    """The first day of the month that the address names; the current one for what is no month, or one too late."""
    text = str(request.GET.get("month") or request.POST.get("month") or "")
    current = clock.today(request.company).replace(day=1)
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        return current
    first = date(int(text[:4]), int(text[5:]), 1)
    return first if first <= latest else current


def month_choices(latest: date, chosen: date) -> list[tuple[str, str]]:
    """Pairs for a select, the latest first; the chosen one too, however old."""
    firsts = [add_months(latest, -back) for back in range(SHOWN_MONTHS)]
    firsts += [] if chosen in firsts else [chosen]
    return [(f"{first:%Y-%m}", month_name(first)) for first in firsts]


def currency_asked(request: CompanyRequest) -> str:
    """The currency that the address names, the company's where it names none of its own."""
    home = request.company.currency
    text = str(request.GET.get("currency") or request.POST.get("currency") or "")
    return text if text in lists.currencies(home) else home


def only_of(request: CompanyRequest) -> Whom:
    """Whose results alone a member sees: the own, unless it manages the team and sees everybody's customers."""
    member = request.membership
    sees_all = allows(member, permissions.MANAGE_TEAM) and not member.own_portfolio_only
    return None if sees_all else member.user_id


def whom_asked(request: CompanyRequest) -> Whom:
    """The person that the address names (None: nobody's); 404 for what one may not see."""
    text, only = request.GET.get("who", ""), only_of(request)
    whom: UUID | None = as_uuid(text)
    if whom is None and text != NOBODY:
        raise Http404
    if only is not None and whom != only:
        raise Http404
    return whom


def results(request: CompanyRequest, only: Whom) -> Team:
    """The results of the month that the address names."""
    today = clock.today(request.company)
    month = Month.of(month_asked(request, latest=today.replace(day=1)), today)
    patience = patience_of(request.company)
    return team(month=month, currency=currency_asked(request), today=today, patience=patience, only=only)


def rows_url(what: str, key: str, found: Team) -> str:
    """The address of the rows behind a figure of a person."""
    asked: dict[str, Any] = {
        "what": what, "who": key, "month": f"{found.month.first:%Y-%m}", "currency": found.currency
    }  # fmt: skip
    return f"{reverse('team_rows')}?{urlencode(asked)}"
