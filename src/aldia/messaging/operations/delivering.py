"""Sending what is in the outbox: claim, check again, hand over outside any transaction, write down what is known."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aldia.messaging.models import DeliveryState, Message
from aldia.tenancy.models import User

LEASE = timedelta(minutes=5)
Recheck = Callable[[Message], str]


def deliver(
    *,
    delivery_id: uuid.UUID,
    now: datetime,
    lease: timedelta = LEASE,
    recheck: Recheck | None = None,
    adapter_of: Callable[..., Any] | None = None,
) -> DeliveryState:
    """Send one delivery of the company in scope, if it is queued and due and nobody else has it; return its state.

    `recheck` is asked after the claim and before the network: "" lets it go, anything else is the reason why the whole
    message does not go. `adapter_of(account, channel)` defaults to `messaging.accounts.adapter_of`.
    """
    raise NotImplementedError


def reap_expired(*, now: datetime) -> int:
    """End the sendings whose sender died: unknown, or queued again where at least once is wanted; return how many."""
    raise NotImplementedError


def resolve_unknown(*, delivery_id: uuid.UUID, outcome: str, actor: User) -> DeliveryState:
    """A person says what became of an unknown: "sent" (it arrived) or "again" (send it once more)."""
    raise NotImplementedError
