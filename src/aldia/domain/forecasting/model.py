"""One model of a tenant as of a morning: which tier it has earned, and the distribution of each invoice.

Tier 0: a drawn curve around the due day. Tier 1: habits. Tier 2: habits and the regression, blended. Tier 3, where a
second learner is at hand: both and what that one has learnt, blended.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aldia.domain.forecasting import grid, habits, second
from aldia.domain.forecasting.book import FIRST, LAST, Book, Floats
from aldia.domain.forecasting.habits import Habits
from aldia.domain.forecasting.regression import Regression, gather, solve
from aldia.domain.forecasting.traits import Figures, figures_of, traits_of
from aldia.domain.ports.hazards import HazardLearner, LearntHazards

BY_REGRESSION = 0.6  # against place and spread
BY_HAZARD = 0.5  # of tier 1
OF_THREE = (0.4, 0.2, 0.4)  # regression, place and spread, second learner
FEW_PAYMENTS, FEW_DAYS = 30, 45
MANY_RESOLVED, MANY_DAYS = 300, 180
PLENTY_RESOLVED = 2_000  # for a second learner


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model on a morning: what is known of everybody has been counted, once for as many invoices as are asked for."""

    tier: int
    regression: Regression | None
    day: int
    habits: Habits
    figures: Figures
    second: LearntHazards | None = None

    def score(self, wanted: Book) -> Floats:
        """Distributions over `grid.DAYS` of invoices. Nothing is paid before it was issued, nor before that morning."""
        since = np.clip(np.maximum(wanted.entry, self.day - wanted.due), FIRST, LAST)
        whole = habits.on_calendar(self._whole(wanted), wanted.due, self.habits)
        return grid.truncated(whole, since)

    def _whole(self, wanted: Book) -> Floats:
        customer = wanted.customer
        if self.tier == 0:
            curve = grid.from_hazard(habits.generic_hazard()[None, :], self.habits.daily)
            return np.repeat(curve, len(customer), axis=0)
        placed = habits.by_place(self.habits, customer)
        if self.regression is None:
            return BY_HAZARD * habits.by_hazard(self.habits, customer) + (1 - BY_HAZARD) * placed
        traits = traits_of(self.figures, wanted)
        moved = grid.from_hazard(self.regression.hazards(traits, self.habits, customer), self.habits.daily)
        if self.second is None:
            return BY_REGRESSION * moved + (1 - BY_REGRESSION) * placed
        other = grid.from_hazard(second.hazards(self.second, traits, self.habits, customer), self.habits.daily)
        return OF_THREE[0] * moved + OF_THREE[1] * placed + OF_THREE[2] * other


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned until a morning."""

    day: int
    tier: int
    regression: Regression | None
    second: LearntHazards | None = None

    def at_most(self, tier: int) -> Model:
        """The same with no more than a tier."""
        if self.tier <= tier:
            return self
        return Model(self.day, tier, self.regression if tier > 1 else None)

    def on(self, book: Book, day: int) -> Prepared:
        """Ready to forecast on a morning (not before the model's own), with what is known by then."""
        known = book.known(day)
        seen = habits.habits_of(known, day)
        return Prepared(self.tier, self.regression, day, seen, figures_of(known, seen, day), self.second)

    def score(self, book: Book, day: int, wanted: Book) -> Floats:
        """Distributions over `grid.DAYS` of invoices, given what is known on a morning."""
        return self.on(book, day).score(wanted)


def tier_of(book: Book, day: int, learner: HazardLearner | None = None) -> int:
    """The tier that a history has earned by size and age: a young one has not seen the delays that it would guess."""
    known = book.known(day)
    payments = int((known.delay <= LAST).sum())
    if not len(known):
        return 0
    age = day - int(known.due.min())
    if payments < FEW_PAYMENTS or age < FEW_DAYS:
        return 0
    if payments < MANY_RESOLVED or age < MANY_DAYS:
        return 1
    return 3 if learner and payments >= PLENTY_RESOLVED else 2


def learn(book: Book, day: int, *, most_tier: int = 3, learner: HazardLearner | None = None) -> Model:
    """Learn from what was known in the morning of a day."""
    tier = min(tier_of(book, day, learner), most_tier)
    rows = gather(book.known(day), day) if tier > 1 else None
    if rows is None:
        return Model(day, min(tier, 1), None)
    return Model(day, tier, solve(rows), second.learn(learner, rows) if learner and tier > 2 else None)


def late(pmf: Floats) -> Floats:
    """P(paid after the due day, or never)."""
    return np.asarray(1 - pmf[:, grid.DAYS <= 0].sum(axis=1))
