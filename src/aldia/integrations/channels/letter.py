"""Certified letters: no network. A person prints, posts and writes down the tracking number.

What the person does is `messaging.operations.letters`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aldia.domain.ports.channels import BadSignature, ChannelFailure, Event, EventKind, Field, Outgoing, Sent
from aldia.domain.sentences import gettext_noop


class Letter:
    """Waits for a person: nothing can send it, so nothing pretends to."""

    name: ClassVar[str] = "letter"
    label: ClassVar[str] = gettext_noop("Carta certificada")
    channel: ClassVar[str] = "letter"
    fields: ClassVar[tuple[Field, ...]] = ()
    tracks: ClassVar[frozenset[EventKind]] = frozenset()

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        del settings, secrets

    def send(self, message: Outgoing) -> Sent:
        raise ChannelFailure(
            "by_hand", "Una carta la envía una persona: imprímela y registra su guía.", permanent=False
        )

    def check(self) -> None:
        """There is nothing to reach."""

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Event]:
        raise BadSignature
