"""Collection accounts: opened for customers at the provider that issues them, closed, never given to another."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from aldia.payments.models import CollectionAccount
from aldia.tenancy.models import User


class CollectingError(ValueError):
    """Accounts that cannot be opened or closed as asked; the sentence is for the person."""


def open_for(
    *, customer_ids: Collection[uuid.UUID], account_id: uuid.UUID, actor: User | None, now: datetime
) -> list[CollectionAccount]:
    """Give each customer a row with the next number; the provider is asked by `ask_providers`. Raises the error."""
    raise NotImplementedError


def ask_providers(*, now: datetime, limit: int = 50) -> int:
    """Ask for the accounts that have no answer yet, outside any transaction; how many came."""
    raise NotImplementedError


def close(*, collection_id: uuid.UUID, actor: User | None, now: datetime) -> CollectionAccount:
    """Stop telling a customer to pay there; money that still comes in is still known to be its."""
    raise NotImplementedError
