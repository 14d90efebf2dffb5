"""The list of receivables: tabs, filters, totals, export."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.customers import queries as customer_queries
from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import XLSX_TYPE, Cell, Sheet, write_xlsx
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.models import Receivable, ReceivableKind
from aldia.receivables.operations.charges import BY_HAND
from aldia.receivables.queries import lists, states
from aldia.receivables.queries.sight import sight_of
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.forms_collecting import PromiseManyForm
from aldia.web.forms_receivables import DueManyForm, PauseForm
from aldia.web.listing import Amount, Choice, Column, Day, Listing, Page, Pick, Search
from aldia.web.listing_filters import BadFilter, Filter
from aldia.web.statuses import STATUSES
from aldia.web.views.payments.orders import Sent, sent_of
from aldia.web.views.receivables.common import sight

TABS = (
    (lists.OPEN, gettext_lazy("Por cobrar")),
    (lists.OVERDUE, gettext_lazy("Vencidas")),
    (lists.PARTIAL, gettext_lazy("Parciales")),
    (lists.PAID, gettext_lazy("Pagadas")),
    (lists.VOIDED, gettext_lazy("Canceladas")),
    (lists.ALL, gettext_lazy("Todas")),
)
TAB_CAP = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A receivable as the list draws it."""

    receivable: Receivable
    state: str
    is_presumed: bool
    sent: Sent | None = None  # of a payment order

    @property
    def pk(self) -> UUID:
        return self.receivable.pk


@dataclass(frozen=True, slots=True)
class OfCustomer(Filter):
    """Only one customer's: an id that a link puts in the address, shown by its name to those who may see it."""

    name: str = "customer"
    visible: QuerySet[Customer] | None = None

    kind = "choice"

    def read(self, text: str) -> UUID:
        found = customer_queries.as_uuid(text)
        if found is None:
            raise BadFilter(_("no es un cliente"))
        return found

    def context(self, params: Mapping[str, str]) -> dict[str, Any]:
        found = customer_queries.as_uuid(params.get(self.name, ""))
        customer = self.visible.filter(pk=found).first() if found and self.visible is not None else None
        options = [(str(customer.pk), str(customer))] if customer else []
        return Filter.context(self, params) | {"options": options, "kind": "choice" if options else "none"}


@dataclass(frozen=True, slots=True)
class Bucket(Pick):
    """A range of the aging, by its place."""

    def read(self, text: str) -> Any:
        return int(Pick.read(self, text))


def bucket_choices() -> list[tuple[str, Any]]:
    """The ranges that the company chose."""
    ranges = states.company_ranges()
    return [(str(at), label) for at, label in enumerate(ranges.labels)]


def portfolio_choices() -> list[tuple[str, Any]]:
    rows = customer_queries.portfolios_by_name().values_list("pk", "name")
    return [(lists.NO_PORTFOLIO, _("Sin cartera")), *((str(pk), name) for pk, name in rows)]


@dataclass(frozen=True, slots=True)
class Yes(Choice):
    """Asked or not."""

    def read(self, text: str) -> Any:
        return Choice.read(self, text) == "yes"


LIST = Listing(
    key="receivables",
    columns=(
        Column("number", gettext_lazy("Folio"), sort="number", always=True),
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name"),
        Column("issued_on", gettext_lazy("Emisión"), sort="issued_on"),
        Column("due_on", gettext_lazy("Vence"), sort="due_on"),
        Column("state", gettext_lazy("Estado")),
        Column("purchase_order", gettext_lazy("Orden de compra"), shown=False),
        Column("total", gettext_lazy("Total"), sort="total", numeric=True),
        Column("balance", gettext_lazy("Saldo"), sort="balance", numeric=True),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar folio, UUID, cliente u orden de compra")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Choice("kind", gettext_lazy("Tipo"), ReceivableKind.choices),
        Bucket("bucket", gettext_lazy("Antigüedad"), bucket_choices),
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        Day("due_from", gettext_lazy("Vence desde")),
        Day("due_to", gettext_lazy("Vence hasta")),
        Amount("amount_from", gettext_lazy("Importe desde")),
        Yes(
            "paused",
            gettext_lazy("Cobranza"),
            (("yes", gettext_lazy("En pausa")), ("no", gettext_lazy("Sin pausa"))),
        ),
    ),
    sort="due_on",
)


def tab_of(request: CompanyRequest) -> str:
    """The tab that the address asks for."""
    tab = request.GET.get("tab", "")
    return tab if tab in lists.TABS else lists.OPEN


def listing(request: CompanyRequest) -> Listing:
    """The list as the tab has it: its order, and amounts of the balance or of the total."""
    tab, today = tab_of(request), clock.today(request.company)

    def narrowed(rows: QuerySet[Receivable], values: dict[str, Any]) -> QuerySet[Receivable]:
        wanted = lists.Wanted.of(values | {"tab": tab, "text": values.get("q", "")})
        return lists.filtered(rows, wanted, today)

    return replace(LIST, filters=for_person(request, LIST), apply=narrowed, sort=lists.default_sort(tab))


