"""The forecasts that a tenant would have had on past mornings, from its own history: the first measure of the error.

Each morning knows only what was known then. The method of a morning is the one that had earned its place by then, and
earlier mornings calibrate later ones, as they do once forecasts are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from aldia.domain.forecasting import backtest, judging
from aldia.domain.forecasting.book import LAST, Book, Flags, Floats, Ints
from aldia.domain.forecasting.calibration import MOST, cash_scale, recalibrated
from aldia.domain.forecasting.cash import WEEK, Flow
from aldia.domain.forecasting.foresight import ASKED, foresee
from aldia.domain.forecasting.judging import Said
from aldia.domain.forecasting.model import Model, tier_of
from aldia.domain.ports.hazards import HazardLearner

EVERY, CUTS, WEEKS = 28, 12, 8
BIG, HUGE = 30_000, 100_000  # invoices from which fewer mornings have to do
CHUNK = 4_000


@dataclass(frozen=True, slots=True)
class Week:
    """Money of one past week: as expected, its band, and what came; in the units of the amounts."""

    first: int
    expected: float
    low: float
    high: float
    actual: float
    off: float
    half: float


@dataclass(frozen=True, slots=True)
class Morning:
    """What was said on a past morning, and the money of the weeks after it by currency."""

    day: int
    tier: int
    said: Said
    weeks: dict[str, list[Week]]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What past forecasts teach the next: levels to ask for, and by what to widen the band of cash."""

    levels: tuple[float, ...]
    invoices: int
    cash: float
    weeks: int


def mornings_of(book: Book, day: int) -> list[int]:
    """Past mornings to judge from, the oldest first: every four weeks, where there was something to know."""
    count = CUTS if len(book) < BIG else CUTS // 2 if len(book) < HUGE else CUTS // 4
    found = [day - EVERY * number for number in range(1, count + 1)]
    return [each for each in reversed(found) if tier_of(book, each) > 0]


@dataclass(frozen=True, slots=True)
class Money:
    """The amounts of a book's invoices as money: minor units, and the place in `codes` of each one's currency."""

    amount: Floats
    currency: Ints
    codes: tuple[str, ...]


def replay(book: Book, day: int, money: Money, learner: HazardLearner | None = None) -> list[Morning]:
    """All mornings of a book known until `day`."""
    done: list[Morning] = []
    for then in mornings_of(book, day):
        known = book.known(then)
        rows = np.flatnonzero((known.delay > LAST) & (then - known.due <= LAST))
        if len(rows):
            learnt = learn_from([each.said for each in done], [each.weeks for each in done], then)
            model = backtest.earned(book, then, learner)
            done.append(_morning(book, model, day, rows, money, learnt))
    return done


def _morning(book: Book, model: Model, day: int, rows: Ints, money: Money, learnt: Learnt) -> Morning:
    then = model.day
    prepared = model.on(book, then)
    flows = [Flow(then, days=WEEKS * WEEK, customers=book.customers, seed=then) for _code in money.codes]
    parts = []
    for start in range(0, len(rows), CHUNK):
        chosen = rows[start : start + CHUNK]
        part = book.rows(chosen)
        pmf = prepared.score(part)
        parts.append(foresee(pmf, part, then, np.array(learnt.levels)))
        paying = replace(part, amount=money.amount[chosen])
        for place, flow in enumerate(flows):
            mine = np.flatnonzero(money.currency[chosen] == place)
            flow.add(pmf[mine], paying.rows(mine))
    part = book.rows(rows)
    average, scatter = judging.averages(book.known(then), then, part)
    said = Said(
        then,
        part.due,
        np.concatenate([each.quantiles for each in parts]),
        np.concatenate([each.band for each in parts]),
        np.concatenate([each.buckets for each in parts]),
        average,
        scatter,
        part.paid,
    )
    paying = replace(part, amount=money.amount[rows])
    weeks = {
        code: _weeks(flows[place], paying, money.currency[rows] == place, day, learnt.cash)
        for place, code in enumerate(money.codes)
    }
    return Morning(then, prepared.tier, said, {code: each for code, each in weeks.items() if each})


def _weeks(flow: Flow, part: Book, mine: Flags, today: int, scale: float) -> list[Week]:
    """The weeks that are over by today. A currency without anything open has none."""
    count = min(WEEKS, (today - flow.day) // WEEK)
    if not mine.any() or count <= 0:
        return []
    found = flow.stretches([(WEEK * week, WEEK * (week + 1)) for week in range(count)])
    low, high = found.band(scale=scale)
    middle, half = found.spread()
    when = np.minimum((part.paid[mine] - flow.day) // WEEK, count)
    actual = np.bincount(when, part.amount[mine], count + 1)[:count]
    columns = (found.expected, low, high, actual, actual - middle, half)
    return [Week(flow.day + WEEK * week, *(float(column[week]) for column in columns)) for week in range(count)]


def learn_from(said: list[Said], weeks: list[dict[str, list[Week]]], day: int) -> Learnt:
    """What forecasts made before a morning teach, as far as they had come out by then."""
    pits: list[Floats] = []
    paid: list[Flags] = []
    for each in said:
        pit, is_paid = judging.reached(each, day)
        pits.append(pit)
        paid.append(is_paid)
    levels, count = ASKED, 0
    if pits:
        pit, is_paid = np.concatenate(pits)[-MOST:], np.concatenate(paid)[-MOST:]
        levels, count = recalibrated(ASKED, pit, is_paid), int(is_paid.sum())
    over = [week for kept in weeks for one in kept.values() for week in one if week.first + WEEK <= day]
    scale = cash_scale(np.array([week.off for week in over]), np.array([week.half for week in over]))
    return Learnt(tuple(float(each) for each in levels), count, scale, len(over))
