"""Movements out of the way, comments, and who looks into one."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from aldia.banking.models import MovementComment
from aldia.tenancy.models import User


def archive(*, movement_ids: Collection[uuid.UUID], reason: str, actor: User | None, now: datetime) -> int:
    """Put movements out of the way, never deleted; return how many changed. Raises `MatchError`."""
    raise NotImplementedError


def unarchive(*, movement_ids: Collection[uuid.UUID], actor: User | None) -> int:
    """Put archived movements back; return how many changed."""
    raise NotImplementedError


def comment(*, movement_id: uuid.UUID, text: str, actor: User | None) -> MovementComment:
    """Write on a movement. Raises `MatchError`."""
    raise NotImplementedError


def assign(*, movement_ids: Collection[uuid.UUID], user_id: uuid.UUID | None, actor: User | None) -> int:
    """Say who looks into movements (None: nobody); return how many changed. Raises `MatchError`."""
    raise NotImplementedError
