"""Addresses that are not written to any more."""

from __future__ import annotations

import uuid

from aldia.messaging.models import Suppression
from aldia.tenancy.models import User


def suppress(*, channel: str, address: str, why: str, detail: str = "", actor: User | None = None) -> Suppression:
    """Stop writing to an address: `why` is bounce, complaint, unsubscribe or person. Twice is once."""
    raise NotImplementedError


def lift(*, suppression_id: uuid.UUID, actor: User) -> None:
    """Let the address be written to again. Raises `NotSuppressed`."""
    raise NotImplementedError
