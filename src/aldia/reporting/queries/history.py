"""The books at the end of each of the last months: indicators, ages, and what rolled from one age into the next.

One reading for all months: what is owed now is owed since the month of its issue, what was applied or voided meanwhile
was owed until then (`domain.book_history`). Every month of it is what `indicators_of` says of that month, and what
`aging` says of its end; tests hold both against each other and against the slow computation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.db.models import CharField, Func, Q, QuerySet, Sum

from aldia.domain import indicators
from aldia.domain.aging import Ranges
from aldia.domain.book_history import (
    MonthEnd,
    Roll,
    Stretch,
    bucket_amounts,
    first_day,
    last_day,
    month_ends,
    month_number,
    rolls,
)
from aldia.domain.indicators import Amounts, Period
from aldia.receivables.models import Allocation, Credit, CreditKind, Receivable, ReceivableKind
from aldia.receivables.queries.sight import Sight
from aldia.receivables.queries.states import MONEY
from aldia.reporting.queries import drill
from aldia.reporting.queries.drill import Drill

SOME_MONTHS, COUNTBACK_MONTHS = 6, 24


class MonthOf(Func):
    """ "2026-11" of a date. Django's own functions of dates call Python for every row on SQLite."""

    output_field = CharField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="substr(%(expressions)s, 1, 7)", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="to_char(%(expressions)s, 'YYYY-MM')", **context)


@dataclass(frozen=True, slots=True)
class Month:
    """A month that has ended. `rolls`: from the end of the month before to its own."""

    first: date
    last: date
    amounts: Amounts
    countback: Fraction | None
    buckets: tuple[int, ...]
    rolls: tuple[Roll, ...]

    @property
    def values(self) -> dict[str, Fraction | None]:
        """Each indicator by its key."""
        return {**indicators.all_of(self.amounts, ()), "countback": self.countback}


def months_of(
    *, sight: Sight, currency: str, until: date, today: date, ranges: Ranges, months: int = 12
) -> list[Month]:
    """The last months that had ended by `until`, oldest first."""
    last = last_month(until)
    first = last - months + 1
    ends = month_ends(_stretches(sight, currency, last_day(first - 1)), first - 1, last)
    found: list[Month] = []
    for back in (SOME_MONTHS, COUNTBACK_MONTHS):  # counting back seldom needs the older half of the books
        since = first_day(first - back)
        sold, came = _sold(sight, currency, since), _came_in(sight, currency, since)
        found = [_month(before, after, sold, came, ranges, back) for before, after in pairwise(ends)]
        if all(month.countback is not None for month in found):
            break
    return found


def last_month(until: date) -> int:
    """The last month that had ended by a day."""
    month = month_number(until)
    return month if last_day(month) <= until else month - 1


def _month(
    before: MonthEnd,
    after: MonthEnd,
    sold: Mapping[int, list[tuple[int, int]]],
    came: Mapping[str, dict[int, int]],
    ranges: Ranges,
    back: int,
) -> Month:
    first, last = first_day(after.month), last_day(after.month)
    buckets = bucket_amounts(after.owed, ranges, last)
    sales = {month: _sales(sold, month, after.month) for month in _back(after.month, back)}
    amounts = Amounts(
        opening=sum(before.owed.values()),
        sales=sales[after.month],
        returns=came["returns"].get(after.month, 0),
        collected=came["collected"].get(after.month, 0),
        closing=sum(buckets),
        current=buckets[0],
        days=last.day,
    )
    periods = [
        Period(sales[month] - came["returns"].get(month, 0), last_day(month).day) for month in _back(after.month, back)
    ]
    countback = indicators.countback_dso_days(amounts.closing, periods)
    return Month(first, last, amounts, countback, buckets, tuple(rolls(before, after, ranges)))


def _back(month: int, months: int) -> list[int]:
    """The months that count-back goes over, the latest first."""
    return list(range(month, month - months, -1))


def _sales(sold: Mapping[int, list[tuple[int, int]]], month: int, as_of: int) -> int:
    """Of what was sold in a month, what was not voided by the end of another."""
    return sum(amount for voided, amount in sold.get(month, ()) if voided > as_of)


