"""The list of collection accounts: the CLABE or reference of each customer, its state, export, a sheet to print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.jobs.collection_accounts import is_asking
from aldia.payments.models import CollectionAccount, ProviderAccount
from aldia.receivables.queries.sight import in_portfolio
from aldia.tenancy import permissions
from aldia.tenancy.models import Company
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Column, Listing, Pick, Search
from aldia.web.payment_words import grouped_clabe
from aldia.web.statuses import STATUSES
from aldia.web.views.collecting.lists import in_parts, sheet_name
from aldia.web.views.payments.attempts_table import account_choices
from aldia.web.views.payments.common import collection_in_sight, local_day
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.table import OfCustomer, for_person, portfolio_choices, sheet_response

OPEN, ASKING, FAILED, CLOSED, ALL = "open", "asking", "failed", "closed", "all"
TABS = (
    (OPEN, gettext_lazy("Activas")),
    (ASKING, gettext_lazy("Por emitir")),
    (FAILED, gettext_lazy("Sin emitir")),
    (CLOSED, gettext_lazy("Cerradas")),
    (ALL, gettext_lazy("Todas")),
)
STATES_OF = {
    OPEN: Q(closed_at__isnull=True) & ~Q(value=""),
    ASKING: Q(closed_at__isnull=True, value="", failure=""),
    FAILED: Q(closed_at__isnull=True, value="") & ~Q(failure=""),
    CLOSED: Q(closed_at__isnull=False),
}
MOST_PRINTED = 1000

LIST = Listing(
    key="collection_accounts",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("value", gettext_lazy("CLABE o referencia"), always=True),
        Column("bank", gettext_lazy("Banco")),
        Column("account", gettext_lazy("La emite"), shown=False),
        Column("opened_at", gettext_lazy("Emitida"), sort="opened_at"),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar cliente, CLABE o referencia")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Pick("account", gettext_lazy("La emite"), account_choices),
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
    ),
    sort="customer",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A collection account as the list draws it."""

    row: CollectionAccount
    state: str
    shown: str

    @property
    def pk(self) -> UUID:
        return self.row.pk


def state_of(row: CollectionAccount) -> str:
    """What became of an account that was asked for."""
    if row.closed_at is not None:
        return CLOSED
    if row.value:
        return OPEN
    return FAILED if row.failure else ASKING


def drawn(rows: list[CollectionAccount]) -> list[Row]:
    return [Row(row, f"account_{state_of(row)}", grouped_clabe(row.value)) for row in rows]


def tab_of(request: CompanyRequest) -> str:
    asked = request.GET.get("state", "")
    return asked if asked in {key for key, _label in TABS} else OPEN


def listing(request: CompanyRequest) -> Listing:
    """The list as the tab has it."""
    tab = tab_of(request)

    def narrowed(rows: QuerySet[CollectionAccount], values: dict[str, Any]) -> QuerySet[CollectionAccount]:
        return filtered(rows.filter(STATES_OF.get(tab, Q())), values)

    return replace(LIST, filters=for_person(request, LIST), apply=narrowed)


def filtered(rows: QuerySet[CollectionAccount], values: dict[str, Any]) -> QuerySet[CollectionAccount]:
    """The filters of the list but its tab."""
    if text := values.get("q", ""):
        wanted = Customer.objects.all()
        for word in fold(text).split()[:10]:
            wanted = wanted.filter(search__contains=word)
        rows = rows.filter(Q(customer__in=wanted.values("pk")) | Q(value__startswith=text.replace(" ", "").upper()))
    bounds = {"customer": values.get("customer"), "account": values.get("account")}
    rows = rows.filter(**{name: value for name, value in bounds.items() if value is not None})
    return in_portfolio(rows, values.get("portfolio", ""))


def without_account(request: CompanyRequest, issuer: ProviderAccount) -> QuerySet[Customer]:
    """The customers that are switched on and have no account of the issuer yet."""
    having = CollectionAccount.objects.filter(customer=OuterRef("pk"), account=issuer, closed_at__isnull=True)
    rows = sight(request).customers().filter(collecting=True, generic=False)
    return rows.filter(~Exists(having)).order_by("legal_name", "id")


