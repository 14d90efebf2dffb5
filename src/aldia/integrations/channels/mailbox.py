"""The built-in mailbox: nothing leaves the house, everything is seen on a page. For trying, development and the demo.

Special addresses try the rest of the road (`SPECIAL`): the part before the @, or the last digits of a telephone.
What went through it is known by its provider id, which begins with `PREFIX`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aldia.domain.ports.channels import (
    BadSignature,
    ChannelFailure,
    ChannelUnknown,
    Event,
    EventKind,
    Field,
    Outgoing,
    Sent,
)
from aldia.domain.sentences import gettext_noop
from aldia.integrations.registry import ANY_CHANNEL

PREFIX = "mailbox:"
SPECIAL = {
    "rebota": gettext_noop("el proveedor rechaza la dirección: queda como rebotada"),
    "falla": gettext_noop("el proveedor lo rechaza para siempre"),
    "espera": gettext_noop("el proveedor pide intentarlo más tarde"),
    "duda": gettext_noop("la conexión se corta: nadie sabe si salió"),
}
_DIGITS = {"0001": "rebota", "0002": "falla", "0003": "espera", "0004": "duda"}


class Mailbox:
    """Keeps what would have been sent."""

    name: ClassVar[str] = "mailbox"
    label: ClassVar[str] = gettext_noop("Buzón de prueba")
    channel: ClassVar[str] = ANY_CHANNEL
    fields: ClassVar[tuple[Field, ...]] = ()
    tracks: ClassVar[frozenset[EventKind]] = frozenset()

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        del settings, secrets  # it needs none

    def send(self, message: Outgoing) -> Sent:
        special = special_of(message.to_address)
        if special == "rebota":
            raise ChannelFailure("550", "Buzón de prueba: no existe", permanent=True, address_is_bad=True)
        if special == "falla":
            raise ChannelFailure("554", "Buzón de prueba: rechazado", permanent=True)
        if special == "espera":
            raise ChannelFailure("451", "Buzón de prueba: más tarde", permanent=False)
        if special == "duda":
            raise ChannelUnknown("Buzón de prueba: la conexión se cortó")
        return Sent(f"{PREFIX}{message.header_id}"[:200])

    def check(self) -> None:
        """It always works."""

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Event]:
        raise BadSignature


def special_of(address: str) -> str:
    """Which of `SPECIAL` an address asks for; "" for every other address."""
    local = address.rsplit("@", 1)[0].lower()
    if local in SPECIAL:
        return local
    return _DIGITS.get(address[-4:], "") if "@" not in address else ""
