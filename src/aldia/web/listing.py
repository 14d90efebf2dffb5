"""Lists made on the server: filters, sort, columns, keyset pages, selection of many rows, export.

    LIST = Listing(
        key="receivables",
        columns=(
            Column("number", _("Folio"), sort="number", always=True),
            Column("customer", _("Cliente"), sort="customer__legal_name"),
            Column("due_on", _("Vence"), sort="due_on"),
            Column("balance", _("Saldo"), sort="balance", numeric=True),
        ),
        filters=(
            Search(), Choice("state", _("Estado"), STATES), Day("due_from", _("Vence desde")),
            Amount("min", _("Saldo desde")), Pick("portfolio", _("Cartera"), portfolio_choices),
        ),
        sort="due_on",                       # "-due_on" for newest first
        apply=queries.filter_receivables,    # (queryset, values) -> queryset; `values` has only what was valid
    )

    @needs(permissions.VIEW)
    def receivables(request: CompanyRequest) -> HttpResponse:
        page = LIST.page(request, Receivable.objects.select_related("customer"))
        return render(request, "receivables/list.html", {"page": page})

    {% include "components/filters.html" with page=page %}
    {% include "components/list.html" with page=page row="receivables/_row.html" bulk="receivables/_bulk.html" %}

The row template draws `<tr>` with `row`, `shown` (set of column keys) and `page`. A bulk form posts `id` of each row
checked, or `all=1`; its action keeps the query string, so `LIST.selected(request, queryset)` gives the rows of exactly
the filter that the person saw. Exports link to `{% url 'x_export' %}{{ page.query }}` and use `LIST.matching(request,
queryset)`. Bad filters are never an error: they are left out and named in `page.errors`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from aldia.web.listing_filters import Amount, Choice, Day, Filter, Pick, Search, read_filters
from aldia.web.listing_keyset import Cursor, Order, fetch, read_cursor, write_cursor

__all__ = ["Amount", "Choice", "Column", "Day", "Filter", "Listing", "Page", "Pick", "Search"]

PAGE_SIZE = 50
COUNT_CAP = 10_000
MAX_SELECTED = 5_000
M = TypeVar("M", bound=Model)
Apply = Callable[[Any, dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """`sort` is the field (or annotation) that the header sorts by; `always` columns cannot be hidden."""

    key: str
    label: Any
    sort: str = ""
    numeric: bool = False
    shown: bool = True
    always: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A header cell of the page."""

    column: Column
    url: str
    direction: str  # "", "ascending", "descending"


@dataclass(slots=True)
class Page(Generic[M]):
    """What the list template draws."""

    listing: Listing
    rows: list[M]
    heads: list[Head]
    shown: set[str]
    values: dict[str, Any]
    fields: list[dict[str, Any]]
    errors: list[str]
    sort: str
    total: int
    total_is_capped: bool
    start: int
    query: str
    next_url: str = ""
    previous_url: str = ""
    path: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def end(self) -> int:
        return self.start + len(self.rows) - 1 if self.rows else 0

    @property
    def is_filtered(self) -> bool:
        return bool(self.values)

    @property
    def count_text(self) -> str:
        return _("más de 10,000") if self.total_is_capped else f"{self.total:,}"


@dataclass(frozen=True, slots=True)
class Listing:
    key: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    sort: str = "-id"
    apply: Apply = lambda queryset, values: queryset
    page_size: int = PAGE_SIZE

    def page(self, request: HttpRequest, queryset: QuerySet[M], **extra: Any) -> Page[M]:
        """One page of the rows that match the request's filters."""
        values, errors = read_filters(self.filters, request.GET)
        matching = self.apply(queryset, values)
        order = self._order(request)
        cursor = read_cursor(self.key, order, request.GET.get("c", ""))
        rows, before, after = fetch(matching, order, cursor, self.page_size)
        count = matching.order_by().values("pk")[: COUNT_CAP + 1].count()
        start = _start(cursor, self.page_size) if rows else 0
        page = Page(
            listing=self,
            rows=rows,
            heads=self._heads(request, order),
            shown=self._shown(request),
            values=values,
            fields=[each.context(request.GET) for each in self.filters],
            errors=errors,
            sort=order.key,
            total=min(count, COUNT_CAP),
            total_is_capped=count > COUNT_CAP,
            start=start,
            query=_query(request, c=None),
            path=request.path,
            extra=extra,
        )
        if after:
            page.next_url = _query(request, c=write_cursor(self.key, order, rows[-1], start + len(rows), forward=True))
        if before:
            page.previous_url = _query(request, c=write_cursor(self.key, order, rows[0], start, forward=False))
        return page

    def matching(self, request: HttpRequest, queryset: QuerySet[M]) -> QuerySet[M]:
        """All rows of the request's filters in its order: for exports."""
        values, _errors = read_filters(self.filters, request.GET)
        return self._order(request).apply(self.apply(queryset, values))  # type: ignore[no-any-return]

    def selected(self, request: HttpRequest, queryset: QuerySet[M]) -> QuerySet[M]:
        """The rows that a bulk form names: the checked ids, or (`all=1`) everything that matches the filters."""
        if request.POST.get("all") == "1":
            return self.matching(request, queryset)
        return queryset.filter(pk__in=_ids(request.POST.getlist("id")))

    def _order(self, request: HttpRequest) -> Order:
        wanted = request.GET.get("sort", "") or self.sort
        allowed = {column.key: column.sort for column in self.columns if column.sort}
        name = wanted.lstrip("-")
        default = self.sort.lstrip("-")
        if name in allowed:
            return Order(wanted, allowed[name], wanted.startswith("-"))
        return Order(self.sort, allowed.get(default, default), self.sort.startswith("-"))

    def _shown(self, request: HttpRequest) -> set[str]:
        """The columns to show: chosen now (kept in the session), chosen before, or the usual ones."""
        keys = {column.key for column in self.columns}
        store = f"columns:{self.key}"
        if "columns" in request.GET:
            request.session[store] = sorted(keys & set(request.GET.getlist("columns")))
        chosen: Sequence[str] | None = request.session.get(store)
        if chosen is None:
            return {column.key for column in self.columns if column.shown or column.always}
        return (keys & set(chosen)) | {column.key for column in self.columns if column.always}

    def _heads(self, request: HttpRequest, order: Order) -> list[Head]:
        shown = self._shown(request)
        heads = []
        for column in self.columns:
            if column.key not in shown:
                continue
            current = column.key == order.key.lstrip("-") and bool(column.sort)
            direction = ("descending" if order.descending else "ascending") if current else ""
            target = f"-{column.key}" if direction == "ascending" else column.key
            url = _query(request, sort=target, c=None, columns=None) if column.sort else ""
            heads.append(Head(column, url, direction))
        return heads


def _start(cursor: Cursor | None, size: int) -> int:
    if cursor is None:
        return 1
    return cursor.start if cursor.forward else max(1, cursor.start - size)


def _query(request: HttpRequest, **changes: str | None) -> str:
    """The request's query string with parameters changed (None takes one away); "?" alone when nothing is left."""
    params = request.GET.copy()
    params.pop("columns", None)
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = value
    for name in [name for name, value in params.items() if value == ""]:
        params.pop(name)
    return f"?{params.urlencode()}"


def _ids(texts: Sequence[str]) -> list[uuid.UUID]:
    """The texts that are ids; the rest cannot name a row."""
    found = []
    for text in texts[:MAX_SELECTED]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
