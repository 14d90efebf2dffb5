"""What a second learner of hazards must be: it learns what the regression cannot, such as what only counts together.

It is given the person-period rows that the regression learns from (`forecasting.second` lays out their columns), with
each customer's own hazard as offset, so that it learns departures from habit and nothing else. Learning twice from the
same rows makes the same thing.
"""

from __future__ import annotations

from typing import Protocol

from aldia.domain.forecasting.book import Floats


class LearntHazards(Protocol):
    """What was learnt."""

    def hazards(self, rows: Floats, offset: Floats) -> Floats:
        """The hazard of each row; `offset` is the log-odds of the customer's own."""

    def kept(self) -> str:
        """The whole of it as text, to be recalled on another night."""


class HazardLearner(Protocol):
    """How it is learnt, and recalled."""

    def learn(self, rows: Floats, offset: Floats, event: Floats) -> LearntHazards:
        """From rows, their offsets, and whether the invoice was paid in that bin (1) or not (0)."""

    def recall(self, kept: str) -> LearntHazards | None:
        """What `kept` said; None when it can no longer be read."""