def _stretches(sight: Sight, currency: str, since: date) -> Iterator[Stretch]:
    """Whatever was owed at an end of a month from that of `since` on."""
    mine = Receivable.objects.filter(currency=currency)
    yield from _grouped(sight.narrow(mine.filter(balance__gt=0)), "", "balance")
    yield from _grouped(sight.narrow(mine.filter(voided_on__gt=since)), "", "total", "voided_on")
    applied = Allocation.objects.filter(on__gt=since, receivable__currency=currency)
    applied = sight.narrow(applied, "receivable__customer")
    yield from _grouped(applied.filter(receivable__voided_on__isnull=True), "receivable__", "amount", "on")
    voided = applied.filter(receivable__voided_on__gt=since).order_by()
    columns = ("receivable__issued_on", "receivable__due_on", "on", "receivable__voided_on")
    for issued_on, due_on, on, voided_on, amount in voided.values_list(*columns).annotate(Sum("amount")):
        yield Stretch(month_number(issued_on), month_number(min(on, voided_on)), due_on, int(amount))


def _grouped(rows: QuerySet[Any], to: str, column: str, stop: str = "") -> Iterator[Stretch]:
    """Stretches summed by the month they begin in, the one they end in (`stop`: the column) and the due date."""
    keys = {"since": MonthOf(f"{to}issued_on"), **({"until": MonthOf(stop)} if stop else {})}
    names = [*keys, f"{to}due_on"]
    for since, *until, due_on, amount in rows.order_by().annotate(**keys).values_list(*names).annotate(Sum(column)):
        yield Stretch(_number(since), _number(until[0]) if until else None, due_on, int(amount))


def _number(text: str) -> int:
    year, _dash, month = text.partition("-")
    return int(year) * 12 + int(month) - 1


def _sold(sight: Sight, currency: str, since: date) -> dict[int, list[tuple[int, int]]]:
    """Credit sales by month of issue, each with the month in which they were voided (none: never)."""
    rows = sight.narrow(Receivable.objects.filter(currency=currency, issued_on__gte=since))
    rows = rows.exclude(kind=ReceivableKind.OPENING).order_by()
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for month, amount in rows.filter(voided_on__isnull=True).values_list(MonthOf("issued_on")).annotate(Sum("total")):
        found[_number(month)].append((_NEVER, int(amount)))
    voided = rows.filter(voided_on__isnull=False)
    grouped = voided.values_list(MonthOf("issued_on"), MonthOf("voided_on"))
    for month, gone, amount in grouped.annotate(Sum("total")):
        found[_number(month)].append((_number(gone), int(amount)))
    return found


_NEVER = 10**9


def _came_in(sight: Sight, currency: str, since: date) -> dict[str, dict[int, int]]:
    """Credit notes and money by the month they came in."""
    kinds = (*MONEY, CreditKind.CREDIT_NOTE)
    rows = Credit.objects.filter(Q(reversed_on__isnull=True), currency=currency, received_on__gte=since, kind__in=kinds)
    found: dict[str, dict[int, int]] = {"returns": defaultdict(int), "collected": defaultdict(int)}
    grouped = sight.narrow(rows).order_by().values_list("kind", MonthOf("received_on"))
    for kind, month, amount in grouped.annotate(Sum("amount")):
        found["returns" if kind == CreditKind.CREDIT_NOTE else "collected"][_number(month)] += int(amount)
    return found


def roll_drills(month: Month, roll: Roll, currency: str, ranges: Ranges) -> dict[str, Drill]:
    """The rows of a roll: what was owed before, what of it is owed still, and what of it is in an older range."""
    before = month.first - timedelta(days=1)
    first, last = ranges.due_span(roll.bucket, before)
    older = last
    if roll.bucket < ranges.size - 1:
        limit = ranges.due_span(roll.bucket + 1, month.last)[1]
        older = min(day for day in (last, limit) if day is not None)
    still = Drill(drill.OWED, currency, as_of=month.last, last=before, due_from=first, due_to=last)
    return {
        "then": Drill(drill.OWED, currency, as_of=before, due_from=first, due_to=last),
        "still": still,
        "worse": replace(still, due_to=older),
    }


def as_kept(found: list[Month]) -> list[dict[str, Any]]:
    """As JSON, to be kept (`operations.keeping`)."""
    return [
        {
            "month": month_number(month.first),
            "amounts": asdict(month.amounts),
            "countback": None if month.countback is None else str(month.countback),
            "buckets": list(month.buckets),
            "rolls": [[roll.bucket, roll.then, list(roll.still)] for roll in month.rolls],
        }
        for month in found
    ]


def from_kept(figures: list[dict[str, Any]]) -> list[Month]:
    """What `as_kept` wrote."""
    return [
        Month(
            first=first_day(each["month"]),
            last=last_day(each["month"]),
            amounts=Amounts(**each["amounts"]),
            countback=None if each["countback"] is None else Fraction(each["countback"]),
            buckets=tuple(each["buckets"]),
            rolls=tuple(Roll(bucket, then, tuple(still)) for bucket, then, still in each["rolls"]),
        )
        for each in figures
    ]
