"""What was paid in the days after a reminder, beside what was paid without one. Amounts are minor units.

It is a comparison, not a proof: who is not reminded differs from who is (no address, in dispute, pays by himself).
That the two shares differ is said only where chance would seldom make them differ so much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

FEW = 30  # below so many documents on a side nothing is said of the difference
Z_SQUARED = Fraction(19208, 5000)  # 1.96²: 95 %


@dataclass(frozen=True, slots=True)
class Change:
    """Something applied to a debt on a day; `is_money` if it was a payment. Negative where it was taken back."""

    on: date
    amount: int
    is_money: bool = True


def owed_at(owed_now: int, changes: Iterable[Change], day: date) -> int:
    """What was owed at the end of a day, from what is owed now and what was applied since."""
    return owed_now + sum(change.amount for change in changes if change.on > day)


def paid_within(owed: int, changes: Iterable[Change], day: date, days: int) -> int:
    """Money that came after `day` and in the `days` days that follow, of the `owed` of that day: never more."""
    last = day + timedelta(days=days)
    paid = sum(change.amount for change in changes if change.is_money and day < change.on <= last)
    return max(0, min(owed, paid))


@dataclass(frozen=True, slots=True)
class Tally:
    """Documents, those of them that were paid whole, what they owed, and what of it was paid."""

    documents: int = 0
    settled: int = 0
    owed: int = 0
    paid: int = 0

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> Tally:
        """From (owed, paid) of each document."""
        found = list(pairs)
        settled = sum(paid >= owed for owed, paid in found)
        return cls(len(found), settled, sum(owed for owed, _paid in found), sum(paid for _owed, paid in found))

    @property
    def share(self) -> Fraction | None:
        """Of its documents, the percentage paid whole; None without documents."""
        return Fraction(100 * self.settled, self.documents) if self.documents else None

    @property
    def money_share(self) -> Fraction | None:
        """Of its money, the percentage paid; None without any."""
        return Fraction(100 * self.paid, self.owed) if self.owed else None


class Verdict(StrEnum):
    """Of the share of documents paid whole with a reminder, against that without."""

    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"  # chance alone would make such a difference more than once in twenty times
    FEW = "few"


def compare(reminded: Tally, others: Tally) -> Verdict:
    """Two proportions by their Wald interval at 95 %: NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3,
    https://www.itl.nist.gov/div898/handbook/prc/section3/prc33.htm (with the variances of each side, not pooled)."""
    if min(reminded.documents, others.documents) < FEW:
        return Verdict.FEW
    first = Fraction(reminded.settled, reminded.documents)
    second = Fraction(others.settled, others.documents)
    variance = first * (1 - first) / reminded.documents + second * (1 - second) / others.documents
    difference = first - second
    if difference * difference <= Z_SQUARED * variance:
        return Verdict.SAME
    return Verdict.HIGHER if difference > 0 else Verdict.LOWER


def middle(days: Sequence[int]) -> int:
    """The lower median: the day from due on which documents of a group were reminded."""
    return sorted(days)[(len(days) - 1) // 2]
