"""LightGBM as the forecast's second learner (https://lightgbm.readthedocs.io): small trees over the hazard's log-odds.

It comes with the optional package (`pip install aldia[ml]`); without it there is no second learner and nothing else
changes. One thread and a fixed seed: the same rows make the same trees, and a machine with little to spare keeps it.
Imported only when there is something to learn: it and scipy take seconds and 150 MB.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from importlib.util import find_spec
from typing import Any

import numpy as np

from aldia.domain.forecasting.book import Floats
from aldia.domain.ports.hazards import HazardLearner

ROUNDS = 200
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "boost_from_average": False,  # the offset is where it starts
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 7,
    "verbosity": -1,
}
FARTHEST = 30.0  # log-odds


class Trees:
    """Trees learnt; they say by how much the log-odds depart from the offset."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster

    def hazards(self, rows: Floats, offset: Floats) -> Floats:
        moved = offset + self._booster.predict(rows, raw_score=True, num_threads=1)
        return np.asarray(1 / (1 + np.exp(-np.clip(moved, -FARTHEST, FARTHEST))))

    def kept(self) -> str:
        """LightGBM's own text, packed: as it is it would be some hundred kilobytes."""
        return base64.b64encode(zlib.compress(self._booster.model_to_string().encode(), 9)).decode()


class LightGBM:
    """The learner (`domain.ports.hazards.HazardLearner`)."""

    def learn(self, rows: Floats, offset: Floats, event: Floats) -> Trees:
        import lightgbm

        data = lightgbm.Dataset(rows, label=event, init_score=offset)
        return Trees(lightgbm.train(PARAMETERS, data, num_boost_round=ROUNDS))

    def recall(self, kept: str) -> Trees | None:
        import lightgbm

        try:
            return Trees(lightgbm.Booster(model_str=zlib.decompress(base64.b64decode(kept)).decode()))
        except (binascii.Error, zlib.error, lightgbm.basic.LightGBMError):
            return None


def is_available() -> bool:
    """Whether the optional package is installed."""
    return find_spec("lightgbm") is not None


def learner() -> HazardLearner | None:
    """The second learner, where it is installed."""
    return LightGBM() if is_available() else None
