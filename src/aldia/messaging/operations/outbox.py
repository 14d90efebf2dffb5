"""Writing messages: the rows of the outbox, in the transaction of whoever has something to say."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.messaging.layout import LOGO_ID
from aldia.messaging.models import (
    Attachment,
    ChannelAccount,
    Delivery,
    DeliveryState,
    Guarantee,
    Message,
    MessageState,
    Template,
)
from aldia.messaging.rendering import Rendered, one_line
from aldia.messaging.scanning import inert
from aldia.messaging.states import PENDING
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.reading import row_exists, select_rows
from aldia.tenancy.scope import current_company_id, transaction


class NotAwaiting(ValueError):
    """The message does not wait for approval (any more)."""

    def __init__(self) -> None:
        super().__init__(_("Este mensaje ya no espera aprobación."))


class AlreadyLeft(ValueError):
    """Nothing of the message is left to stop."""

    def __init__(self) -> None:
        super().__init__(_("Este mensaje ya salió: no hay nada que detener."))


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of a message. `is_copy`: it gets the same, but is not whom the message is for."""

    address: str
    name: str = ""
    contact_id: uuid.UUID | None = None
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A stored file that goes along. `content_id`: a picture inside the HTML."""

    name: str
    content_type: str
    file_id: uuid.UUID
    content_id: str = ""


def write_message(
    *,
    key: str,
    channel: str,
    purpose: str,
    customer_id: uuid.UUID | None,
    recipients: Sequence[Recipient],
    rendered: Rendered,
    on_day: date,
    guarantee: str = Guarantee.AT_MOST,
    attachments: Sequence[Enclosure] = (),
    state: str = MessageState.READY,
    template: Template | None = None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    send_after: datetime | None = None,
    created_by: User | None = None,
    language: str = "es",
    account: ChannelAccount | None = None,
    sender_name: str = "",
    reply_to: str = "",
) -> Message:
    """Write a message with its deliveries inside the caller's transaction; the same `key` returns the first one.

    Nothing is recorded in the audit trail here: whoever calls records why it wrote. Addresses that repeat are written
    once. A template that has no row (a built-in one) is remembered by what it said only.
    """
    if not recipients:
        raise ValueError("a message goes to somebody")
    message = Message(
        id=uuid7(),
        company_id=current_company_id(),
        customer_id=customer_id,
        channel=channel,
        purpose=purpose,
        reason=inert(reason)[:300],
        key=key,
        guarantee=guarantee,
        state=state,
        account=account,
        template=template if template is not None and not template._state.adding else None,
        language=language,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        provider_template=rendered.provider_template,
        parameters=list(rendered.parameters),
        sender_name=one_line(sender_name),
        reply_to=one_line(reply_to),
        facts=dict(facts or {}),
        on_day=on_day,
        send_after=send_after,
        created_by=created_by,
    )
    return _insert(message, _deliveries(message, recipients), _attachments(message, attachments, rendered))


def cancel_message(*, message_id: uuid.UUID, reason: str, actor: User | None) -> Message:
    """Keep what has not left from leaving. What is being sent at this moment, or was, stays as it is.

    Raises `AlreadyLeft` when nothing was left to stop, `Message.DoesNotExist`.
    """
    with transaction():
        message = Message.objects.select_for_update().get(pk=message_id)
        if message.state not in (MessageState.AWAITING, MessageState.READY):
            raise AlreadyLeft
        stopped = stop_rest(message, reason)
        if not stopped:
            raise AlreadyLeft
        detail = {"reason": message.cancel_reason, "deliveries": stopped}
        audit.record(
            actor=actor, verb="messaging.cancelled", object_type="message", object_id=message.pk, detail=detail
        )
    return message


def approve_message(*, message_id: uuid.UUID, actor: User, now: datetime, on_day: date) -> Message:
    """Let a message that awaits approval go, on this day. Raises `NotAwaiting`, `Message.DoesNotExist`."""
    with transaction():
        message = Message.objects.select_for_update().get(pk=message_id)
        if message.state != MessageState.AWAITING:
            raise NotAwaiting
        message.state, message.approved_by, message.approved_at = MessageState.READY, actor, now
        message.on_day = on_day
        message.save(update_fields=["state", "approved_by", "approved_at", "on_day"])
        audit.record(actor=actor, verb="messaging.approved", object_type="message", object_id=message.pk)
    return message


def stop_rest(message: Message, reason: str) -> int:
    """Cancel the deliveries of a locked message that wait; the message too, unless something of it left. How many."""
    waiting = Delivery.objects.filter(message=message, state=DeliveryState.QUEUED)
    stopped = waiting.update(state=DeliveryState.CANCELLED, error=inert(reason)[:300])
    message.cancel_reason = inert(reason)[:300]
    finish_message(message)
    return stopped


def finish_message(message: Message) -> None:
    """Bring a locked message in line with its deliveries: done when all ended, cancelled when none of them left."""
    states = set(Delivery.objects.filter(message=message).values_list("state", flat=True))
    if states & set(PENDING):
        if message.state == MessageState.DONE:  # one of them is to be tried again after all
            message.state = MessageState.READY
    elif states <= {DeliveryState.CANCELLED}:
        message.state = MessageState.CANCELLED
        Message.objects.filter(pk=message.pk).update(cancelled_at=Now())
    else:
        message.state = MessageState.DONE
    message.save(update_fields=["state", "cancel_reason"])


def _insert(message: Message, deliveries: list[Delivery], attachments: list[Attachment]) -> Message:
    """Add the rows, unless a message of that key is there: then that one is returned."""
    with transaction():
        if (first := _written(message.key)) is not None:
            return first
        Message.objects.bulk_create([message], ignore_conflicts=True)
        if not row_exists(Message, message.pk):  # somebody else wrote it at this moment
            return Message.objects.get(key=message.key)
        insert_rows(deliveries)
        insert_rows(attachments)
    return message


def _written(key: str) -> Message | None:
    return next(iter(select_rows(Message, '"key" = %s', [key])), None)


def _deliveries(message: Message, recipients: Sequence[Recipient]) -> list[Delivery]:
    once: dict[str, Recipient] = {}
    for each in recipients:
        once.setdefault(each.address.strip().lower(), each)
    rows = []
    for each in once.values():
        row_id = uuid7()
        rows.append(
            Delivery(
                id=row_id,
                company_id=message.company_id,
                message=message,
                contact_id=each.contact_id,
                is_copy=each.is_copy,
                name=one_line(each.name),
                address=inert(each.address.strip())[:254],
                header_id=row_id.hex,
            )
        )
    return rows


def _attachments(message: Message, enclosures: Sequence[Enclosure], rendered: Rendered) -> list[Attachment]:
    found = list(enclosures)
    if rendered.logo_id is not None:
        found.append(Enclosure(LOGO_ID, rendered.logo_type, rendered.logo_id, LOGO_ID))
    return [
        Attachment(
            id=uuid7(),
            company_id=message.company_id,
            message=message,
            position=position,
            name=one_line(each.name) or "archivo",
            content_type=each.content_type,
            content_id=each.content_id,
            file_id=each.file_id,
        )
        for position, each in enumerate(found)
    ]
