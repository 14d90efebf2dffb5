"""Values of rows read with plain SQL, the same on both engines; and what is constant of the company in scope."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connection

from aldia.tenancy.reading import as_kept
from aldia.tenancy.scope import current_company_id, transaction

PART = 500  # ids in one IN list


def text_id(value: Any) -> str:
    """An id as the engine's keys write it, whatever the driver gives (PostgreSQL a UUID, SQLite 32 digits)."""
    if isinstance(value, str):
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
    return str(value)


def day(value: Any) -> date:
    """A date, whatever the driver gives."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def kept(key: str) -> Any:
    """A key of the engine as the database keeps the id."""
    return as_kept(uuid.UUID(key))


def here() -> Any:
    """The company in scope, as the database keeps its id."""
    return as_kept(current_company_id())


def parts(keys: Collection[str]) -> Iterator[list[Any]]:
    """Ids for IN lists, some hundred at a time."""
    ordered: Sequence[Any] = [kept(key) for key in sorted(keys)]
    for start in range(0, len(ordered), PART):
        yield list(ordered[start : start + PART])


@contextmanager
def reading() -> Iterator[None]:
    """Where many small questions are asked: on PostgreSQL one transaction instead of one each (the company is
    announced once); on SQLite none, because it would keep every writer waiting.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with transaction():
            yield
    else:
        yield
