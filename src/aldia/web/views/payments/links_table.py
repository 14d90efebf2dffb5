"""The list of payment links: filters, states, what each covers and what it brought in, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
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
from aldia.payments.models import AttemptState, LinkedDebt, PaymentAttempt, PaymentLink
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.tenancy.models import Company, Membership
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.listing import Choice, Column, Day, Listing, Pick, Search
from aldia.web.statuses import STATUSES
from aldia.web.views.collecting.lists import in_parts, sheet_name
from aldia.web.views.payments.common import between, links_in_sight, local_day
from aldia.web.views.receivables.table import OfCustomer, for_person, sheet_response

LIVE, PAID, EXPIRED, REVOKED, ALL = "live", "paid", "expired", "revoked", "all"
TABS = (
    (LIVE, gettext_lazy("Vigentes")),
    (PAID, gettext_lazy("Pagadas")),
    (EXPIRED, gettext_lazy("Vencidas")),
    (REVOKED, gettext_lazy("Revocadas")),
    (ALL, gettext_lazy("Todas")),
)
SHOWN_DEBTS = 3
PAID_STATES = (AttemptState.SUCCEEDED, AttemptState.REFUNDED, AttemptState.DISPUTED)


def creator_choices() -> list[tuple[str, str]]:
    """Who may have made a link."""
    rows = Membership.objects.select_related("user").order_by("user__name", "user__email")
    return [(str(each.user_id), each.user.get_full_name()) for each in rows]


LIST = Listing(
    key="payment_links",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("covers", gettext_lazy("Qué cobra")),
        Column("created_at", gettext_lazy("Creada"), sort="created_at"),
        Column("expires_at", gettext_lazy("Vence"), sort="expires_at"),
        Column("creator", gettext_lazy("Quién"), shown=False),
        Column("asked", gettext_lazy("Por pagar"), numeric=True),
        Column("collected", gettext_lazy("Cobrado"), numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar cliente o folio")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Pick("creator", gettext_lazy("La creó"), creator_choices),
        Choice("covers", gettext_lazy("Qué cobra"), (
            ("all", gettext_lazy("Todo lo que debe")), ("some", gettext_lazy("Documentos elegidos")),
        )),
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        Day("from", gettext_lazy("Creada desde")),
        Day("to", gettext_lazy("Hasta")),
    ),
    sort="-created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A link as the list draws it. `asked`: what could be paid with it now."""

    link: PaymentLink
    state: str
    debts: list[Receivable] = field(default_factory=list)
    count: int = 0
    asked: int = 0
    collected: int = 0

    @property
    def pk(self) -> UUID:
        return self.link.pk


def open_debts() -> Exists:
    """Whether something that a link names is still owed."""
    return Exists(LinkedDebt.objects.filter(link=OuterRef("pk"), receivable__balance__gt=0))


def any_debts() -> Exists:
    return Exists(LinkedDebt.objects.filter(link=OuterRef("pk")))


def with_states(rows: QuerySet[PaymentLink]) -> QuerySet[PaymentLink]:
    """The links with what their state is told from."""
    return rows.annotate(is_owed=open_debts(), names_debts=any_debts())


def in_state(rows: QuerySet[PaymentLink], state: str, now: datetime) -> QuerySet[PaymentLink]:
    """The links (`with_states`) of a tab."""
    standing = Q(revoked_at__isnull=True)
    settled = Q(names_debts=True, is_owed=False, covers_all=False)
    found = {
        LIVE: standing & Q(expires_at__gt=now) & ~settled,
        PAID: standing & settled,
        EXPIRED: standing & Q(expires_at__lte=now) & ~settled,
        REVOKED: Q(revoked_at__isnull=False),
    }.get(state)
    return rows if found is None else rows.filter(found)


def state_of(link: PaymentLink, now: datetime) -> str:
    """The state of a link read `with_states`: what a person did, what was paid, then the clock."""
    if link.revoked_at is not None:
        return REVOKED
    if not link.covers_all and link.names_debts and not link.is_owed:  # type: ignore[attr-defined]
        return PAID
    return EXPIRED if link.expires_at <= now else LIVE


def tab_of(request: CompanyRequest) -> str:
    asked = request.GET.get("state", "")
    return asked if asked in {key for key, _label in TABS} else LIVE


def listing(request: CompanyRequest) -> Listing:
    """The list as the tab has it."""
    tab, now = tab_of(request), clock.now()

    def narrowed(rows: QuerySet[PaymentLink], values: dict[str, Any]) -> QuerySet[PaymentLink]:
        return filtered(in_state(with_states(rows), tab, now), values, request.company)

    return replace(LIST, filters=for_person(request, LIST), apply=narrowed)


