"""What screens show of the accounts of channels."""

from __future__ import annotations

import uuid
from datetime import datetime

from aldia.messaging.models import ProviderNotice


def last_notice_at(*, account_id: uuid.UUID) -> datetime | None:
    """When the account's provider last told us something: whether its webhook is set up."""
    found = ProviderNotice.objects.filter(account_id=account_id).order_by("-id").values_list("created_at", flat=True)
    return found.first()
