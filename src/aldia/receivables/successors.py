"""Credits that stand for what is left of another, or for money that came again: when that money was first there."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from aldia.receivables.clusters import chunks
from aldia.receivables.models import Credit

NET = "net:"  # how the key of a credit begins that stands for what is left of another: it is no new payment


def first_days(credits_of: Collection[Credit]) -> dict[uuid.UUID, date]:
    """The day since which each credit's money is there, for those that took the place of another.

    A refund of a part, or a dispute that was won, does not make money come later than it came: the day is that of the
    earliest one before it that held as much. What came on top later counts from its own day.
    """
    days: dict[uuid.UUID, date] = {}
    amounts = {row.id: row.amount for row in credits_of}
    steps = {row.id: before for row in credits_of if (before := _before(row)) is not None}
    while steps:
        known = {row.id: row for part in chunks(set(steps.values())) for row in Credit.objects.filter(id__in=part)}
        reached = {each: known[before] for each, before in steps.items() if before in known}
        for each, row in reached.items():
            if row.amount >= amounts[each]:
                days[each] = min(days.get(each, row.received_on), row.received_on)
        steps = {each: before for each, row in reached.items() if (before := _before(row)) is not None}
    return days


def _before(row: Credit) -> uuid.UUID | None:
    """The credit in whose place this one stands; one that was taken back has more behind its key (`Desk.reverse`)."""
    if not row.external_key.startswith(NET):
        return None
    try:
        return uuid.UUID(row.external_key[len(NET) : len(NET) + 32])
    except ValueError:
        return None
