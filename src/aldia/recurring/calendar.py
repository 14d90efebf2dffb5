"""Where a schedule stands on its calendar: which dates it has still to come, and how many it may issue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import Max

from aldia.domain.recurrence import Due, from_json, upcoming
from aldia.recurring.models import Occurrence, OccurrenceState, Schedule


def last_date(schedule: Schedule) -> date | None:
    """The latest date that came; dates after it are still to come."""
    found: date | None = Occurrence.objects.filter(schedule=schedule).aggregate(last=Max("on"))["last"]
    return found


def left(schedule: Schedule) -> int | None:
    """How many more it may issue; None without a limit. What was left out does not count."""
    if schedule.most is None:
        return None
    counted = Occurrence.objects.filter(schedule=schedule).exclude(state=OccurrenceState.SKIPPED).count()
    return max(0, schedule.most - counted)


def to_come(schedule: Schedule) -> Iterator[Due]:
    """The dates of the schedule that have not come yet, whatever its state."""
    rule = from_json(schedule.rule)
    after = last_date(schedule)
    return upcoming(rule, schedule.starts_on, after=after, ends_on=schedule.ends_on, left=left(schedule))


def next_day(schedule: Schedule) -> date | None:
    """The day on which the next date is issued; None where none is left."""
    found = next(to_come(schedule), None)
    return found.issue_on if found else None
