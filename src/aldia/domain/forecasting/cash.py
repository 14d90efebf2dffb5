"""What comes in by week: the expected amount, and a band from paths in which invoices of one customer go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aldia.domain.forecasting import grid
from aldia.domain.forecasting.book import Book, Floats
from aldia.domain.forecasting.foresight import by_day, slots

PATHS = 400
TOGETHER = 0.25  # correlation of the invoices of one customer
WEEK = 7


@dataclass(frozen=True, slots=True)
class Stretches:
    """Per stretch of days: expected amount, and paths (paths, stretches) of what may come in."""

    expected: Floats
    paths: Floats

    def spread(self, share: float = 0.8) -> tuple[Floats, Floats]:
        """Middle and half-width of what holds a share of the paths."""
        low, high = np.quantile(self.paths, [(1 - share) / 2, (1 + share) / 2], axis=0)
        return (low + high) / 2, (high - low) / 2

    def band(self, share: float = 0.8, scale: float = 1.0) -> tuple[Floats, Floats]:
        """Lower and upper bounds: the spread with its half-width multiplied by `scale`."""
        middle, half = self.spread(share)
        return np.maximum(middle - half * scale, 0.0), middle + half * scale


class Flow:
    """Money day by day from a morning on, gathered a few invoices at a time; what comes later falls out."""

    def __init__(self, day: int, *, days: int, customers: int, seed: int = 0) -> None:
        self.day, self.days = day, days
        self._random = np.random.default_rng(seed)
        self._shared = self._random.standard_normal((customers, PATHS))
        self._expected = np.zeros(days + 1)
        self._paths = np.zeros((days + 1, PATHS))

    def add(self, pmf: Floats, part: Book) -> None:
        """Some of the open book, with its distributions (rows as in `part`)."""
        slot = slots(part, self.day, self.days)
        self._expected += by_day(pmf, part, self.day, self.days)
        cumulated, paths, last = np.cumsum(pmf, axis=1), np.arange(PATHS), len(grid.DAYS) - 1
        for row in range(len(part)):
            own = self._random.standard_normal(PATHS)
            mixed = np.sqrt(TOGETHER) * self._shared[part.customer[row]] + np.sqrt(1 - TOGETHER) * own
            place = np.searchsorted(cumulated[row], _normal_cdf(mixed))
            when = np.where(place <= last, slot[row][np.minimum(place, last)], self.days)
            self._paths[when, paths] += part.amount[row]

    def stretches(self, bounds: Sequence[tuple[int, int]]) -> Stretches:
        """Sums over stretches of days: first day and the day after the last, counted from the morning."""
        expected = np.array([self._expected[first:end].sum() for first, end in bounds])
        return Stretches(expected, np.array([self._paths[first:end].sum(axis=0) for first, end in bounds]).T)


def weeks_of(pmf: Floats, book: Book, day: int, *, weeks: int, seed: int = 0) -> Stretches:
    """The open book by week. Rows of `pmf` are those of `book`; amounts beyond what was asked for fall out."""
    flow = Flow(day, days=weeks * WEEK, customers=book.customers, seed=seed)
    flow.add(pmf, book)
    return flow.stretches([(WEEK * week, WEEK * (week + 1)) for week in range(weeks)])


def _normal_cdf(values: Floats) -> Floats:
    """Abramowitz & Stegun 26.2.17, error below 7.5e-8."""
    size = np.abs(values)
    t = 1 / (1 + 0.2316419 * size)
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = np.exp(-size * size / 2) / np.sqrt(2 * np.pi) * poly
    return np.asarray(np.where(values >= 0, 1 - tail, tail))
