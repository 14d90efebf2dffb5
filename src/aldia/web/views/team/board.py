"""The team of a month for whoever manages it, and one's own month for everybody who collects."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.domain.calendars import month_end
from aldia.domain.money import Money, exponent
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.queries import lists
from aldia.reporting.queries.team import Results, Row, Team, by_month
from aldia.reporting.queries.team_rows import CONTACT_DAYS, KINDS, Whom
from aldia.tenancy import permissions
from aldia.tenancy.models import User
from aldia.web import charts, clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import months
from aldia.web.views.receivables.table import sheet_response
from aldia.web.views.reports_common import amounts
from aldia.web.views.team.common import month_choices, month_name, only_of, results, rows_url

MOST_SERIES = 5


@require_safe
@needs(permissions.MANAGE_TEAM)
def index(request: CompanyRequest) -> HttpResponse:
    """Everybody's month, side by side."""
    found = results(request, only_of(request))
    context = _context(request, found) | {"rows": [_row(row, found) for row in found.rows]}
    return render(request, "team/index.html", context)


@require_safe
@needs(permissions.COLLECT)
def mine(request: CompanyRequest) -> HttpResponse:
    """One's own month against one's own target."""
    found = results(request, request.membership.user_id)
    row = found.rows[0]
    return render(request, "team/mine.html", _context(request, found) | {"row": _row(row, found)})


def _context(request: CompanyRequest, found: Team) -> dict[str, Any]:
    today = clock.today(request.company)
    return {
        "found": found,
        "total": found.total,
        "goal": _goal(found.total, found, today),
        "month": month_name(found.month.first),
        "month_key": f"{found.month.first:%Y-%m}",
        "months": month_choices(today.replace(day=1), found.month.first),
        "currency": found.currency,
        "currencies": lists.currencies(request.company.currency),
        "is_past": found.month.last < today,
        "chart": _chart(request, found),
        "contact_days": CONTACT_DAYS,
    }


def _row(row: Row, found: Team) -> dict[str, Any]:
    return {
        "row": row,
        "of": row.results,
        "goal": _percent(row.results.target_permille),
        "kept": _percent(row.results.kept_permille),
        "urls": {what: rows_url(what, row.key, found) for what in KINDS},
    }


def _percent(permille: int | None) -> str:
    return "" if permille is None else f"{permille // 10} %"


def _goal(of: Results, found: Team, today: date) -> dict[str, Any] | None:
    """How far the target is, and how far it should be if every day of the month brought the same."""
    if not of.target:
        return None
    days = month_end(found.month.first).day
    passed = min(days, max(0, (today - found.month.first).days + 1))
    return {
        "percent": _percent(of.target_permille),
        "value": min(1000, of.target_permille or 0),
        "expected": of.target * passed // days,
        "is_ahead": of.collected >= of.target * passed // days,
    }


def _chart(request: CompanyRequest, found: Team) -> charts.BarChart:
    """What came into the portfolios of each in the last months: the largest by name, the others together."""
    history = by_month(month=found.month, currency=found.currency)
    names: dict[Whom, str] = {row.user.pk if row.user else None: _name(row.user) for row in found.rows}
    sums = {whom: sum(each.get(whom, 0) for _month, each in history) for whom in names}
    largest = sorted((whom for whom in names if sums[whom]), key=lambda whom: (-sums[whom], names[whom]))[:MOST_SERIES]
    others = [whom for whom in names if whom not in largest]
    series = [charts.Series(names[whom], f"t{place}") for place, whom in enumerate(largest)]
    if any(sums[whom] for whom in others):
        series.append(charts.Series(_("Los demás"), "t9"))
    bars = []
    for first, each in history:
        values = [max(0, each.get(whom, 0)) for whom in largest]
        if len(series) > len(largest):
            values.append(max(0, sum(each.get(whom, 0) for whom in others)))
        bars.append(
            charts.Bar(months()[first.month - 1], tuple(values), f"?month={first:%Y-%m}&currency={found.currency}")
        )
    unit = 10 ** exponent(found.currency)
    text = amounts(found.currency, request)
    return charts.stacked_bars(series=series, columns=bars, text=text, axis=lambda n: charts.short_text(n, unit))


def _name(user: User | None) -> str:
    return str(user) if user else _("Sin responsable")


@require_safe
@needs(permissions.MANAGE_TEAM)
def export(request: CompanyRequest) -> HttpResponse:
    """The same table in Excel."""
    found = results(request, only_of(request))
    columns = [
        SheetColumn(_("Persona"), width=30), SheetColumn(_("Mes"), width=10), SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Clientes"), "whole", 10), SheetColumn(_("Por cobrar"), "money"),
        SheetColumn(_("Vencido"), "money"), SheetColumn(_("Cobrado en su cartera"), "money"),
        SheetColumn(_("Meta"), "money"), SheetColumn(_("Cobrado tras su contacto"), "money"),
        SheetColumn(_("Actividades"), "whole", 12), SheetColumn(_("Con respuesta"), "whole", 12),
        SheetColumn(_("Promesas"), "whole", 10), SheetColumn(_("Prometido"), "money"),
        SheetColumn(_("Cumplidas"), "whole", 10), SheetColumn(_("Incumplidas"), "whole", 12),
        SheetColumn(_("Abiertas"), "whole", 10), SheetColumn(_("En su lista"), "whole", 10),
        SheetColumn(_("Trabajados ese día"), "whole", 12),
    ]  # fmt: skip
    rows = [_cells(_name(row.user), row.results, found) for row in found.rows]
    rows.append(_cells(_("Todo el equipo"), found.total, found))
    name = _("equipo-%(month)s.xlsx") % {"month": f"{found.month.first:%Y-%m}"}
    return sheet_response(_("Equipo"), columns, rows, name)


def _cells(name: str, of: Results, found: Team) -> list[Cell]:
    def money(minor: int) -> Money:
        return Money(minor, found.currency)

    return [
        name, f"{found.month.first:%Y-%m}", found.currency, of.customers, money(of.owed), money(of.overdue),
        money(of.collected), money(of.target) if of.target else None, money(of.after_contact), of.activities,
        of.talked, of.promises, money(of.promised), of.kept, of.broken, of.promise_open, of.listed, of.worked,
    ]  # fmt: skip
