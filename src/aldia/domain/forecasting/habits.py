"""What each customer's payments say by themselves, shrunk towards the portfolio as far as they are few.

Two views of the same facts: hazards per bin (which days after the due day it pays, given it has not yet), and a place
and spread of its delay with the shape of everybody's. Empirical Bayes: pseudo-invoices of the portfolio join each
customer's own; those of a generic curve join the portfolio's. Facts fade with a half-life; open invoices count with
the days that they have not been paid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aldia.domain.forecasting import grid
from aldia.domain.forecasting.book import LAST, Book, Flags, Floats, Ints

HALF_LIFE = 240.0
OWN_PRIOR, PORTFOLIO_PRIOR = 5.0, 20.0
SPREAD_PRIOR = 6.0
LEAST_SPREAD = 1.5
TRIMMED = (0.01, 0.99)
CLOSED_WITHIN = (0.02, 1.5)
# A drawn curve for who has no history: some early, most within two weeks, one in thirty never. P(paid by a delay).
_CURVE_AT = np.array([-91, -31, -15, -8, -3, -1, 0, 1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 200], dtype=float)
_CURVE = np.array(
    [0, 0.02, 0.05, 0.10, 0.17, 0.24, 0.34, 0.40, 0.48, 0.60, 0.72, 0.79, 0.85, 0.90, 0.925, 0.95, 0.96, 0.97]
)


def generic_hazard() -> Floats:
    """The hazards of the drawn curve."""
    at = np.interp(np.concatenate([[grid.EDGES[0] - 1], grid.EDGES[1:] - 1]), _CURVE_AT, _CURVE)
    return np.asarray(np.diff(at) / np.maximum(1 - at[:-1], 1e-9))


@dataclass(frozen=True, slots=True)
class Habits:
    """As of a morning: hazards by customer (the last row is of somebody without history) and their place and spread.

    `payments`: how many were known of each. `shape`: residuals with their cumulated weight, of everybody's standardised
    delays. `daily`: each day's share of its bin. `weekdays`: payments by day of the week (Sunday first), 1 on average.
    `closed`: days on which banks do not open, and `when_closed`: what comes then, beside such a day of other weeks.
    """

    hazard: Floats
    portfolio: Floats
    mean: Floats
    spread: Floats
    payments: Floats
    shape: tuple[Floats, Floats]
    daily: Floats
    weekdays: Floats
    closed: Ints
    when_closed: float

    @property
    def nobody(self) -> int:
        """The row of a customer without any history."""
        return len(self.hazard) - 1


def habits_of(book: Book, day: int) -> Habits:
    """What `book.known(day)` says of each customer."""
    weight = 0.5 ** (np.maximum(day - book.due, 0) / HALF_LIFE)
    events, risk = _counts(book, day, weight)
    generic = generic_hazard()
    portfolio = _shrunk(events.sum(axis=0), risk.sum(axis=0), generic, PORTFOLIO_PRIOR)
    hazard = np.vstack([_shrunk(events, risk, portfolio, OWN_PRIOR), portfolio[None, :]])
    mean, spread, payments, shape = _places(book, day, weight, portfolio)
    return Habits(
        hazard, portfolio, mean, spread, payments, shape, _daily(book, weight), _weekdays(book, weight), book.closed,
        _when_closed(book, weight),
    )  # fmt: skip


def _counts(book: Book, day: int, weight: Floats) -> tuple[Floats, Floats]:
    """Weighted payments and invoices at risk by customer and bin, over bins that are wholly in the past.

    A bin that is half observed tells of payments but not of who did not pay: both are left out.
    """
    seen = np.searchsorted(grid.EDGES[1:], day - book.due, side="right")  # bins wholly before the day
    first, paid = grid.bin_of(book.entry), grid.bin_of(np.minimum(book.delay, LAST + 1))
    last = np.minimum(paid, seen - 1)
    there = last >= first
    customer, first, last = book.customer[there], first[there], last[there]
    risk = np.zeros((book.customers, grid.BINS + 1))
    np.add.at(risk, (customer, first), weight[there])
    np.add.at(risk, (customer, last + 1), -weight[there])
    events = np.zeros((book.customers, grid.BINS))
    is_event = (paid[there] == last) & (paid[there] < grid.BINS)
    np.add.at(events, (customer[is_event], last[is_event]), weight[there][is_event])
    return events, np.maximum(np.cumsum(risk, axis=1)[:, :-1], 0.0)


def _shrunk(events: Floats, risk: Floats, prior: Floats, strength: float) -> Floats:
    """Hazards with `strength` pseudo-invoices that follow the prior's own curve."""
    alive = np.cumprod(np.concatenate([[1.0], 1 - prior]))[:-1]
    pseudo = strength * np.maximum(alive, 0.02)
    return np.asarray(np.clip((events + pseudo * prior) / (risk + pseudo), 1e-5, 0.995))


