"""Worked examples computed by hand, and what must hold between the figures."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.indicators import (
    Period,
    average_days_delinquent,
    best_possible_dso_days,
    cei_percent,
    collected_percent,
    countback_dso_days,
    dso_days,
    shown,
    turnover_times,
)

SOME = st.integers(0, 10**9)
SALES = st.integers(1, 10**9)


@pytest.mark.parametrize(
    ("receivable", "sales", "days", "dso"),
    [
        (50_000, 100_000, 30, 15),
        (50_000, 200_000, 30, Fraction(15, 2)),  # sales doubled, collections as before: the known weakness
        (90, 50, 30, 54),
        (0, 100, 30, 0),
        (1, 0, 30, None),
        (0, 0, 30, None),
        (10, -5, 30, None),
    ],
)
def test_dso(receivable: int, sales: int, days: int, dso: Fraction | None) -> None:
    assert dso_days(receivable, sales, days) == dso


# December, November and October; 120,000 owed is December and November whole and 20,000 of October's 50,000
QUARTER = [Period(60_000, 31), Period(40_000, 30), Period(50_000, 31)]


@pytest.mark.parametrize(
    ("receivable", "periods", "dso"),
    [
        (120_000, QUARTER, Fraction("73.4")),  # 31 + 30 + 31 × 20/50
        (60_000, QUARTER, 31),
        (30_000, QUARTER, Fraction("15.5")),
        (150_000, QUARTER, 92),
        (150_001, QUARTER, None),
        (0, QUARTER, 0),
        (0, [], 0),
        (1, [], None),
        (-5, QUARTER, 0),
        (80_000, [Period(60_000, 31), Period(0, 30), Period(40_000, 31)], Fraction("76.5")),  # 31 + 30 + 15.5
        (80_000, [Period(60_000, 31), Period(-9_000, 30), Period(40_000, 31)], Fraction("76.5")),
    ],
)
def test_countback_dso(receivable: int, periods: list[Period], dso: Fraction | None) -> None:
    assert countback_dso_days(receivable, periods) == dso


@given(st.integers(0, 10**9), SALES, st.integers(1, 31))
def test_with_even_sales_count_back_is_simple_dso(receivable: int, sales: int, days: int) -> None:
    even = [Period(sales, days)] * min(receivable // sales + 1, 50)
    if receivable <= 50 * sales:
        assert countback_dso_days(receivable, even) == dso_days(receivable, sales, days)


@pytest.mark.parametrize(
    ("receivable", "current", "sales", "best", "add"),
    [(90, 60, 50, 36, 18), (90, 90, 50, 54, 0), (90, 0, 50, 0, 54), (90, 60, 0, None, None)],
)
def test_best_possible_dso_and_days_delinquent(
    receivable: int, current: int, sales: int, best: int | None, add: int | None
) -> None:
    assert best_possible_dso_days(current, sales, 30) == best
    assert average_days_delinquent(receivable, current, sales, 30) == add


@given(SOME, SOME, SALES, st.integers(1, 366))
def test_dso_is_the_best_possible_plus_the_delinquent_days(current: int, late: int, sales: int, days: int) -> None:
    parts = (
        best_possible_dso_days(current, sales, days),
        average_days_delinquent(current + late, current, sales, days),
    )
    assert dso_days(current + late, sales, days) == sum(part for part in parts if part is not None)


@pytest.mark.parametrize(
    ("opening", "sales", "closing", "current", "cei"),
    [
        (100, 50, 90, 60, Fraction(200, 3)),  # 60 collected of the 90 that could be
        (100, 50, 60, 60, 100),  # nothing late is left
        (100, 0, 100, 0, 0),
        (0, 50, 50, 50, None),  # all was sold in the period and nothing is due: nothing could be collected
        (0, 0, 0, 0, None),
    ],
)
def test_cei(opening: int, sales: int, closing: int, current: int, cei: Fraction | None) -> None:
    assert cei_percent(opening, sales, closing, current) == cei


@given(SOME, SOME, SOME, SOME)
def test_cei_is_a_percentage_of_what_could_be_collected(opening: int, sales: int, late: int, current: int) -> None:
    closing = late + current
    if closing <= opening + sales:
        cei = cei_percent(opening, sales, closing, current)
        assert cei is None or 0 <= cei <= 100


@pytest.mark.parametrize(
    ("collected", "sales", "percent"),
    [(78_000, 90_000, Fraction(260, 3)), (0, 10, 0), (20, 10, 200), (10, 0, None), (10, -1, None)],
)
def test_collected_over_credit_sales(collected: int, sales: int, percent: Fraction | None) -> None:
    assert collected_percent(collected, sales) == percent


@pytest.mark.parametrize(
    ("sales", "opening", "closing", "times"),
    [(600, 100, 200, 4), (500, 0, 200, 5), (0, 100, 100, 0), (100, 0, 0, None)],
)
def test_turnover(sales: int, opening: int, closing: int, times: int | None) -> None:
    assert turnover_times(sales, opening, closing) == times


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction("73.4"), 1, "73.4"),
        (Fraction(260, 3), 1, "86.7"),
        (Fraction(1, 20), 1, "0.1"),
        (Fraction(-1, 20), 1, "-0.1"),
        (Fraction(1, 3), 2, "0.33"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(0), 1, "0.0"),
    ],
)
def test_figures_for_people_are_rounded_half_up(value: Fraction, places: int, text: str) -> None:
    assert shown(value, places) == Decimal(text)
    assert str(shown(value, places)) == text
