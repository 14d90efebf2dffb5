"""Money at the bank that no document explains goes to an account, for a reason that the company keeps."""

from __future__ import annotations

import uuid
from datetime import datetime

from aldia.banking.models import AdjustmentReason, Match
from aldia.tenancy.models import User


def adjust(
    *,
    movement_id: uuid.UUID,
    reason_id: uuid.UUID,
    actor: User | None,
    now: datetime,
    key: str,
    amount: int | None = None,
    note: str = "",
    version: int | None = None,
) -> Match:
    """Explain (all that is left of, or `amount` with its sign of) a movement by an adjustment. Raises `MatchError`."""
    raise NotImplementedError


def save_reason(
    *,
    name: str,
    code: str,
    account_name: str = "",
    direction: str = "both",
    actor: User | None,
    reason_id: uuid.UUID | None = None,
    version: int | None = None,
) -> AdjustmentReason:
    """Make a reason, or change one: its name, its account (`code` of the chart) and direction (in, out, both)."""
    raise NotImplementedError


def retire_reason(*, reason_id: uuid.UUID, retired: bool = True, actor: User | None, now: datetime) -> AdjustmentReason:
    """Offer a reason no more (or again); what was adjusted by it stays."""
    raise NotImplementedError
