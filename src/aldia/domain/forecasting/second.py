"""The second opinion beside the regression: somebody else's learner on the same rows, with columns for what it asks.

It sees the traits as they are and where the bin lies: in days, from the customer's own place in its spreads, and with
which hazard. The regression has these as phases and bumps; a learner that splits columns makes its own.
"""

from __future__ import annotations

import numpy as np

from aldia.domain.forecasting import grid
from aldia.domain.forecasting.book import Floats, Ints
from aldia.domain.forecasting.habits import Habits
from aldia.domain.forecasting.regression import Rows, distance_of
from aldia.domain.ports.hazards import HazardLearner, LearntHazards


def learn(learner: HazardLearner, rows: Rows) -> LearntHazards:
    """From what the regression is learnt from."""
    offset = np.concatenate(rows.offset)
    table = _table(np.concatenate(rows.traits), np.concatenate(rows.phase), np.concatenate(rows.distance), offset)
    return learner.learn(table, offset, np.concatenate(rows.event))


def hazards(learnt: LearntHazards, traits: Floats, habits: Habits, customer: Ints) -> Floats:
    """Hazards per bin of invoices, one row each."""
    own = habits.hazard[customer]
    offset = np.log(own / (1 - own)).ravel()
    bins = np.tile(np.arange(grid.BINS), len(customer))
    each = np.repeat(traits.astype(np.float32), grid.BINS, axis=0)
    table = _table(each, bins, distance_of(habits, customer).ravel(), offset)
    return np.asarray(learnt.hazards(table, offset).reshape(len(customer), grid.BINS))


def _table(traits: Floats, bins: Ints, distance: Floats, offset: Floats) -> Floats:
    columns = (traits, np.column_stack([grid.MIDDLE[bins], distance, offset]).astype(np.float32))
    return np.hstack(columns)
