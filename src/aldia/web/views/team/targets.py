"""Targets of a month: one amount a person and one for the whole team, saved together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aldia.collections.operations.targets import Stale, TargetError, Wanted, Whom, save_targets
from aldia.domain.calendars import add_months
from aldia.domain.money import MoneyError, minor_text, parse_money
from aldia.receivables.queries import lists
from aldia.reporting.queries import team as team_queries
from aldia.reporting.queries.team_rows import Month
from aldia.tenancy import permissions
from aldia.tenancy.models import User
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import decimal_mark
from aldia.web.views.team.common import currency_asked, month_asked, month_choices, month_name, only_of

AHEAD = 3  # months to come that may have targets


@dataclass(slots=True)
class Line:
    """One amount of the form: as typed, the version it was drawn from, and what is wrong with it."""

    whom: Whom
    name: str
    text: str
    version: int
    before: int = 0
    error: str = ""

    @property
    def key(self) -> str:
        return str(self.whom) if self.whom else "team"


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.MANAGE_TEAM)
def edit(request: CompanyRequest) -> HttpResponse:
    """Draw the form and save it; nothing is saved while one amount is wrong."""
    today = clock.today(request.company)
    latest = add_months(today.replace(day=1), AHEAD)
    first, currency = month_asked(request, latest=latest), currency_asked(request)
    lines, error = _lines(request, first, currency), ""
    if request.method == "POST":
        wanted = {line.whom: Wanted(_read(line, request, currency), line.version) for line in lines}
        if not any(line.error for line in lines):
            try:
                save_targets(month=first, currency=currency, wanted=wanted, actor=request.user)
            except TargetError as refused:
                error = str(refused)
                lines = _lines(request, first, currency, is_fresh=isinstance(refused, Stale))
            else:
                messages.success(
                    request, _("Las metas de %(month)s quedaron guardadas.") % {"month": month_name(first)}
                )
                return redirect(f"{reverse('team')}?{urlencode({'month': f'{first:%Y-%m}', 'currency': currency})}")
    context: dict[str, Any] = {
        "lines": lines,
        "error": error,
        "month": month_name(first),
        "month_key": f"{first:%Y-%m}",
        "months": month_choices(latest, first),
        "currency": currency,
        "currencies": lists.currencies(request.company.currency),
        "before": month_name(add_months(first, -1)),
    }
    is_wrong = bool(error) or any(line.error for line in lines)
    return render(request, "team/targets.html", context, status=422 if is_wrong else 200)


def _lines(request: CompanyRequest, first: Any, currency: str, *, is_fresh: bool = False) -> list[Line]:
    """Everybody who collects, and whoever has a target; what was typed wins over what is kept, unless it is stale."""
    kept = team_queries.targets(month=first, currency=currency)
    people: dict[Whom, str] = {user.pk: str(user) for user in team_queries.people()}
    missing = [whom for whom in kept if whom is not None and whom not in people]
    people |= {user.pk: str(user) for user in User.objects.filter(pk__in=missing)}
    only = only_of(request)
    whom_of: list[tuple[Whom, str]] = [(whom, name) for whom, name in people.items() if only in (None, whom)]
    whom_of += [(None, _("Todo el equipo"))] if only is None else []
    before = _collected_before(request, first, currency)
    found = []
    for whom, name in whom_of:
        row = kept.get(whom)
        text = minor_text(row.amount, currency).replace(".", decimal_mark(request.company)) if row else ""
        line = Line(whom, name, text, row.version if row else 0, before.get(whom, 0))
        if request.method == "POST" and not is_fresh:
            line.text = request.POST.get(f"amount-{line.key}", "")[:60]
            version = request.POST.get(f"version-{line.key}", "0")
            line.version = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
        found.append(line)
    return found


def _collected_before(request: CompanyRequest, first: Any, currency: str) -> dict[Whom, int]:
    """What came in the month before, beside each amount: a target is set against something."""
    month = Month.of(add_months(first, -1), clock.today(request.company))
    sums = team_queries.by_month(month=month, currency=currency, months=1)[0][1]
    return {**sums, None: sum(sums.values())}


def _read(line: Line, request: CompanyRequest, currency: str) -> int | None:
    if not line.text.strip():
        return None
    try:
        return parse_money(line.text, currency, decimal=decimal_mark(request.company)).minor
    except MoneyError as error:
        line.error = str(error)
        return None
