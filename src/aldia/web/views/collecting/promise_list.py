"""The list of promises: tabs by their derived state, filters, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.collections.models import Promise
from aldia.collections.queries import promises as promise_queries
from aldia.domain.money import Money
from aldia.domain.promises import PromiseState
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.forms_collecting import WithdrawForm
from aldia.web.listing import Column, Listing, Page, Pick
from aldia.web.statuses import STATUSES
from aldia.web.views.collecting.common import patience_of
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
    (PromiseState.OPEN, gettext_lazy("Abiertas")),
    (PromiseState.BROKEN, gettext_lazy("Incumplidas")),
    (PromiseState.PARTLY, gettext_lazy("En parte")),
    (PromiseState.KEPT, gettext_lazy("Cumplidas")),
    (PromiseState.WITHDRAWN, gettext_lazy("Retiradas")),
    (ALL, gettext_lazy("Todas")),
)
LIST = Listing(
    key="promises",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("due_on", gettext_lazy("Para el"), sort="due_on"),
        Column("promised_on", gettext_lazy("Prometida"), sort="promised_on", shown=False),
        Column("debts", gettext_lazy("Documentos")),
        Column("amount", gettext_lazy("Prometido"), sort="amount", numeric=True),
        Column("paid", gettext_lazy("Llegó"), numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=filters_of(
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        first=gettext_lazy("Para el, desde"),
        last=gettext_lazy("Hasta"),
    ),
    sort="-due_on",
)


def asked(request: CompanyRequest) -> tuple[Listing, QuerySet[Promise], str, dict[str, int]]:
    """The list as the tab has it. The state is derived, so the promises in sight are judged once for all tabs."""
    tab, today = tab_of(request, TABS), clock.today(request.company)
    rows = sight(request).narrow(promise_queries.promises())
    by_state = promise_queries.ids_by_state(rows, as_of=today, patience=patience_of(request.company))

    def apply(found: QuerySet[Promise], values: dict[str, Any]) -> QuerySet[Promise]:
        if tab != ALL:
            found = found.filter(pk__in=by_state[PromiseState(tab)])
        if values.get("currency"):
            found = found.filter(currency=values["currency"])
        return narrowed(found, values, "customer", "due_on")  # type: ignore[no-any-return]

    listing = listing_of(request, LIST, apply)
    if tab == PromiseState.OPEN:
        listing = replace(listing, sort="due_on")
    return listing, rows, tab, {state: len(ids) for state, ids in by_state.items()}


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    listing, rows, tab, counts = asked(request)
    page: Page[Any] = listing.page(request, rows, form=WithdrawForm(auto_id="many_%s"))
    page.rows = promise_queries.judged(
        page.rows, as_of=clock.today(request.company), patience=patience_of(request.company)
    )
    return draw(request, page, tab, TABS, counts, "promises")


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    listing, rows, *_rest = asked(request)
    columns = [
        *customer_columns(),
        SheetColumn(_("Prometida el"), "day", 12),
        SheetColumn(_("Para el"), "day", 12),
        SheetColumn(_("Documentos"), width=40),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Prometido"), "money"),
        SheetColumn(_("Llegó a tiempo"), "money"),
        SheetColumn(_("Llegó tarde"), "money"),
        SheetColumn(_("Estado")),
        SheetColumn(_("Nota"), width=40),
    ]
    found = listing.matching(request, rows)
    return sheet_response(_("Promesas"), columns, _cells(request, found), sheet_name(request, _("promesas")))


def _cells(request: CompanyRequest, rows: QuerySet[Promise]) -> Iterator[list[Cell]]:
    today, patience = clock.today(request.company), patience_of(request.company)
    for part in in_parts(rows.iterator(chunk_size=500)):
        for each in promise_queries.judged(part, as_of=today, patience=patience):
            row, verdict = each.promise, each.verdict
            numbers = ", ".join(debt.receivable.number for debt in each.debts)
            yield [
                row.customer.tax_id, row.customer.legal_name, row.promised_on, row.due_on, numbers, row.currency,
                Money(row.amount, row.currency), Money(verdict.paid, row.currency), Money(verdict.late, row.currency),
                str(STATUSES[f"promise_{each.state}"][0]), row.note,
            ]  # fmt: skip
