"""Indicadores: how well the company collects, each figure with its formula and the rows that went in."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aldia.receivables.queries import lists
from aldia.reporting import sheets
from aldia.reporting.queries import figures as keepable
from aldia.reporting.queries import indicators as queries
from aldia.reporting.queries.indicators import Indicators
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.reports_common import Asked, file_name, indicator, rows_url, xlsx
from aldia.web.views.reports_kept import asker, seen
from aldia.web.views.reports_periods import PERIODS, period_name, span_of


@require_safe
@needs(permissions.VIEW)
def indicators(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found, made_at = kept_indicators(request, asked, *_period_of(asked))
    context = {
        "found": found,
        "made_at": made_at,
        "asked": asked,
        "values": [indicator(each, request) for each in found.values],
        "parts": [(part, rows_url(part.drill, include_off=asked.include_off)) for part in found.parts.values()],
        "periods": [
            {"label": label, "url": f"?period={name}&currency={found.currency}", "active": name == period_name(asked)}
            for name, label in PERIODS
        ],
        "period": period_name(asked),
        "currencies": lists.currencies(asked.home),
        "query": request.GET.urlencode(),
    }
    return render(request, "reports/indicators.html", context)


@require_safe
@needs(permissions.EXPORT)
def indicators_xlsx(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found, _made_at = kept_indicators(request, asked, *_period_of(asked))
    name = file_name("indicadores", request.company.slug, found.first, found.last, ending="xlsx")
    return xlsx(sheets.indicator_sheets(found, company=request.company), name)


def _period_of(asked: Asked) -> tuple[str, date, date]:
    """Currency, first and last day that were asked for."""
    return (asked.currency() or asked.home, *span_of(asked))


def kept_indicators(
    request: CompanyRequest, asked: Asked, currency: str, first: date, last: date
) -> tuple[Indicators, datetime | None]:
    """The indicators of a period; of a big company, those kept with the time that they are of."""
    known = seen(request, keepable.of_indicators(asker(asked, currency), first, last), today=asked.today)
    assert known is not None  # noqa: S101 - it waited
    return queries.from_kept(known.figures, currency, first, last), known.made_at
