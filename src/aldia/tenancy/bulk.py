"""Inserting many rows of a company's table: one prepared statement, values adapted column by column.

`bulk_create` compiles an expression for every value of every row, which costs more than the database does. This inserts
rows that are complete as they stand: no defaults of the database, no expressions, no related objects to fetch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

_PLAIN = (models.IntegerField, models.BooleanField)
_PG_ROWS = 200


def insert_rows(rows: Sequence[Any], model: type[models.Model] | None = None) -> None:
    """Insert rows of one model inside the caller's transaction. Raises `IntegrityError`.

    `model` is named when the rows are plain objects with the attributes of its columns instead of instances of it.
    """
    if not rows:
        return
    target, one, columns = _shape(model or type(rows[0]), connection.vendor)
    values = [[adapt(getattr(row, name)) for name, adapt in columns] for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(target + one, values)
            return
        for start in range(0, len(values), _PG_ROWS):
            part = values[start : start + _PG_ROWS]
            cursor.execute(target + ", ".join([one] * len(part)), [value for row in part for value in row])


@lru_cache(maxsize=64)
def _shape(model: type[models.Model], vendor: str) -> tuple[str, str, list[tuple[str, Callable[[Any], Any]]]]:
    """The INSERT up to its values, the marks of one row, and how each attribute is adapted."""
    fields = [field for field in model._meta.local_concrete_fields if field.db_default is models.NOT_PROVIDED]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    target = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "  # noqa: S608 - names come from the model
    return target, f"({', '.join(['%s'] * len(fields))})", [(field.attname, _adapter(field)) for field in fields]


def refresh_statistics(models_filled: Sequence[type[models.Model]]) -> None:
    """Tell PostgreSQL how large tables have grown in an import, before its own rounds notice.

    Plans made when they were empty read a whole company where one row is wanted (measured: ten times the time).
    """
    if connection.vendor != "postgresql":
        return
    names = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models_filled)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {names}")


def _adapter(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """What the driver takes for a value of the field; text, whole numbers and ids go the short way."""
    if isinstance(field, models.ForeignKey):
        return _adapter(field.target_field)
    if isinstance(field, models.UUIDField):
        return _hex if connection.vendor == "sqlite" else _same
    if isinstance(field, models.CharField | models.TextField):
        return _text
    if isinstance(field, _PLAIN):
        return _same
    return lambda value: field.get_db_prep_save(value, connection)


def _text(value: Any) -> Any:
    return None if value is None else str(value)


def _hex(value: Any) -> Any:
    return None if value is None else value.hex


def _same(value: Any) -> Any:
    return value