def for_person(request: CompanyRequest, base: Listing) -> tuple[Filter, ...]:
    """The filters of a list, where the customer's name is only for who may see that customer."""
    visible = sight(request).customers()
    return tuple(replace(each, visible=visible) if isinstance(each, OfCustomer) else each for each in base.filters)


def in_sight(request: CompanyRequest) -> QuerySet[Receivable]:
    """What the list may show; with a customer named, also of one that is off."""
    named = bool(request.GET.get("customer"))
    rows = lists.receivables(sight_of(request.membership, include_off=named))
    return rows.filter(kind__in=BY_HAND) if request.GET.get("own") == "1" else rows


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    tab, today = tab_of(request), clock.today(request.company)
    rows = in_sight(request)
    page = listing(request).page(request, rows)
    is_long = page.total_is_capped
    matching = listing(request).matching(request, rows)
    keep = {name: request.GET[name] for name in ("tab", "own") if request.GET.get(name)}
    context = {
        "page": drawn(request, page),
        "tab": tab,
        "keep": keep,
        "tabs": [] if request.htmx else tabs(request, tab),  # type: ignore[attr-defined]
        "totals": None if is_long else lists.totals(matching, request.company.currency),
        "is_own": request.GET.get("own") == "1",
        "due_form": DueManyForm(prefix="due", use_required_attribute=False),
        "pause_form": PauseForm(prefix="pause", use_required_attribute=False),
        "promise_form": PromiseManyForm(prefix="promise", use_required_attribute=False),
        "today": today,
    }
    return render(request, "receivables/list.html", context)


@require_safe
@needs(permissions.VIEW)
def totals(request: CompanyRequest) -> HttpResponse:
    """The sums of a long list, asked for after the page is there."""
    sums = lists.totals(listing(request).matching(request, in_sight(request)), request.company.currency)
    return render(request, "receivables/_totals.html", {"totals": sums, "tab": tab_of(request), "alone": True})


def drawn(request: CompanyRequest, page: Page[Any]) -> Page[Any]:
    """The page with the state of each of its rows."""
    today = clock.today(request.company)
    presumed = states.presumed_among([row.pk for row in page.rows])
    orders = [row.pk for row in page.rows if row.kind == ReceivableKind.PAYMENT_ORDER]
    sent = sent_of(orders) if orders else {}
    page.rows = [
        Row(row, states.state_of(row, today, presumed), row.pk in presumed, sent.get(row.pk)) for row in page.rows
    ]
    return page


def tabs(request: CompanyRequest, active: str) -> list[dict[str, Any]]:
    counts = lists.tab_counts(in_sight(request), clock.today(request.company), TAB_CAP)
    more = {"own": "1"} if request.GET.get("own") == "1" else {}
    if request.GET.get("customer"):
        more["customer"] = request.GET["customer"]
    return [
        {
            "label": label,
            "url": f"?{urlencode({'tab': key, **more})}",
            "active": key == active,
            "count": f"{TAB_CAP:,}+" if counts[key] >= TAB_CAP else counts[key],
        }
        for key, label in TABS
    ]


# Export


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, as a sheet."""
    today = clock.today(request.company)
    rows = listing(request).matching(request, in_sight(request)).select_related("customer__portfolio")
    columns = [
        SheetColumn(_("Folio")),
        SheetColumn(_("Tipo")),
        SheetColumn("UUID", width=38),
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Cartera")),
        SheetColumn(_("Orden de compra")),
        SheetColumn(_("Emisión"), "day", 12),
        SheetColumn(_("Vencimiento"), "day", 12),
        SheetColumn(_("Días de atraso"), "whole", 12),
        SheetColumn(_("Estado")),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Total"), "money"),
        SheetColumn(_("Saldo"), "money"),
    ]
    name = _("por-cobrar-%(day)s.xlsx") % {"day": today.isoformat()}
    return sheet_response(_("Por cobrar"), columns, _export_rows(rows, today), name)


def sheet_response(title: str, columns: list[SheetColumn], rows: Iterable[list[Cell]], name: str) -> HttpResponse:
    """A workbook to download."""
    stream = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    write_xlsx(stream, [Sheet(title, columns, rows)])
    stream.seek(0)
    return cast(HttpResponse, FileResponse(stream, as_attachment=True, filename=name, content_type=XLSX_TYPE))


def _export_rows(rows: QuerySet[Receivable], today: Any) -> Iterator[list[Cell]]:
    for start in _pages(rows):
        presumed = states.presumed_among([row.pk for row in start])
        for row in start:
            state = states.state_of(row, today, presumed)
            late = (today - row.due_on).days if row.balance and row.due_on < today else 0
            yield [
                row.number, str(row.get_kind_display()), row.key, row.customer.tax_id, row.customer.legal_name,
                str(row.customer.portfolio or ""), row.purchase_order, row.issued_on, row.due_on, late,
                str(STATUSES[state][0]), row.currency, Money(row.total, row.currency), Money(row.balance, row.currency),
            ]  # fmt: skip


def _pages(rows: QuerySet[Any], size: int = 1000) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows.iterator(chunk_size=size):
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    yield part
