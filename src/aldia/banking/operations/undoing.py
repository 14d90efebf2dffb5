"""Take an explanation back ("desconciliar"): the books say what they said before it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from aldia.banking.models import Match
from aldia.tenancy.models import User


def undo_match(*, match_id: uuid.UUID, reason: str, actor: User | None, now: datetime) -> Match:
    """Take a match back; the row stays, undone. Done twice, it is done once. Raises `MatchError`."""
    raise NotImplementedError


def undo_many(*, match_ids: Iterable[uuid.UUID], reason: str, actor: User | None, now: datetime) -> list[Match]:
    """Take several back, the latest first, all or none. Raises `MatchError`."""
    raise NotImplementedError
