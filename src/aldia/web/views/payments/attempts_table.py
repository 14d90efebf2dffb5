"""The list of payments on line: those that wait for a person first, filters, totals, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.payments.models import AttemptState, PaymentAttempt, ProviderAccount
from aldia.tenancy import permissions
from aldia.tenancy.models import Company
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.listing import Amount, Choice, Column, Day, Listing, Pick, Search
from aldia.web.payment_words import METHOD_NAMES, Reason, method_label, review_of
from aldia.web.views.collecting.lists import in_parts, sheet_name
from aldia.web.views.payments.common import attempts_in_sight, between, local_day
from aldia.web.views.receivables.table import OfCustomer, for_person, sheet_response

REVIEW, PAID, WAITING, FAILED, BACK, ALL = "review", "paid", "waiting", "failed", "back", "all"
TABS = (
    (REVIEW, gettext_lazy("Por revisar")),
    (PAID, gettext_lazy("Pagados")),
    (WAITING, gettext_lazy("En espera")),
    (FAILED, gettext_lazy("No pasaron")),
    (BACK, gettext_lazy("Devueltos y contracargos")),
    (ALL, gettext_lazy("Todos")),
)
STATES_OF = {
    PAID: Q(state=AttemptState.SUCCEEDED),
    WAITING: Q(state__in=(AttemptState.CREATED, AttemptState.PENDING)),
    FAILED: Q(state__in=(AttemptState.FAILED, AttemptState.EXPIRED)),
    BACK: Q(state__in=(AttemptState.REFUNDED, AttemptState.DISPUTED)),
    REVIEW: ~Q(review=""),
}
MOST_COUNTED = 1000


def account_choices() -> list[tuple[str, str]]:
    """The company's accounts at providers."""
    return [(str(pk), name) for pk, name in ProviderAccount.objects.order_by("name").values_list("pk", "name")]


LIST = Listing(
    key="payment_attempts",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("created_at", gettext_lazy("Iniciado"), sort="created_at"),
        Column("paid_on", gettext_lazy("Pagado"), sort="paid_on", shown=False),
        Column("method", gettext_lazy("Cómo")),
        Column("reference", gettext_lazy("En el proveedor"), shown=False),
        Column("amount", gettext_lazy("Importe"), sort="amount", numeric=True),
        Column("fee", gettext_lazy("Comisión"), sort="fee", numeric=True, shown=False),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar cliente, rastreo o número del proveedor")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Choice("method", gettext_lazy("Cómo"), tuple((str(key), label) for key, label in METHOD_NAMES.items())),
        Pick("account", gettext_lazy("Cuenta"), account_choices),
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        Day("from", gettext_lazy("Desde")),
        Day("to", gettext_lazy("Hasta")),
        Amount("least", gettext_lazy("Importe desde")),
    ),
    sort="-created_at",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A payment as the list draws it."""

    attempt: PaymentAttempt
    method: str
    reason: Reason | None

    @property
    def pk(self) -> UUID:
        return self.attempt.pk


def tab_of(request: CompanyRequest) -> str:
    """The tab asked for; without one, what waits for a person if anything does."""
    asked = request.GET.get("state", "")
    if asked in {key for key, _label in TABS}:
        return asked
    return REVIEW if attempts_in_sight(request).exclude(review="").exists() else ALL


def listing(request: CompanyRequest, tab: str) -> Listing:
    """The list as the tab has it."""

    def narrowed(rows: QuerySet[PaymentAttempt], values: dict[str, Any]) -> QuerySet[PaymentAttempt]:
        return filtered(rows.filter(STATES_OF.get(tab, Q())), values, request.company)

    return replace(LIST, filters=for_person(request, LIST), apply=narrowed)


def filtered(rows: QuerySet[PaymentAttempt], values: dict[str, Any], company: Company) -> QuerySet[PaymentAttempt]:
    """The filters of the list but its tab."""
    if text := values.get("q", ""):
        wanted = Customer.objects.all()
        for word in fold(text).split()[:10]:
            wanted = wanted.filter(search__contains=word)
        rows = rows.filter(Q(customer__in=wanted.values("pk")) | Q(trace=text) | Q(provider_id=text))
    bounds = {
        "customer": values.get("customer"),
        "method": values.get("method"),
        "account": values.get("account"),
        "currency": values.get("currency"),
        "amount__gte": values.get("least"),
        **between(values, company),
    }
    return rows.filter(**{name: value for name, value in bounds.items() if value is not None})


def totals(rows: QuerySet[PaymentAttempt]) -> list[dict[str, Any]]:
    """What came in and what went back, by currency."""
    sums = rows.order_by().values("currency").annotate(
        received=Sum("received"), refunded=Sum("refunded"), fee=Sum("fee")
    )  # fmt: skip
    return [each for each in sums.order_by("currency") if each["received"]]


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    tab, rows = tab_of(request), attempts_in_sight(request)
    page: Any = listing(request, tab).page(request, rows)
    page.rows = [Row(row, method_label(row.method), review_of(row.review) if row.review else None) for row in page.rows]
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab},
        "tabs": [] if request.htmx else _tabs(rows, tab),  # type: ignore[attr-defined]
        "totals": [] if page.total_is_capped else totals(listing(request, tab).matching(request, rows)),
        "has_accounts": ProviderAccount.objects.filter(disabled_at__isnull=True).exists(),
    }
    return render(request, "payments/attempts.html", context)


def _tabs(rows: QuerySet[PaymentAttempt], active: str) -> list[dict[str, Any]]:
    waiting = rows.exclude(review="").order_by()[:MOST_COUNTED].count()
    return [
        {"label": label, "url": f"?state={key}", "active": key == active, "count": waiting if key == REVIEW else None}
        for key, label in TABS
    ]


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, as a sheet."""
    columns = [
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Iniciado"), "day", 12),
        SheetColumn(_("Pagado"), "day", 12),
        SheetColumn(_("Cuenta"), width=24),
        SheetColumn(_("Cómo"), width=22),
        SheetColumn(_("Número en el proveedor"), width=34),
        SheetColumn(_("Clave de rastreo"), width=30),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Pedido"), "money"),
        SheetColumn(_("Recibido"), "money"),
        SheetColumn(_("Devuelto"), "money"),
        SheetColumn(_("Comisión"), "money"),
        SheetColumn(_("Estado")),
        SheetColumn(_("Por revisar"), width=30),
    ]
    tab = tab_of(request)
    rows = listing(request, tab).matching(request, attempts_in_sight(request))
    return sheet_response(
        _("Pagos en línea"), columns, _cells(rows, request.company), sheet_name(request, _("pagos-en-linea"))
    )


def _cells(rows: QuerySet[PaymentAttempt], company: Company) -> Iterator[list[Cell]]:
    for part in in_parts(rows.iterator(chunk_size=500)):
        for row in part:
            who = row.customer
            yield [
                who.tax_id if who else "", who.legal_name if who else "", local_day(row.created_at, company),
                row.paid_on, row.account.name, method_label(row.method), row.provider_id, row.trace, row.currency,
                Money(row.amount, row.currency), Money(row.received, row.currency),
                Money(row.refunded, row.currency), Money(row.fee, row.currency), str(row.get_state_display()),
                str(review_of(row.review).label) if row.review else "",
            ]  # fmt: skip


def waiting_count(request: CompanyRequest) -> int:
    """How many payments wait for a person: the badge of the navigation."""
    return attempts_in_sight(request).exclude(review="").order_by()[:100].count()
