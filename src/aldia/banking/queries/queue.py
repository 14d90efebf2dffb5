"""The queue of movements that wait for a person: how many, and of what kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count

from aldia.banking.models import BankMovement
from aldia.banking.operations.requeueing import QUEUED


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many movements wait. `outcomes` by what the engine said ("" not yet decided); `reasons` by why it asks;
    `doubtful` are those of which a person must first say whether they are new.
    """

    waiting: int = 0
    doubtful: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


def counts() -> QueueCounts:
    """The whole queue in figures."""
    queue = BankMovement.objects.filter(state__in=QUEUED)
    sure = queue.filter(doubt="")
    outcomes = dict(sure.order_by("outcome").values_list("outcome").annotate(n=Count("id")))
    reasons = dict(sure.order_by("why").values_list("why").annotate(n=Count("id")))
    return QueueCounts(sum(outcomes.values()), queue.exclude(doubt="").count(), outcomes, reasons)
