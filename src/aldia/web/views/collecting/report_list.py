"""The list of payments that customers report: tabs, filters, export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.payments.models import ReportedPayment, ReportState
from aldia.payments.queries import reports as report_queries
from aldia.receivables.methods import method_name
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.listing import Column, Listing, Pick
from aldia.web.statuses import STATUSES
from aldia.web.views.collecting.lists import (
    ALL,
    Tabs,
    customer_columns,
    draw,
    filters_of,
    in_parts,
    listing_of,
    narrowed,
    sheet_name,
    tab_of,
)
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.table import sheet_response

TABS: Tabs = (
    (ReportState.WAITING, gettext_lazy("Por revisar")),
    (ReportState.ACCEPTED, gettext_lazy("Aceptados")),
    (ReportState.REJECTED, gettext_lazy("Rechazados")),
    (ALL, gettext_lazy("Todos")),
)
LIST = Listing(
    key="reports",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("paid_on", gettext_lazy("Dice que pagó"), sort="paid_on"),
        Column("debts", gettext_lazy("Documentos")),
        Column("reference", gettext_lazy("Referencia"), sort="reference"),
        Column("amount", gettext_lazy("Importe"), sort="amount", numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=filters_of(
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        first=gettext_lazy("Pagado desde"),
        last=gettext_lazy("Hasta"),
    ),
    sort="-paid_on",
)


def _asked(request: CompanyRequest) -> tuple[Listing, QuerySet[ReportedPayment], str]:
    tab = tab_of(request, TABS)

    def apply(found: QuerySet[ReportedPayment], values: dict[str, Any]) -> QuerySet[ReportedPayment]:
        if tab != ALL:
            found = found.filter(state=tab)
        if values.get("currency"):
            found = found.filter(currency=values["currency"])
        return narrowed(found, values, "customer", "paid_on")  # type: ignore[no-any-return]

    return listing_of(request, LIST, apply), sight(request).narrow(report_queries.reports()), tab


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    listing, rows, tab = _asked(request)
    page = listing.page(request, rows)
    page.extra["debts"] = report_queries.numbers_of([row.pk for row in page.rows])
    counts = {str(ReportState.WAITING): rows.filter(report_queries.WAITING).count()}
    return draw(request, page, tab, TABS, counts, "reports")


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    listing, rows, *_rest = _asked(request)
    columns = [
        *customer_columns(),
        SheetColumn(_("Dice que pagó"), "day", 14),
        SheetColumn(_("Avisó"), "day", 12),
        SheetColumn(_("Documentos"), width=40),
        SheetColumn(_("Forma de pago")),
        SheetColumn(_("Referencia"), width=24),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Importe"), "money"),
        SheetColumn(_("Estado")),
        SheetColumn(_("Motivo del rechazo"), width=40),
    ]
    found = listing.matching(request, rows)
    return sheet_response(_("Avisos de pago"), columns, _cells(found), sheet_name(request, _("avisos-de-pago")))


def _cells(rows: QuerySet[ReportedPayment]) -> Iterator[list[Cell]]:
    for part in in_parts(rows.iterator(chunk_size=500)):
        debts: dict[UUID, Any] = report_queries.numbers_of([row.pk for row in part])
        for row in part:
            numbers = ", ".join(debt.receivable.number for debt in debts.get(row.pk, []))
            yield [
                row.customer.tax_id, row.customer.legal_name, row.paid_on, row.reported_on, numbers,
                method_name(row.method), row.reference, row.currency, Money(row.amount, row.currency),
                str(STATUSES[f"report_{row.state}"][0]), row.reject_reason,
            ]  # fmt: skip
