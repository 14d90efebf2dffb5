"""The indicators against worked examples that others have published: their figures, their sentence, the address."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest

from aldia.domain.aging import Ranges
from aldia.domain.book_history import Stretch, last_day, month_ends, month_number, rolls
from aldia.domain.indicators import (
    Period,
    average_days_delinquent,
    best_possible_dso_days,
    cei_percent,
    countback_dso_days,
    dso_days,
    shown,
    turnover_times,
)


@pytest.mark.parametrize(
    ("opening", "sales", "closing", "current", "percent"),
    [
        # https://www.creditguru.com/index.php/collection-management/collection-metrics/collection-effectiveness-index-cei
        (6_200, 10_890 // 3, 6_340, 3_590, "55.9"),
        # https://gaviti.com/glossary/collection-effectiveness-index-cei/
        (100_000, 1_000_000, 120_000, 100_000, "98.0"),
    ],
)
def test_collection_effectiveness(opening: int, sales: int, closing: int, current: int, percent: str) -> None:
    found = cei_percent(opening, sales, closing, current)
    assert found is not None
    assert str(shown(found)) == percent


def test_count_back() -> None:
    """https://support.benjipays.com/support/solutions/articles/150000179580-mastering-dso-calculation-the-count-back-method-explained"""
    months = [Period(100_000, 30), Period(80_000, 30), Period(70_000, 30)]
    assert countback_dso_days(212_000, months) == 60 + Fraction(32, 70) * 30


def test_days_sales_outstanding_of_a_year() -> None:
    """https://www.studyzin.com/study-material/question-answers/twist-corp-has-a-current-accounts-receivable-balance-of-328800-credit-62554"""
    found = dso_days(328_800, 4_192_200, 365)
    assert found is not None
    assert str(shown(found, 2)) == "28.63"  # there cut to 28.62


@pytest.mark.parametrize(("dso", "best", "gap"), [(158, 59, 99), (160, 32, 128)])
def test_best_possible_dso_and_the_gap_to_it(dso: int, best: int, gap: int) -> None:
    """June and September of https://www.thehackettgroup.com/insights/using-dso-to-measure-receivables-part-2-why-also-calculate-best-possible-dso-and-targets/

    With sales of one a day, an amount is its days: the not yet due makes the best possible DSO, the rest the gap.
    """
    assert best_possible_dso_days(best, 90, 90) == best
    assert average_days_delinquent(dso, best, 90, 90) == gap


def test_turnover() -> None:
    """https://bit1024.com/tool/Receivables-Turnover-Ratio-Calculator"""
    assert turnover_times(15_000, 2_000, 3_000) == 6


def test_a_roll_rate() -> None:
    """https://costcalculator.calculator.city/how-to-calculate-roll-rates

    Of 1,000,000 that were up to thirty days late at the end of January, 200,000 are later than that at the end of
    February: one in five rolls. (Ranges of 28 days here, as long as February: all that is not paid moves on.)
    """
    january = month_number(date(2026, 1, 1))
    due_on = last_day(january) - timedelta(days=10)
    owed = [Stretch(january - 2, january + 1, due_on, 800_000), Stretch(january - 2, None, due_on, 200_000)]
    before, after = month_ends(owed, january, january + 1)
    found = rolls(before, after, Ranges((28, 56)))[1]
    assert (found.then, found.worse, found.settled) == (1_000_000, 200_000, 800_000)
    assert Fraction(100 * found.worse, found.then) == 20
