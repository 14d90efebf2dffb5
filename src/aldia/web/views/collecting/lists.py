"""The lists of what customers said: promises, disputes and reported payments, each with tabs, filters and export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aldia.collections.models import Dispute, DisputeReason, Promise
from aldia.collections.queries import disputes as dispute_queries
from aldia.collections.queries import promises as promise_queries
from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.domain.money import Money
from aldia.domain.promises import PromiseState
from aldia.integrations.spreadsheets import Cell
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.payments import queries as report_queries
from aldia.payments.models import ReportedPayment, ReportState
from aldia.receivables.methods import method_name
from aldia.receivables.queries.sight import in_portfolio
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms import currency_choices
from aldia.web.listing import Choice, Column, Day, Listing, Page, Pick, Search
from aldia.web.statuses import STATUSES
from aldia.web.views.collecting.common import patience_of
from aldia.web.views.receivables.common import sight
from aldia.web.views.receivables.table import OfCustomer, for_person, portfolio_choices, sheet_response

ALL = "all"
Tabs = tuple[tuple[str, Any], ...]


def _tab(request: CompanyRequest, tabs: Tabs) -> str:
    asked = request.GET.get("state", "")
    return asked if asked in {key for key, _label in tabs} else tabs[0][0]


def _drawn_tabs(tabs: Tabs, active: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": f"?state={key}", "active": key == active, "count": counts.get(key)}
        for key, label in tabs
    ]


def _narrowed(rows: Any, values: dict[str, Any], customer: str, day: str) -> Any:
    """The filters that the three lists share; `customer` and `day` lead to the row's own."""
    if text := fold(values.get("q", "")):
        wanted = Customer.objects.all()
        for word in text.split()[:10]:
            wanted = wanted.filter(search__contains=word)
        rows = rows.filter(**{f"{customer}__in": wanted.values("pk")})
    bounds = {customer: values.get("customer"), f"{day}__gte": values.get("from"), f"{day}__lte": values.get("to")}
    rows = rows.filter(**{name: value for name, value in bounds.items() if value is not None})
    return in_portfolio(rows, values.get("portfolio", ""), f"{customer}__portfolio")


def _listing(request: CompanyRequest, base: Listing, apply: Any) -> Listing:
    return replace(base, filters=for_person(request, base), apply=apply)


def _filters(*own: Any, first: Any, last: Any) -> tuple[Any, ...]:
    return (
        Search(placeholder=gettext_lazy("Buscar cliente")),
        OfCustomer(label=gettext_lazy("Cliente")),
        *own,
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        Day("from", first),
        Day("to", last),
    )


# ── promises ──────────────────────────────────────────────────────────────────────────────────────────────────

PROMISE_TABS: Tabs = (
    (PromiseState.OPEN, gettext_lazy("Abiertas")),
    (PromiseState.BROKEN, gettext_lazy("Incumplidas")),
    (PromiseState.PARTLY, gettext_lazy("En parte")),
    (PromiseState.KEPT, gettext_lazy("Cumplidas")),
    (PromiseState.WITHDRAWN, gettext_lazy("Retiradas")),
    (ALL, gettext_lazy("Todas")),
)
PROMISES = Listing(
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
    filters=_filters(
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        first=gettext_lazy("Para el, desde"),
        last=gettext_lazy("Hasta"),
    ),
    sort="-due_on",
)


def _promises(request: CompanyRequest) -> tuple[Listing, QuerySet[Promise], str, dict[str, int]]:
    """The list as the tab has it. The state is derived, so the promises in sight are judged once for all tabs."""
    tab, today = _tab(request, PROMISE_TABS), clock.today(request.company)
    rows = sight(request).narrow(promise_queries.promises())
    by_state = promise_queries.ids_by_state(rows, as_of=today, patience=patience_of(request.company))

    def apply(found: QuerySet[Promise], values: dict[str, Any]) -> QuerySet[Promise]:
        if tab != ALL:
            found = found.filter(pk__in=by_state[PromiseState(tab)])
        if values.get("currency"):
            found = found.filter(currency=values["currency"])
        return _narrowed(found, values, "customer", "due_on")  # type: ignore[no-any-return]

    listing = _listing(request, PROMISES, apply)
    if tab == PromiseState.OPEN:
        listing = replace(listing, sort="due_on")
    return listing, rows, tab, {state: len(ids) for state, ids in by_state.items()}


