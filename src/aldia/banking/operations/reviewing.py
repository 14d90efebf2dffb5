"""The blind review of matches that applied by themselves: the only unbiased measure of how often they are right."""

from __future__ import annotations

import uuid
from datetime import datetime

from aldia.banking.models import Match
from aldia.tenancy.models import User


def answer(*, match_id: uuid.UUID, is_right: bool, actor: User | None, now: datetime) -> Match:
    """Keep what a person said of a match that waits for review. A wrong one is undone (`undoing.undo_match`)."""
    raise NotImplementedError
