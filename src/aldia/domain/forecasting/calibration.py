"""Widening or narrowing what is forecast by what became of earlier forecasts, without learning anything again.

Invoices: the probability that a forecast gave to what then happened (its PIT) should be uniform. Where it is not, a
level is asked for at another level. What is still open is censored, not left out (Kaplan & Meier 1958). Cash: the
half-width of a band is scaled by how far past totals fell outside of theirs (split conformal: Lei et al., JASA 113,
2018).
"""

from __future__ import annotations

import numpy as np

from aldia.domain.forecasting.book import Flags, Floats

PSEUDO = 60
MOST = 1_500
CASH_MOST, CASH_PRIOR, CASH_PSEUDO = 80, 1.15, 8


def recalibrated(levels: Floats, pit: Floats, is_resolved: Flags) -> Floats:
    """The levels to ask for instead. `pit` of the latest forecasts: reached when paid, or reached so far while open."""
    pit, is_resolved = pit[-MOST:], is_resolved[-MOST:]
    if not is_resolved.any():
        return levels
    at, below = _empirical(pit, is_resolved)
    count = float(is_resolved.sum())
    grid = np.linspace(0, 1, 201)
    seen = np.interp(grid, at, below)
    blended = (count * seen + PSEUDO * grid) / (count + PSEUDO)
    return np.asarray(np.clip(np.interp(levels, np.maximum.accumulate(blended), grid), 0.001, 0.999))


def _empirical(pit: Floats, is_resolved: Flags) -> tuple[Floats, Floats]:
    """Kaplan-Meier of PITs: points and the share at or below them, anchored at 0 and 1."""
    order = np.argsort(pit, kind="stable")
    ordered, died = pit[order], is_resolved[order]
    at_risk = np.arange(len(ordered), 0, -1)
    below = 1 - np.cumprod(np.where(died, 1 - 1 / at_risk, 1.0))
    top = max(float(ordered[-1]), 1e-6)
    share = float(below[-1]) + (1 - float(below[-1])) * top  # beyond the last one: as forecast
    return np.concatenate([[0.0], ordered, [1.0]]), np.concatenate([[0.0], np.minimum(below, share), [1.0]])


def cash_scale(errors: Floats, half_widths: Floats, level: float = 0.8) -> float:
    """By what the half-width of a band has to be multiplied. Past absolute errors with the half-widths then given."""
    ratio = (np.abs(errors) / np.maximum(half_widths, 1e-9))[-CASH_MOST:]
    known = np.sort(np.concatenate([np.full(CASH_PSEUDO, CASH_PRIOR), ratio]))
    reached = np.arange(1, len(known) + 1) / len(known)
    return float(known[np.searchsorted(reached, level)])
