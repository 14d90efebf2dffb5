"""Feeds for jobs and pages: which accounts are read, what was told, what the bank changed after we explained it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import Q

from aldia.banking.models import BankAccount, BankEvent, BankMovement

SHOWN = 20


def connected() -> list[BankAccount]:
    """The accounts that a feed reads, by name."""
    rows = BankAccount.objects.exclude(feed="").filter(archived_at__isnull=True)
    return list(rows.select_related("secret").order_by("name", "id"))


def due_to_ask() -> list[uuid.UUID]:
    """The connected accounts whose account at the feed is known."""
    return [account.pk for account in connected() if account.feed_account]


def new_events(*, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    """The notices that wait for an answer, oldest first."""
    due = Q(retry_after__isnull=True) | Q(retry_after__lte=now)
    rows = BankEvent.objects.filter(due, processed_at__isnull=True).order_by("received_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def last_events(account_id: uuid.UUID) -> list[BankEvent]:
    """What was told of an account, newest first."""
    rows = BankEvent.objects.filter(account_id=account_id).defer("payload")
    return list(rows.order_by("-received_at", "-id")[:SHOWN])


def changed_at_bank(account_id: uuid.UUID | None = None) -> list[BankMovement]:
    """Explained movements of which the bank says something else now, the latest first."""
    rows = BankMovement.objects.filter(feed_change__isnull=False).select_related("account")
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    return list(rows.order_by("-booked_on", "-id")[:SHOWN])
