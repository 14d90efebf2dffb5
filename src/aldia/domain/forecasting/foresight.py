"""What is said of an invoice: expected day, band, chances, and by how sure levels are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aldia.domain.forecasting import grid
from aldia.domain.forecasting.book import FIRST, LAST, Book, Floats, Ints
from aldia.domain.forecasting.model import Prepared

ASKED = np.array([0.1, 0.5, 0.9])  # the band of 80 % and its middle
GRACE = 14  # days: what the worklist asks
BUCKETS = (0, 30, 60)  # last day of each bucket of lateness; the fourth has no end
LITTLE, NORMAL = 1, 3  # known payments from which a customer is no longer new, and no longer little known


@dataclass(frozen=True, slots=True)
class Foresight:
    """Rows as the invoices asked for. Quantiles are days from due (`LAST` + 0.5: not by then), chances from 0 to 1.

    `quantiles` are the model's own at `grid.LEVELS`; `band` low, middle and high as calibrated.
    """

    quantiles: Floats
    band: Floats
    late: Floats
    unpaid: Floats
    never: Floats
    buckets: Floats


def foresee(pmf: Floats, part: Book, day: int, levels: Floats = ASKED) -> Foresight:
    """From distributions over `grid.DAYS`, given that all is unpaid on the morning of `day`."""
    found = grid.quantiles(pmf, np.concatenate([grid.LEVELS, levels]))
    cumulated = np.cumsum(pmf, axis=1)
    until = np.clip(np.maximum(day - part.due, 0) + GRACE, FIRST, LAST) - FIRST
    rows = np.arange(len(pmf))
    at = [cumulated[:, bound - FIRST] for bound in BUCKETS]
    buckets = np.column_stack([at[0], at[1] - at[0], at[2] - at[1], 1 - at[2]])
    return Foresight(
        quantiles=found[:, : len(grid.LEVELS)],
        band=found[:, len(grid.LEVELS) :],
        late=1 - at[0],
        unpaid=1 - cumulated[rows, until],
        never=1 - cumulated[:, -1],
        buckets=np.clip(buckets, 0, 1),
    )


def bucket_of(delay: Ints) -> Ints:
    """Which bucket a delay lies in."""
    return np.searchsorted(np.array(BUCKETS), delay)


def old_rate(book: Book, day: int) -> float:
    """The chance per day that something overdue for longer than any forecast reaches is paid after all.

    Payments over days waited beyond, with half a payment in 500 days as prior.
    """
    since = book.due + LAST
    until = np.minimum(book.paid, day)
    waited = np.maximum(until - since, 0)
    paid = (book.paid < day) & (book.paid > since)
    return float((paid.sum() + 0.5) / (waited.sum() + 500.0))


def known_payments(prepared: Prepared, customer: Ints) -> Ints:
    """How many payments of each customer are behind a forecast."""
    return prepared.habits.payments[customer].astype(int)


def share_within(quantiles: Floats, never: Floats, since: Ints, first: Ints, weight: Floats) -> Floats:
    """The chance that each invoice is paid within some days, the first of them at each one's delay `first`.

    `since`: the first delay that was possible. Between quantiles chances are spread evenly, times the `weight` of each
    day (`Tide`; ones where nothing is known of days).
    """
    found = np.empty(len(quantiles))
    edges = np.arange(len(weight) + 1) - 0.5
    for row in range(len(quantiles)):
        curve = _curve(quantiles[row], float(never[row]), int(since[row]))
        found[row] = np.diff(np.interp(first[row] + edges, *curve)) @ weight
    return found


def at_most_sure(chance: Floats, amount: Floats) -> Floats:
    """Chances that weights raised above 1 brought back to it, what they lose in money given to those with room."""
    found = np.minimum(chance, 1.0)
    lost, room = float(((chance - found) * amount).sum()), found * (1 - found)
    there = float((room * amount).sum())
    return found + room * min(lost / there, 1.0) if lost and there else found


class Tide:
    """What quantiles do not keep: on which days of the calendar money comes. Gathered a few invoices at a time.

    Nineteen quantiles spread an invoice evenly over Sundays and holidays. What the model said of all invoices together
    for a day, over what their quantiles say, makes the parts add up to the whole.
    """

    def __init__(self, day: int, *, days: int) -> None:
        self.day, self.days = day, days
        self._said, self._kept = np.zeros(days), np.zeros(days)

    def add(self, pmf: Floats, kept: Floats, part: Book) -> None:
        """Distributions as the model said them and as their quantiles do (`pmf_of`), rows as in `part`."""
        self._said += by_day(pmf, part, self.day, self.days)[: self.days]
        self._kept += by_day(kept, part, self.day, self.days)[: self.days]

    def weights(self) -> Floats:
        """One factor a day from the morning on."""
        there = self._kept > 0
        return np.where(there, self._said / np.where(there, self._kept, 1.0), 1.0)


def by_day(pmf: Floats, part: Book, day: int, days: int) -> Floats:
    """Expected money by day from a morning on; what is beyond in the last place."""
    return np.bincount(slots(part, day, days).ravel(), (pmf * part.amount[:, None]).ravel(), days + 1)


def slots(part: Book, day: int, days: int) -> Ints:
    """Which day from a morning on each delay of each invoice is; `days` where it is none of them."""
    ahead = part.due[:, None] + grid.DAYS[None, :] - day
    return np.where((ahead >= 0) & (ahead < days), ahead, days)


def pmf_of(quantiles: Floats, never: Floats, since: Ints) -> Floats:
    """Distributions over `grid.DAYS` from kept quantiles: what a part of the book is forecast again with."""
    edges = np.append(grid.DAYS - 0.5, LAST + 0.5)
    found = np.empty((len(quantiles), len(grid.DAYS)))
    for row in range(len(quantiles)):
        found[row] = np.diff(np.interp(edges, *_curve(quantiles[row], float(never[row]), int(since[row]))))
    return found


def _curve(quantiles: Floats, never: float, since: int) -> tuple[Floats, Floats]:
    """Points of a cumulated distribution: from nothing before `since` to all but `never` after the last day."""
    most = 1 - never
    reached = (most > grid.LEVELS) & (quantiles <= LAST)
    at = np.concatenate([[since - 0.5], quantiles[reached], [LAST + 0.5]])
    return np.maximum.accumulate(at), np.concatenate([[0.0], grid.LEVELS[reached], [most]])
