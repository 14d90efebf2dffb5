"""Indicadores: how well the company collects, each figure with its formula and the rows that went in."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain.calendars import add_months, month_end
from aldia.receivables.queries import lists
from aldia.reporting import sheets
from aldia.reporting.queries.indicators import Indicators, indicators_of
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.reports_common import Asked, file_name, indicator, rows_url, xlsx

PERIODS = (
    ("month", gettext_lazy("Este mes")),
    ("last_month", gettext_lazy("Mes pasado")),
    ("quarter", gettext_lazy("Últimos 3 meses")),
    ("year", gettext_lazy("Últimos 12 meses")),
)


@require_safe
@needs(permissions.VIEW)
def indicators(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    found = _indicators(asked)
    context = {
        "found": found,
        "asked": asked,
        "values": [indicator(each, request) for each in found.values],
        "parts": [(part, rows_url(part.drill, include_off=asked.include_off)) for part in found.parts.values()],
        "periods": [
            {"label": label, "url": f"?period={name}&currency={found.currency}", "active": name == _period(asked)}
            for name, label in PERIODS
        ],
        "period": _period(asked),
        "currencies": lists.currencies(asked.home),
        "query": request.GET.urlencode(),
    }
    return render(request, "reports/indicators.html", context)


@require_safe
@needs(permissions.EXPORT)
def indicators_xlsx(request: CompanyRequest) -> HttpResponse:
    found = _indicators(Asked(request))
    name = file_name("indicadores", request.company.slug, found.first, found.last, ending="xlsx")
    return xlsx(sheets.indicator_sheets(found, company=request.company), name)


def _period(asked: Asked) -> str:
    if asked.text("first") or asked.text("last"):
        return ""
    return asked.choice("period", [name for name, _label in PERIODS], "quarter")


def _indicators(asked: Asked) -> Indicators:
    today, start = asked.today, asked.today.replace(day=1)
    before = add_months(start, -1)
    spans = {
        "month": (start, today),
        "last_month": (before, month_end(before)),
        "quarter": (add_months(today, -3) + timedelta(days=1), today),
        "year": (add_months(today, -12) + timedelta(days=1), today),
    }
    first, last = spans.get(_period(asked), spans["quarter"])
    first, last = asked.day("first", _("Desde")) or first, asked.day("last", _("Hasta")) or last
    last = min(last, today)
    if first > last:
        asked.errors.append(_("El periodo empieza después de terminar."))
        first, last = spans["quarter"]
    currency = asked.currency() or asked.home
    return indicators_of(sight=asked.sight, currency=currency, first=first, last=last, today=today)
