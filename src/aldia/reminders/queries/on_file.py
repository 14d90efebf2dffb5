"""What is on file of the turns of many receivables, read by plain SQL.

Planning reads it for a hundred thousand at every tick. Asked by id, through the unique key, because what was closed has
more rows than what is open; the ids as one parameter and as the engine keeps them, because turning ids and lists of
parameters back and forth took longer than the database does.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from aldia.domain.reminders import Past, State, Why
from aldia.receivables.clusters import chunks
from aldia.tenancy.reading import fetch
from aldia.tenancy.scope import current_company_id

POSTPONED = timedelta(days=7)  # a due date moved that far begins the steps again
Kept = dict[tuple[uuid.UUID, int, str], Past]

FINAL = """SELECT receivable_id, step_id, cycle, channel, state, why FROM reminders_remindercandidate
    WHERE company_id = %s AND receivable_id {among} AND credit_id IS NULL AND state <> 'planned'"""
WAITING = """SELECT receivable_id, step_id, cycle, channel, why, due_on, id FROM reminders_remindercandidate
    WHERE company_id = %s AND receivable_id {among} AND credit_id IS NULL AND state = 'planned'"""
MOVED = """SELECT receivable_id, old_due_on, new_due_on FROM receivables_duedatechange
    WHERE company_id = %s AND receivable_id {among}"""


def turns_on_file(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Kept]:
    """What is on file of the turns of some receivables; thanks for payments apart."""
    found: dict[uuid.UUID, Kept] = {}
    final: dict[tuple[str, str], Past] = {}
    steps: dict[Any, uuid.UUID] = {}
    for part in chunks(ids):
        known = _as_kept(part)
        for receivable, step, cycle, channel, state, why in _read(FINAL, known):
            if (state, why) not in final:
                final[state, why] = Past(State(state), Why(why))
            step_id = steps.get(step) or steps.setdefault(step, as_uuid(step))
            found.setdefault(known[receivable], {})[step_id, cycle, channel] = final[state, why]
        for receivable, step, cycle, channel, why, on, row in _read(WAITING, known):
            step_id = steps.get(step) or steps.setdefault(step, as_uuid(step))
            past = Past(State.PLANNED, Why(why), as_date(on), as_uuid(row))
            found.setdefault(known[receivable], {})[step_id, cycle, channel] = past
    return found


def eras_of(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How often each due date was moved by a week or more; those that never were are left out."""
    found: dict[uuid.UUID, int] = {}
    for part in chunks(ids):
        known = _as_kept(part)
        for receivable, old, new in _read(MOVED, known):
            if as_date(new) - as_date(old) >= POSTPONED:
                found[known[receivable]] = found.get(known[receivable], 0) + 1
    return found


def _read(sql: str, ids: dict[Any, uuid.UUID]) -> list[Any]:
    """Rows of the company in scope about some receivables."""
    if connection.vendor == "postgresql":
        among, values = "= ANY(%s)", list(ids)
    else:
        among, values = "IN (SELECT value FROM json_each(%s))", json.dumps(list(ids))  # type: ignore[assignment]
    return fetch(sql.format(among=among), [*_as_kept([current_company_id()]), values])


def _as_kept(ids: Sequence[uuid.UUID]) -> dict[Any, uuid.UUID]:
    """Ids by what the engine keeps: PostgreSQL has a type for them, SQLite 32 hex digits."""
    if connection.features.has_native_uuid_field:
        return {each: each for each in ids}
    return {each.hex: each for each in ids}


def raw_rows(rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """What a query finds, as the driver gives it."""
    return fetch(*rows.query.sql_with_params())


def as_uuid(value: Any) -> uuid.UUID:
    """An id as the engine gives it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def as_date(value: Any) -> date:
    """A day as the engine gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def as_moment(value: Any) -> datetime:
    """A moment as the engine gives it; SQLite keeps UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
