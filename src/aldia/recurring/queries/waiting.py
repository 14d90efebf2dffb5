"""What of recurring documents waits for a person, and what nobody was told of yet."""

from __future__ import annotations

import hashlib
from datetime import date

from django.db.models import QuerySet

from aldia.messaging.models import Message
from aldia.recurring.models import Occurrence, OccurrenceState

WAITING = (OccurrenceState.ASKING, OccurrenceState.FAILED)
MOST_TOLD = 50


def for_people() -> QuerySet[Occurrence]:
    """The dates that somebody must decide: missed ones, and those that failed."""
    return Occurrence.objects.filter(state__in=WAITING).select_related("schedule__customer", "issue", "receivable")


def failure_key(row: Occurrence) -> str:
    """Names the notice of one failure: failing again for another reason is another one."""
    return f"recurring:{row.pk}:{hashlib.sha256(row.message.encode()).hexdigest()[:12]}"


def asking_key(today: date) -> str:
    """Names the notice of a day on what waits for a decision."""
    return f"recurring-asking:{today.isoformat()}"


def to_tell(*, today: date) -> tuple[list[Occurrence], int]:
    """The failures that nobody was told of, and how many missed dates wait (0 where today's notice is out)."""
    rows = list(for_people().filter(state=OccurrenceState.FAILED).order_by("-on", "id")[:MOST_TOLD])
    keys = {f"notice:{failure_key(row)}" for row in rows} | {f"notice:{asking_key(today)}"}
    told = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
    failed = [row for row in rows if f"notice:{failure_key(row)}" not in told]
    if f"notice:{asking_key(today)}" in told:
        return failed, 0
    return failed, Occurrence.objects.filter(state=OccurrenceState.ASKING).order_by().count()
