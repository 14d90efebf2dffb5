"""Why a forecast says what it says: each group of facts replaced by the portfolio's average, and the days it moves.

The change of the median, in days, signed: +6 means that the group makes payment six days later than it would be.
Medians are taken on bins, which is exact enough for a sentence and cheap enough for every invoice. A second learner is
left out: asking it once more per group would cost more than the forecast, and it has no one sign per group.
"""

from __future__ import annotations

import numpy as np

from aldia.domain.forecasting import grid
from aldia.domain.forecasting.book import FIRST, LAST, Book, Floats
from aldia.domain.forecasting.model import BY_HAZARD, BY_REGRESSION, Prepared
from aldia.domain.forecasting.traits import GROUPS, NAMES, traits_of

HABIT = "habit"
LEAST_DAYS = 1  # less is not worth a sentence
TOP = 3
_EDGES = grid.EDGES - 0.5


def moved_by(prepared: Prepared, wanted: Book) -> dict[str, Floats]:
    """Days that each group of facts moves the median of each invoice; nothing where no customer is told apart."""
    if prepared.tier == 0:
        return {}
    nobody = np.full(len(wanted), prepared.habits.nobody)
    if prepared.regression is None:
        said = _median(_blend(prepared, wanted, None, wanted.customer), prepared, wanted)
        return {HABIT: said - _median(_blend(prepared, wanted, None, nobody), prepared, wanted)}
    traits = traits_of(prepared.figures, wanted)
    said = _median(_blend(prepared, wanted, traits, wanted.customer), prepared, wanted)
    found = {}
    for group, names in GROUPS.items():
        columns = [NAMES.index(name) for name in names]
        average = traits.copy()
        average[:, columns] = prepared.regression.centre[columns]
        who = nobody if group == HABIT else wanted.customer
        found[group] = said - _median(_blend(prepared, wanted, average, who), prepared, wanted)
    return found


def top_of(moved: dict[str, Floats], row: int) -> list[tuple[str, int]]:
    """The groups that move an invoice the most, with their whole days."""
    days = [(group, round(float(values[row]))) for group, values in moved.items()]
    told = [(group, each) for group, each in days if abs(each) >= LEAST_DAYS]
    return sorted(told, key=lambda pair: -abs(pair[1]))[:TOP]


def _blend(prepared: Prepared, wanted: Book, traits: Floats | None, who: np.ndarray) -> Floats:
    """Chances per bin, as the model mixes its two views."""
    placed = _place_bins(prepared, who)
    if traits is None or prepared.regression is None:
        hazards, share = prepared.habits.hazard[who], BY_HAZARD
    else:
        hazards, share = prepared.regression.hazards(traits, prepared.habits, who), BY_REGRESSION
    alive = np.cumprod(np.concatenate([np.ones((len(who), 1)), 1 - hazards], axis=1), axis=1)[:, :-1]
    return np.asarray(share * alive * hazards + (1 - share) * placed)


def _place_bins(prepared: Prepared, who: np.ndarray) -> Floats:
    values, cumulated = prepared.habits.shape
    scaled = (_EDGES[None, :] - prepared.habits.mean[who, None]) / prepared.habits.spread[who, None]
    return np.asarray(np.diff(np.interp(scaled, values, cumulated, left=0.0, right=1.0), axis=1))


def _median(bins: Floats, prepared: Prepared, wanted: Book) -> Floats:
    """The median delay of each row, given that nothing came before the morning."""
    since = np.clip(np.maximum(wanted.entry, prepared.day - wanted.due), FIRST, LAST) - 0.5
    ahead = np.clip((_EDGES[None, 1:] - since[:, None]) / grid.WIDTH[None, :], 0, 1)  # of each bin, what is not over
    kept = bins * ahead
    never = np.maximum(1 - bins.sum(axis=1), 1e-9)
    cumulated = np.cumsum(kept, axis=1)
    half = (cumulated[:, -1] + never) / 2
    place = np.minimum((cumulated < half[:, None]).sum(axis=1), grid.BINS - 1)
    rows = np.arange(len(bins))
    mass = np.maximum(kept[rows, place], 1e-12)
    share = np.clip((half - (cumulated[rows, place] - kept[rows, place])) / mass, 0, 1)
    start = np.maximum(_EDGES[place], since)
    return np.asarray(start + share * np.maximum(_EDGES[place + 1] - start, 0))
