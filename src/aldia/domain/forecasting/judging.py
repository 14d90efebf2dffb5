"""Forecasts made against what happened: the same figures whether they were made then or are made up for afterwards.

Errors compare three guesses of the same invoices: ours, the due day (or the morning, for what was overdue already) and
the plain average of the customer. What is still open has no error yet; the share inside the band is asked only of
bands that are over, whatever happened, so that quick payers do not flatter it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aldia.domain.forecasting import measures
from aldia.domain.forecasting.book import FIRST, LAST, Book, Flags, Floats, Ints
from aldia.domain.forecasting.foresight import bucket_of
from aldia.domain.forecasting.grid import LEVELS

LEAST = 30  # invoices without which nothing is judged
BEYOND = LAST + 0.25  # a quantile from here on says "not by then"
MOST_COVERED = 100
SPREAD = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
_AT = np.searchsorted(LEVELS, SPREAD)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said on the morning of `day` of some invoices, one row each. Quantiles and band in days from due."""

    day: int
    due: Ints
    quantiles: Floats
    band: Floats
    buckets: Floats
    average: Floats
    scatter: Floats
    paid: Ints

    def on(self, today: int) -> Floats:
        """The delay that each was paid with until a morning; NaN while it is open."""
        return np.where(self.paid < today, np.clip(self.paid - self.due, FIRST, LAST + 1), np.nan)


def averages(known: Book, day: int, part: Book) -> tuple[Floats, Floats]:
    """What a spreadsheet would say: the mean delay of each one's customer (not before the morning), and the scatter.

    The scatter is everybody's residuals at `SPREAD`. Who has no payment gets everybody's mean.
    """
    is_paid = known.delay <= LAST
    who, delay = known.customer[is_paid], known.delay[is_paid].astype(float)
    if not len(delay):
        return np.maximum(0.0, day - part.due), np.zeros(len(SPREAD))
    count = np.bincount(who, minlength=known.customers)
    mean = np.where(count > 0, np.bincount(who, delay, known.customers) / np.maximum(count, 1), delay.mean())
    return np.maximum(mean[part.customer], day - part.due), np.quantile(delay - mean[who], SPREAD)


def figures(said: Said, today: int) -> dict[str, object]:
    """How it came out until a morning. Days with a decimal, shares in per mille; None where there is nothing to say."""
    actual = said.on(today)
    paid = ~np.isnan(actual)
    inside, over = _inside(said, actual, today)
    return {
        "n": len(said.due),
        "resolved": int(paid.sum()),
        "error": _days(np.minimum(said.band[:, 1], LAST) - actual, paid),
        "due_error": _days(np.maximum(0, said.day - said.due) - actual, paid),
        "average_error": _days(said.average - actual, paid),
        "inside": int(np.rint(1000 * inside[over].mean())) if over.any() else None,
        "judged_bands": int(over.sum()),
        "pinball": _pinball(said.quantiles[:, _AT], actual, paid),
        "average_pinball": _pinball(said.average[:, None] + said.scatter[None, :], actual, paid),
        "confusion": _confusion(said, actual, today),
    }


def doubt_of(said: Said, today: int) -> str:
    """Why the method that said this should step back: "worse" than the average, "coverage" out of bounds, or ""."""
    found = figures(said, today)
    ours, theirs = found["pinball"], found["average_pinball"]
    if isinstance(ours, float) and isinstance(theirs, float) and _resolved(found) >= LEAST and ours > theirs:
        return "worse"
    inside, over = _inside(said, said.on(today), today)
    latest = np.flatnonzero(over)[np.argsort((said.due + said.band[:, 2])[over], kind="stable")][-MOST_COVERED:]
    if len(latest) >= MOST_COVERED and not 0.70 <= inside[latest].mean() <= 0.90:
        return "coverage"
    return ""


def reached(said: Said, today: int) -> tuple[Floats, Flags]:
    """The PIT of what happened until a morning by the model's own quantiles, and whether it was a payment."""
    actual = said.on(today)
    paid = ~np.isnan(actual)
    until = np.where(paid, actual, np.minimum(today - 1 - said.due, LAST))
    pit = np.array([_level(row, each) for row, each in zip(said.quantiles, until, strict=True)])
    return pit, paid


def _level(quantiles: Floats, delay: float) -> float:
    """At which level a delay lies; beyond the ends, as far as the first or last step would reach."""
    at = np.concatenate([[2 * quantiles[0] - quantiles[1] - 1], quantiles, [2 * quantiles[-1] - quantiles[-2] + 1]])
    levels = np.concatenate([[0.0], LEVELS, [1.0]])
    # a run of equal quantiles: half of its mass
    return float((np.interp(delay - 1e-9, at, levels) + np.interp(delay + 1e-9, at, levels)) / 2)


def _inside(said: Said, actual: Floats, today: int) -> tuple[Flags, Flags]:
    """Whether what happened lies in the band (to the day), and which bands are over by the morning."""
    low, high = np.floor(said.band[:, 0] + 0.5), np.floor(said.band[:, 2] + 0.5)
    over = (said.due + high < today) & (said.band[:, 2] < BEYOND)
    known = np.nan_to_num(actual, nan=np.inf)
    return (known >= low) & (known <= high), over


def _days(off: Floats, paid: Flags) -> float | None:
    """The median of absolute errors."""
    return round(float(np.median(np.abs(off[paid]))), 1) if paid.any() else None


def _pinball(quantiles: Floats, actual: Floats, paid: Flags) -> float | None:
    return round(measures.pinball(quantiles[paid], actual[paid], SPREAD), 3) if paid.any() else None


def _confusion(said: Said, actual: Floats, today: int) -> list[list[int]]:
    """Rows: the bucket held likeliest; columns: the one it came to. Open counts once it is in the last."""
    late = np.where(np.isnan(actual), today - 1 - said.due, actual)
    came = bucket_of(late.astype(int))
    settled = ~np.isnan(actual) | (came == 3)
    counts = np.zeros((4, 4), dtype=int)
    np.add.at(counts, (said.buckets.argmax(axis=1)[settled], came[settled]), 1)
    return [[int(each) for each in row] for row in counts]


def _resolved(found: dict[str, object]) -> int:
    value = found["resolved"]
    return value if isinstance(value, int) else 0
