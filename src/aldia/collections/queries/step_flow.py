"""What moved between the seven steps in a period, by the moves that were written each night."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from aldia.collections.models import StepMove
from aldia.domain.steps import OUTSIDE, STEPS
from aldia.receivables.queries.sight import Sight, in_portfolio

MOST_MEASURED = 20_000


@dataclass(frozen=True, slots=True)
class Flow:
    """So many receivables, and what they owed then, that went from a step to another. 0 is outside."""

    from_step: int
    to_step: int
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class Period:
    """The flows of one currency in (first … last), and how many were in each step before it and at its end."""

    first: date
    last: date
    currency: str
    flows: tuple[Flow, ...]
    before: dict[int, int]
    after: dict[int, int]
    days: dict[int, int]

    def between(self, from_step: int, to_step: int) -> Flow:
        found = (each for each in self.flows if (each.from_step, each.to_step) == (from_step, to_step))
        return next(found, Flow(from_step, to_step, 0, 0))

    def into(self, step: int) -> Flow:
        """All that came into a step."""
        came = [each for each in self.flows if each.to_step == step]
        return Flow(OUTSIDE, step, sum(each.count for each in came), sum(each.amount for each in came))

    def out_of(self, step: int) -> Flow:
        """All that left a step."""
        went = [each for each in self.flows if each.from_step == step]
        return Flow(step, OUTSIDE, sum(each.count for each in went), sum(each.amount for each in went))


def begins_on() -> date | None:
    """The day on which history begins: what was open then came in, which is no flow. None: nothing was followed yet."""
    return StepMove.objects.order_by("on").values_list("on", flat=True).first()


def moves(sight: Sight, *, currency: str = "", portfolio: str = "") -> QuerySet[StepMove]:
    """The moves in sight."""
    rows = sight.narrow(StepMove.objects.all(), "receivable__customer")
    rows = in_portfolio(rows, portfolio, "receivable__customer__portfolio")
    return rows.filter(currency=currency) if currency else rows


def moves_between(
    rows: QuerySet[StepMove], *, first: date, last: date, begin: date, from_step: int | None, to_step: int | None
) -> QuerySet[StepMove]:
    """Those of a period, both ends included, after the day on which history begins; None: whatever step."""
    found = rows.filter(on__gte=max(first, begin + timedelta(days=1)), on__lte=last)
    asked = {"from_step": from_step, "to_step": to_step}
    return found.filter(**{name: value for name, value in asked.items() if value is not None})


def period(
    *, sight: Sight, first: date, last: date, begin: date, currency: str, portfolio: str = ""
) -> Period:  # fmt: skip
    """The flows of a period, what stood in each step before and after it, and the median of days in each."""
    rows = moves(sight, currency=currency, portfolio=portfolio)
    within = moves_between(rows, first=first, last=last, begin=begin, from_step=None, to_step=None)
    grouped = within.order_by().values_list("from_step", "to_step").annotate(rows=Count("pk"), amount=Sum("balance"))
    flows = tuple(Flow(start, end, count, int(amount)) for start, end, count, amount in sorted(grouped))
    before = stock(rows, max(first - timedelta(days=1), begin))
    after = {step: before[step] + _net(flows, step) for step in STEPS}
    return Period(first, last, currency, flows, before, after, days_in(within))


def _net(flows: Sequence[Flow], step: int) -> int:
    return sum(((each.to_step == step) - (each.from_step == step)) * each.count for each in flows)


def stock(rows: QuerySet[StepMove], on: date) -> dict[int, int]:
    """How many were in each step at the end of a day: all that came in less all that left."""
    found = dict.fromkeys(STEPS, 0)
    grouped = rows.filter(on__lte=on).order_by().values_list("from_step", "to_step").annotate(rows=Count("pk"))
    for start, end, count in grouped:
        if start:
            found[start] -= count
        if end:
            found[end] += count
    return found


def stocks(rows: QuerySet[StepMove], days: Sequence[date]) -> list[tuple[date, dict[int, int]]]:
    """`stock` at the end of each of the days (in order), from two queries."""
    if not days:
        return []
    standing = stock(rows, days[0])
    grouped = rows.filter(on__gt=days[0], on__lte=days[-1]).order_by().values_list("on", "from_step", "to_step")
    waiting = sorted(grouped.annotate(rows=Count("pk")))
    found, at = [], 0
    for day in days:
        while at < len(waiting) and waiting[at][0] <= day:
            _on, start, end, count = waiting[at]
            standing = standing | {
                step: standing[step] + sign * count for step, sign in ((start, -1), (end, 1)) if step
            }
            at += 1
        found.append((day, dict(standing)))
    return found


def days_in(within: QuerySet[StepMove]) -> dict[int, int]:
    """The median of days that what left each step had been in it; of the latest `MOST_MEASURED` moves."""
    came = StepMove.objects.filter(
        receivable=OuterRef("receivable"), to_step=OuterRef("from_step"), on__lt=OuterRef("on")
    )
    left = within.exclude(from_step=OUTSIDE).annotate(came_on=Subquery(came.order_by("-on").values("on")[:1]))
    days: dict[int, list[int]] = {}
    for step, on, came_on in left.order_by("-on").values_list("from_step", "on", "came_on")[:MOST_MEASURED]:
        if came_on is not None:
            days.setdefault(step, []).append((on - came_on).days)
    return {step: sorted(each)[(len(each) - 1) // 2] for step, each in days.items()}


def history_of(receivable_id: uuid.UUID) -> list[Any]:
    """The moves of one receivable, oldest first."""
    return list(StepMove.objects.filter(receivable_id=receivable_id).order_by("on", "id"))
