"""A database in words, one line for each column, index, constraint, trigger and policy; the order of columns aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

POSTGRESQL = {
    "column": """SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,
        is_nullable, column_default, is_identity FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraint": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace",
    "index": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "policy": "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies",
    "security": "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
    "function": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "migration": "SELECT app, name FROM django_migrations",
}  # fmt: skip


def described(connection: Any) -> list[str]:
    """Every line about a database (SQLite or PostgreSQL)."""
    return sorted(_on_postgresql(connection) if connection.vendor == "postgresql" else _on_sqlite(connection))


def _on_postgresql(connection: Any) -> Iterator[str]:
    for kind, sql in POSTGRESQL.items():
        for row in _rows(connection, sql):
            yield f"{kind}: {' | '.join(map(str, row))}"


def _on_sqlite(connection: Any) -> Iterator[str]:
    for kind, table, name, sql in _rows(connection, "SELECT type, tbl_name, name, sql FROM sqlite_master"):
        if kind == "table":
            for part in _parts(sql):
                yield f"table {table}: {part}"
        elif sql:  # keys have an index without any
            yield f"{kind} {name}: {_plain(sql)}"
    for app, name in _rows(connection, "SELECT app, name FROM django_migrations"):
        yield f"migration: {app} | {name}"


def _parts(sql: str) -> Iterator[str]:
    """The columns and constraints inside of CREATE TABLE (…)."""
    depth, begin = 0, sql.index("(") + 1
    for place in range(begin, len(sql)):
        if sql[place] in ",)" and depth == 0:
            yield _plain(sql[begin:place])
            begin = place + 1
        depth += {"(": 1, ")": -1}.get(sql[place], 0)


def _plain(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip()


def _rows(connection: Any, sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
