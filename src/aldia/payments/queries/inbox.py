"""What providers told us, for jobs and pages."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import Q, QuerySet

from aldia.payments.models import InboxEvent


def new_events(*, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    """The notices that wait to be looked at, oldest first."""
    due = Q(retry_after__isnull=True) | Q(retry_after__lte=now)
    rows = InboxEvent.objects.filter(due, processed_at__isnull=True).order_by("received_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def events() -> QuerySet[InboxEvent]:
    """All notices, newest first."""
    return InboxEvent.objects.select_related("account", "attempt").order_by("-received_at", "-id")