def _places(
    book: Book, day: int, weight: Floats, portfolio: Floats
) -> tuple[Floats, Floats, Floats, tuple[Floats, Floats]]:
    """Mean and spread of each customer's delay, shrunk by what the data themselves say (method of moments)."""
    is_paid = book.delay <= LAST
    now = day - book.due
    is_late = ~is_paid & (now > 0)  # open: later than now, by as much as others who came as far
    used = is_paid | is_late
    delay = np.where(is_paid, book.delay, np.minimum(now + _yet_to_wait(portfolio, now), LAST)).astype(float)
    who, what, how = book.customer[used], _within_reason(delay[used], is_paid[used]), weight[used]
    size = book.customers + 1
    total = np.bincount(who, how, size)
    everybody = _mean(what, how, 5.0)
    own = np.bincount(who, how * what, size) / np.maximum(total, 1e-9)
    squares = np.bincount(who, how * (what - own[who]) ** 2, size)
    within = (squares.sum() + 25.0 * 4) / max(float(np.maximum(total - 1, 0).sum()) + 4, 1.0)
    between = max(_between(own, total, everybody, within), within / 50)
    shrink = within / between
    mean = (total * own + shrink * everybody) / (total + shrink)
    drift = np.bincount(who, how * (what - mean[who]) ** 2, size)
    spread = np.sqrt((drift + SPREAD_PRIOR * within) / (total + SPREAD_PRIOR))
    spread = np.maximum(spread, LEAST_SPREAD)
    spread[-1] = np.sqrt(within + between)
    payments = np.bincount(book.customer[is_paid], minlength=size).astype(float)
    return mean, spread, payments, _shape((what - mean[who]) / spread[who], how)


def _within_reason(delay: Floats, is_paid: Flags) -> Floats:
    """Delays without the few that would move a mean by themselves: those are the hazards' business."""
    if not is_paid.any():
        return delay
    return np.asarray(np.clip(delay, *np.quantile(delay[is_paid], TRIMMED)))


def _between(own: Floats, total: Floats, everybody: float, within: float) -> float:
    """The variance of customers' means beyond what their few payments explain."""
    heard = total > 0.5
    if heard.sum() < 3:
        return within
    spread = np.average((own[heard] - everybody) ** 2, weights=total[heard])
    return float(spread - within * heard.sum() / total[heard].sum())


def _mean(values: Floats, weights: Floats, prior: float) -> float:
    """A weighted mean with two pseudo-payments at `prior`."""
    return float((values @ weights + 2 * prior) / (weights.sum() + 2))


def _yet_to_wait(portfolio: Floats, now: Floats) -> Floats:
    """Expected days from a delay to payment for who got there unpaid, by the portfolio's curve."""
    survival = np.cumprod(1 - portfolio)
    left = np.cumsum((survival * grid.WIDTH)[::-1])[::-1]  # days lived from each bin on
    ahead = np.append(left[1:], 0.0) / np.maximum(survival, 1e-9)
    return np.asarray(ahead[np.clip(grid.bin_of(now), 0, grid.BINS - 1)])


