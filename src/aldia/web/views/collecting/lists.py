"""What the lists of promises, disputes and reported payments share: tabs, filters, columns, export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.integrations.spreadsheets import Column as SheetColumn
from aldia.receivables.queries.sight import in_portfolio
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.listing import Day, Listing, Page, Pick, Search
from aldia.web.views.receivables.table import OfCustomer, for_person, portfolio_choices

ALL = "all"
AT_ONCE = 1_000
Tabs = tuple[tuple[str, Any], ...]


def tab_of(request: CompanyRequest, tabs: Tabs) -> str:
    asked = request.GET.get("state", "")
    return asked if asked in {key for key, _label in tabs} else tabs[0][0]


def _drawn_tabs(tabs: Tabs, active: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": f"?state={key}", "active": key == active, "count": counts.get(key)}
        for key, label in tabs
    ]


def narrowed(rows: Any, values: dict[str, Any], customer: str, day: str) -> Any:
    """The filters that the three lists share; `customer` and `day` lead to the row's own."""
    if text := fold(values.get("q", "")):
        wanted = Customer.objects.all()
        for word in text.split()[:10]:
            wanted = wanted.filter(search__contains=word)
        rows = rows.filter(**{f"{customer}__in": wanted.values("pk")})
    bounds = {customer: values.get("customer"), f"{day}__gte": values.get("from"), f"{day}__lte": values.get("to")}
    rows = rows.filter(**{name: value for name, value in bounds.items() if value is not None})
    return in_portfolio(rows, values.get("portfolio", ""), f"{customer}__portfolio")


def listing_of(request: CompanyRequest, base: Listing, apply: Any) -> Listing:
    return replace(base, filters=for_person(request, base), apply=apply)


def filters_of(*own: Any, first: Any, last: Any) -> tuple[Any, ...]:
    return (
        Search(placeholder=gettext_lazy("Buscar cliente")),
        OfCustomer(label=gettext_lazy("Cliente")),
        *own,
        Pick("portfolio", gettext_lazy("Cartera"), portfolio_choices),
        Day("from", first),
        Day("to", last),
    )


def draw(
    request: CompanyRequest, page: Page[Any], tab: str, tabs: Tabs, counts: dict[str, int], name: str
) -> HttpResponse:
    context = {
        "page": page,
        "tab": tab,
        "keep": {"state": tab},
        "tabs": [] if request.htmx else _drawn_tabs(tabs, tab, counts),  # type: ignore[attr-defined]
    }
    return render(request, f"collecting/{name}.html", context)


def chosen_ids(request: CompanyRequest, listing: Listing, rows: Any) -> list[UUID]:
    """The rows that the form names, or that match the filter; empty (and said why) when none or too many."""
    ids = list(listing.selected(request, rows).order_by().values_list("pk", flat=True)[: AT_ONCE + 1])
    if not ids:
        messages.info(request, _("No elegiste ninguna."))
    if len(ids) > AT_ONCE:
        messages.warning(request, _("Son más de 1,000: afina el filtro y hazlo por partes. No cambió nada."))
        return []
    return ids


def customer_columns() -> list[SheetColumn]:
    return [SheetColumn(_("RFC")), SheetColumn(_("Cliente"), width=40)]


def sheet_name(request: CompanyRequest, name: str) -> str:
    return f"{name}-{clock.today(request.company).isoformat()}.xlsx"


def in_parts(rows: Iterable[Any], size: int = 500) -> Iterator[list[Any]]:
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    yield part
