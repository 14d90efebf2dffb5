"""Pronóstico: when money comes, by week with its margin, who brings it, and the invoices that a week is made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Min, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.customers.models import Customer
from aldia.forecasts.models import CashForecast, InvoiceForecast, ModelRun
from aldia.forecasts.queries import current, parts
from aldia.forecasts.stretches import HALF_MONTH, MONTH, WEEK
from aldia.jobs.forecasting import forecast_now
from aldia.receivables.models import Receivable
from aldia.receivables.queries.sight import in_portfolio
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.charts_bands import Span, band_chart
from aldia.web.views.forecast.common import HORIZONS, about_run, day_words, invoices_of, stretch_words
from aldia.web.views.reports_common import Asked, amounts

SHOWN = {WEEK: 13, HALF_MONTH: 8, MONTH: 6}
TOP = 10
MOST_ROWS = 200
AHEAD = 28  # days


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    run = current.latest_run()
    asked = Asked(request)
    if run is None:
        return render(request, "forecast/none.html", {"has_debts": Receivable.objects.exists()})
    currencies = sorted(current.cash_currencies(run), key=lambda code: (code != asked.home, code))
    currency = asked.choice("currency", currencies, currencies[0] if currencies else asked.home)
    horizon = asked.choice("by", [each for each, _label, _one in HORIZONS], WEEK)
    portfolio = asked.portfolio()
    keep = {name: value for name, value in (("currency", currency), ("portfolio", portfolio)) if value}
    rows = in_portfolio(invoices_of(run, asked.sight), portfolio, "receivable__customer__portfolio")
    context = {
        "about": about_run(run, asked.today),
        "currency": currency,
        "currencies": currencies,
        "horizon": horizon,
        "first_column": next(one for each, _label, one in HORIZONS if each == horizon),
        "tabs": [
            {"label": label, "url": f"?{urlencode({**keep, 'by': each})}", "active": each == horizon}
            for each, label, _one in HORIZONS
        ],
        "portfolios": asked.portfolios(),
        "portfolio": portfolio,
        "is_part": bool(portfolio) or asked.sight.collector is not None,
        "customers": _customers(rows.filter(currency=currency), run, currency),
        "until": run.as_of + timedelta(days=AHEAD - 1),
        **_money(request, run, rows, currency, horizon, asked),
    }
    return render(request, "forecast/index.html", context)


def _money(
    request: CompanyRequest, run: ModelRun, rows: QuerySet[InvoiceForecast], currency: str, horizon: str, asked: Asked
) -> dict[str, Any]:
    """Chart, table and the four figures; of a part of the book they are simulated now."""
    is_part = bool(asked.portfolio()) or asked.sight.collector is not None

    def read(which: str) -> list[CashForecast]:
        return parts.cash_of(run, rows, currency, which) if is_part else current.cash(run, currency, which)

    try:
        weeks, months = read(WEEK), read(MONTH)
        found = {WEEK: weeks, MONTH: months}.get(horizon) or read(horizon)
    except parts.TooMany:
        return {"too_many": True}
    spans = [_span(row, currency, asked.portfolio()) for row in found[: SHOWN[horizon]]]
    return {
        "chart": band_chart(spans=spans, text=amounts(currency, request)) if spans else None,
        "rows": list(zip(found[: SHOWN[horizon]], spans, strict=True)),
        "figures": [
            (label, rows_[place], _url(rows_[place], currency, asked.portfolio()))
            for label, rows_, place in (
                (_("Esta semana"), weeks, 0),
                (_("La semana que viene"), weeks, 1),
                (_("Lo que falta del mes"), months, 0),
                (_("El mes que viene"), months, 1),
            )
            if len(rows_) > place
        ],
    }


def _span(row: CashForecast, currency: str, portfolio: str) -> Span:
    label = stretch_words(row.horizon, row.first, row.last)
    short = label if row.horizon == MONTH else day_words(row.first)
    return Span(label, row.expected, row.low_80, row.high_80, url=_url(row, currency, portfolio), short=short)


def _url(row: CashForecast, currency: str, portfolio: str) -> str:
    asked = {"first": row.first.isoformat(), "last": row.last.isoformat(), "currency": currency, "portfolio": portfolio}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('forecast_stretch')}?{query}"


def _customers(rows: QuerySet[InvoiceForecast], run: ModelRun, currency: str) -> list[dict[str, Any]]:
    """Whose invoices are expected within four weeks, the most money first."""
    near = rows.filter(expected_on__lt=run.as_of + timedelta(days=AHEAD)).order_by()
    sums = near.values("receivable__customer_id").annotate(
        amount=Sum("receivable__balance"), count=Count("pk"), soonest=Min("expected_on")
    )
    found = list(sums.order_by("-amount", "receivable__customer_id")[:TOP])
    names = Customer.objects.in_bulk([each["receivable__customer_id"] for each in found])
    scores = current.risk_of(list(names))
    return [
        {
            "customer": names[each["receivable__customer_id"]],
            "risk": scores.get(each["receivable__customer_id"]),
            **each,
        }
        for each in found
    ]


@require_safe
@needs(permissions.VIEW)
def stretch(request: CompanyRequest) -> HttpResponse:
    """The invoices that the money of a stretch of days is made of: each one's chance times its balance."""
    run, asked = current.latest_run(), Asked(request)
    first, last = asked.day("first", _("Desde")), asked.day("last", _("Hasta"))
    if run is None or first is None or last is None or first > last:
        raise Http404
    currency = asked.currency() or asked.home
    rows = in_portfolio(invoices_of(run, asked.sight), asked.portfolio(), "receivable__customer__portfolio")
    shares, total, count = parts.shares_of(run, rows.filter(currency=currency), first, last, MOST_ROWS)
    open_rows = Receivable.objects.select_related("customer").in_bulk([each.receivable_id for each in shares])
    context = {
        "about": about_run(run, asked.today),
        "first": first,
        "last": last,
        "currency": currency,
        "total": total,
        "count": count,
        "rest": total - sum(each.amount for each in shares),
        "shares": [(each, open_rows[each.receivable_id]) for each in shares],
    }
    return render(request, "forecast/stretch.html", context)


@require_POST
@needs(permissions.COLLECT)
def run_now(request: CompanyRequest) -> HttpResponse:
    """Put a forecast in the queue; the page shows it when it is done."""
    forecast_now.enqueue(str(request.user.pk))
    messages.success(request, _("Se está calculando de nuevo. En un minuto vuelve a cargar la página."))
    return redirect("forecast")
