"""What providers tell us of messages that left: kept once, applied in any order with the same end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from aldia.domain.ports.channels import Event
from aldia.messaging.models import ChannelAccount, ProviderNotice


def keep_notice(
    *, account: ChannelAccount, event_id: str, body: str, headers: Mapping[str, str], events: Sequence[Event]
) -> ProviderNotice | None:
    """Store what a provider said (the endpoint has verified it with the adapter); None when it is known already."""
    raise NotImplementedError


def process_notice(*, notice_id: uuid.UUID, now: datetime) -> bool:
    """Apply the events of a notice; False while some have no delivery yet (they are tried again, for some days)."""
    raise NotImplementedError
