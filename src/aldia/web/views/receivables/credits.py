"""The list of payments and credits: tabs, filters, totals, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.models import Credit, CreditKind
from aldia.receivables.queries import credits as queries
from aldia.receivables.queries.sight import sight_of
from aldia.receivables.queries.states import credit_state
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.forms_receivables import METHODS
from aldia.web.listing import Amount, Choice, Column, Day, Listing, Page, Pick, Search
from aldia.web.statuses import STATUSES
from aldia.web.views.receivables.table import OfCustomer, for_person, portfolio_choices, sheet_response

PRESUMED = "presumed"
TABS = (
    ("", gettext_lazy("Todos")),
    (queries.IN_FAVOUR, gettext_lazy("A favor")),
    (queries.REVIEW, gettext_lazy("Por revisar")),
    (queries.APPLIED, gettext_lazy("Aplicados")),
    (PRESUMED, gettext_lazy("Presuntos")),
    (queries.REVERSED, gettext_lazy("Deshechos")),
)
TAB_CAP = 1000
SOURCES = (
    ("document", gettext_lazy("De un documento fiscal")),
    ("person", gettext_lazy("Registrado por una persona")),
    ("bank", gettext_lazy("Del banco")),
    ("opening", gettext_lazy("Saldo inicial")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A credit as the list draws it."""

    credit: Credit
    state: str

    @property
    def pk(self) -> UUID:
        return self.credit.pk

    @property
    def free(self) -> int:
        return self.credit.remaining - self.credit.held


LIST = Listing(
    key="credits",
    columns=(
        Column("received_on", gettext_lazy("Fecha"), sort="received_on", always=True),
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name"),
        Column("kind", gettext_lazy("Tipo"), sort="kind"),
        Column("reference", gettext_lazy("Referencia"), sort="reference"),
        Column("state", gettext_lazy("Estado")),
        Column("amount", gettext_lazy("Importe"), sort="amount", numeric=True),
        Column("remaining", gettext_lazy("Sin aplicar"), sort="remaining", numeric=True),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar referencia, UUID o cliente")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Choice("kind", gettext_lazy("Tipo"), CreditKind.choices),
        Choice("source", gettext_lazy("Origen"), SOURCES),
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        Day("received_from", gettext_lazy("Desde")),
        Day("received_to", gettext_lazy("Hasta")),
        Amount("amount_from", gettext_lazy("Importe desde")),
    ),
    sort="-received_on",
)


def tab_of(request: CompanyRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in {key for key, _label in TABS} else ""


def listing(request: CompanyRequest) -> Listing:
    """The list as the tab narrows it."""
    tab = tab_of(request)

    def narrowed(rows: QuerySet[Credit], values: dict[str, Any]) -> QuerySet[Credit]:
        asked = values | {"text": values.get("q", ""), "state": "" if tab == PRESUMED else tab}
        if tab == PRESUMED:
            asked["kind"] = CreditKind.PRESUMED
        return queries.filtered(rows, queries.WantedCredits.of(asked))

    return replace(LIST, filters=for_person(request, LIST), apply=narrowed)


def in_sight(request: CompanyRequest) -> QuerySet[Credit]:
    """Of customers that are on; of one that is off where it is named."""
    named = bool(request.GET.get("customer"))
    return queries.credits(sight_of(request.membership, include_off=named))


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    rows, tab = in_sight(request), tab_of(request)
    page: Page[Any] = listing(request).page(request, rows)
    is_long = page.total_is_capped
    matching = listing(request).matching(request, rows)
    page.rows = [Row(each, credit_state(each)) for each in page.rows]
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab} if tab else {},
        "tabs": [] if request.htmx else _tabs(request, tab),  # type: ignore[attr-defined]
        "totals": [] if is_long else queries.totals(matching, request.company.currency),
    }
    return render(request, "receivables/credits.html", context)


def _tabs(request: CompanyRequest, active: str) -> list[dict[str, Any]]:
    rows = in_sight(request).select_related(None).order_by()
    found = []
    for key, label in TABS:
        counted = queries.filtered(rows, _of_tab(key))[:TAB_CAP].count()
        count = f"{TAB_CAP:,}+" if counted >= TAB_CAP else counted
        found.append({"label": label, "url": f"?state={key}" if key else "?", "active": key == active, "count": count})
    return found


def _of_tab(key: str) -> queries.WantedCredits:
    if key == PRESUMED:
        return queries.WantedCredits(kind=CreditKind.PRESUMED)
    return queries.WantedCredits(state=key)


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, as a sheet."""
    rows = listing(request).matching(request, in_sight(request)).select_related("customer", "document")
    columns = [
        SheetColumn(_("Fecha"), "day", 12),
        SheetColumn(_("Tipo")),
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Referencia"), width=24),
        SheetColumn("UUID", width=38),
        SheetColumn(_("Forma de pago")),
        SheetColumn(_("Estado")),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Importe"), "money"),
        SheetColumn(_("Sin aplicar"), "money"),
    ]
    name = _("pagos-y-creditos-%(day)s.xlsx") % {"day": clock.today(request.company).isoformat()}
    return sheet_response(_("Pagos y créditos"), columns, _export_rows(rows), name)


def _export_rows(rows: QuerySet[Credit]) -> Iterator[list[Cell]]:
    methods = {key: str(label) for key, label in METHODS if key}
    for row in rows.iterator(chunk_size=1000):
        yield [
            row.received_on, str(row.get_kind_display()), row.customer.tax_id, row.customer.legal_name, row.reference,
            row.document.key if row.document else "", methods.get(row.method, row.method),
            str(STATUSES[credit_state(row)][0]), row.currency, Money(row.amount, row.currency),
            Money(row.remaining, row.currency),
        ]  # fmt: skip
