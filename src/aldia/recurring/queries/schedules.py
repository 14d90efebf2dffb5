"""Schedules as pages read them: the next dates with what each will cost and say, and what became of the past ones."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db.models import Count, Q, QuerySet

from aldia.domain import recurrence
from aldia.domain.recurrence_words import span_words
from aldia.recurring import calendar
from aldia.recurring.content import amount_of, content_on, texts_of, worded
from aldia.recurring.models import Occurrence, PriceChange, Schedule
from aldia.recurring.queries.waiting import WAITING

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Coming:
    """A date still to come: when it is issued, what it bills, what it comes to and the first of its texts."""

    on: date
    issue_on: date
    period: str
    amount: int
    text: str


def coming(schedule: Schedule, changes: list[PriceChange] | None = None, count: int = SHOWN) -> list[Coming]:
    """The next dates of a schedule, kept or not, each at the price of its day."""
    rule = recurrence.from_json(schedule.rule)
    if changes is None:
        changes = list(PriceChange.objects.filter(schedule_id=schedule.pk).order_by("from_on"))
    found = []
    for due in islice(calendar.to_come(schedule), count):
        content = worded(schedule, due.on, content_on(schedule, due.on, changes))
        words = span_words(recurrence.billed(rule, due.on))
        found.append(
            Coming(due.on, due.issue_on, words, amount_of(schedule.kind, content), texts_of(schedule.kind, content)[0])
        )
    return found


def amount_now(schedule: Schedule, today: date) -> int:
    """What one date costs at the prices of a day."""
    return amount_of(schedule.kind, content_on(schedule, today))


@dataclass(frozen=True, slots=True)
class Price:
    """A change of price, and what a date costs from it on."""

    change: PriceChange
    amount: int
    is_begun: bool


def prices(schedule: Schedule, today: date) -> list[Price]:
    """The changes of price of a schedule, the latest first."""
    changes = list(PriceChange.objects.filter(schedule_id=schedule.pk).select_related("created_by").order_by("from_on"))
    rows = [
        Price(each, amount_of(schedule.kind, content_on(schedule, each.from_on, changes)), each.from_on < today)
        for each in changes
    ]
    return rows[::-1]


def history(schedule: Schedule) -> QuerySet[Occurrence]:
    """The dates that came, the latest first."""
    rows = Occurrence.objects.filter(schedule=schedule).order_by("-on")
    return rows.select_related("issue", "receivable", "decided_by")


def waiting_by_schedule(schedule_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many dates of each schedule wait for a person."""
    rows: Any = (
        Occurrence.objects.filter(schedule_id__in=schedule_ids, state__in=WAITING)
        .order_by()
        .values_list("schedule_id")
        .annotate(count=Count("pk"))
    )
    return dict(rows)


def filtered(rows: QuerySet[Schedule], *, words: list[str], kind: str = "") -> QuerySet[Schedule]:
    """The schedules whose name or customer holds every word (folded), of a kind."""
    for word in words:
        rows = rows.filter(Q(customer__search__contains=word) | Q(name__icontains=word))
    return rows.filter(kind=kind) if kind else rows
