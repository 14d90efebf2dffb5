"""Which tables are kept, in which order, and how a row is written as JSON."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from aldia.tenancy.guards import company_models
from aldia.tenancy.scope import company_scope

LEFT_OUT = frozenset({"django_session", "django_content_type", "auth_permission"})
CHUNK = 2000

Model = type[models.Model]


def kept_models(apps: Any) -> list[Model]:
    """The models of a registry whose rows a backup holds, each after those it refers to."""
    wanted = [each for each in apps.get_models(include_auto_created=True) if each._meta.db_table not in LEFT_OUT]
    wanted = [each for each in wanted if each._meta.managed and not each._meta.proxy]
    ordered: list[Model] = []
    for each in sorted(wanted, key=lambda model: model._meta.db_table):
        _after_its_targets(each, wanted, ordered, ())
    return ordered


def columns(model: Model) -> list[str]:
    """The columns of a table, in the order that its rows are written in."""
    return [field.column for field in model._meta.concrete_fields]


def lines(apps: Any, model: Model, company_ids: Sequence[UUID]) -> Iterator[bytes]:
    """The rows of a table as lines of JSON: company by company where it is a company's table, then by key."""
    names = [field.attname for field in model._meta.concrete_fields]
    rows = model._base_manager.order_by("pk").values_list(*names)
    if model in company_models(apps):
        for company_id in company_ids:
            with company_scope(company_id):
                yield from map(_line, rows.filter(company_id=company_id).iterator(chunk_size=CHUNK))
        return
    yield from map(_line, rows.iterator(chunk_size=CHUNK))


def values(model: Model, line: bytes) -> list[Any]:
    """A line of JSON as values for the database in use."""
    fields = model._meta.concrete_fields
    return [
        field.get_db_prep_save(_read(field, value), connection)
        for field, value in zip(fields, json.loads(line), strict=True)
    ]


class Digest:
    """Count and SHA-256 of the lines of a table."""

    def __init__(self) -> None:
        self.rows, self.hash = 0, hashlib.sha256()

    def add(self, line: bytes) -> None:
        self.rows += 1
        self.hash.update(line)

    def as_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "sha256": self.hash.hexdigest()}


@contextmanager
def snapshot() -> Iterator[None]:
    """Let every read of the block see one moment of the database, while others go on writing."""
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # by hand: Django would begin IMMEDIATE and lock the writers out
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
        return
    before = connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
    connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = False  # inside one transaction a pooler keeps them
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    finally:
        connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = before


def _after_its_targets(model: Model, wanted: list[Model], ordered: list[Model], path: tuple[Model, ...]) -> None:
    if model in ordered or model in path:
        return
    for field in model._meta.concrete_fields:
        target = field.related_model
        if target is not None and target is not model and target in wanted:
            _after_its_targets(target, wanted, ordered, (*path, model))
    ordered.append(model)


def _line(row: Sequence[Any]) -> bytes:
    text = json.dumps([_plain(value) for value in row], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def _read(field: Any, value: Any) -> Any:
    if value is None or isinstance(field, models.JSONField):
        return value
    if isinstance(field, models.BinaryField):
        return base64.b64decode(value)
    target = field.target_field if field.is_relation else field
    return target.to_python(value)
