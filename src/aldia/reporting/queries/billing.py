"""What recurring documents will bill, and when that falls due: not invoiced yet, so kept apart from what is owed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, Q

from aldia.customers.queries import default_lines
from aldia.domain.fiscal import terms
from aldia.domain.recurrence import from_json, upcoming
from aldia.receivables.queries.sight import Sight
from aldia.receivables.settings import collection_settings
from aldia.recurring.content import amount_of, content_on
from aldia.recurring.models import Occurrence, OccurrenceState, PriceChange, Schedule, ScheduleState

MOST = 2_000  # schedules looked at: more would keep a page waiting


@dataclass(frozen=True, slots=True)
class Bill:
    """One date still to come of a schedule: issued on a day, due on another."""

    schedule: Schedule
    on: date
    issue_on: date
    due_on: date
    amount: int


def bills(*, sight: Sight, currency: str, last: date) -> list[Bill]:
    """What active schedules of a currency will issue that falls due on `last` or before, in order of due dates."""
    rows = sight.narrow(Schedule.objects.filter(state=ScheduleState.ACTIVE, currency=currency, next_on__lte=last))
    found = list(rows.select_related("customer").order_by("next_on", "id")[:MOST])
    past, prices, days = _past(found), _prices(found), _terms(found)
    every = [
        bill for row in found for bill in _of(row, past.get(row.pk, (None, 0)), prices.get(row.pk, []), days, last)
    ]
    return sorted(every, key=lambda bill: (bill.due_on, str(bill.schedule.pk)))


def _of(
    row: Schedule, past: tuple[date | None, int], changes: list[PriceChange], days: dict[uuid.UUID, int], last: date
) -> Iterator[Bill]:
    latest, counted = past
    left = None if row.most is None else max(0, row.most - counted)
    term = timedelta(days=days[row.customer_id] if row.due_days is None else row.due_days)
    amounts: dict[int, int] = {}
    dates = upcoming(from_json(row.rule), row.starts_on, after=latest, ends_on=row.ends_on, left=left)
    for due in dates:
        if due.issue_on + term > last:
            return
        price = sum(change.from_on <= due.on for change in changes)
        if price not in amounts:
            amounts[price] = amount_of(row.kind, content_on(row, due.on, changes))
        yield Bill(row, due.on, due.issue_on, due.issue_on + term, amounts[price])


def _past(rows: list[Schedule]) -> dict[uuid.UUID, tuple[date | None, int]]:
    """The latest date that came of each schedule, and how many count against its limit."""
    counted = Count("pk", filter=~Q(state=OccurrenceState.SKIPPED))
    grouped: Any = (
        Occurrence.objects.filter(schedule__in=[row.pk for row in rows]).order_by().values_list("schedule_id")
    )
    return {key: (latest, count) for key, latest, count in grouped.annotate(latest=Max("on"), counted=counted)}


def _prices(rows: list[Schedule]) -> dict[uuid.UUID, list[PriceChange]]:
    found: dict[uuid.UUID, list[PriceChange]] = {}
    for change in PriceChange.objects.filter(schedule__in=[row.pk for row in rows]).order_by("from_on"):
        found.setdefault(change.schedule_id, []).append(change)
    return found


def _terms(rows: list[Schedule]) -> dict[uuid.UUID, int]:
    """The days that each customer has to pay, for schedules without a term of their own."""
    customers = {row.customer_id: row.customer for row in rows}
    lines, usual = default_lines(list(customers)), collection_settings().default_term_days
    return {
        key: terms.term_days(
            customer=each.term_days,
            credit_line=lines[key].term_days if key in lines else None,
            conditions="",
            company=usual,
        )
        for key, each in customers.items()
    }
