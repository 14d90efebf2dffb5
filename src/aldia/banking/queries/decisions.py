"""What the engine last said of a movement, in words."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from aldia.banking.models import MatchDecision
from aldia.domain.matching import Hypothesis, Payer


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as pages show it: `sentences` are (code, sentence); `choices` the first proposal and its
    alternatives, in the order that `accepting.accept(choice=…)` counts them.
    """

    decision: MatchDecision
    choices: tuple[Hypothesis, ...]
    sentences: tuple[tuple[str, str], ...]
    payer: Payer


def told(decision: MatchDecision) -> Told:
    """A decision read back."""
    raise NotImplementedError


def last_of(movement_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Told]:
    """What was last said of each movement that was decided."""
    raise NotImplementedError