def issuer_of() -> ProviderAccount | None:
    """The account that gives each customer its own CLABE or reference."""
    return ProviderAccount.objects.filter(opens_accounts=True, disabled_at__isnull=True).first()


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    tab, rows, issuer = tab_of(request), collection_in_sight(request), issuer_of()
    page: Any = listing(request).page(request, rows)
    page.rows = drawn(page.rows)
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab},
        "tabs": [] if request.htmx else _tabs(rows, tab),  # type: ignore[attr-defined]
        "issuer": issuer,
        "missing": without_account(request, issuer).order_by()[:1001].count() if issuer else 0,
        "bar": _bar(issuer),
    }
    return render(request, "payments/collection_accounts.html", context)


def _tabs(rows: QuerySet[CollectionAccount], active: str) -> list[dict[str, Any]]:
    counted = {each: rows.filter(STATES_OF[each]).order_by()[:10_001].count() for each in (OPEN, ASKING, FAILED)}
    return [
        {"label": label, "url": f"?state={key}", "active": key == active, "count": counted.get(key) or None}
        for key, label in TABS
    ]


def _bar(issuer: ProviderAccount | None) -> dict[str, Any]:
    """How far the issuing is; it asks again while a job is at it."""
    rows = CollectionAccount.objects.filter(account=issuer, closed_at__isnull=True) if issuer else None
    total = rows.count() if rows is not None else 0
    waiting = rows.filter(STATES_OF[ASKING]).count() if rows is not None else 0
    working = waiting > 0 and is_asking()
    return {
        "id": "issuing",
        "poll_url": reverse("collection_accounts_progress") if working else "",
        "done": total - waiting,
        "total": total,
        "label": _("Emitiendo cuentas"),
        "note": _("Puedes salir de esta página: sigue solo."),
        "working": working,
        "waiting": waiting,
    }


@require_safe
@needs(permissions.VIEW)
def progress(request: CompanyRequest) -> HttpResponse:
    """The bar of the issuing alone; when it is over the page is drawn anew."""
    bar = _bar(issuer_of())
    answer = render(request, "components/progress.html", bar)
    if not bar["working"]:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_safe
@needs(permissions.VIEW)
def sheet(request: CompanyRequest) -> HttpResponse:
    """What to cut out and hand over: one slip for each customer, to print."""
    rows = listing(request).matching(request, collection_in_sight(request)).filter(STATES_OF[OPEN])
    found = drawn(list(rows[: MOST_PRINTED + 1]))
    context = {"rows": found[:MOST_PRINTED], "is_cut": len(found) > MOST_PRINTED, "most": MOST_PRINTED}
    return render(request, "payments/collection_sheet.html", context)


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, as a sheet."""
    columns = [
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("CLABE o referencia"), width=24),
        SheetColumn(_("Banco"), width=20),
        SheetColumn(_("Beneficiario"), width=40),
        SheetColumn(_("La emite"), width=24),
        SheetColumn(_("Emitida"), "day", 12),
        SheetColumn(_("Cerrada"), "day", 12),
        SheetColumn(_("Estado")),
    ]
    rows = listing(request).matching(request, collection_in_sight(request))
    return sheet_response(
        _("Cuentas de cobro"), columns, _cells(rows, request.company), sheet_name(request, _("cuentas-de-cobro"))
    )


def _cells(rows: QuerySet[CollectionAccount], company: Company) -> Iterator[list[Cell]]:
    for part in in_parts(rows.iterator(chunk_size=500)):
        for row in part:
            yield [
                row.customer.tax_id, row.customer.legal_name, row.value, row.bank, row.beneficiary, row.account.name,
                local_day(row.opened_at, company), local_day(row.closed_at, company),
                str(STATUSES[f"account_{state_of(row)}"][0]),
            ]  # fmt: skip
