"""Inicio: how the company stands today, and the first steps of a new one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from aldia.collections.queries.promises import Patience
from aldia.domain.calendars import add_months
from aldia.domain.money import exponent
from aldia.receivables.queries.states import company_ranges
from aldia.reminders.settings import sending_of
from aldia.reporting.queries import dashboard as board
from aldia.reporting.queries import drill, pulse
from aldia.reporting.queries import figures as keepable
from aldia.reporting.queries import work as work_queries
from aldia.reporting.queries.drill import Drill
from aldia.tenancy import permissions
from aldia.web import charts
from aldia.web.access import CompanyRequest, needs
from aldia.web.formatting import months
from aldia.web.views.home_words import steps, work_item
from aldia.web.views.reports_common import Asked, amounts, indicator, rows_url, series_of, shares
from aldia.web.views.reports_indicators import kept_indicators
from aldia.web.views.reports_kept import asker, seen

SHOWN_INDICATORS = ("dso", "countback", "cei", "rotation")


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    """The dashboard; the first steps while nothing is collected yet. Of a big company, what is kept of it."""
    progress = board.progress()
    if progress.is_new:
        return render(request, "home/welcome.html", {"steps": steps(progress)})
    asked = Asked(request)
    currency = asked.currency() or asked.home
    return render(request, "home/index.html", _figures(request, asked, currency, waits=False))


@require_safe
@needs(permissions.VIEW)
def figures(request: CompanyRequest) -> HttpResponse:
    """The figures, what waits and who owes most, as of now: takes the place of what a big company's page showed."""
    asked = Asked(request)
    return render(request, "home/_fresh.html", _figures(request, asked, asked.currency() or asked.home, waits=True))


def _figures(request: CompanyRequest, asked: Asked, currency: str, *, waits: bool) -> dict[str, Any]:
    """What the parts of the page need; `found` is missing where nothing is kept yet."""
    known = seen(request, keepable.of_home(asker(asked, currency)), today=asked.today, waits=waits)
    context: dict[str, Any] = {"currency": currency, "made_at": known.made_at if known else None}
    if known is None:
        return context
    found = board.from_kept(known.figures["board"], currency)
    return {**context, **_drawn(request, asked, found), "work": _waiting(known.figures["work"], request)}


def _drawn(request: CompanyRequest, asked: Asked, found: board.Dashboard) -> dict[str, Any]:
    currency, text = found.currency, amounts(found.currency, request)
    return {
        "found": found,
        "tabs": _currency_tabs(found, currency),
        "links": {name: rows_url(getattr(found, name).drill) for name in _FIGURES},
        "change": _change(found),
        "month": date_format(found.today, "F"),
        "month_before": date_format(add_months(found.today.replace(day=1), -1), "F"),
        "top": [
            {
                "row": row,
                "url": rows_url(Drill(drill.OWED, currency, customer=board.customer_id(row))),
                "shares": shares(row.buckets, found.ranges, text),
            }
            for row in found.top
        ],
        "series": series_of(found.ranges),
    }


def _waiting(kept_work: list[list[Any]], request: CompanyRequest) -> list[dict[str, Any]]:
    return [work_item(each, request) for each in work_queries.from_kept(kept_work)]


_FIGURES = ("owed", "overdue", "due_7", "due_30", "collected", "collected_before", "presumed", "in_favour")


@require_safe
@needs(permissions.VIEW)
def chart(request: CompanyRequest) -> HttpResponse:
    """The aging of the last six months, drawn when the page is already there."""
    asked = Asked(request)
    currency, ranges = asked.currency() or asked.home, company_ranges()
    known = seen(request, keepable.of_chart(asker(asked, currency)), today=asked.today)
    assert known is not None  # noqa: S101 - it waited
    unit = 10 ** exponent(currency)
    bars = [
        charts.Bar(
            months()[date.fromisoformat(end).month - 1],
            tuple(max(0, minor) for minor in buckets),
            f"{reverse('report_aging')}?as_of={end}&currency={currency}",
        )
        for end, buckets in known.figures
    ]
    drawn = charts.stacked_bars(
        series=series_of(ranges),
        columns=bars,
        text=amounts(currency, request),
        axis=lambda minor: charts.short_text(minor, unit),
    )
    return render(request, "home/_chart.html", {"chart": drawn, "currency": currency, "made_at": known.made_at})


@require_safe
@needs(permissions.VIEW)
def indicators(request: CompanyRequest) -> HttpResponse:
    """DSO and its like over the last 90 days."""
    asked = Asked(request)
    currency, (first, last) = asked.currency() or asked.home, keepable.periods(asked.today)["quarter"]
    found, made_at = kept_indicators(request, asked, currency, first, last)
    context = {
        "values": [indicator(found.value(key), request) for key in SHOWN_INDICATORS],
        "currency": currency,
        "first": first,
        "made_at": made_at,
    }
    return render(request, "home/_indicators.html", context)


@require_safe
@needs(permissions.VIEW)
def outlook(request: CompanyRequest) -> HttpResponse:
    """What is expected in the next weeks, and what was promised."""
    asked = Asked(request)
    currency = asked.currency() or asked.home
    found = pulse.outlook(sight=asked.sight, currency=currency, today=asked.today)
    patience = Patience(request.company.country, sending_of(request.company).transit_days)
    context = {
        "currency": currency,
        "outlook": found,
        "bars": _weeks(found),
        "promised": pulse.promised(sight=asked.sight, currency=currency, today=asked.today, patience=patience),
        "restricted": asked.sight.collector is not None,
    }
    return render(request, "home/_outlook.html", context)


def _weeks(found: pulse.Outlook | None) -> list[dict[str, Any]]:
    """Each week with where its band and its mark are, of a hundred."""
    if found is None:
        return []
    most = max(found.most, 1)
    return [
        {
            "row": week,
            "low": 100 * week.low_80 // most,
            "width": max(1, 100 * (week.high_80 - week.low_80) // most),
            "mark": 100 * week.expected // most,
        }
        for week in found.weeks
    ]


def _currency_tabs(found: board.Dashboard, currency: str) -> list[dict[str, Any]]:
    """A tab for each currency in which something is owed; none when there is only one."""
    names = [total.currency for total in found.totals]
    if names in ([], [currency]):
        return []
    names = names if currency in names else [currency, *names]
    return [{"label": name, "url": f"?currency={name}", "active": name == currency} for name in names]


def _change(found: board.Dashboard) -> dict[str, Any] | None:
    """Collected this month against the same days of the one before, in thousandths."""
    before = found.collected_same_days.amount
    if not before:
        return None
    thousandths = 1000 * (found.collected.amount - before) // before
    return {"is_up": thousandths >= 0, "text": f"{abs(thousandths) / 10:.1f} %"}
