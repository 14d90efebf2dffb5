"""Keyset pages: "the 50 after this row" costs the same on page 1 and on page 10,000.

The order is one field and then the id. NULLs come last both ways. A cursor carries the last row's values, signed, so
that nobody can make the database compare what it should not.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db import connection
from django.db.models import F, Model, Q, QuerySet, Subquery


@dataclass(frozen=True, slots=True)
class Order:
    """`key` as it is in the address ("-due_on"), the database `field` behind it, and the direction."""

    key: str
    field: str
    descending: bool

    def apply(self, queryset: QuerySet[Any], *, reverse: bool = False) -> QuerySet[Any]:
        descending = self.descending != reverse
        if self.field in ("id", "pk"):
            return queryset.order_by("-pk" if descending else "pk")
        column = F(self.field)
        if _nullable(queryset, self.field):
            nulls: dict[str, Any] = {"nulls_first": True} if reverse else {"nulls_last": True}
            ordered = column.desc(**nulls) if descending else column.asc(**nulls)
        else:
            ordered = column.desc() if descending else column.asc()
        return queryset.order_by(ordered, "-pk" if descending else "pk")


@dataclass(frozen=True, slots=True)
class Cursor:
    value: Any
    pk: Any
    start: int  # number of the first row of the page (forward), or of the page that is left (backward)
    forward: bool


def fetch(queryset: QuerySet[Any], order: Order, cursor: Cursor | None, size: int) -> tuple[list[Any], bool, bool]:
    """The rows of a page, and whether there are rows before and after it."""
    backward = cursor is not None and not cursor.forward
    if cursor is not None:
        queryset = queryset.filter(_beyond(queryset, order, cursor))
    rows = list(order.apply(queryset, reverse=backward)[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if backward:
        rows.reverse()
        return rows, more, True
    return rows, cursor is not None, more


def _beyond(queryset: QuerySet[Any], order: Order, cursor: Cursor) -> Q:
    """Rows strictly after (or before) the cursor's row. `>= v AND (> v OR pk beyond)` keeps the index in use."""
    descending = order.descending == cursor.forward
    side = "lt" if descending else "gt"
    beyond_pk = Q(**{f"pk__{side}": cursor.pk})
    if order.field in ("id", "pk"):
        return beyond_pk
    field = order.field
    nullable = _nullable(queryset, field)
    if cursor.value is None:
        within = Q(**{f"{field}__isnull": True}) & beyond_pk
        return within if cursor.forward else within | Q(**{f"{field}__isnull": False})
    value = _comparable(queryset, field, cursor)
    past = Q(**{f"{field}__{side}e": value}) & (Q(**{f"{field}__{side}": value}) | beyond_pk)
    return past | Q(**{f"{field}__isnull": True}) if nullable and cursor.forward else past


def _comparable(queryset: QuerySet[Any], field: str, cursor: Cursor) -> Any:
    """The cursor's value as the database compares it.

    SQLite keeps moments as text, with three decimals or six depending on who wrote them, and compares the text: there
    the row's own value is looked up again.
    """
    if isinstance(cursor.value, datetime) and connection.vendor == "sqlite":
        annotated = field in queryset.query.annotations
        rows = queryset.order_by() if annotated else queryset.model._default_manager.all()
        return Subquery(rows.filter(pk=cursor.pk).values(field)[:1])
    return cursor.value


def _nullable(queryset: QuerySet[Any], path: str) -> bool:
    """Whether the sorted value can be NULL: a nullable field on the way; annotations are taken as they may be."""
    model: Any = queryset.model
    if path.split("__")[0] in queryset.query.annotations:
        return True
    for name in path.split("__"):
        try:
            found = model._meta.get_field(name)
        except Exception:
            return True
        if found.null:
            return True
        model = found.related_model
    return False


def write_cursor(key: str, order: Order, row: Model, start: int, *, forward: bool) -> str:
    """The signed cursor that continues after `row` (or goes back before it)."""
    value: Any = row
    if order.field in ("id", "pk"):
        value = None
    else:
        for name in order.field.split("__"):
            value = getattr(value, name) if value is not None else None
    body = [order.key, _pack(value), _pack(row.pk), start, forward]
    return signing.dumps(body, salt=f"list:{key}", compress=True)


def read_cursor(key: str, order: Order, text: str) -> Cursor | None:
    """The cursor, or None where there is none, it was tampered with, or it belongs to another order."""
    if not text or len(text) > 2000:
        return None
    try:
        sort, value, pk, start, forward = signing.loads(text, salt=f"list:{key}")
    except (signing.BadSignature, ValueError):
        return None
    if sort != order.key:
        return None
    return Cursor(_unpack(value), _unpack(pk), start, forward)


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, uuid.UUID):
        return {"u": str(value)}
    return value


def _unpack(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [(kind, text)] = value.items()
    return {"t": datetime.fromisoformat, "d": date.fromisoformat, "u": uuid.UUID}[kind](text)
