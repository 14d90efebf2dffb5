"""Indicators month by month, and what rolled from one range of age into the next: charts, tables, Excel."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from aldia.domain.book_history import Roll
from aldia.domain.indicators import shown
from aldia.receivables.queries.states import company_ranges
from aldia.reporting import sheets_history, words
from aldia.reporting.queries import figures as keepable
from aldia.reporting.queries import history
from aldia.reporting.queries.history import Month
from aldia.reporting.queries.indicators import PLACES, described
from aldia.tenancy import permissions
from aldia.web import charts
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import months as month_names
from aldia.web.views.reports_common import Asked, file_name, rows_url, xlsx
from aldia.web.views.reports_kept import asker, seen

KEYS = ("dso", "countback", "best_dso", "add", "cei", "rotation", "turnover")
LENGTHS = ("12", "24")
SHORT = {  # headings of a table that fits
    "dso": _("DSO"), "countback": _("Agotamiento"), "best_dso": _("Mejor posible"), "add": _("ADD"),
    "cei": _("CEI"), "rotation": _("Rotación"), "turnover": _("De cartera"),
}  # fmt: skip


@require_safe
@needs(permissions.VIEW)
def show(request: CompanyRequest) -> HttpResponse:
    """The months that ended before the chosen day, drawn when the page is already there."""
    asked = Asked(request)
    found, made_at = _months(request, asked)
    key, ranges = asked.choice("key", KEYS, "dso"), company_ranges()
    currency = asked.currency() or asked.home
    labels = words.range_words(ranges)
    context = {
        "currency": currency,
        "made_at": made_at,
        "again": f"{reverse('report_history')}?{_with(request, fresh='1')}",
        "keys": [
            {"label": described(each, None).label, "url": f"?{_with(request, key=each)}", "active": each == key}
            for each in KEYS
        ],
        "about": described(key, None),
        "chart": _chart(found, key, request),
        "heads": [(described(each, None).label, SHORT[each]) for each in KEYS],
        "rows": [_row(month, request, currency) for month in reversed(found)],
        "last": found[-1],
        "rolls": [_roll(found[-1], roll, labels[roll.bucket], currency) for roll in found[-1].rolls],
        "labels": labels[1:],
        "worse": [(month, [_share(roll.worse, roll) for roll in month.rolls]) for month in reversed(found)],
        "roll_heads": labels,
    }
    return render(request, "reports/_history.html", context)


@require_safe
@needs(permissions.EXPORT)
def as_xlsx(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found, _made_at = _months(request, asked)
    currency = asked.currency() or asked.home
    made = sheets_history.history_sheets(found, currency=currency, company=request.company, ranges=company_ranges())
    return xlsx(made, file_name("indicadores-por-mes", request.company.slug, found[-1].last, ending="xlsx"))


def _months(request: CompanyRequest, asked: Asked) -> tuple[list[Month], datetime | None]:
    until = min(asked.day("last", "") or asked.today, asked.today)
    currency, length = asked.currency() or asked.home, int(asked.choice("months", LENGTHS, LENGTHS[0]))
    known = seen(request, keepable.of_months(asker(asked, currency), until, length), today=asked.today)
    assert known is not None  # noqa: S101 - it waited
    return history.from_kept(known.figures), known.made_at


def _with(request: CompanyRequest, **values: str) -> str:
    query = request.GET.copy()
    query.pop("fresh", None)
    for name, value in values.items():
        query[name] = value
    return query.urlencode()


def _chart(found: list[Month], key: str, request: CompanyRequest) -> charts.LineChart:
    """A line through the months in which the indicator is defined."""
    scale = 10 ** PLACES.get(key, 1)
    points = []
    for month in found:
        value = month.values[key]
        if value is not None:
            name = month_names()[month.first.month - 1]
            label = name if month.first.month > 1 else f"{name} {month.first:%y}"
            points.append((label, int(shown(value, PLACES.get(key, 1)) * scale)))

    def text(tenths: int) -> str:
        return words.decimal(shown(Fraction(tenths, scale), PLACES.get(key, 1)), request.company)

    return charts.line_chart(points=points, text=text, axis=lambda tenths: charts.short_text(tenths, scale))


def _row(month: Month, request: CompanyRequest, currency: str) -> dict[str, Any]:
    """A month: every indicator, and the report of that month with the rows behind it."""
    query = f"first={month.first}&last={month.last}&currency={currency}"
    values = [described(key, month.values[key]) for key in KEYS]
    return {
        "label": date_format(month.first, "F Y"),
        "url": f"{reverse('report_indicators')}?{query}",
        "values": [{"about": each, "text": words.decimal(each.value, request.company)} for each in values],
    }


def _roll(month: Month, roll: Roll, label: str, currency: str) -> dict[str, Any]:
    drills = history.roll_drills(month, roll, currency, company_ranges())
    return {
        "label": label,
        "roll": roll,
        "same": sum(roll.still) - roll.worse,
        "urls": {name: rows_url(rows) for name, rows in drills.items()},
        "settled_share": _share(roll.settled, roll),
        "worse_share": _share(roll.worse, roll),
        "is_last": roll.bucket == len(roll.still) - 1,
    }


def _share(part: int, roll: Roll) -> str:
    """Of what was owed then, as "12.3 %"; a dash where nothing was."""
    return f"{shown(Fraction(100 * part, roll.then))} %" if roll.then > 0 else "—"
