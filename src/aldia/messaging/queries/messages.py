"""Messages, their deliveries and what became of them, for lists and pages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from aldia.domain.folding import fold
from aldia.messaging.models import (
    Attachment,
    Channel,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Message,
    MessageState,
    ProviderNotice,
    Suppression,
)
from aldia.messaging.operations.suppressions import plain_address

# Written out, not through the ORM: SQLite uses a partial index only for a condition without parameters.
QUEUED = "messaging_delivery.state = 'queued'"
UNKNOWN = "messaging_delivery.state = 'unknown'"


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
    """A delivery that may be sent now, and for what: who rechecks it depends on that."""

    delivery_id: uuid.UUID
    purpose: str


def messages(wanted: MessageFilter) -> QuerySet[Message]:
    """Messages newest first, with their customer, template and deliveries (prefetched); slice it to page."""
    found = Message.objects.filter(_asked(wanted))
    if wanted.state in MessageState.values:
        found = found.filter(state=wanted.state)
    elif wanted.state in DeliveryState.values:
        found = found.filter(Exists(Delivery.objects.filter(message=OuterRef("pk"), state=wanted.state)))
    return _with_rows(found).order_by("-created_at", "-id")


def message_detail(message_id: uuid.UUID) -> MessageDetail | None:
    """One message with its deliveries, attachments (prefetched on the message) and events in order."""
    rows = Message.objects.select_related("customer", "template", "account", "created_by", "approved_by")
    files = Attachment.objects.select_related("file").order_by("position")
    message = rows.prefetch_related(Prefetch("attachments", files)).filter(pk=message_id).first()
    if message is None:
        return None
    deliveries = list(
        Delivery.objects.filter(message=message).select_related("contact", "resolved_by").order_by("is_copy", "id")
    )
    events = list(DeliveryEvent.objects.filter(delivery__message=message).order_by("at", "id"))
    return MessageDetail(message, deliveries, events)


def unknowns() -> QuerySet[Delivery]:
    """Deliveries of which nobody knows whether they went out, oldest first, with message and customer."""
    found = Delivery.objects.extra(where=[UNKNOWN])  # noqa: S610  a constant
    return found.select_related("message", "message__customer").order_by("id")


def awaiting() -> QuerySet[Message]:
    """Messages that wait for a person's approval, oldest first."""
    return _with_rows(Message.objects.filter(state=MessageState.AWAITING)).order_by("created_at", "id")


def counts_by_state(*, since: date, until: date) -> dict[str, int]:
    """How many deliveries of messages of these days are in each state."""
    rows = Delivery.objects.filter(message__on_day__range=(since, until)).values("state").annotate(count=Count("id"))
    return {row["state"]: row["count"] for row in rows.order_by("state")}


def customer_history(customer_id: uuid.UUID, limit: int = 50) -> Sequence[Message]:
    """What was written to a customer, newest first, with deliveries."""
    found = _with_rows(Message.objects.filter(customer_id=customer_id))
    return list(found.order_by("-on_day", "-created_at", "-id")[:limit])


def suppressions() -> QuerySet[Suppression]:
    """Addresses that are not written to, newest first."""
    return Suppression.objects.filter(lifted_at__isnull=True).order_by("-created_at", "-id")


def suppressed_among(channel: str, addresses: Sequence[str]) -> dict[str, str]:
    """Of these addresses, those that are not written to and why (by lower-case address)."""
    asked = {plain_address(each) for each in addresses}
    found = Suppression.objects.filter(channel=channel, lifted_at__isnull=True, address__in=asked)
    return dict(found.values_list("address", "why"))


def due_deliveries(*, now: datetime, limit: int = 500) -> list[DueDelivery]:
    """What may be sent now: queued, its message ready and its time come. Letters wait for a person."""
    ready = Q(message__state=MessageState.READY) & ~Q(message__channel=Channel.LETTER)
    ready &= Q(message__send_after__isnull=True) | Q(message__send_after__lte=now)
    found = Delivery.objects.filter(ready, Q(try_after__isnull=True) | Q(try_after__lte=now))
    found = found.extra(where=[QUEUED])  # noqa: S610  a constant
    rows = found.order_by("id").values_list("pk", "message__purpose")[:limit]
    return [DueDelivery(delivery_id, purpose) for delivery_id, purpose in rows]


def _asked(wanted: MessageFilter) -> Q:
    asked = Q()
    if wanted.customer_id is not None:
        asked &= Q(customer_id=wanted.customer_id)
    if wanted.channel:
        asked &= Q(channel=wanted.channel)
    if wanted.purpose:
        asked &= Q(purpose=wanted.purpose)
    if wanted.since is not None:
        asked &= Q(on_day__gte=wanted.since)
    if wanted.until is not None:
        asked &= Q(on_day__lte=wanted.until)
    for word in fold(wanted.text).split():
        asked &= Q(customer__search__contains=word) | Q(subject__icontains=word) | _to(word)
    return asked


def _to(word: str) -> Q:
    return Q(Exists(Delivery.objects.filter(message=OuterRef("pk"), address__icontains=word)))


def _with_rows(found: QuerySet[Message]) -> QuerySet[Message]:
    rows = Delivery.objects.order_by("is_copy", "id")
    return found.select_related("customer", "template").prefetch_related(Prefetch("deliveries", rows))


def new_notices(limit: int = 500) -> list[uuid.UUID]:
    """Notices of providers that were not applied yet, oldest first."""
    found = ProviderNotice.objects.filter(processed_at__isnull=True)
    return list(found.order_by("id").values_list("pk", flat=True)[:limit])
