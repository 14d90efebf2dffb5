"""A person accepts what was proposed, or says by hand what a movement is."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aldia.banking.models import Match
from aldia.banking.plans import Plan
from aldia.tenancy.models import User


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one movement of many: its match, or the sentence why not."""

    movement_id: uuid.UUID
    match: Match | None
    sentence: str = ""


def accept(
    *, movement_id: uuid.UUID, choice: int = 0, key: str, actor: User | None, now: datetime, version: int | None = None
) -> Match:
    """Apply what the engine proposed: `choice` 0 is its first, then its alternatives in order. Repeating `key` is once.

    Raises the `MatchError`s of `applying`, and `NothingProposed`.
    """
    raise NotImplementedError


def accept_many(*, movement_ids: Sequence[uuid.UUID], actor: User | None, now: datetime) -> list[Accepted]:
    """Apply the first proposal of each, each in a transaction of its own; what cannot be says why."""
    raise NotImplementedError


def by_hand(
    *, movement_id: uuid.UUID, plan: Plan, key: str, actor: User | None, now: datetime, version: int | None = None
) -> Match:
    """Apply what a person says the movement (or a part of it) is; it judges what the engine said, and teaches it."""
    raise NotImplementedError