@require_safe
@needs(permissions.VIEW)
def promises(request: CompanyRequest) -> HttpResponse:
    listing, rows, tab, counts = _promises(request)
    page: Page[Any] = listing.page(request, rows)
    page.rows = promise_queries.judged(
        page.rows, as_of=clock.today(request.company), patience=patience_of(request.company)
    )
    return _page(request, page, tab, PROMISE_TABS, counts, "promises")


@require_safe
@needs(permissions.EXPORT)
def promises_export(request: CompanyRequest) -> HttpResponse:
    listing, rows, *_rest = _promises(request)
    columns = [
        *_customer_columns(),
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
    return sheet_response(_("Promesas"), columns, _promise_cells(request, found), _sheet_name(request, _("promesas")))


def _promise_cells(request: CompanyRequest, rows: QuerySet[Promise]) -> Iterator[list[Cell]]:
    today, patience = clock.today(request.company), patience_of(request.company)
    for part in _parts(rows.iterator(chunk_size=500)):
        for each in promise_queries.judged(part, as_of=today, patience=patience):
            row, verdict = each.promise, each.verdict
            numbers = ", ".join(debt.receivable.number for debt in each.debts)
            yield [
                row.customer.tax_id, row.customer.legal_name, row.promised_on, row.due_on, numbers, row.currency,
                Money(row.amount, row.currency), Money(verdict.paid, row.currency), Money(verdict.late, row.currency),
                str(STATUSES[f"promise_{each.state}"][0]), row.note,
            ]  # fmt: skip


# ── disputes ──────────────────────────────────────────────────────────────────────────────────────────────────

DISPUTE_TABS: Tabs = (
    ("open", gettext_lazy("Abiertas")),
    ("late", gettext_lazy("Sin responder")),
    ("resolved", gettext_lazy("Resueltas")),
    (ALL, gettext_lazy("Todas")),
)
DISPUTES = Listing(
    key="disputes",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="receivable__customer__legal_name", always=True),
        Column("receivable", gettext_lazy("Documento"), sort="receivable__number"),
        Column("reason", gettext_lazy("Motivo"), sort="reason"),
        Column("owner", gettext_lazy("Responsable")),
        Column("opened_on", gettext_lazy("Abierta"), sort="opened_on", shown=False),
        Column("answer_by", gettext_lazy("Responder")),
        Column("amount", gettext_lazy("En disputa"), sort="amount", numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=_filters(
        Choice("reason", gettext_lazy("Motivo"), DisputeReason.choices),
        first=gettext_lazy("Abierta desde"),
        last=gettext_lazy("Hasta"),
    ),
    sort="-opened_on",
)


def _disputes(request: CompanyRequest) -> tuple[Listing, QuerySet[Dispute], str, dict[str, Q]]:
    tab, today = _tab(request, DISPUTE_TABS), clock.today(request.company)
    conditions = {
        "open": dispute_queries.OPEN, "late": dispute_queries.late(today), "resolved": dispute_queries.RESOLVED,
        ALL: Q(),
    }  # fmt: skip

    def apply(found: QuerySet[Dispute], values: dict[str, Any]) -> QuerySet[Dispute]:
        found = found.filter(conditions[tab])
        if values.get("reason"):
            found = found.filter(reason=values["reason"])
        return _narrowed(found, values, "receivable__customer", "opened_on")  # type: ignore[no-any-return]

    rows = sight(request).narrow(dispute_queries.disputes(), "receivable__customer")
    return _listing(request, DISPUTES, apply), rows, tab, conditions


@require_safe
@needs(permissions.VIEW)
def disputes(request: CompanyRequest) -> HttpResponse:
    listing, rows, tab, conditions = _disputes(request)
    counts = {key: rows.filter(each).count() for key, each in conditions.items() if key in ("open", "late")}
    return _page(request, listing.page(request, rows), tab, DISPUTE_TABS, counts, "disputes")


@require_safe
@needs(permissions.EXPORT)
def disputes_export(request: CompanyRequest) -> HttpResponse:
    listing, rows, *_rest = _disputes(request)
    columns = [
        *_customer_columns(),
        SheetColumn(_("Documento")),
        SheetColumn(_("Motivo"), width=30),
        SheetColumn(_("Responsable"), width=24),
        SheetColumn(_("Abierta"), "day", 12),
        SheetColumn(_("Responder antes del"), "day", 14),
        SheetColumn(_("Resuelta"), "day", 12),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("En disputa"), "money"),
        SheetColumn(_("Saldo"), "money"),
        SheetColumn(_("Resolución"), width=40),
    ]
    found = listing.matching(request, rows)
    return sheet_response(_("Disputas"), columns, _dispute_cells(found), _sheet_name(request, _("disputas")))