def filtered(rows: QuerySet[PaymentLink], values: dict[str, Any], company: Company) -> QuerySet[PaymentLink]:
    """The filters of the list but its tab."""
    if text := values.get("q", ""):
        named = LinkedDebt.objects.filter(link=OuterRef("pk"), receivable__number__icontains=text)
        wanted = Customer.objects.all()
        for word in fold(text).split()[:10]:
            wanted = wanted.filter(search__contains=word)
        rows = rows.filter(Q(customer__in=wanted.values("pk")) | Exists(named))
    bounds = {
        "customer": values.get("customer"),
        "created_by": values.get("creator"),
        "currency": values.get("currency"),
        "covers_all": {"all": True, "some": False}.get(values.get("covers", "")),
        **between(values, company),
    }
    return rows.filter(**{name: value for name, value in bounds.items() if value is not None})


def drawn(links: list[PaymentLink], now: datetime) -> list[Row]:
    """What the list says of each link: what it covers, what is owed of that, what it brought in."""
    ids = [link.pk for link in links]
    debts: dict[UUID, list[Receivable]] = {}
    linked = LinkedDebt.objects.filter(link_id__in=ids).select_related("receivable").order_by("receivable__due_on")
    for each in linked:
        debts.setdefault(each.link_id, []).append(each.receivable)
    everything = _owed([link for link in links if link.covers_all])
    paid = dict(
        PaymentAttempt.objects.filter(link_id__in=ids, state__in=PAID_STATES)
        .order_by().values("link").annotate(sum=Sum("posted")).values_list("link", "sum")
    )  # fmt: skip
    rows = []
    for link in links:
        named = debts.get(link.pk, [])
        owed = sum(each.balance for each in named if each.currency == link.currency)
        if link.covers_all:
            owed = everything.get((link.customer_id, link.currency), 0)
        asked = min(owed, link.amount) if link.amount and (named or link.covers_all) else link.amount or owed
        state = state_of(link, now)
        rows.append(Row(link, state, named[:SHOWN_DEBTS], len(named), asked, paid.get(link.pk) or 0))
    return rows


def _owed(links: list[PaymentLink]) -> dict[tuple[UUID, str], int]:
    rows = Receivable.objects.filter(customer_id__in={link.customer_id for link in links}, balance__gt=0)
    sums = rows.order_by().values("customer_id", "currency").annotate(sum=Sum("balance"))
    return {(each["customer_id"], each["currency"]): each["sum"] for each in sums}


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    rows, now, tab = links_in_sight(request), clock.now(), tab_of(request)
    page: Any = listing(request).page(request, rows)
    page.rows = drawn(page.rows, now)
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab},
        "tabs": [] if request.htmx else _tabs(rows, tab, now),  # type: ignore[attr-defined]
    }
    return render(request, "payments/links.html", context)


def _tabs(rows: QuerySet[PaymentLink], active: str, now: datetime) -> list[dict[str, Any]]:
    live = in_state(with_states(rows), LIVE, now).order_by()[:1000].count()
    return [
        {"label": label, "url": f"?state={key}", "active": key == active, "count": live if key == LIVE else None}
        for key, label in TABS
    ]


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, as a sheet (without the addresses: a sheet is passed on)."""
    columns = [
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Documentos"), width=40),
        SheetColumn(_("Creada"), "day", 12),
        SheetColumn(_("Vence"), "day", 12),
        SheetColumn(_("La creó"), width=24),
        SheetColumn(_("Nota"), width=40),
        SheetColumn(_("Estado")),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Por pagar"), "money"),
        SheetColumn(_("Cobrado"), "money"),
    ]
    rows = listing(request).matching(request, links_in_sight(request))
    return sheet_response(
        _("Ligas de pago"), columns, _cells(rows, request.company), sheet_name(request, _("ligas-de-pago"))
    )


def _cells(rows: QuerySet[PaymentLink], company: Company) -> Iterator[list[Cell]]:
    now = clock.now()
    for part in in_parts(rows.iterator(chunk_size=500)):
        for row in drawn(part, now):
            link = row.link
            numbers = ", ".join(each.number for each in row.debts) + (" …" if row.count > len(row.debts) else "")
            yield [
                link.customer.tax_id, link.customer.legal_name, _("Todo lo que debe") if link.covers_all else numbers,
                local_day(link.created_at, company), local_day(link.expires_at, company), str(link.created_by or ""),
                link.note,
                str(STATUSES[f"link_{row.state}"][0]), link.currency, Money(row.asked, link.currency),
                Money(row.collected, link.currency),
            ]  # fmt: skip
