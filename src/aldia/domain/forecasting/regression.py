"""What departs from habit: a ridge logistic regression of the hazard per bin, on top of each customer's own as offset.

Fitted by iteratively reweighted least squares (McCullagh & Nelder, "Generalized Linear Models", 1989, ch. 4) on
person-period rows: one per invoice and bin that it entered unpaid and that was wholly observed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aldia.domain.forecasting import grid
from aldia.domain.forecasting.book import LAST, Book, Floats, Ints
from aldia.domain.forecasting.habits import Habits, habits_of
from aldia.domain.forecasting.traits import NAMES, figures_of, traits_of

RIDGE = 120.0
ROUNDS = 6
SPACING, MOST_SNAPSHOTS, MOST_ROWS = 21, 40, 200_000
CLIP = 4.0
# where a bin lies from the customer's own place, in its spreads
CENTRES = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
PHASES = np.array([-20, -5, 0, 3, 10, 30, 60])  # delays that begin another phase
IN_TIME = (grid.EDGES[1:] <= 1) * 1.0  # the bins in which a payment is not late yet
PARTS = np.cumsum([len(NAMES), len(PHASES) + 1, len(CENTRES)])  # where the weights of the next begin


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients over standardised traits, phases, places, and traits again for what they change before it is late.

    `centre` and `scale` standardise the traits.
    """

    centre: Floats
    scale: Floats
    weights: Floats

    def hazards(self, traits: Floats, habits: Habits, customer: Ints) -> Floats:
        """Hazards per bin of invoices: the customer's own, moved by what the traits say."""
        own = habits.hazard[customer]
        offset = np.log(own / (1 - own))
        standard = _standard(traits, self.centre, self.scale)
        always, phases, places, in_time = np.split(self.weights, PARTS)
        per_bin = places_of(habits, customer) @ places + _phase_columns(np.arange(grid.BINS)) @ phases
        shift = (standard @ always)[:, None] + (standard @ in_time)[:, None] * IN_TIME
        return _sigmoid(offset + shift + per_bin)


@dataclass(slots=True)
class Rows:
    """Person-period rows gathered from snapshots of the past. `distance`: of the bin from the customer's own place."""

    traits: list[Floats]
    distance: list[Floats]
    places: list[Floats]
    offset: list[Floats]
    phase: list[Ints]
    event: list[Floats]


def gather(book: Book, day: int) -> Rows | None:
    """Snapshots of the book's own past, each with only what was known then; None without any row."""
    rows = Rows([], [], [], [], [], [])
    first = int(book.issued[0]) + SPACING
    count = min(MOST_SNAPSHOTS, max((day - first) // SPACING, 0))
    for number in range(count):
        _gather(book, day - SPACING * (number + 1), day, rows)
        if sum(len(each) for each in rows.event) > MOST_ROWS:
            break
    return rows if rows.event else None


def _gather(book: Book, then: int, now: int, rows: Rows) -> None:
    """The invoices open on a past morning or issued until the next snapshot, and what became of them until now."""
    known = book.known(then)
    habits = habits_of(known, then)
    upto = int(np.searchsorted(book.issued, then + SPACING))
    issued = np.arange(upto)
    chosen = issued[(book.issued[:upto] >= then) | (known_unpaid(known, upto))]
    part = book.rows(chosen)
    entry = np.maximum(part.entry, np.where(part.issued < then, then - part.due, part.entry))
    start = np.where(grid.EDGES[np.clip(grid.bin_of(entry), 0, grid.BINS - 1)] < entry, 1, 0) + grid.bin_of(entry)
    seen = np.searchsorted(grid.EDGES[1:], now - part.due, side="right")
    paid = grid.bin_of(np.minimum(part.delay, LAST + 1))
    last = np.minimum(np.minimum(paid, seen - 1), grid.BINS - 1)
    there = last >= start
    if not there.any():
        return
    part, start, last, paid = part.rows(np.flatnonzero(there)), start[there], last[there], paid[there]
    lengths = last - start + 1
    which = np.repeat(np.arange(len(lengths)), lengths)
    bins = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + start[which]
    own = habits.hazard[part.customer[which], bins]
    rows.traits.append(traits_of(figures_of(known, habits, then), part)[which].astype(np.float32))
    rows.distance.append(distance_of(habits, part.customer)[which, bins])
    rows.places.append(places_of(habits, part.customer)[which, bins].astype(np.float32))
    rows.offset.append(np.log(own / (1 - own)))
    rows.phase.append(bins)
    rows.event.append((bins == paid[which]) * 1.0)


def known_unpaid(known: Book, size: int) -> np.ndarray:
    """Of the first `size` invoices, those known and unpaid."""
    flags = np.zeros(size, dtype=bool)
    flags[: len(known)] = known.delay > LAST
    return flags


def solve(rows: Rows) -> Regression:
    """Learn from what was gathered."""
    traits = np.concatenate(rows.traits)
    centre, scale = traits.mean(axis=0), np.maximum(traits.std(axis=0), 1e-3)
    standard, bins = _standard(traits, centre, scale).astype(np.float32), np.concatenate(rows.phase)
    phases = _phase_columns(bins).astype(np.float32)
    in_time = standard * IN_TIME[bins, None].astype(np.float32)
    design = np.hstack([standard, phases, np.concatenate(rows.places), in_time])
    weights = _irls(design, np.concatenate(rows.offset), np.concatenate(rows.event))
    return Regression(centre.astype(float), scale.astype(float), weights)


def _irls(design: np.ndarray, offset: Floats, event: Floats) -> Floats:
    weights = np.zeros(design.shape[1])
    ridge = RIDGE * np.eye(design.shape[1])
    for _ in range(ROUNDS):
        expected = _sigmoid(offset + design @ weights)
        curve = np.maximum(expected * (1 - expected), 1e-6)
        gradient = design.T @ (event - expected) - RIDGE * weights
        step = np.linalg.solve((design * curve[:, None].astype(np.float32)).T @ design + ridge, gradient)
        weights = weights + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-4:
            break
    return weights


def distance_of(habits: Habits, customer: Ints) -> Floats:
    """Bins of each invoice from its customer's own place, in its spreads (rows, bins)."""
    return np.asarray((grid.MIDDLE[None, :] - habits.mean[customer, None]) / habits.spread[customer, None])


def places_of(habits: Habits, customer: Ints) -> Floats:
    """Bins of each invoice as bumps around its customer's own place (rows, bins, bumps)."""
    return np.asarray(np.exp(-0.5 * ((distance_of(habits, customer)[:, :, None] - CENTRES) / 0.5) ** 2))


def _phase_columns(bins: Ints) -> Floats:
    """One column per phase of the delay (before due, just after, …)."""
    phase = np.searchsorted(PHASES, grid.EDGES[bins], side="right")
    return np.eye(len(PHASES) + 1)[phase]


def _standard(traits: Floats, centre: Floats, scale: Floats) -> Floats:
    return np.asarray(np.clip((traits - centre) / scale, -CLIP, CLIP))


def _sigmoid(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))))
