"""Antigüedad de saldos: what is owed by how late it is.

A receivable due today is not late; it is one day late tomorrow. The reports do this in SQL; `age` is the reference
that they are tested against.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from aldia.domain.sentences import Refusal, gettext_noop

NOT_DUE = gettext_noop("Por vencer")
MAX_BOUNDS = 12
MAX_DAYS = 3650


class BadRanges(Refusal):
    code = "bad_ranges"
    template = gettext_noop(
        "Los rangos son días de atraso separados por comas, de menor a mayor, por ejemplo 30,60,90 (hasta 12)."
    )


@dataclass(frozen=True, slots=True)
class Ranges:
    """Last day late of each range: (30, 60, 90) makes Por vencer, 1–30, 31–60, 61–90, +90. Raises `BadRanges`."""

    bounds: tuple[int, ...] = (30, 60, 90)

    def __post_init__(self) -> None:
        pairs = zip((0, *self.bounds), self.bounds, strict=False)
        in_order = all(low < high for low, high in pairs)
        if not 1 <= len(self.bounds) <= MAX_BOUNDS or not in_order or self.bounds[-1] > MAX_DAYS:
            raise BadRanges()

    @classmethod
    def parse(cls, text: str) -> Ranges:
        """From what a person typed: "30, 60, 90". Raises `BadRanges`."""
        parts = [part.strip() for part in text.split(",")]
        if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
            raise BadRanges()
        return cls(tuple(int(part) for part in parts))

    @property
    def labels(self) -> tuple[str, ...]:
        """One per bucket; the first is Spanish (`NOT_DUE`), the others are figures."""
        firsts = (1, *(bound + 1 for bound in self.bounds))
        late = [f"{low}–{high}" if low < high else f"{low}" for low, high in zip(firsts, self.bounds, strict=False)]
        return (NOT_DUE, *late, f"+{self.bounds[-1]}")

    @property
    def size(self) -> int:
        """How many buckets."""
        return len(self.bounds) + 2

    def bucket_of(self, days_late: int) -> int:
        """Index of the bucket: 0 not yet late, the last beyond every bound."""
        if days_late <= 0:
            return 0
        return 1 + sum(days_late > bound for bound in self.bounds)

    def due_span(self, bucket: int, as_of: date) -> tuple[date | None, date | None]:
        """First and last due date of a bucket, both included, None where it is open: what a query filters by."""
        if bucket == 0:
            return as_of, None
        last = as_of - timedelta(days=1 if bucket == 1 else self.bounds[bucket - 2] + 1)
        first = as_of - timedelta(days=self.bounds[bucket - 1]) if bucket <= len(self.bounds) else None
        return first, last


def days_late(due_on: date, as_of: date) -> int:
    """Days since it fell due; 0 on the day itself, negative before."""
    return (as_of - due_on).days


@dataclass(frozen=True, slots=True)
class Owed:
    """A row to age: `group` is whatever the report is by (a customer, a portfolio); `balance` in minor units."""

    group: str
    currency: str
    due_on: date
    balance: int


def age(rows: Iterable[Owed], as_of: date, ranges: Ranges) -> dict[tuple[str, str], tuple[int, ...]]:
    """Balance per bucket for each (group, currency); currencies are never added together."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        buckets = sums.setdefault((row.group, row.currency), [0] * ranges.size)
        buckets[ranges.bucket_of(days_late(row.due_on, as_of))] += row.balance
    return {key: tuple(buckets) for key, buckets in sums.items()}
