"""Messages, their deliveries and what became of them, for lists and pages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from aldia.messaging.models import Delivery, DeliveryEvent, Message, Suppression


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """What a list of messages shows. `state`: of a message ("awaiting", "ready") or of a delivery ("bounced", …)."""

    customer_id: uuid.UUID | None = None
    channel: str = ""
    purpose: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class MessageDetail:
    """A message with everything that hangs on it."""

    message: Message
    deliveries: Sequence[Delivery]
    events: Sequence[DeliveryEvent]


@dataclass(frozen=True, slots=True)
class DueDelivery:
    delivery_id: uuid.UUID
    purpose: str


def messages(wanted: MessageFilter) -> QuerySet[Message]:
    """Messages newest first, with their customer, template and deliveries (prefetched); slice it to page."""
    raise NotImplementedError


def message_detail(message_id: uuid.UUID) -> MessageDetail | None:
    """One message with its deliveries, attachments (prefetched on the message) and events in order."""
    raise NotImplementedError


def unknowns() -> QuerySet[Delivery]:
    """Deliveries of which nobody knows whether they went out, oldest first, with message and customer."""
    raise NotImplementedError


def awaiting() -> QuerySet[Message]:
    """Messages that wait for a person's approval, oldest first."""
    raise NotImplementedError


def counts_by_state(*, since: date, until: date) -> dict[str, int]:
    """How many deliveries of messages of these days are in each state."""
    raise NotImplementedError


def customer_history(customer_id: uuid.UUID, limit: int = 50) -> Sequence[Message]:
    """What was written to a customer, newest first, with deliveries."""
    raise NotImplementedError


def suppressions() -> QuerySet[Suppression]:
    """Addresses that are not written to, newest first."""
    raise NotImplementedError


def suppressed_among(channel: str, addresses: Sequence[str]) -> dict[str, str]:
    """Of these addresses, those that are not written to and why (by lower-case address)."""
    raise NotImplementedError


def due_deliveries(*, now: datetime, limit: int = 500) -> list[DueDelivery]:
    """What may be sent now: queued, its message ready and its time come."""
    raise NotImplementedError
