"""LightGBM as second learner: the same twice, kept and recalled, and better where things only count together."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from aldia.domain.forecasting import backtest, model
from aldia.domain.forecasting.book import Book, book_of
from aldia.integrations.forecasting import lightgbm_hazard
from aldia.integrations.forecasting.lightgbm_hazard import LightGBM
from benchmarks._forecast_book import simulate
from tests.support.together import together

needs_it = pytest.mark.skipif(not lightgbm_hazard.is_available(), reason="lightgbm is not installed (aldia[ml])")


@pytest.fixture(scope="module")
def book() -> Book:
    return book_of(together())


def test_where_it_is_not_installed_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    assert lightgbm_hazard.learner() is None


@needs_it
def test_the_same_rows_make_the_same_trees_and_they_come_back_whole() -> None:
    random = np.random.default_rng(1)
    rows, offset = random.normal(size=(4_000, 6)), random.normal(-2, 1, 4_000)
    event = (random.random(4_000) < 1 / (1 + np.exp(-offset - 2 * (rows[:, 0] * rows[:, 1] > 0)))) * 1.0
    first, again = (LightGBM().learn(rows, offset, event) for _time in range(2))
    assert first.kept() == again.kept()
    said = first.hazards(rows, offset)
    recalled = LightGBM().recall(first.kept())
    assert recalled is not None
    assert np.array_equal(recalled.hazards(rows, offset), said)
    assert LightGBM().recall("this is nothing") is None
    assert LightGBM().recall(first.kept()[:-40]) is None
    together_, apart = rows[:, 0] * rows[:, 1] > 0, rows[:, 0] * rows[:, 1] < 0
    moved = np.log(said / (1 - said)) - offset
    assert moved[together_].mean() > moved[apart].mean() + 1.2
    assert np.abs(first.hazards(rows, offset + 1) - said).max() > 0.1  # from the customer's own, wherever that is


@needs_it
def test_it_learns_what_the_regression_cannot_and_earns_its_place(book: Book) -> None:
    day = backtest.cuts_of(book)[-1]
    assert backtest.earned(book, day, LightGBM()).tier == 3
    three, two = (backtest.run(book, [day], most_tier=tier, learner=LightGBM()) for tier in (3, 2))
    assert three.new["pinball"] < 0.8 * two.new["pinball"]
    assert three.new["mae"] < 0.6 * two.new["mae"]
    assert 0.7 < three.new["coverage80"] < 0.92


@needs_it
def test_where_the_regression_says_it_all_it_is_refused() -> None:
    plain = book_of(simulate(seed=5, invoices=3_000, customers=60, days=540))
    day = backtest.cuts_of(plain)[-1]
    assert model.tier_of(plain, day, LightGBM()) == 3
    assert backtest.earned(plain, day, LightGBM()).tier == 2
