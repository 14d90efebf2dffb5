"""Letters that a person posts: the tracking number makes them sent, the acknowledgement makes them delivered."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from typing import IO

from django.utils.translation import gettext as _

from aldia.customers.operations.versions import NotThere, Refused
from aldia.messaging.models import Channel, Delivery, DeliveryEvent, DeliveryState, Message, MessageState
from aldia.messaging.operations.outbox import finish_message
from aldia.tenancy import audit, storage
from aldia.tenancy.models import StoredFile, User
from aldia.tenancy.scope import current_company_id, transaction

ACKNOWLEDGEMENT_BYTES = 15 * 1024 * 1024
MAGIC = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n": "image/png"}


def register_posting(
    *, delivery_id: uuid.UUID, carrier: str, tracking_number: str, posted_on: date, today: date, actor: User | None
) -> Delivery:
    """Write down that a letter was posted: the delivery is sent. Raises `Refused` (with its field), `NotThere`."""
    carrier, number = " ".join(carrier.split())[:80], "".join(tracking_number.split())[:60]
    if not carrier:
        raise Refused(_("Escribe con quién se envió."), "carrier")
    if not number or not number.isprintable():
        raise Refused(_("Escribe el número de guía."), "tracking_number")
    if posted_on > today:
        raise Refused(_("La fecha de envío no puede ser futura."), "posted_on")
    with transaction():
        delivery = _letter(delivery_id)
        if delivery.state != DeliveryState.QUEUED or delivery.message.state not in _POSTABLE:
            raise Refused(_("Esta carta no está por enviarse."))
        at = _noon(posted_on)
        delivery.state, delivery.provider_id, delivery.sent_at = DeliveryState.SENT, number, at
        delivery.fence += 1
        delivery.save(update_fields=["state", "provider_id", "sent_at", "fence"])
        finish_message(delivery.message)
        raw = {"carrier": carrier, "tracking_number": number, "posted_on": posted_on.isoformat()}
        _event(delivery, "sent", at, f"{carrier} · {number}", raw)
        _audit(actor, "messaging.letter_posted", delivery, raw)
    return delivery


def register_acknowledgement(
    *, delivery_id: uuid.UUID, name: str, file: IO[bytes] | bytes, received_on: date, today: date, actor: User | None
) -> Delivery:
    """Keep the acknowledgement of receipt (PDF, JPEG, PNG): the delivery is delivered. Raises `Refused`, `NotThere`."""
    if received_on > today:
        raise Refused(_("La fecha de recibo no puede ser futura."), "received_on")
    content_type = _content_type(file)
    with transaction():  # before a file is stored for nothing
        _refuse_unless_received(_letter(delivery_id), received_on)
    try:
        stored = storage.store(name, file, content_type, max_bytes=ACKNOWLEDGEMENT_BYTES)
    except (storage.FileTooLarge, storage.CannotStore) as error:
        raise Refused(str(error), "file") from error
    with transaction():
        delivery = _letter(delivery_id)
        _refuse_unless_received(delivery, received_on)
        at = _noon(received_on)
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, at
        delivery.save(update_fields=["state", "delivered_at"])
        raw = {"file": str(stored.pk), "sha256": stored.sha256, "received_on": received_on.isoformat()}
        _event(delivery, "delivered", at, stored.name, raw)
        _audit(actor, "messaging.letter_acknowledged", delivery, raw)
    return delivery


def acknowledgement_of(*, delivery_id: uuid.UUID) -> StoredFile | None:
    """The acknowledgement that was kept for a letter, if any."""
    event = DeliveryEvent.objects.filter(delivery_id=delivery_id, event_key=f"letter:{delivery_id}:delivered").first()
    return StoredFile.objects.filter(pk=event.raw.get("file")).first() if event else None


_POSTABLE = (MessageState.READY, MessageState.DONE)  # done: another copy of the same letter was posted before


def _letter(delivery_id: uuid.UUID) -> Delivery:
    """The delivery and its message, locked: the message first, as everywhere."""
    letters = Message.objects.filter(deliveries__pk=delivery_id, channel=Channel.LETTER)
    message = Message.objects.select_for_update().filter(pk__in=letters.values("pk")).first()
    if message is None:
        raise NotThere
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    delivery.message = message
    return delivery


def _refuse_unless_received(delivery: Delivery, received_on: date) -> None:
    if delivery.state != DeliveryState.SENT or delivery.sent_at is None:
        raise Refused(_("Registra primero el envío de la carta."))
    if received_on < delivery.sent_at.date():
        raise Refused(_("No se pudo recibir antes de enviarse."), "received_on")


def _content_type(file: IO[bytes] | bytes) -> str:
    """What the file is, by its first bytes: its name and what the browser said are not asked."""
    if isinstance(file, bytes):
        start = file[:16]
    else:
        file.seek(0)
        start = file.read(16)
        file.seek(0)
    for magic, content_type in MAGIC.items():
        if start.startswith(magic):
            return content_type
    raise Refused(_("El acuse debe ser un PDF o una imagen (JPG, PNG)."), "file")


def _noon(day: date) -> datetime:
    """A day that a person wrote down, as a moment that is the same day in every zone of our countries."""
    return datetime.combine(day, time(18), UTC)


def _event(delivery: Delivery, kind: str, at: datetime, detail: str, raw: dict[str, str]) -> None:
    DeliveryEvent.objects.create(
        company_id=current_company_id(),
        delivery=delivery,
        kind=kind,
        at=at,
        detail=detail[:500],
        raw=raw,
        event_key=f"letter:{delivery.pk}:{kind}",
    )


def _audit(actor: User | None, verb: str, delivery: Delivery, detail: dict[str, str]) -> None:
    audit.record(actor=actor, verb=verb, object_type="delivery", object_id=delivery.pk, detail=detail)
