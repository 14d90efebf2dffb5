"""The axis of time: days from the due day, in bins that are finer near it; and distributions over those days."""

from __future__ import annotations

import numpy as np

from aldia.domain.forecasting.book import FIRST, LAST, Floats, Ints

EDGES: Ints = np.array(
    [-90, -60, -45, -30, -21, -14, -10, -7, -5, -3, -2, -1, 0, 1, 2, 3, 5, 7, 10, 14, 18, 23, 30, 38, 47, 60, 75, 95,
     120, 150, 201]
)  # fmt: skip
BINS = len(EDGES) - 1
WIDTH = np.diff(EDGES)
MIDDLE = (EDGES[:-1] + EDGES[1:] - 1) / 2
DAYS = np.arange(FIRST, LAST + 1)
DAY_BIN = np.searchsorted(EDGES, DAYS, side="right") - 1
LEVELS = np.arange(1, 20) / 20  # the quantiles that are kept of a forecast


def bin_of(delay: Ints) -> Ints:
    """The bin of each delay; `BINS` beyond the last."""
    return np.searchsorted(EDGES, np.maximum(delay, FIRST), side="right") - 1


def truncated(pmf: Floats, since: Ints) -> Floats:
    """Rows of a distribution over `DAYS`, given that nothing was paid before each row's delay `since`.

    A row without any mass left keeps what is never paid.
    """
    kept = np.where(DAYS[None, :] >= since[:, None], pmf, 0.0)
    never = np.maximum(1.0 - pmf.sum(axis=1), 1e-9)
    return np.asarray(kept / (kept.sum(axis=1) + never)[:, None])


def quantiles(pmf: Floats, levels: Floats) -> Floats:
    """Delays at levels of each row (levels: one for all rows, or one row each); a day's mass lies evenly over the day.

    Where the level is never reached, the last day.
    """
    wanted = np.broadcast_to(levels, (len(pmf), levels.shape[-1]))
    cumulated = np.cumsum(pmf, axis=1)
    found = np.empty(wanted.shape)
    for row in range(len(pmf)):
        found[row] = _inverse(cumulated[row], wanted[row])
    return found


def _inverse(cumulated: Floats, levels: Floats) -> Floats:
    place = np.searchsorted(cumulated, levels)
    inside = np.minimum(place, len(DAYS) - 1)
    before = np.where(inside > 0, cumulated[inside - 1], 0.0)
    share = (levels - before) / np.maximum(cumulated[inside] - before, 1e-12)
    return np.asarray(np.where(place >= len(DAYS), LAST + 0.5, DAYS[inside] - 0.5 + np.clip(share, 0, 1)))


def reached(pmf: Floats, delay: Ints) -> Floats:
    """P(paid at or before each row's delay), half of that day's own mass: the PIT of what happened."""
    place = np.clip(delay - FIRST, 0, len(DAYS) - 1)
    cumulated = np.cumsum(pmf, axis=1)
    rows = np.arange(len(pmf))
    return np.asarray(cumulated[rows, place] - pmf[rows, place] / 2)


def from_hazard(hazard: Floats, daily: Floats) -> Floats:
    """Rows of hazards per bin -> distributions over `DAYS`; `daily`: each day's share of its bin."""
    survival = np.cumprod(np.concatenate([np.ones((len(hazard), 1)), 1 - hazard], axis=1), axis=1)[:, :-1]
    return np.asarray((survival * hazard)[:, DAY_BIN] * daily)