def _shape(residuals: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Standardised residuals in order, with the share of weight up to each; a normal's when there are hardly any."""
    normal = np.array([-2.3, -1.6, -1.04, -0.67, -0.32, 0, 0.32, 0.67, 1.04, 1.6, 2.3])
    values = np.concatenate([residuals, normal])
    heavy = np.concatenate([weights, np.ones(len(normal))])
    order = np.argsort(values)
    cumulated = np.cumsum(heavy[order]) - heavy[order] / 2
    return values[order], cumulated / heavy.sum()


def _daily(book: Book, weight: Floats) -> Floats:
    """The share of each day in its bin, as the portfolio pays; 8 pseudo-payments spread evenly."""
    is_paid = book.delay <= LAST
    paid = np.bincount(book.delay[is_paid] - grid.DAYS[0], weight[is_paid], len(grid.DAYS))
    counts = paid + 8.0 / grid.WIDTH[grid.DAY_BIN]
    return np.asarray(counts / np.bincount(grid.DAY_BIN, counts)[grid.DAY_BIN])


def _weekdays(book: Book, weight: Floats) -> Floats:
    """Payments by day of the week, with 15 pseudo-payments on each."""
    is_paid = book.delay <= LAST
    counts = np.bincount(book.paid[is_paid] % 7, weight[is_paid], 7) + 15.0
    return np.asarray(counts / counts.mean())


def _when_closed(book: Book, weight: Floats) -> float:
    """How much is paid on a day on which banks do not open, beside the weeks before and after; 5 pseudo-payments."""
    is_paid = book.delay <= LAST
    if not len(book.closed) or not is_paid.any():
        return 1.0
    first, last = int(book.paid[is_paid].min()), int(book.paid[is_paid].max())
    paid = np.bincount(book.paid[is_paid] - first, weight[is_paid])
    told = book.closed[(book.closed >= first) & (book.closed <= last)]
    near = told[:, None] + np.array([-7, 7])
    is_usual = (near >= first) & (near <= last) & ~np.isin(near, book.closed)
    sums = np.where(is_usual, paid[np.clip(near - first, 0, len(paid) - 1)], 0.0).sum(axis=1)
    sides = is_usual.sum(axis=1)
    usual = (sums[sides > 0] / sides[sides > 0]).sum()
    return float(np.clip((paid[told[sides > 0] - first].sum() + 5.0) / (usual + 5.0), *CLOSED_WITHIN))


def on_calendar(pmf: Floats, due: Ints, habits: Habits) -> Floats:
    """Distributions with the days that they fall on; each keeps how much of it is ever paid."""
    if not len(due):
        return pmf
    days = due[:, None] + grid.DAYS[None, :]
    first, last = int(due.min()) + int(grid.DAYS[0]), int(due.max()) + LAST
    worth = habits.weekdays[np.arange(first, last + 1) % 7]
    worth[habits.closed[(habits.closed >= first) & (habits.closed <= last)] - first] *= habits.when_closed
    moved = pmf * worth[days - first]
    return np.asarray(moved * (pmf.sum(axis=1) / np.maximum(moved.sum(axis=1), 1e-12))[:, None])


def by_hazard(habits: Habits, customer: Ints) -> Floats:
    """Distributions of customers by their own hazards."""
    return grid.from_hazard(habits.hazard[customer], habits.daily)


def by_place(habits: Habits, customer: Ints) -> Floats:
    """Distributions of customers by place and spread: everybody's shape, moved and stretched."""
    who, back = np.unique(customer, return_inverse=True)
    values, cumulated = habits.shape
    edges = np.append(grid.DAYS - 0.5, LAST + 0.5)
    scaled = (edges[None, :] - habits.mean[who, None]) / habits.spread[who, None]
    return np.diff(np.interp(scaled, values, cumulated, left=0.0, right=1.0), axis=1)[back]
