"""Money that came before its invoice pays it when it arrives, where there is no doubt which it is."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from aldia.tenancy.models import User


def apply_advances(*, customer_ids: Collection[uuid.UUID] | None = None, today: date, actor: User | None = None) -> int:
    """Apply what is left of the bank's money to what arrived since; return how many applications were made."""
    raise NotImplementedError
