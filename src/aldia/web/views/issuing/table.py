"""The list of documents that the company issues: tabs by state, filters, many at once, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
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
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.tenancy import permissions
from aldia.tenancy.models import Company
from aldia.web.access import CompanyRequest, needs
from aldia.web.listing import Choice, Column, Day, Listing, Search
from aldia.web.views.collecting.lists import in_parts, sheet_name
from aldia.web.views.issuing.common import IN_FORCE, WAITING, WRITTEN, customers_in_sight, issues_in_sight
from aldia.web.views.issuing.readiness import readiness
from aldia.web.views.payments.common import between, local_day
from aldia.web.views.receivables.table import OfCustomer, sheet_response

DRAFTS, QUEUE, REJECTED, STAMPED, CANCELLED, ALL = "drafts", "waiting", "rejected", "stamped", "cancelled", "all"
TABS = (
    (ALL, gettext_lazy("Todos")),
    (DRAFTS, gettext_lazy("Borradores")),
    (QUEUE, gettext_lazy("Por timbrar")),
    (REJECTED, gettext_lazy("Rechazados")),
    (STAMPED, gettext_lazy("Timbrados")),
    (CANCELLED, gettext_lazy("Cancelados")),
)
STATES = {
    DRAFTS: (IssueState.DRAFT,),
    QUEUE: WAITING,
    REJECTED: (IssueState.REJECTED,),
    STAMPED: IN_FORCE,
    CANCELLED: (IssueState.CANCELLED,),
}
COUNTED = (DRAFTS, QUEUE, REJECTED)  # what waits for somebody
KINDS = [(each.value, each.label) for each in WRITTEN]

LIST = Listing(
    key="issues",
    columns=(
        Column("number", gettext_lazy("Documento"), always=True),
        Column("customer", gettext_lazy("Cliente"), sort="customer__legal_name"),
        Column("created_at", gettext_lazy("Creado"), sort="created_at"),
        Column("stamped_at", gettext_lazy("Timbrado"), shown=False),
        Column("uuid", "UUID", shown=False),
        Column("total", gettext_lazy("Total"), sort="total", numeric=True),
        Column("state", gettext_lazy("Estado")),
    ),
    filters=(
        Search(placeholder=gettext_lazy("Buscar folio, UUID o cliente")),
        OfCustomer(label=gettext_lazy("Cliente")),
        Choice("kind", gettext_lazy("Tipo"), KINDS),
        Day("from", gettext_lazy("Creado desde")),
        Day("to", gettext_lazy("Hasta")),
    ),
    sort="-created_at",
)


def tab_of(request: CompanyRequest) -> str:
    asked = request.GET.get("state", "")
    return asked if asked in STATES else ALL


def in_sight(request: CompanyRequest) -> QuerySet[Issue]:
    """What the list shows: complements have a list of their own, and what was discarded is gone."""
    rows = issues_in_sight(request).exclude(kind=IssueKind.COMPLEMENT)
    return rows.exclude(state=IssueState.DISCARDED)


def listing(request: CompanyRequest) -> Listing:
    """The list as the tab has it."""
    tab = tab_of(request)

    def narrowed(rows: QuerySet[Issue], values: dict[str, Any]) -> QuerySet[Issue]:
        rows = rows.filter(state__in=STATES[tab]) if tab in STATES else rows
        return filtered(rows, values, request.company)

    visible = customers_in_sight(request)
    filters = tuple(replace(each, visible=visible) if isinstance(each, OfCustomer) else each for each in LIST.filters)
    return replace(LIST, filters=filters, apply=narrowed)


def filtered(rows: QuerySet[Issue], values: dict[str, Any], company: Company) -> QuerySet[Issue]:
    """The filters of the list but its tab."""
    if text := values.get("q", ""):
        wanted = Customer.objects.all()
        for word in fold(text).split()[:10]:
            wanted = wanted.filter(search__contains=word)
        rows = rows.filter(by_number(text) | Q(customer__in=wanted.values("pk")))
    bounds = {
        "customer": values.get("customer"),
        "kind": values.get("kind"),
        **between(values, company),
    }
    return rows.filter(**{name: value for name, value in bounds.items() if value is not None})


def by_number(text: str) -> Q:
    """ "A-12", "A12", "12" or the start of a UUID."""
    bare = text.replace("-", "").replace(" ", "")
    digits = bare.lstrip("ABCDEFGHIJKLMNÑOPQRSTUVWXYZabcdefghijklmnñopqrstuvwxyz")
    number = Q(folio=digits) if digits else Q(pk__isnull=True)
    if digits != bare:
        number &= Q(series__iexact=bare[: len(bare) - len(digits)])
    return number | Q(uuid__istartswith=text)


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    rows, tab = in_sight(request), tab_of(request)
    page: Any = listing(request).page(request, rows)
    context = {
        "page": page,
        "tab": tab,
        "keep": {} if tab == ALL else {"state": tab},
        "tabs": [] if request.htmx else _tabs(rows, tab),  # type: ignore[attr-defined]
        "ready": None if request.htmx else readiness(request),  # type: ignore[attr-defined]
    }
    return render(request, "issuing/list.html", context)


def _tabs(rows: QuerySet[Issue], active: str) -> list[dict[str, Any]]:
    waiting = rows.filter(state__in=[state for tab in COUNTED for state in STATES[tab]]).order_by()
    found = dict(waiting.values("state").annotate(n=Count("pk")).values_list("state", "n"))
    counts = {tab: sum(found.get(state, 0) for state in STATES[tab]) for tab in COUNTED}
    return [
        {
            "label": label,
            "url": "?" if key == ALL else f"?{urlencode({'state': key})}",
            "active": key == active,
            "count": counts.get(key) or None,
        }
        for key, label in TABS
    ]


@require_safe
@needs(permissions.EXPORT)
def export(request: CompanyRequest) -> HttpResponse:
    """What matches the filter, as a sheet."""
    columns = [
        SheetColumn(_("Tipo"), width=18),
        SheetColumn(_("Serie")),
        SheetColumn(_("Folio")),
        SheetColumn("UUID", width=38),
        SheetColumn(_("RFC")),
        SheetColumn(_("Cliente"), width=40),
        SheetColumn(_("Creado"), "day", 12),
        SheetColumn(_("Timbrado"), "day", 12),
        SheetColumn(_("Estado"), width=18),
        SheetColumn(_("Moneda"), width=8),
        SheetColumn(_("Total"), "money"),
    ]
    rows = listing(request).matching(request, in_sight(request))
    name = sheet_name(request, _("facturacion"))
    return sheet_response(_("Facturación"), columns, _cells(rows, request.company), name)


def _cells(rows: QuerySet[Issue], company: Company) -> Iterator[list[Cell]]:
    for part in in_parts(rows.iterator(chunk_size=500)):
        for row in part:
            yield [
                str(row.get_kind_display()), row.series, row.folio, row.uuid, row.customer.tax_id,
                row.customer.legal_name, local_day(row.created_at, company), local_day(row.stamped_at, company),
                str(row.get_state_display()), row.currency, Money(row.total, row.currency),
            ]  # fmt: skip
