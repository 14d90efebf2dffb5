"""Cash by period: where periods end, that nothing is lost between days and periods, and how far margins reach."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.cash_flow import (
    FORTNIGHT,
    HALF,
    MONTH,
    QUARTER,
    STEPS,
    WEEK,
    BadStep,
    Inflow,
    Span,
    Stretch,
    inflows,
    spans,
)

START = date(2026, 3, 2)
WEEKS = st.lists(st.integers(0, 10_000_00), min_size=1, max_size=20)


def weeks_of(amounts: list[int], low: int = 60, high: int = 150) -> list[Stretch]:
    """Weeks in a row with bounds in percent of what is expected."""
    found = []
    for place, amount in enumerate(amounts):
        first = START + timedelta(weeks=place)
        last = first + timedelta(days=6)
        found.append(Stretch(first, last, amount, amount * low // 100, amount * high // 100))
    return found


@pytest.mark.parametrize(
    ("step", "start", "expected"),
    [
        (WEEK, date(2026, 3, 4), [date(2026, 3, 8), date(2026, 3, 15)]),
        (FORTNIGHT, date(2026, 2, 3), [date(2026, 2, 15), date(2026, 2, 28), date(2026, 3, 15)]),
        (FORTNIGHT, date(2026, 3, 16), [date(2026, 3, 31), date(2026, 4, 15)]),
        (MONTH, date(2026, 11, 22), [date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31)]),
        (QUARTER, date(2026, 11, 22), [date(2026, 12, 31), date(2027, 3, 31)]),
        (HALF, date(2026, 5, 1), [date(2026, 6, 30), date(2026, 12, 31)]),
        (HALF, date(2026, 7, 1), [date(2026, 12, 31), date(2027, 6, 30)]),
    ],
)
def test_where_periods_end(step: str, start: date, expected: list[date]) -> None:
    assert [each.last for each in spans(step, start, len(expected))] == expected


def test_a_period_that_there_is_not() -> None:
    with pytest.raises(BadStep, match="Elige cómo se agrupa"):
        spans("year", START)


@given(st.sampled_from(sorted(STEPS)), st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_periods_follow_one_another_without_a_gap(step: str, start: date) -> None:
    found = spans(step, start)
    assert (found[0].first, len(found)) == (start, STEPS[step])
    assert all(after.first - before.last == timedelta(days=1) for before, after in pairwise(found))


def test_weeks_that_are_those_of_the_forecast_keep_its_bounds() -> None:
    weeks = weeks_of([100_00, 33_33, 0])
    found = inflows(spans(WEEK, START, 4), [], weeks)
    assert found == [*(Inflow(each.expected, each.low, each.high) for each in weeks), None]


@given(WEEKS, st.sampled_from(sorted(STEPS)))
def test_nothing_is_lost_between_stretches_and_periods(amounts: list[int], step: str) -> None:
    weeks = weeks_of(amounts)
    found = [each for each in inflows(spans(step, START, 40), [], weeks) if each]
    parts = len(weeks) * 2
    assert 0 <= sum(amounts) - sum(each.expected for each in found) <= parts
    assert all(each.low <= each.expected <= each.high for each in found)
    assert 0 <= sum(each.high for each in found) - sum(week.high for week in weeks) <= parts


def test_days_say_how_a_week_falls() -> None:
    """A week of 700 of which 600 is expected on its Friday: the fortnight that ends on Thursday has little of it."""
    week = Stretch(date(2026, 3, 9), date(2026, 3, 15), 700, 350, 1400)
    days = [
        Stretch(date(2026, 3, 9) + timedelta(days=place), date(2026, 3, 9) + timedelta(days=place), amount)
        for place, amount in enumerate((25, 25, 25, 25, 600, 0, 0))
    ]
    before, after = Span(date(2026, 3, 9), date(2026, 3, 12)), Span(date(2026, 3, 13), date(2026, 3, 15))
    assert inflows([before, after], days, [week]) == [Inflow(100, 50, 200), Inflow(600, 300, 1200)]


def test_a_period_that_the_forecast_reaches_in_part_says_so() -> None:
    found = inflows(spans(MONTH, START, 3), [], weeks_of([70, 70, 70, 70, 70]))  # until 5 April
    assert [each and (each.expected, each.is_whole) for each in found] == [(300, True), (50, False), None]
    assert inflows(spans(MONTH, START, 1), [], []) == [None]
