"""Shared fixtures: two companies with a cast, and the place of the sample files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

CORPUS = Path(os.environ.get("ALDIA_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "data")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The sample files of others; tests that need them are skipped, saying so, where they are not."""
    if not CORPUS.is_dir():
        pytest.skip(f"sample files not here: {CORPUS} (set ALDIA_CORPUS)")
    return CORPUS


@pytest.fixture(scope="session", autouse=True)
def _emptied_in_spite_of_guards() -> Iterator[None]:
    """Let the end of a transactional test empty the tables on SQLite, whose triggers refuse even that.

    PostgreSQL empties with TRUNCATE, which row triggers do not see.
    """
    from django.db import connection

    if connection.vendor != "sqlite":
        yield
        return
    from django.db.backends.sqlite3.operations import DatabaseOperations

    plain = DatabaseOperations.sql_flush

    def flush(self: DatabaseOperations, style: object, tables: list[str], **options: bool) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'aldia%'")
            guards = cursor.fetchall()
        drops = [f"DROP TRIGGER {name}" for name, _sql in guards]
        return [*drops, *plain(self, style, tables, **options), *(sql for _name, sql in guards)]

    DatabaseOperations.sql_flush = flush
    yield
    DatabaseOperations.sql_flush = plain
