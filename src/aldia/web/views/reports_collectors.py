"""Cobrado por cobrador: the money of a period by who collects, or by portfolio."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.receivables.queries import lists
from aldia.reporting import sheets_effect
from aldia.reporting.queries import collectors as queries
from aldia.reporting.queries.collectors import COLLECTOR, PORTFOLIO, Collected
from aldia.tenancy import permissions
from aldia.web import charts
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.reports_common import Asked, amounts, file_name, rows_url, xlsx
from aldia.web.views.reports_periods import PERIODS, period_name, span_of

BY = ((COLLECTOR, gettext_lazy("Por cobrador")), (PORTFOLIO, gettext_lazy("Por cartera")))


@require_safe
@needs(permissions.VIEW)
def collectors(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    first, last = span_of(asked)
    currency, by = asked.currency() or asked.home, asked.choice("by", queries.GROUPS, COLLECTOR)
    found = queries.collected_by(sight=asked.sight, currency=currency, first=first, last=last, by=by)
    kept = {"currency": currency, "by": by, **({"off": "1"} if asked.include_off else {})}
    context = {
        "asked": asked,
        "first": first,
        "last": last,
        "currency": currency,
        "currencies": lists.currencies(asked.home),
        "rows": [_row(each, request, include_off=asked.include_off) for each in found],
        "total": _total(found),
        "heading": _heading(by),
        "nobody": _nobody(by),
        "by": _tabs(BY, "by", by, {**kept, "first": str(first), "last": str(last)}),
        "periods": _tabs(PERIODS, "period", period_name(asked), kept),
        "xlsx_url": f"{reverse('report_collectors_xlsx')}?{request.GET.urlencode()}",
    }
    return render(request, "reports/collectors.html", context)


@require_safe
@needs(permissions.EXPORT)
def as_xlsx(request: CompanyRequest) -> HttpResponse:
    asked = Asked(request)
    first, last = span_of(asked)
    currency, by = asked.currency() or asked.home, asked.choice("by", queries.GROUPS, COLLECTOR)
    found = queries.collected_by(sight=asked.sight, currency=currency, first=first, last=last, by=by)
    made = sheets_effect.collector_sheets(
        found,
        company=request.company,
        currency=currency,
        first=first,
        last=last,
        heading=_heading(by),
        nobody=_nobody(by),
    )
    return xlsx(made, file_name("cobrado-por-cobrador", first, last, ending="xlsx"))


def _row(each: Collected, request: CompanyRequest, *, include_off: bool) -> dict[str, Any]:
    series = [
        charts.Series(_("De documentos al corriente"), "c0"),
        charts.Series(_("De documentos vencidos"), "c3"),
        charts.Series(_("Sin aplicar"), "c5"),
    ]
    values = [max(0, minor) for minor in (each.on_time, each.late, each.free)]
    text = amounts(each.drill.currency, request)
    return {
        "row": each,
        "url": rows_url(each.drill, include_off=include_off),
        "shares": charts.share_bar(series=series, values=values, text=text),
    }


def _total(found: list[Collected]) -> dict[str, int]:
    names = ("amount", "payments", "on_time", "late", "free")
    return {name: sum(getattr(each, name) for each in found) for name in names}


def _heading(by: str) -> str:
    return _("Cartera") if by == PORTFOLIO else _("Cobrador")


def _nobody(by: str) -> str:
    return _("Sin cartera") if by == PORTFOLIO else _("Sin cobrador")


def _tabs(choices: Any, name: str, active: str, params: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": f"?{urlencode({**params, name: value})}", "active": value == active}
        for value, label in choices
    ]
