"""What providers tell us: verified over the raw bytes, kept once, applied later by a job that asks for the state."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What to answer the provider, and how many notices were new."""

    status: int
    body_json: str
    kept: int


def receive(
    *, account_id: uuid.UUID, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, now: datetime
) -> Received:
    """Verify and keep. A forged, stale or unreadable notice leaves no row (its status is 4xx)."""
    raise NotImplementedError


def process(*, event_id: uuid.UUID, now: datetime) -> bool:
    """Look at the payment a notice is about; False while it must be tried again later."""
    raise NotImplementedError
