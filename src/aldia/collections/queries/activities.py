"""What was done about customers, for pages: the history with its filters, the last of each, the steps to come."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, F, OuterRef, QuerySet

from aldia.collections.models import Activity, ActivityKind
from aldia.receivables.clusters import chunks


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """`by` a person, `kind` and `outcome` their words; "" and None ask nothing."""

    kind: str = ""
    outcome: str = ""
    by: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None
    since: date | None = None
    until: date | None = None


def activities() -> QuerySet[Activity]:
    """All activities, with what a list shows of each."""
    return Activity.objects.select_related("customer", "contact", "by", "promise")


def live() -> QuerySet[Activity]:
    """Those that nobody took back."""
    return activities().filter(withdrawn_at__isnull=True)


def contacts() -> QuerySet[Activity]:
    """Calls, messages and visits that nobody took back: a note is no contact."""
    return Activity.objects.filter(withdrawn_at__isnull=True).exclude(kind=ActivityKind.NOTE)


def matching(rows: QuerySet[Activity], wanted: ActivityFilter) -> QuerySet[Activity]:
    """Narrow by a filter."""
    conditions = {
        "kind": wanted.kind or None, "outcome": wanted.outcome or None, "by_id": wanted.by,
        "customer_id": wanted.customer_id, "on__gte": wanted.since, "on__lte": wanted.until,
    }  # fmt: skip
    return rows.filter(**{name: value for name, value in conditions.items() if value is not None})


def of_customer(customer_id: uuid.UUID) -> QuerySet[Activity]:
    """The activities of a customer that stand, newest first."""
    return live().filter(customer_id=customer_id).order_by("-at", "-id")


def last_of(customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Activity]:
    """The last contact of each customer that had one."""
    found: dict[uuid.UUID, Activity] = {}
    for part in chunks(customer_ids, 500):
        newer = contacts().filter(customer_id=OuterRef("customer_id"), at__gt=OuterRef("at"))
        rows = contacts().filter(~Exists(newer), customer_id__in=part).select_related("by").order_by("id")
        found |= {row.customer_id: row for row in rows}
    return found


def last_by(user_id: uuid.UUID, since: datetime) -> Activity | None:
    """What a person logged last, if it was after a moment: what "undo" takes back."""
    return live().filter(by_id=user_id, at__gte=since).order_by("-at", "-id").first()


def open_steps() -> QuerySet[Activity]:
    """The next steps that nobody has done, the earliest first."""
    rows = activities().filter(next_on__isnull=False, next_done_on__isnull=True, withdrawn_at__isnull=True)
    return rows.order_by(F("next_on").asc(), "id")


def next_steps(customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Activity]:
    """The next step of each customer that has one: the earliest."""
    found: dict[uuid.UUID, Activity] = {}
    for part in chunks(customer_ids, 500):
        for row in open_steps().filter(customer_id__in=part):
            found.setdefault(row.customer_id, row)
    return found
