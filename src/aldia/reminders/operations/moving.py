"""Rows of candidates, written many at once: new ones as plain rows; those that still wait get another state, reason or
day by one UPDATE for all that come to the same."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from aldia.domain.reminders import Past, State, Why
from aldia.receivables.clusters import chunks
from aldia.reminders.models import ReminderCandidate
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import current_company_id


@dataclass(slots=True)
class NewRow:
    """A candidate as it is inserted: an instance of the model costs more than its INSERT."""

    receivable_id: uuid.UUID
    customer_id: uuid.UUID
    step_id: uuid.UUID
    cycle: int
    channel: str
    due_on: date
    state: str
    why: str
    decided_on: date
    credit_id: uuid.UUID | None = None
    detail: str = ""
    message_id: uuid.UUID | None = None
    id: uuid.UUID = field(default_factory=uuid7)
    company_id: uuid.UUID = field(default_factory=current_company_id)


def insert_new(rows: Sequence[NewRow]) -> None:
    """Insert the rows that no other planner wrote before."""
    insert_rows(rows, ReminderCandidate, once=True)


Change = tuple[Past, State, Why]
Counts = Counter[tuple[str, str]]


def move_rows(changes: Sequence[Change], today: date) -> list[Change]:
    """Write the changes that are news, where the row waits still; return those."""
    news = [change for change in changes if (change[0].state, change[0].why) != change[1:]]
    groups: dict[tuple[State, Why], list[uuid.UUID]] = {}
    for past, state, why in news:
        if past.row is not None:
            groups.setdefault((state, why), []).append(past.row)
    for (state, why), ids in groups.items():
        for part in chunks(ids):
            rows = ReminderCandidate.objects.filter(id__in=part, state=State.PLANNED)
            rows.update(state=state, why=why, decided_on=today)
    return news


def redate_rows(changes: Sequence[tuple[Past, date]]) -> None:
    """Write the new days of turns whose due date moved."""
    groups: dict[date, list[uuid.UUID]] = {}
    for past, on in changes:
        if past.on != on and past.row is not None:
            groups.setdefault(on, []).append(past.row)
    for on, ids in groups.items():
        for part in chunks(ids):
            ReminderCandidate.objects.filter(id__in=part).update(due_on=on)


def counted(changes: Iterable[Change]) -> Counts:
    """How many came to what."""
    return Counter((state.value, why.value) for _past, state, why in changes)
