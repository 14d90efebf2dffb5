"""The whole forecast on simulated portfolios: it knows nothing of the future, and beats what it must."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from aldia.domain.forecasting import backtest, cash, grid, model
from aldia.domain.forecasting.book import LAST, UNPAID, Book, Record, book_of
from aldia.domain.forecasting.measures import PINBALL_LEVELS, pinball
from benchmarks._forecast_book import simulate


@pytest.fixture(scope="module")
def book() -> Book:
    return book_of(simulate(seed=5, invoices=1_600, customers=60, days=540))


@pytest.fixture(scope="module")
def result(book: Book) -> backtest.Result:
    return backtest.run(book)


def open_at(book: Book, day: int) -> Book:
    known = book.known(day)
    return book.rows(np.flatnonzero((known.delay > LAST) & (day - known.due <= LAST)))


def test_nothing_that_happens_later_changes_a_forecast(book: Book) -> None:
    day = int(book.issued[0]) + 360
    part = open_at(book, day)
    before = model.learn(book, day).score(book, day, part)
    random = np.random.default_rng(9)
    later = np.where(book.paid >= day, day + random.integers(0, 100, len(book)), book.paid)
    other = replace(book, paid=later, amount=np.where(book.issued >= day, book.amount * 100, book.amount))
    assert model.learn(book, day).tier == 2
    assert np.array_equal(model.learn(other, day).score(other, day, part), before)


def test_it_beats_the_due_date_and_the_average_of_the_customer(book: Book, result: backtest.Result) -> None:
    """The average with everybody's scatter around it is what a good spreadsheet would do."""
    due, spreadsheet = [], []
    for day, _tier in result.cuts:
        known = book.known(day)
        part = book.rows(
            np.flatnonzero((book.issued >= day) & (book.issued < day + backtest.AHEAD) & (book.delay <= LAST))
        )
        paid = known.delay <= LAST
        who, delay = known.customer[paid], known.delay[paid]
        average = np.bincount(who, delay, book.customers) / np.maximum(np.bincount(who, minlength=book.customers), 1)
        scatter = np.quantile(delay - average[who], PINBALL_LEVELS)
        actual = part.delay.astype(float)
        due.append((pinball(np.zeros((len(part), 5)), actual), len(part)))
        spreadsheet.append((pinball(average[part.customer, None] + scatter, actual), len(part)))
    for baseline, share in ((due, 0.5), (spreadsheet, 1.0)):
        values, counts = np.array(baseline).T
        assert result.new["pinball"] < np.average(values, weights=counts) * share


def test_bands_hold_what_they_say_and_lateness_is_told_apart(result: backtest.Result) -> None:
    for part in (result.open, result.new):
        assert 0.75 < part["coverage80"] < 0.88
        assert part["auc"] > 0.8
        assert part["n"] > 200
    assert 0.7 < result.cash["coverage80"] <= 1
    assert result.cash["four_week_error"] < 0.15


def test_a_portfolio_that_pays_at_random_is_not_claimed_to_be_known() -> None:
    """Sabotage: customers are shuffled, so that there is nothing to learn of any of them."""
    records = simulate(seed=5, invoices=1_200, customers=60, days=540)
    random = np.random.default_rng(3)
    names = [each.customer for each in records]
    random.shuffle(names)
    shuffled = [replace(each, customer=name) for each, name in zip(records, names, strict=True)]
    found = backtest.run(book_of(shuffled))
    assert found.new["auc"] < 0.65
    assert 0.72 < found.new["coverage80"] < 0.9


@pytest.mark.parametrize(
    ("invoices", "days", "tier"),
    [(20, 400, 0), (300, 40, 0), (200, 400, 1), (900, 150, 1), (900, 700, 2)],
    ids=["few", "young", "some", "many-but-young", "many"],
)
def test_a_history_earns_its_tier_by_size_and_by_age(invoices: int, days: int, tier: int) -> None:
    book = book_of(simulate(seed=1, invoices=invoices, customers=20, days=days))
    assert model.learn(book, int(book.issued[0]) + days).tier == tier


def test_whoever_has_no_history_at_all_gets_a_wide_curve() -> None:
    start = date(2026, 1, 5)
    book = book_of([Record("uno", start, start + timedelta(30), 100.0)])
    pmf = model.learn(book, start.toordinal() + 3).score(book, start.toordinal() + 3, book)
    low, middle, high = grid.quantiles(pmf, np.array([0.1, 0.5, 0.9]))[0]
    assert low < -3 < middle < 10 < 25 < high
    assert backtest.run(book).open["n"] == 0


def test_cash_expected_is_the_mean_of_its_paths_and_no_more_than_the_book(book: Book) -> None:
    day = int(book.issued[0]) + 360
    part = open_at(book, day)
    weeks = cash.weeks_of(model.learn(book, day).score(book, day, part), part, day, weeks=8)
    assert weeks.paths.mean(axis=0) == pytest.approx(weeks.expected, rel=0.15)
    assert weeks.expected.sum() <= part.amount.sum()
    assert weeks.paths.sum(axis=1).max() <= part.amount.sum() + 1e-6
    low, high = weeks.band()
    wide_low, wide_high = weeks.band(scale=2.0)
    assert (wide_low <= low).all()
    assert (wide_high >= high).all()


def test_unpaid_is_later_than_any_day(book: Book) -> None:
    assert (book.known(int(book.issued[-1])).paid[-1]) == UNPAID
