"""Reasons in days, scores of risk, stretches of days, and judging what was said: against plain computations."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.forecasting import explaining, grid, judging, model, risk
from aldia.domain.forecasting.book import LAST, UNPAID, Book, Record, book_of
from aldia.domain.forecasting.foresight import Tide, at_most_sure, by_day, foresee, old_rate, pmf_of, share_within
from aldia.domain.forecasting.judging import Said
from aldia.forecasts.stretches import HORIZON_DAYS, stretches_from

START = date(2025, 1, 6)


def portfolio(invoices: int = 40) -> Book:
    """Ten customers: number n pays 4·n days after the due day, give or take one, every nine days."""
    records = []
    for who in range(10):
        for number in range(invoices):
            issued = START + timedelta(9 * number)
            due = issued + timedelta(30)
            records.append(Record(f"c{who}", issued, due, 1000.0, due + timedelta(4 * who + number % 3 - 1)))
    return book_of(records)


DAY = START.toordinal() + 330


def prepared_of(book: Book, tier: int) -> tuple[model.Prepared, Book]:
    known = book.known(DAY)
    part = book.rows(np.flatnonzero((known.delay > LAST) & (known.due[: len(known)] >= DAY)))
    return model.learn(book, DAY, most_tier=tier).on(book, DAY), part


@pytest.mark.parametrize("tier", [1, 2])
def test_who_always_pays_late_is_said_to_be_late_by_habit(tier: int) -> None:
    ready, part = prepared_of(portfolio(), tier)
    assert ready.tier == tier
    moved = explaining.moved_by(ready, part)
    slow, quick = part.customer == 9, part.customer == 0
    assert moved["habit"][slow].min() > 8
    assert moved["habit"][quick].max() < -8
    told = explaining.top_of(moved, int(np.flatnonzero(slow)[0]))
    assert told[0][0] == "habit"
    assert told[0][1] > 8


def test_who_is_not_told_apart_needs_no_reason() -> None:
    book = portfolio()
    young = model.learn(book, START.toordinal() + 20).on(book, START.toordinal() + 20)
    assert young.tier == 0
    assert explaining.moved_by(young, book.rows(np.arange(5))) == {}


def test_a_score_is_the_chance_of_over_thirty_days_late() -> None:
    ready, _part = prepared_of(portfolio(), 1)
    found = risk.scores(ready, portfolio().known(DAY))
    score = dict(zip(found.customers.tolist(), found.score.tolist(), strict=True))
    assert score[9] > 80  # 36 days late, always
    assert score[0] < 5
    assert score[2] < 5
    assert [risk.band(each) for each in (0, 4, 5, 14, 15, 29, 30, 49, 50, 100)] == list("AABBCCDDEE")


def some_pmf(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    hazard = random.uniform(0, 0.4, (6, grid.BINS)) * (random.random((6, grid.BINS)) < 0.7)
    return grid.from_hazard(hazard, 1 / grid.WIDTH[grid.DAY_BIN])


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_what_is_kept_of_a_distribution_says_the_same_of_any_stretch(seed: int) -> None:
    """Nineteen quantiles hold a share of any stretch to within the steps at its two ends."""
    pmf = some_pmf(seed)
    never = 1 - pmf.sum(axis=1)
    quantiles, since = grid.quantiles(pmf, grid.LEVELS), np.full(6, -90)
    again = pmf_of(quantiles, never, since)
    assert again.sum(axis=1) == pytest.approx(1 - never, abs=1e-9)
    inside = (grid.DAYS >= -10) & (grid.DAYS <= 40)
    found = share_within(quantiles, never, since, np.full(6, -10), np.ones(51))
    assert found == pytest.approx(pmf[:, inside].sum(axis=1), abs=0.1)
    assert found == pytest.approx(again[:, inside].sum(axis=1), abs=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_with_the_tide_the_parts_add_up_to_the_whole(seed: int) -> None:
    """Of any stretch of days: what invoices add by their quantiles, times what each day weighs, is what was said."""
    random, days = np.random.default_rng(seed), 60
    pmf = some_pmf(seed) * random.uniform(0, 1, len(grid.DAYS))  # a day with nothing beside one with much
    due = DAY + random.integers(-20, 40, 6)
    part = Book(np.zeros(6, int), due - 30, due, random.uniform(1, 100, 6), np.full(6, UNPAID), ("a",))
    never, since = 1 - pmf.sum(axis=1), np.full(6, -90)
    quantiles = np.floor(grid.quantiles(pmf, grid.LEVELS) + 0.5)
    tide = Tide(DAY, days=days)
    for rows in (np.arange(4), np.arange(4, 6)):  # a few at a time
        tide.add(pmf[rows], pmf_of(quantiles[rows], never[rows], since[rows]), part.rows(rows))
    first, last = sorted(int(each) for each in random.integers(0, days, 2))
    weights = tide.weights()[first : last + 1]
    found = share_within(quantiles, never, since, DAY + first - due, weights)
    assert (found * part.amount).sum() == pytest.approx(by_day(pmf, part, DAY, days)[first : last + 1].sum(), rel=1e-6)


def test_no_invoice_is_surer_than_sure_and_no_money_is_lost() -> None:
    chance, amount = np.array([1.2, 0.5, 0.0, 0.9]), np.array([10.0, 40.0, 5.0, 10.0])
    found = at_most_sure(chance, amount)
    assert found.max() == 1.0
    assert found[2] == 0.0
    assert (found[[1, 3]] > chance[[1, 3]]).all()
    assert (found * amount).sum() == pytest.approx((chance * amount).sum())
    assert at_most_sure(np.array([1.5]), np.array([10.0])).tolist() == [1.0]


def test_chances_of_an_invoice_by_hand() -> None:
    """Paid on the due day (½), 10 days late (¼), or never (¼); today is five days before it is due."""
    pmf = np.zeros((1, len(grid.DAYS)))
    pmf[0, grid.DAYS == 0], pmf[0, grid.DAYS == 10] = 0.5, 0.25
    due = np.array([1_000])
    part = Book(np.array([0]), due - 30, due, np.array([1.0]), np.array([UNPAID]), ("a",))
    said = foresee(pmf, part, 995)
    assert said.late[0] == pytest.approx(0.5)
    assert said.unpaid[0] == pytest.approx(0.25)
    assert said.never[0] == pytest.approx(0.25)
    assert said.buckets[0] == pytest.approx([0.5, 0.25, 0, 0.25])
    assert foresee(pmf, part, 985).unpaid[0] == pytest.approx(0.25)  # counted from the due day


def said_of(paid: list[int], band: tuple[float, float, float] = (0.0, 5.0, 10.0)) -> Said:
    """Invoices due on day 1000, said on day 990 to be paid by day 1005; `paid` are delays (999: open)."""
    count = len(paid)
    quantiles = np.tile(np.linspace(-2, 12, 19), (count, 1))
    return Said(
        day=990,
        due=np.full(count, 1_000),
        quantiles=quantiles,
        band=np.tile(band, (count, 1)),
        buckets=np.tile([0.2, 0.6, 0.1, 0.1], (count, 1)),
        average=np.full(count, 8.0),
        scatter=np.zeros(5),
        paid=np.array([UNPAID if each == 999 else 1_000 + each for each in paid]),
    )


def test_judging_by_hand() -> None:
    found = judging.figures(said_of([0, 4, 5, 11, 999]), 1_040)
    assert (found["n"], found["resolved"]) == (5, 4)
    assert found["error"] == 3.0  # of 5, 1, 0, 6
    assert found["due_error"] == 4.5  # of 0, 4, 5, 11
    assert found["average_error"] == 3.5  # of 8, 4, 3, 3
    assert (found["inside"], found["judged_bands"]) == (600, 5)  # the open one is outside: its band is over
    assert found["confusion"][1] == [1, 3, 0, 0]  # 39 days late and open: it may still end in either


def test_a_band_that_is_not_over_is_not_judged() -> None:
    found = judging.figures(said_of([0, 4, 5, 11, 999]), 1_008)
    assert found["inside"] is None
    assert found["resolved"] == 3


@pytest.mark.parametrize(
    ("paid", "doubt"),
    [([5] * 40, ""), ([8] * 40, "worse"), ([8] * 20, ""), ([5] * 100, "coverage"), ([5] * 65 + [30] * 35, "coverage")],
    ids=["right", "the-average-was-right", "too-few", "bands-too-wide", "far-off"],
)
def test_when_a_method_is_doubted(paid: list[int], doubt: str) -> None:
    assert judging.doubt_of(said_of(paid), 1_100) == doubt


def test_what_is_paid_after_all_is_counted_by_days_waited() -> None:
    start = START.toordinal()
    due = np.full(4, start)
    paid = np.array([start + 10, start + 250, UNPAID, UNPAID])
    book = Book(np.zeros(4, dtype=int), due - 30, due, np.ones(4), paid, ("a",))
    waited = 50 + 100 + 100
    assert old_rate(book, start + 300) == pytest.approx(1.5 / (waited + 500))


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
@settings(max_examples=60, deadline=None)
def test_stretches_cut_the_horizon_without_gap_or_overlap(day: date) -> None:
    found = stretches_from(day)
    for horizon in ("week", "half_mon", "month", "quarter", "halfyear"):
        mine = [each for each in found if each.horizon == horizon]
        assert mine[0].first == day
        assert mine[-1].last == day + timedelta(HORIZON_DAYS - 1)
        assert all(a.last + timedelta(1) == b.first for a, b in pairwise(mine))
    days = [each.first for each in found if each.horizon == "day"]
    assert days == [day + timedelta(number) for number in range(56)]
