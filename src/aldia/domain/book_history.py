"""What was owed at the end of each of many months, and where it was a month later: from one reading of the books.

A debt (or a part of it) is owed from a month on until another: at the end of a month `m` it counts when `since <= m`
and `until > m`. Months are numbers (`month_number`), so that one more is the next. Amounts are minor units of ONE
currency and may be negative: a payment that was taken back is a stretch that lowers what was owed before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from aldia.domain.aging import Ranges

Owing = dict[date, int]  # by due date


@dataclass(frozen=True, slots=True)
class Stretch:
    """`until` is the month in which it stopped being owed; None: it is owed still."""

    since: int
    until: int | None
    due_on: date
    amount: int


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """What was owed at the end of a month, and `gone`: of what was owed a month before, what is not any more."""

    month: int
    owed: Owing
    gone: Owing


def month_number(day: date) -> int:
    """Months since the year 0: 2026-01 is 24312."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """Its first day."""
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> date:
    """Its last day."""
    return first_day(month + 1) - timedelta(days=1)


def month_ends(stretches: Iterable[Stretch], first: int, last: int) -> list[MonthEnd]:
    """The ends of the months from `first` to `last`, in order, from stretches that cover them all."""
    starts: dict[int, Owing] = defaultdict(lambda: defaultdict(int))
    stops: dict[int, Owing] = defaultdict(lambda: defaultdict(int))
    for each in stretches:
        if each.until is not None and each.until <= max(each.since, first - 1):
            continue  # it came and went between two ends, or before the first
        starts[max(each.since, first - 1)][each.due_on] += each.amount
        if each.until is not None:
            stops[each.until][each.due_on] += each.amount
    owed: Owing = defaultdict(int, starts.get(first - 1, {}))
    found = []
    for month in range(first, last + 1):
        gone = dict(stops.get(month, {}))
        for due_on, amount in gone.items():
            owed[due_on] -= amount
        for due_on, amount in starts.get(month, {}).items():
            owed[due_on] += amount
        found.append(MonthEnd(month, {due_on: amount for due_on, amount in owed.items() if amount}, gone))
    return found


def bucket_amounts(owed: Mapping[date, int], ranges: Ranges, as_of: date) -> tuple[int, ...]:
    """What is owed in each range of age at the end of a day."""
    found = [0] * ranges.size
    for due_on, amount in owed.items():
        found[ranges.bucket_of((as_of - due_on).days)] += amount
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Roll:
    """What was owed in a range of age at one end, and in which range it was at the next; the rest was settled."""

    bucket: int
    then: int
    still: tuple[int, ...]

    @property
    def settled(self) -> int:
        """What stopped being owed: paid, credited, written off or cancelled (less what was taken back)."""
        return self.then - sum(self.still)

    @property
    def worse(self) -> int:
        """What is in an older range than before; of the oldest, what is there still."""
        return self.still[-1] if self.bucket == len(self.still) - 1 else sum(self.still[self.bucket + 1 :])


def rolls(before: MonthEnd, after: MonthEnd, ranges: Ranges) -> list[Roll]:
    """The roll of each range between two ends that follow one another. What was sold in between is in none."""
    then = [0] * ranges.size
    still = [[0] * ranges.size for _bucket in range(ranges.size)]
    first, second = last_day(before.month), last_day(after.month)
    for due_on in before.owed.keys() | after.gone.keys():
        bucket = ranges.bucket_of((first - due_on).days)
        amount = before.owed.get(due_on, 0)
        then[bucket] += amount
        still[bucket][ranges.bucket_of((second - due_on).days)] += amount - after.gone.get(due_on, 0)
    return [Roll(bucket, then[bucket], tuple(still[bucket])) for bucket in range(ranges.size)]
