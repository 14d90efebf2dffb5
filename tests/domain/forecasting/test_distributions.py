"""Distributions of days: what any of them must hold, against slow and obvious computations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.forecasting import grid, habits, measures
from aldia.domain.forecasting.calibration import cash_scale, recalibrated

hazards = st.lists(st.floats(0.0, 0.9), min_size=grid.BINS, max_size=grid.BINS)


def one(hazard: list[float]) -> np.ndarray:
    daily = 1 / grid.WIDTH[grid.DAY_BIN]
    return grid.from_hazard(np.array([hazard]), daily)


@given(hazards)
def test_a_hazard_becomes_a_distribution_whose_rest_is_never_paid(hazard: list[float]) -> None:
    pmf, alive = one(hazard), 1.0
    for each in hazard:
        alive *= 1 - each
    assert (pmf >= 0).all()
    assert pmf.sum() == pytest.approx(1 - alive)


@given(hazards, st.integers(-90, 200))
def test_what_is_known_to_be_unpaid_has_no_chance_before(hazard: list[float], since: int) -> None:
    whole = one(hazard)
    kept = grid.truncated(whole, np.array([since]))
    assert not kept[0, since > grid.DAYS].any()
    assert kept.sum() <= 1 + 1e-9
    later = since <= grid.DAYS
    if whole[0, later].sum() > 1e-3:  # the shares among the days left stay
        assert kept[0, later] / kept.sum() == pytest.approx(whole[0, later] / whole[0, later].sum())


@given(hazards)
def test_quantiles_rise_and_invert_the_distribution(hazard: list[float]) -> None:
    pmf = one(hazard)
    found = grid.quantiles(pmf, grid.LEVELS)[0]
    assert (np.diff(found) >= -1e-9).all()
    for level, delay in zip(grid.LEVELS, found, strict=True):
        if delay < 200:
            until = pmf[0, np.floor(delay + 0.5) >= grid.DAYS].sum()
            assert until >= level - 1e-6


def test_the_generic_curve_is_a_curve() -> None:
    hazard = habits.generic_hazard()
    assert ((hazard > 0) & (hazard < 1)).all()
    assert 0.95 < one(list(hazard)).sum() < 0.98


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_the_auc_is_the_share_of_pairs_in_order(pairs: list[tuple[int, bool]]) -> None:
    score, is_late = np.array([float(s) for s, _ in pairs]), np.array([late for _, late in pairs])
    above, below = score[is_late], score[~is_late]
    found = measures.auc(score, is_late)
    if not len(above) or not len(below):
        assert np.isnan(found)
        return
    slow = np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a in above for b in below])
    assert found == pytest.approx(slow)


def test_pinball_is_least_at_the_quantiles_themselves() -> None:
    actual = np.arange(1, 100, dtype=float)
    right = np.tile(np.quantile(actual, measures.PINBALL_LEVELS), (99, 1))
    best = measures.pinball(right, actual)
    for moved in (-5.0, 3.0, 10.0):
        assert measures.pinball(right + moved, actual) > best
    assert measures.pinball(np.tile(actual[:, None], 5), actual) == 0


def test_a_model_too_sure_of_itself_is_asked_for_wider_levels() -> None:
    random = np.random.default_rng(1)
    too_sure = np.where(random.random(1_000) < 0.5, random.random(1_000) * 0.1, 1 - random.random(1_000) * 0.1)
    low, high = recalibrated(np.array([0.1, 0.9]), too_sure, np.full(1_000, True))
    assert low < 0.05
    assert high > 0.95
    right = recalibrated(np.array([0.1, 0.5, 0.9]), random.random(1_500), np.full(1_500, True))
    assert right == pytest.approx([0.1, 0.5, 0.9], abs=0.03)


def test_what_is_still_open_is_not_taken_for_paid() -> None:
    """Half of the outcomes lie beyond 0.5 and are open so far: leaving them out would shift every level."""
    random = np.random.default_rng(2)
    pit = random.random(1_500)
    is_paid = pit < 0.5
    seen = np.where(is_paid, pit, 0.5)
    assert recalibrated(np.array([0.25]), seen, is_paid) == pytest.approx([0.25], abs=0.04)
    control = recalibrated(np.array([0.25]), pit[is_paid], np.full(int(is_paid.sum()), True))
    assert control[0] < 0.2


def test_the_band_of_cash_widens_by_what_fell_outside() -> None:
    assert cash_scale(np.array([]), np.array([])) == pytest.approx(1.15)
    assert cash_scale(np.full(80, 3.0), np.full(80, 1.0)) == pytest.approx(3.0)
    assert cash_scale(np.full(80, 0.5), np.full(80, 1.0)) == pytest.approx(0.5)
