"""What an adapter of a bank's feed must be: the accounts somebody lets us see, their movements, and what it tells us.

An adapter knows nothing of our tables. Amounts are integer minor units of the currency, positive when money came in.
Movements have the feed's own names (`Fed.id`): the same name is the same movement, whatever else changed. Only booked
movements are kept; what is pending, reversed or duplicated at the bank is no movement (any more).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Protocol

from aldia.domain.ports.channels import BadSignature, Field
from aldia.domain.ports.payments import ProviderFailure
from aldia.domain.statements.model import Movement

__all__ = ["BadSignature", "BankFeed", "Fed", "FeedAccount", "FeedEvent", "FeedKind", "Field", "ProviderFailure"]


@dataclass(frozen=True, slots=True)
class FeedAccount:
    """An account as the feed names it."""

    id: str
    name: str
    number: str = ""
    currency: str = ""
    holder: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Fed:
    """A movement under the feed's name. Not `is_booked`: it is not (or no longer) a movement of the account."""

    id: str
    movement: Movement
    is_booked: bool = True


class FeedKind(StrEnum):
    """What a feed tells: the account was read again (ask for it), movements came along, some changed or went away, or
    nobody can read the account any more until a person does something at the feed.
    """

    REFRESHED = "refreshed"
    PUSHED = "pushed"
    MODIFIED = "modified"
    REMOVED = "removed"
    BROKEN = "broken"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """Something a feed told us. `event_id` is unique at the feed; `account` its name of the account ("" for all).

    `movements` came along with it whole; `ids` only by name (they have to be asked for). `words` are for a person.
    """

    event_id: str
    kind: FeedKind
    name: str = ""
    account: str = ""
    movements: tuple[Fed, ...] = ()
    ids: tuple[str, ...] = ()
    words: str = ""


class BankFeed(Protocol):
    """A feed. Built with the account's settings and secrets, both flat maps of strings; `country` and `currency` of
    our account come among the settings. Every wait has a timeout. What goes wrong raises `ProviderFailure`.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    about: ClassVar[str]
    countries: ClassVar[frozenset[str]]
    fields: ClassVar[tuple[Field, ...]]
    has_events: ClassVar[bool]
    help: ClassVar[str]  # how to set it up, in Spanish, for the page

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None: ...

    @property
    def pulls(self) -> bool:
        """Whether it can be asked; else it only tells."""

    def list_accounts(self) -> list[FeedAccount]:
        """The accounts that the keys let us see."""

    def iter_movements(self, account: str, since: date) -> Iterator[Fed]:
        """The movements booked from a day on, oldest first."""

    def fetch(self, account: str, movement: str) -> Fed | None:
        """One movement as it is now; None when the bank has it no more."""

    def read_events(self, *, headers: Mapping[str, str], body: bytes) -> list[FeedEvent]:
        """Verify what was sent over its raw bytes and put it in our words; raise `BadSignature`, or `ValueError` when
        it cannot be read. Header names come in lower case; `:received` is when it came (ISO 8601).
        """
