"""The bank takes a deposit back: what it had explained is owed again."""

from __future__ import annotations

import uuid
from datetime import datetime

from aldia.banking.models import Match
from aldia.tenancy.models import User


def apply_return(
    *,
    movement_id: uuid.UUID,
    undoes_id: uuid.UUID,
    how: str,
    key: str,
    actor: User | None,
    now: datetime,
    version: int | None = None,
) -> Match:
    """Undo what explains the deposit `undoes_id`, and mark it and the return `movement_id`. Raises `MatchError`."""
    raise NotImplementedError
