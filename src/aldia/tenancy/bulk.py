"""Inserting many rows of a company's table: one prepared statement, values adapted column by column.

`bulk_create` compiles an expression for every value of every row, which costs more than the database does. This inserts
rows that are complete as they stand: no defaults of the database, no expressions, no related objects to fetch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

_PLAIN = (models.IntegerField, models.BooleanField)
_PG_ROWS = 200


def insert_rows(rows: Sequence[Any], model: type[models.Model] | None = None, *, once: bool = False) -> None:
    """Insert rows of one model inside the caller's transaction. Raises `IntegrityError`.

    `model` is named when the rows are plain objects with the attributes of its columns instead of instances of it.
    `once`: a row that a unique key knows already is left as it is.
    """
    if not rows:
        return
    sql, columns = _shape(model or type(rows[0]), connection.vendor)
    sql += " ON CONFLICT DO NOTHING" if once else ""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(sql, [[adapt(getattr(row, name)) for name, _column, adapt in columns] for row in rows])
            return
        for start in range(0, len(rows), _PG_ROWS):
            part = rows[start : start + _PG_ROWS]
            values = [{column: adapt(getattr(row, name)) for name, column, adapt in columns} for row in part]
            cursor.execute(sql, [json.dumps(values, ensure_ascii=False, default=str)])


@lru_cache(maxsize=64)
def _shape(model: type[models.Model], vendor: str) -> tuple[str, list[tuple[str, str, Callable[[Any], Any]]]]:
    """The INSERT, and of each column: the attribute, its name, how a value is adapted.

    PostgreSQL gets the rows as one JSON text: psycopg looks for placeholders in the whole statement with a regular
    expression, which for 200 rows of VALUES costs more CPU than all the rest of an import.
    """
    fields = [field for field in model._meta.local_concrete_fields if field.db_default is models.NOT_PROVIDED]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    target = f"INSERT INTO {quote(model._meta.db_table)} ({names})"
    columns = [(field.attname, field.column, _adapter(field)) for field in fields]
    if vendor == "sqlite":
        return f"{target} VALUES ({', '.join(['%s'] * len(fields))})", columns
    typed = ", ".join(f"{quote(field.column)} {field.db_type(connection)}" for field in fields)
    return f"{target} SELECT {names} FROM json_to_recordset(%s::json) AS fresh({typed})", columns  # noqa: S608


def refresh_statistics(models_filled: Sequence[type[models.Model]]) -> None:
    """Tell the database how large tables have grown: it chooses its plans by that.

    SQLite without statistics takes every company for ten rows (https://www.sqlite.org/queryplanner-ng.html): pages over
    100,000 receivables then cost two to fifteen times the CPU.
    """
    with connection.cursor() as cursor:
        for model in models_filled:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def refresh_while_growing(models_filled: Sequence[type[models.Model]]) -> None:
    """The same in the middle of an import, for PostgreSQL, before its own rounds notice.

    Plans made when tables were empty read a whole company where one row is wanted (measured: ten times the time). An
    import asks SQLite in such a way that it needs no statistics for it, and those of a few rows would mislead it.
    """
    if connection.vendor == "postgresql":
        refresh_statistics(models_filled)


def refresh_all_statistics() -> None:
    """Statistics of every table, where the database does not keep them by itself (0.8 s at 625,000 receivables)."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _adapter(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """What the driver takes for a value of the field; text, whole numbers and ids go the short way."""
    if isinstance(field, models.ForeignKey):
        return _adapter(field.target_field)
    if isinstance(field, models.UUIDField):
        return _hex if connection.vendor == "sqlite" else _text
    if isinstance(field, models.CharField | models.TextField):
        return _text
    if isinstance(field, _PLAIN) or (connection.vendor != "sqlite" and not isinstance(field, models.BinaryField)):
        return _same
    return lambda value: field.get_db_prep_save(value, connection)


def _text(value: Any) -> Any:
    return None if value is None else str(value)


def _hex(value: Any) -> Any:
    return None if value is None else value.hex


def _same(value: Any) -> Any:
    return value
