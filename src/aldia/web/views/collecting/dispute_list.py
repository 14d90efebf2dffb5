"""The list of disputes: tabs, filters, export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.collections.models import Dispute, DisputeReason
from aldia.collections.queries import disputes as dispute_queries
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_collecting import ResolveForm
from aldia.web.listing import Choice, Column, Listing, Pick
from aldia.web.views.collecting.common import owners
from aldia.web.views.collecting.lists import (
    ALL,
    Tabs,
    customer_columns,
    draw,
    filters_of,
    listing_of,
    narrowed,
    sheet_name,
    tab_of,
)
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.table import sheet_response

TABS: Tabs = (
    ("open", gettext_lazy("Abiertas")),
    ("late", gettext_lazy("Sin responder")),
    ("resolved", gettext_lazy("Resueltas")),
    (ALL, gettext_lazy("Todas")),
)
NOBODY = "none"


def owner_choices() -> list[tuple[str, Any]]:
    """Nobody, and the people of the company."""
    return [(NOBODY, _("Sin responsable")), *owners()]


LIST = Listing(
    key="disputes",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="receivable__customer__legal_name", always=True),
        Column("receivable", gettext_lazy("Documento"), sort="receivable__number"),
        Column("reason", gettext_lazy("Motivo"), sort="reason"),
        Column("owner", gettext_lazy("Responsable")),
        Column("opened_on", gettext_lazy("Abierta"), sort="opened_on", shown=False),
        Column("answer_by", gettext_lazy("Responder"), sort="answer_by"),
        Column("amount", gettext_lazy("En disputa"), sort="amount", numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=filters_of(
        Choice("reason", gettext_lazy("Motivo"), DisputeReason.choices),
        Pick("owner", gettext_lazy("Responsable"), owner_choices),
        first=gettext_lazy("Abierta desde"),
        last=gettext_lazy("Hasta"),
    ),
    sort="-opened_on",
)


def asked(request: CompanyRequest) -> tuple[Listing, QuerySet[Dispute], str, dict[str, Q]]:
    tab, today = tab_of(request, TABS), clock.today(request.company)
    conditions = {
        "open": dispute_queries.OPEN, "late": dispute_queries.late(today), "resolved": dispute_queries.RESOLVED,
        ALL: Q(),
    }  # fmt: skip

    def apply(found: QuerySet[Dispute], values: dict[str, Any]) -> QuerySet[Dispute]:
        found = found.filter(conditions[tab])
        if values.get("reason"):
            found = found.filter(reason=values["reason"])
        if owner := values.get("owner"):
            found = found.filter(owner__isnull=True) if owner == NOBODY else found.filter(owner_id=owner)
        return narrowed(found, values, "receivable__customer", "opened_on")  # type: ignore[no-any-return]

    rows = sight(request).narrow(dispute_queries.disputes(), "receivable__customer")
    return listing_of(request, LIST, apply), rows, tab, conditions


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    listing, rows, tab, conditions = asked(request)
    counts = {key: rows.filter(each).count() for key, each in conditions.items() if key in ("open", "late")}
    page = listing.page(request, rows, form=ResolveForm(auto_id="many_%s"))
    return draw(request, page, tab, TABS, counts, "disputes")


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    listing, rows, *_rest = asked(request)
    columns = [
        *customer_columns(),
        SheetColumn(_("Documento")),
        SheetColumn(_("Motivo"), width=30),
        SheetColumn(_("Responsable"), width=24),
        SheetColumn(_("Abierta"), "day", 12),
        SheetColumn(_("Responder antes del"), "day", 14),
        SheetColumn(_("Resuelta"), "day", 12),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("En disputa"), "money"),
        SheetColumn(_("Saldo"), "money"),
        SheetColumn(_("Quién tenía razón"), width=22),
        SheetColumn(_("Resolución"), width=40),
    ]
    found = listing.matching(request, rows)
    return sheet_response(_("Disputas"), columns, _cells(found), sheet_name(request, _("disputas")))


def _cells(rows: QuerySet[Dispute]) -> Iterator[list[Cell]]:
    for each in rows.iterator(chunk_size=1000):
        row = each.receivable
        yield [
            row.customer.tax_id, row.customer.legal_name, row.number, str(each.get_reason_display()),
            str(each.owner or ""), each.opened_on, each.answer_by, each.resolved_on, row.currency,
            Money(each.amount, row.currency), Money(row.balance, row.currency),
            str(each.get_outcome_display() or ""), each.resolution,
        ]  # fmt: skip
