"""Writing messages: the rows of the outbox, in the transaction of whoever has something to say."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aldia.messaging.models import ChannelAccount, Guarantee, Message, MessageState, Template
from aldia.messaging.rendering import Rendered
from aldia.tenancy.models import User


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
    raise NotImplementedError


def cancel_message(*, message_id: uuid.UUID, reason: str, actor: User | None) -> Message:
    """Keep what has not left from leaving. What is being sent at this moment, or was, stays as it is."""
    raise NotImplementedError


def approve_message(*, message_id: uuid.UUID, actor: User, now: datetime, on_day: date) -> Message:
    """Let a message that awaits approval go, on this day. Raises `NotAwaiting`."""
    raise NotImplementedError
