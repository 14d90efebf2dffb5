"""The forecast of each open invoice: a list with filters, its sheet, and the card on a receivable's page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain.money import Money
from aldia.forecasts import words
from aldia.forecasts.models import Confidence, InvoiceForecast
from aldia.forecasts.queries import current
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Choice, Column, Day, Listing
from aldia.web.views.collecting.lists import customer_columns, filters_of, listing_of, narrowed, sheet_name
from aldia.web.views.forecast.common import about_run, expected_words, invoices_of
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.table import sheet_response

NO_DATE = date(9999, 12, 31)
LIST = Listing(
    key="forecast-invoices",
    columns=(
        Column("number", gettext_lazy("Folio"), sort="receivable__number", always=True),
        Column("customer", gettext_lazy("Cliente"), sort="receivable__customer__legal_name"),
        Column("due_on", gettext_lazy("Vence"), sort="receivable__due_on"),
        Column("expected", gettext_lazy("Se espera"), sort="expected"),
        Column("band", gettext_lazy("8 de cada 10 veces")),
        Column("late", gettext_lazy("Tarde"), sort="late_permille", numeric=True),
        Column("unpaid", gettext_lazy("Sin pagar en 14 días"), sort="unpaid_permille", numeric=True),
        Column("confidence", gettext_lazy("Cuánto se sabe"), sort="known_payments", shown=False),
        Column("balance", gettext_lazy("Saldo"), sort="receivable__balance", numeric=True),
    ),
    filters=filters_of(
        Choice("confidence", gettext_lazy("Cuánto se sabe"), tuple(words.CONFIDENCE.items())),
        Day("due_to", gettext_lazy("Vence hasta")),
        first=gettext_lazy("Se espera desde"),
        last=gettext_lazy("Se espera hasta"),
    ),
    sort="expected",
)


def _apply(rows: QuerySet[InvoiceForecast], values: dict[str, Any]) -> QuerySet[InvoiceForecast]:
    rows = narrowed(rows, values, "receivable__customer", "expected_on")
    if values.get("confidence"):
        rows = rows.filter(confidence=values["confidence"])
    return rows.filter(receivable__due_on__lte=values["due_to"]) if values.get("due_to") else rows


def _rows(request: CompanyRequest) -> QuerySet[InvoiceForecast]:
    run = current.latest_run()
    rows = invoices_of(run, sight(request)) if run else InvoiceForecast.objects.none()
    rows = rows.select_related("receivable__customer")
    return rows.annotate(expected=Coalesce(F("expected_on"), Value(NO_DATE)))


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    run = current.latest_run()
    page = listing_of(request, LIST, _apply).page(request, _rows(request))
    page.rows = [said(row) for row in page.rows]  # type: ignore[misc]
    about = about_run(run, clock.today(request.company)) if run else None
    return render(request, "forecast/invoices.html", {"page": page, "about": about})


def said(row: InvoiceForecast) -> dict[str, Any]:
    """One forecast as a row of the list or a card draws it."""
    return {
        "pk": row.pk,
        "forecast": row,
        "receivable": row.receivable,
        "none": expected_words(row),
        "late": percent(row.late_permille),
        "unpaid": percent(row.unpaid_permille),
        "confidence": words.CONFIDENCE[Confidence(row.confidence)],
    }


def percent(permille: int) -> str:
    """ "34 %", "< 1 %", "> 99 %": no more exact than a forecast is."""
    if 0 < permille < 10:
        return "< 1 %"
    return "> 99 %" if 990 < permille < 1000 else f"{(permille + 5) // 10} %"


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    rows = listing_of(request, LIST, _apply).matching(request, _rows(request))
    columns = [
        SheetColumn(_("Folio")),
        *customer_columns(),
        SheetColumn(_("Vence"), "day", 12),
        SheetColumn(_("Se espera"), "day", 12),
        SheetColumn(_("No antes de"), "day", 12),
        SheetColumn(_("No después de"), "day", 14),
        SheetColumn(_("Probabilidad de que llegue tarde"), width=16),
        SheetColumn(_("De que siga sin pagar en 14 días"), width=16),
        SheetColumn(_("Cuánto se sabe"), width=36),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Saldo"), "money"),
    ]
    return sheet_response(_("Pronóstico"), columns, _cells(rows), sheet_name(request, _("pronostico")))


def _cells(rows: QuerySet[InvoiceForecast]) -> Iterator[list[Cell]]:
    for row in rows.iterator(chunk_size=2_000):
        debt = row.receivable
        yield [
            debt.number,
            debt.customer.tax_id,
            str(debt.customer),
            debt.due_on,
            row.expected_on,
            row.low_on if row.expected_on else None,
            row.high_on,
            percent(row.late_permille),
            percent(row.unpaid_permille),
            str(words.CONFIDENCE[Confidence(row.confidence)]),
            debt.currency,
            Money(debt.balance, debt.currency),
        ]


def of_receivable(row: Receivable) -> dict[str, Any] | None:
    """The card on a receivable's page (`forecast/_card.html`): when, how sure, and why. None where nothing is said."""
    if not row.balance or row.voided_on:
        return None
    forecast = current.of_receivables([row.pk]).get(row.pk)
    if forecast is None:
        return None
    forecast.receivable = row
    chances = zip(words.BUCKETS, forecast.buckets, strict=True)
    reasons = [{"text": words.reason(each), "days": int(each.get("days", 0))} for each in forecast.reasons]
    return {
        **said(forecast),
        "chances": [(label, share, percent(share)) for label, share in chances],
        "reasons": [{**each, "shown": f"{each['days']:+d}".replace("-", "−")} for each in reasons],
    }
