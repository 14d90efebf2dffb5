"""Months from stretches against looking at each stretch at each end, for any stretches."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.aging import Ranges
from aldia.domain.book_history import Stretch, bucket_amounts, first_day, last_day, month_ends, month_number, rolls

FIRST, LAST = month_number(date(2026, 2, 1)), month_number(date(2026, 7, 1))
RANGES = Ranges((30, 45))
DUES = st.integers(-60, 200).map(lambda days: date(2026, 3, 1) + timedelta(days=days))
STRETCHES = st.lists(
    st.builds(
        Stretch,
        since=st.integers(FIRST - 4, LAST + 2),
        until=st.none() | st.integers(FIRST - 4, LAST + 3),
        due_on=DUES,
        amount=st.integers(-500, 900),
    ),
    max_size=12,
)


def is_owed(each: Stretch, month: int) -> bool:
    return each.since <= month and (each.until is None or each.until > month)


@given(STRETCHES)
def test_what_is_owed_at_each_end(stretches: list[Stretch]) -> None:
    for end in month_ends(stretches, FIRST, LAST):
        for due_on in {each.due_on for each in stretches}:
            slow = sum(each.amount for each in stretches if is_owed(each, end.month) and each.due_on == due_on)
            assert end.owed.get(due_on, 0) == slow


@given(STRETCHES)
def test_what_rolled_between_two_ends(stretches: list[Stretch]) -> None:
    ends = month_ends(stretches, FIRST, LAST)
    for before, after in pairwise(ends):
        for roll in rolls(before, after, RANGES):
            mine = [
                each
                for each in stretches
                if is_owed(each, before.month)
                and RANGES.bucket_of((last_day(before.month) - each.due_on).days) == roll.bucket
            ]
            left = [each for each in mine if is_owed(each, after.month)]
            assert roll.then == sum(each.amount for each in mine)
            assert sum(roll.still) == sum(each.amount for each in left)
            for bucket, amount in enumerate(roll.still):
                there = [
                    each for each in left if RANGES.bucket_of((last_day(after.month) - each.due_on).days) == bucket
                ]
                assert amount == sum(each.amount for each in there)


@given(STRETCHES)
def test_ranges_hold_all_that_is_owed(stretches: list[Stretch]) -> None:
    for end in month_ends(stretches, FIRST, LAST):
        assert sum(bucket_amounts(end.owed, RANGES, last_day(end.month))) == sum(end.owed.values())


def test_months_have_their_days() -> None:
    for month in range(month_number(date(2023, 12, 1)), month_number(date(2025, 2, 1))):
        assert month_number(first_day(month)) == month_number(last_day(month)) == month
        assert last_day(month) + timedelta(days=1) == first_day(month + 1)
