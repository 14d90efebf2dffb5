"""Disputes for pages."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet

from aldia.collections.models import Dispute

OPEN = Q(resolved_on__isnull=True)
RESOLVED = Q(resolved_on__isnull=False)


def disputes() -> QuerySet[Dispute]:
    """All disputes, with what a list shows of each."""
    return Dispute.objects.select_related("receivable", "receivable__customer", "owner", "created_by")


def late(today: date) -> Q:
    """Open ones whose day to answer has passed."""
    return OPEN & Q(answer_by__lt=today)


def of_receivables(ids: Collection[uuid.UUID]) -> QuerySet[Dispute]:
    """The disputes of the receivables, newest first."""
    return disputes().filter(receivable_id__in=list(ids)).order_by("-opened_on", "-id")


def of_customer(customer_id: uuid.UUID) -> QuerySet[Dispute]:
    """The disputes of a customer, newest first."""
    return disputes().filter(receivable__customer_id=customer_id).order_by("-opened_on", "-id")


def open_among(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Dispute]:
    """The open dispute of each receivable that has one."""
    return {row.receivable_id: row for row in of_receivables(ids).filter(OPEN)}
