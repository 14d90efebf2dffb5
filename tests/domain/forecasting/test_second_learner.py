"""A second learner beside the regression: what it is given, how it is mixed in, and when it has earned its place.

The learners here are drawn by hand, so that this holds wherever the optional package is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from aldia.domain.forecasting import backtest, grid, model
from aldia.domain.forecasting.book import LAST, Book, Floats, book_of
from aldia.domain.forecasting.replay import Money, replay
from aldia.domain.forecasting.traits import NAMES
from benchmarks._forecast_book import simulate
from tests.support.together import together

AMOUNT, TERM = NAMES.index("amount"), NAMES.index("terms")
MIDDLE_AMOUNT, MIDDLE_TERM = 8.0, np.log1p(30)


@dataclass
class Moves:
    """Says by how much the log-odds move, and remembers what it was given."""

    move: float = 0.0
    given: list[tuple[Floats, Floats, Floats]] = field(default_factory=list)

    def learn(self, rows: Floats, offset: Floats, event: Floats) -> Moves:
        self.given.append((rows, offset, event))
        return self

    def recall(self, kept: str) -> Moves:
        return Moves(float(kept))

    def kept(self) -> str:
        return str(self.move)

    def hazards(self, rows: Floats, offset: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-(offset + self.move))))


class Knows(Moves):
    """Has counted hazards by bin for each of the four kinds of invoice."""

    def learn(self, rows: Floats, offset: Floats, event: Floats) -> Knows:
        kind, place = self._of(rows)
        at = kind * grid.BINS + place
        size = 4 * grid.BINS
        self.table = (np.bincount(at, event, size) + 0.2) / (np.bincount(at, minlength=size) + 2)
        return self

    def hazards(self, rows: Floats, offset: Floats) -> Floats:
        kind, place = self._of(rows)
        return np.asarray(self.table[kind * grid.BINS + place])

    def _of(self, rows: Floats) -> tuple[Floats, Floats]:
        kind = 2 * (rows[:, AMOUNT] > MIDDLE_AMOUNT) + (rows[:, TERM] > MIDDLE_TERM)
        return kind, np.searchsorted(grid.MIDDLE, rows[:, len(NAMES)].astype(float))


@pytest.fixture(scope="module")
def book() -> Book:
    return book_of(together())


@pytest.fixture(scope="module")
def plain() -> Book:
    return book_of(simulate(seed=5, invoices=3_000, customers=60, days=540))


def last_day(book: Book) -> int:
    return backtest.cuts_of(book)[-1]


def test_it_is_for_histories_of_two_thousand_and_only_where_there_is_one(plain: Book) -> None:
    first, last = int(plain.issued[0]) + 200, last_day(plain)
    assert (plain.known(first).delay <= LAST).sum() < 2_000 <= (plain.known(last).delay <= LAST).sum()
    assert [model.tier_of(plain, day, Moves()) for day in (first, last)] == [2, 3]
    assert model.tier_of(plain, last) == 2


def test_it_learns_from_the_rows_of_the_regression(plain: Book) -> None:
    learner, day = Moves(), last_day(plain)
    found = model.learn(plain, day, learner=learner)
    assert found.tier == 3
    [(rows, offset, event)] = learner.given
    assert rows.shape == (len(offset), len(NAMES) + 3)
    assert np.isfinite(rows).all()
    assert set(np.unique(event)) == {0.0, 1.0}
    assert rows[:, -1] == pytest.approx(offset, abs=1e-5)
    assert set(np.unique(rows[:, len(NAMES)])) <= set(grid.MIDDLE)


def test_its_part_is_forty_in_a_hundred(plain: Book) -> None:
    """One that changes nothing says what habit says: 40 regression, 20 place and spread, 40 habit's own hazard."""
    day = last_day(plain)
    whole = model.learn(plain, day, learner=Moves())
    part = plain.rows(np.arange(len(plain) - 50, len(plain)))
    without = whole.at_most(2)
    assert (whole.tier, without.tier, without.second) == (3, 2, None)
    three, two = whole.on(plain, day), without.on(plain, day)
    placed = model.habits.by_place(three.habits, part.customer)
    owned = model.habits.by_hazard(three.habits, part.customer)
    moved = (two._whole(part) - 0.4 * placed) / 0.6
    assert three._whole(part) == pytest.approx(0.4 * moved + 0.2 * placed + 0.4 * owned, abs=1e-6)
    never = model.Model(day, 3, whole.regression, Moves(-30.0)).score(plain, day, part)
    assert (never.sum(axis=1) < three.score(part).sum(axis=1)).all()


def test_who_is_not_better_than_the_regression_is_refused(plain: Book) -> None:
    day = last_day(plain)
    for move in (0.0, 2.0, -2.0):
        assert backtest.earned(plain, day, Moves(move)).tier == 2
    assert np.array_equal(backtest.earned(plain, day, Moves()).score(plain, day, plain),
                          backtest.earned(plain, day).score(plain, day, plain))  # fmt: skip


def test_who_knows_what_counts_together_earns_its_place(book: Book) -> None:
    day = last_day(book)
    assert backtest.earned(book, day, Knows()).tier == 3
    assert backtest.earned(book, day).tier < 3
    after = [backtest.run(book, [day], learner=each).new["pinball"] for each in (Knows(), None)]
    assert after[0] < 0.9 * after[1]


def test_it_must_have_been_there_on_the_weeks_before_to_be_judged(book: Book) -> None:
    """Two thousand payments since last week: nothing says yet whether it would have been better."""
    paid = np.sort(book.paid[book.delay <= LAST])
    day = int(paid[model.PLENTY_RESOLVED]) + 1
    assert model.tier_of(book, day, Knows()) == 3
    assert model.tier_of(book, day - 2 * backtest.AHEAD, Knows()) == 2
    assert backtest.earned(book, day, Knows()).tier < 3


def test_the_replay_uses_what_had_been_earned(book: Book) -> None:
    day = int(book.issued[-1])
    money = Money(book.amount, np.zeros(len(book), dtype=int), ("MXN",))
    tiers = [each.tier for each in replay(book, day, money, Knows())]
    assert tiers[-1] == 3
    assert tiers[0] < 3
