"""The list of a day as pages show it: the places as they were made in the morning, and what has happened since."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from aldia.collections.models import Activity, WorklistItem
from aldia.collections.queries import activities
from aldia.receivables.models import Receivable
from aldia.receivables.queries.balances import Position, owed_by_customer
from aldia.receivables.queries.sight import Sight


@dataclass(frozen=True, slots=True)
class Listed:
    """A place of the list and how its customer stands now: what it owes by currency, who called last, what is next."""

    item: WorklistItem
    positions: tuple[Position, ...]
    last: Activity | None
    next: Activity | None

    @property
    def pk(self) -> uuid.UUID:
        return self.item.pk

    @property
    def owes(self) -> bool:
        return any(each.owed for each in self.positions)

    @property
    def is_done(self) -> bool:
        """Somebody called (or wrote, or went) on the day of the list."""
        return self.last is not None and self.last.on >= self.item.on


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a day's list is done: customers, and the money at stake with them."""

    total: int
    done: int
    stake: int
    stake_done: int
    currency: str

    @property
    def left(self) -> int:
        return self.total - self.done


def day_of(today: date) -> date | None:
    """The day of the newest list that there is, today's or an earlier one."""
    return WorklistItem.objects.filter(on__lte=today).aggregate(last=Max("on"))["last"]


def items(on: date, sight: Sight) -> QuerySet[WorklistItem]:
    """The places of a day that a person sees, by rank; `done` and `owing` say what has happened since."""
    rows = sight.narrow(WorklistItem.objects.filter(on=on))
    rows = rows.select_related("customer", "customer__portfolio", "collector")
    done = activities.contacts().filter(customer_id=OuterRef("customer_id"), on__gte=on)
    owing = Receivable.objects.filter(customer_id=OuterRef("customer_id"), balance__gt=0)
    return rows.annotate(done=Exists(done), owing=Exists(owing)).order_by("rank", "id")


def pending() -> Q:
    """Of `items`: who is still to be called."""
    return Q(done=False, owing=True)


def progress(rows: QuerySet[WorklistItem], currency: str) -> Progress:
    """How far a list has come; who paid meanwhile is done too."""
    found = rows.order_by().aggregate(
        total=Count("pk"),
        left=Count("pk", filter=pending()),
        stake=Coalesce(Sum("score"), 0),
        stake_left=Coalesce(Sum("score", filter=pending()), 0),
    )
    total, stake = found["total"], found["stake"]
    return Progress(total, total - found["left"], stake, stake - found["stake_left"], currency)


def listed(rows: Iterable[WorklistItem], today: date) -> list[Listed]:
    """The places of a page with how their customers stand now: a few queries for all of them."""
    found = list(rows)
    ids = [row.customer_id for row in found]
    owed: Mapping[uuid.UUID, Mapping[str, Position]] = owed_by_customer(ids, today)
    last, coming = activities.last_of(ids), activities.next_steps(ids)
    return [
        Listed(
            row, tuple(owed.get(row.customer_id, {}).values()), last.get(row.customer_id), coming.get(row.customer_id)
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a customer stands in a list: its place, who comes before, and who is next of those still to be called."""

    item: WorklistItem | None
    before: uuid.UUID | None
    after: uuid.UUID | None


def neighbours(rows: QuerySet[WorklistItem], customer_id: uuid.UUID) -> Neighbours:
    """Who is before and after a customer among `rows`; who is not on the list is before all of it."""
    item = rows.filter(customer_id=customer_id).first()
    rank = item.rank if item else 0
    after = rows.filter(pending(), rank__gt=rank).first()
    if after is None:  # at the end: whoever was passed over
        after = rows.filter(pending(), rank__lt=rank).first()
    before = rows.filter(rank__lt=rank).order_by("-rank").first()
    return Neighbours(item, before.customer_id if before else None, after.customer_id if after else None)
