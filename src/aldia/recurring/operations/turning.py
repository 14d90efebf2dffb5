"""The dates of schedules as they come: each leaves one row, and what was missed asks before anything is issued.

A date is on time on its day. After an outage one single date that is a few days old is still issued; more than one, or
an older one, waits for a person, who says what becomes of each (`deciding`): nothing leaves in a burst.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice, takewhile

from aldia.domain.recurrence import Due
from aldia.recurring import calendar
from aldia.recurring.models import Occurrence, OccurrenceState, Schedule, ScheduleState
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.scope import current_company_id, transaction

FEW_DAYS = timedelta(days=3)
MOST_AT_ONCE = 400  # dates of one schedule that appear in one turn; the next turn goes on


def due_schedules(*, today: date) -> list[uuid.UUID]:
    """The schedules of which a date has come."""
    rows = Schedule.objects.filter(state=ScheduleState.ACTIVE, next_on__lte=today)
    return list(rows.order_by("next_on", "id").values_list("id", flat=True))


def appear(*, schedule_id: uuid.UUID, today: date) -> list[Occurrence]:
    """Write the dates of a schedule that have come, once each however many ask; return those that were new."""
    with transaction():
        row = _locked(schedule_id)
        if row is None or row.state != ScheduleState.ACTIVE:
            return []
        came = list(islice(takewhile(lambda due: due.issue_on <= today, calendar.to_come(row)), MOST_AT_ONCE))
        new = [_occurrence(row, due, state) for due, state in zip(came, states_of(came, today), strict=True)]
        Occurrence.objects.bulk_create(new, ignore_conflicts=True)
        row.next_on = calendar.next_day(row)
        if row.next_on is None:
            row.state = ScheduleState.ENDED
        row.save(update_fields=["next_on", "state"])
        if new:
            detail = {str(each.on): each.state for each in new}
            audit.record(
                actor=None, verb="recurring.came", object_type="schedule", object_id=row.pk, detail={"dates": detail}
            )
    crashpoint("after_occurrence")
    return new


def states_of(came: Sequence[Due], today: date) -> list[str]:
    """What becomes of dates that came: those of today are issued, a single late one too; the rest asks."""
    missed = [due for due in came if due.issue_on < today]
    forgiven = len(missed) == 1 and len(came) == 1 and today - missed[0].issue_on <= FEW_DAYS
    asks = set() if forgiven else {due.on for due in missed}
    return [OccurrenceState.ASKING if due.on in asks else OccurrenceState.ISSUING for due in came]


def _occurrence(row: Schedule, due: Due, state: str) -> Occurrence:
    return Occurrence(
        company_id=current_company_id(), schedule=row, on=due.on, issue_on=due.issue_on, state=state
    )  # fmt: skip


def _locked(schedule_id: uuid.UUID) -> Schedule | None:
    """The schedule, held until the end of the transaction: two turns at once follow one another here."""
    return Schedule.objects.select_for_update().filter(pk=schedule_id).first()
