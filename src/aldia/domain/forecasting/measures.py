"""How good forecasts were, in the words of the literature; each a plain function of forecast and outcome."""

from __future__ import annotations

import numpy as np

from aldia.domain.forecasting.book import Flags, Floats

PINBALL_LEVELS = np.array([0.1, 0.25, 0.5, 0.75, 0.9])


def absolute_error(median: Floats, actual: Floats) -> float:
    """Mean absolute error of the medians, in days."""
    return float(np.abs(actual - median).mean())


def pinball(quantiles: Floats, actual: Floats, levels: Floats = PINBALL_LEVELS) -> float:
    """Mean quantile loss (Koenker & Bassett 1978): rows of quantiles at the levels."""
    off = actual[:, None] - quantiles
    return float(np.maximum(levels * off, (levels - 1) * off).mean())


def coverage(low: Floats, high: Floats, actual: Floats) -> float:
    """The share of what happened that lay in its band."""
    return float(((actual >= low) & (actual <= high)).mean())


def auc(score: Floats, is_positive: Flags) -> float:
    """The chance that a positive scores above a negative (Mann & Whitney 1947); ties count half. NaN with one class."""
    positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
    if not positives or not negatives:
        return float("nan")
    _values, back, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[back]
    return float((ranks[is_positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def weighted_error(expected: Floats, actual: Floats) -> float:
    """WAPE: Σ|error| / Σ actual. NaN when nothing came in."""
    total = float(np.abs(actual).sum())
    return float(np.abs(expected - actual).sum() / total) if total else float("nan")