def _dispute_cells(rows: QuerySet[Dispute]) -> Iterator[list[Cell]]:
    for each in rows.iterator(chunk_size=1000):
        row = each.receivable
        yield [
            row.customer.tax_id, row.customer.legal_name, row.number, str(each.get_reason_display()),
            str(each.owner or ""), each.opened_on, each.answer_by, each.resolved_on, row.currency,
            Money(each.amount, row.currency), Money(row.balance, row.currency), each.resolution,
        ]  # fmt: skip


# ── reported payments ─────────────────────────────────────────────────────────────────────────────────────────

REPORT_TABS: Tabs = (
    (ReportState.WAITING, gettext_lazy("Por revisar")),
    (ReportState.ACCEPTED, gettext_lazy("Aceptados")),
    (ReportState.REJECTED, gettext_lazy("Rechazados")),
    (ALL, gettext_lazy("Todos")),
)
REPORTS = Listing(
    key="reports",
    columns=(
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name", always=True),
        Column("paid_on", gettext_lazy("Dice que pagó"), sort="paid_on"),
        Column("debts", gettext_lazy("Documentos")),
        Column("reference", gettext_lazy("Referencia"), sort="reference"),
        Column("amount", gettext_lazy("Importe"), sort="amount", numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=_filters(
        Pick("currency", gettext_lazy("Moneda"), currency_choices),
        first=gettext_lazy("Pagado desde"),
        last=gettext_lazy("Hasta"),
    ),
    sort="-paid_on",
)


def _reports(request: CompanyRequest) -> tuple[Listing, QuerySet[ReportedPayment], str]:
    tab = _tab(request, REPORT_TABS)

    def apply(found: QuerySet[ReportedPayment], values: dict[str, Any]) -> QuerySet[ReportedPayment]:
        if tab != ALL:
            found = found.filter(state=tab)
        if values.get("currency"):
            found = found.filter(currency=values["currency"])
        return _narrowed(found, values, "customer", "paid_on")  # type: ignore[no-any-return]

    return _listing(request, REPORTS, apply), sight(request).narrow(report_queries.reports()), tab


@require_safe
@needs(permissions.VIEW)
def reports(request: CompanyRequest) -> HttpResponse:
    listing, rows, tab = _reports(request)
    page = listing.page(request, rows)
    page.extra["debts"] = report_queries.numbers_of([row.pk for row in page.rows])
    counts = {str(ReportState.WAITING): rows.filter(report_queries.WAITING).count()}
    return _page(request, page, tab, REPORT_TABS, counts, "reports")


@require_safe
@needs(permissions.EXPORT)
def reports_export(request: CompanyRequest) -> HttpResponse:
    listing, rows, *_rest = _reports(request)
    columns = [
        *_customer_columns(),
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
    return sheet_response(_("Avisos de pago"), columns, _report_cells(found), _sheet_name(request, _("avisos-de-pago")))


def _report_cells(rows: QuerySet[ReportedPayment]) -> Iterator[list[Cell]]:
    for part in _parts(rows.iterator(chunk_size=500)):
        debts: dict[UUID, Any] = report_queries.numbers_of([row.pk for row in part])
        for row in part:
            numbers = ", ".join(debt.receivable.number for debt in debts.get(row.pk, []))
            yield [
                row.customer.tax_id, row.customer.legal_name, row.paid_on, row.reported_on, numbers,
                method_name(row.method), row.reference, row.currency, Money(row.amount, row.currency),
                str(STATUSES[f"report_{row.state}"][0]), row.reject_reason,
            ]  # fmt: skip


# ── what the three share ──────────────────────────────────────────────────────────────────────────────────────


def _page(
    request: CompanyRequest, page: Page[Any], tab: str, tabs: Tabs, counts: dict[str, int], name: str
) -> HttpResponse:
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab},
        "tabs": [] if request.htmx else _drawn_tabs(tabs, tab, counts),  # type: ignore[attr-defined]
    }
    return render(request, f"collecting/{name}.html", context)


def _customer_columns() -> list[SheetColumn]:
    return [SheetColumn(_("RFC")), SheetColumn(_("Cliente"), width=40)]


def _sheet_name(request: CompanyRequest, name: str) -> str:
    return f"{name}-{clock.today(request.company).isoformat()}.xlsx"


def _parts(rows: Iterable[Any], size: int = 500) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    yield part
