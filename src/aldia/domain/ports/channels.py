"""What a channel's adapter must be: how a message goes out, and what its provider tells us of it afterwards.

An adapter knows nothing of our tables. It sends one message to one address and says what is known for certain:
`Sent`, or `ChannelFailure` (it did NOT go out; permanent or temporary), or `ChannelUnknown` (nobody can say).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file that goes along: its bytes as they are. `content_id`: a picture that the HTML shows as "cid:…"."""

    name: str
    content_type: str
    data: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one address. `header_id` is ours and stays the same at every attempt (RFC 5322 Message-ID,
    or the idempotency key of providers that take one). `provider_template` with `parameters`: WhatsApp."""

    header_id: str
    to_address: str
    to_name: str = ""
    sender_address: str = ""
    sender_name: str = ""
    reply_to: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    language: str = "es"
    provider_template: str = ""
    parameters: tuple[str, ...] = ()
    files: tuple[OutgoingFile, ...] = ()
    is_automatic: bool = True  # False: a person wrote it and pressed send (RFC 3834, Auto-Submitted)


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it. `provider_id` is its name for the message ("" where it gives none)."""

    provider_id: str = ""


class ChannelFailure(Exception):
    """It did not go out, for certain. `permanent`: trying again cannot help. `address_is_bad`: suppress it."""

    def __init__(self, code: str, text: str, *, permanent: bool, address_is_bad: bool = False) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.permanent, self.address_is_bad = code, text, permanent, address_is_bad


class ChannelUnknown(Exception):
    """The connection ended in between: it may have gone out, it may not. Nobody may repeat it but a person."""


class EventKind(StrEnum):
    """The one vocabulary of what happens to a message after it left."""

    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    FAILED = "failed"
    ANSWERED = "answered"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Event:
    """Something a provider said. `event_key` is unique at the provider; `permanent` bounces suppress the address."""

    kind: EventKind
    provider_id: str
    event_key: str
    at: datetime
    address: str = ""
    detail: str = ""
    permanent: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)


class BadSignature(Exception):
    """The request does not come from the provider: nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something a person fills in to set up an account. Secret ones are kept encrypted and never shown again."""

    name: str
    label: str
    is_secret: bool = False
    required: bool = True
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""


class Adapter(Protocol):
    """One way out. Built with the account's settings and secrets, both flat maps of strings."""

    name: ClassVar[str]
    label: ClassVar[str]
    channel: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    tracks: ClassVar[frozenset[EventKind]]

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None: ...

    def send(self, message: Outgoing) -> Sent:
        """Hand it over; raise `ChannelFailure` or `ChannelUnknown`. Every wait has a timeout."""

    def check(self) -> None:
        """Prove that the account works without writing to a customer; raise `ChannelFailure` with what to do."""

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Event]:
        """Verify a webhook over its raw bytes and put it in our words; raise `BadSignature`, or `ValueError`
        when what the provider signed cannot be read.

        Header names come in lower case. Two are ours: `:url`, the whole address that was called (some providers sign
        it), and `:received`, when it came (ISO 8601). They are kept with the notice, so that reading it again later
        gives the same.
        """
