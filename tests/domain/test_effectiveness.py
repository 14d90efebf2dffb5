"""What was paid after a reminder, and when the difference to those without one may be said aloud."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from aldia.domain.effectiveness import Change, Tally, Verdict, compare, middle, owed_at, paid_within

DAY = date(2026, 3, 11)


def march(day: int) -> date:
    return date(2026, 3, day)


@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        ([], 0),
        ([Change(march(11), 50)], 0),  # the day itself: perhaps it came before the reminder
        ([Change(march(12), 50)], 50),
        ([Change(march(18), 50)], 50),
        ([Change(march(19), 50)], 0),
        ([Change(march(12), 70), Change(march(13), 70)], 100),  # never more than was owed
        ([Change(march(12), 70), Change(march(13), -70)], 0),  # taken back within the days
        ([Change(march(12), -30)], 0),
        ([Change(march(12), 40, is_money=False)], 0),  # a credit note is no payment
    ],
)
def test_paid_in_the_seven_days_after(changes: list[Change], paid: int) -> None:
    assert paid_within(100, changes, DAY, 7) == paid


def test_what_was_owed_then_is_what_is_owed_now_and_what_was_applied_since() -> None:
    changes = [Change(march(10), 5), Change(march(11), 7), Change(march(12), 11, is_money=False), Change(march(20), -2)]
    assert [owed_at(100, changes, march(day)) for day in (9, 10, 11, 12, 20)] == [121, 116, 109, 98, 100]


def test_a_tally_counts_documents_and_money() -> None:
    found = Tally.of([(100, 100), (100, 40), (50, 0)])
    assert found == Tally(3, 1, 250, 140)
    assert (found.share, found.money_share) == (Fraction(100, 3), 56)
    assert (Tally().share, Tally().money_share) == (None, None)


@pytest.mark.parametrize(
    ("reminded", "others", "verdict"),
    [
        ((100, 60), (100, 40), Verdict.HIGHER),  # 20 points, ± 13.6
        ((100, 40), (100, 60), Verdict.LOWER),
        ((100, 55), (100, 45), Verdict.SAME),  # 10 points, ± 13.8
        ((1000, 550), (1000, 450), Verdict.HIGHER),
        ((29, 29), (1000, 0), Verdict.FEW),
        ((1000, 900), (29, 0), Verdict.FEW),
        ((30, 30), (30, 30), Verdict.SAME),
        ((30, 30), (30, 0), Verdict.HIGHER),
    ],
)
def test_what_may_be_said(reminded: tuple[int, int], others: tuple[int, int], verdict: Verdict) -> None:
    assert compare(Tally(*reminded), Tally(*others)) == verdict


@pytest.mark.parametrize(("days", "found"), [([3], 3), ([1, 9], 1), ([7, -3, 1], 1), ([0, 0, 30, 30], 0)])
def test_the_middle_is_a_day_that_there_is(days: list[int], found: int) -> None:
    assert middle(days) == found
