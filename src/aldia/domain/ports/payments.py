"""What an adapter of a payment provider must be: how money is asked for, and what the provider says became of it.

An adapter knows nothing of our tables. Amounts are integer minor units of the currency. What it says of a payment is
`Seen`: the state *now*, as the provider's own API tells it. A notice is only ever a reason to look (`fetch`), unless
the provider signs it and has no way to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from aldia.domain.ports.channels import BadSignature, Field

__all__ = [
    "AccountAsked",
    "AccountKind",
    "Asked",
    "BadSignature",
    "Field",
    "Limits",
    "Method",
    "Notice",
    "Offer",
    "OpenedAccount",
    "Payer",
    "PaymentState",
    "Provider",
    "ProviderFailure",
    "ProviderUnknown",
    "Refund",
    "Seen",
]  # fmt: skip


class Method(StrEnum):
    """How a customer pays, whoever moves the money."""

    CARD = "card"
    SPEI = "spei"  # an interbank transfer to a CLABE that the provider watches
    STORE = "store"  # cash over the counter of a store, with a reference or a barcode
    TRANSFER = "transfer"  # a transfer to the company's own account, told apart by a reference


class PaymentState(StrEnum):
    """What a payment is. It only ever rises in `RANK`; what a provider says late cannot move it back."""

    CREATED = "created"
    PENDING = "pending"
    FAILED = "failed"
    EXPIRED = "expired"
    SUCCEEDED = "succeeded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


RANK: Mapping[PaymentState, int] = {
    PaymentState.CREATED: 0,
    PaymentState.PENDING: 1,
    PaymentState.FAILED: 2,
    PaymentState.EXPIRED: 2,
    PaymentState.SUCCEEDED: 3,
    PaymentState.REFUNDED: 4,
    PaymentState.DISPUTED: 4,
}


class AccountKind(StrEnum):
    """What a customer's own collection account is."""

    CLABE = "clabe"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the most that a method takes in one payment, minor units; None where there is none."""

    least: int | None = None
    most: int | None = None

    def allows(self, amount: int) -> bool:
        """Whether an amount may be paid by the method."""
        return (self.least is None or amount >= self.least) and (self.most is None or amount <= self.most)


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment to be asked for. `key` is ours: asked again with the same key, the provider makes nothing new.

    `amount` minor units. The provider sends the payer back to `return_url`; its own page is never shown in a frame.
    """

    key: str
    method: Method
    amount: int
    currency: str
    description: str
    customer_reference: str
    return_url: str
    notify_url: str
    customer_name: str = ""
    customer_email: str = ""
    customer_phone: str = ""
    language: str = "es"
    expires_at: datetime | None = None
    collection_account: str = ""  # the customer's own CLABE or reference, where it has one at this provider


@dataclass(frozen=True, slots=True)
class Offer:
    """Where and how the payer pays: a page of the provider (`url`), or what we show (`value` with its `kind`)."""

    provider_id: str
    url: str = ""
    value: str = ""
    kind: AccountKind | None = None
    bank: str = ""
    beneficiary: str = ""
    reference: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Payer:
    """Who sent the money, as far as the provider says."""

    name: str = ""
    tax_id: str = ""
    account: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a provider says of a payment now. Amounts are totals to date in minor units of `currency`.

    `provider_id` is the payment's one name, that of its offer, by whatever id it was asked for (a notice may call it by
    another one): two names would be two payments, and the money would be posted twice.
    `received` is what the payer paid (before `fee`), `refunded` what went back, `disputed` what is held back or lost
    in disputes now (0 again when one is won). `key` is ours where the provider gives it back; `paid_into` the
    collection account that the money came into. `trace` is the rail's own key (SPEI: clave de rastreo).
    """

    provider_id: str
    state: PaymentState
    currency: str
    received: int = 0
    refunded: int = 0
    disputed: int = 0
    fee: int = 0
    method: Method | None = None
    paid_at: datetime | None = None
    paid_on: date | None = None
    key: str = ""
    paid_into: str = ""
    trace: str = ""
    reference: str = ""
    concept: str = ""
    payer: Payer = Payer()
    failure: str = ""
    expires_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a provider told us. `event_id` is unique at the provider (or the content's own hash).

    `subject` is the provider's id of the payment to look at; `seen` only when the provider has no way to be asked
    (then `needs_proof` says whether a person must confirm before money is posted).
    """

    event_id: str
    kind: str
    subject: str = ""
    key: str = ""
    at: datetime | None = None
    seen: Seen | None = None
    needs_proof: bool = False


@dataclass(frozen=True, slots=True)
class AccountAsked:
    """A collection account wanted for a customer. `sequence` is the next free number at this provider, from 1."""

    key: str
    customer_reference: str
    customer_name: str
    customer_tax_id: str = ""
    customer_email: str = ""
    sequence: int = 1


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """A collection account that a provider opened for one customer; it is never given to another."""

    kind: AccountKind
    value: str
    provider_id: str = ""
    bank: str = ""
    beneficiary: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund that was asked for."""

    provider_id: str
    amount: int


class ProviderFailure(Exception):
    """It did not happen, for certain. `permanent`: asking again cannot help. The text is for a person."""

    def __init__(self, code: str, text: str, *, permanent: bool) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.permanent = code, text, permanent


class ProviderUnknown(Exception):
    """The connection ended in between: it may have happened, it may not. Ask again with the same key."""


class Provider(Protocol):
    """A payment provider. Built with the account's settings and secrets, both flat maps of strings.

    Every wait has a timeout. Whatever an adapter cannot do raises `ProviderFailure("unsupported", …)`.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    countries: ClassVar[frozenset[str]]
    fields: ClassVar[tuple[Field, ...]]
    methods: ClassVar[tuple[Method, ...]]
    opens_accounts: ClassVar[bool]
    refunds: ClassVar[bool]
    has_notices: ClassVar[bool]
    help: ClassVar[str]  # how to set it up, in Spanish, for the page of settings

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None: ...

    def limits(self, method: Method, currency: str) -> Limits | None:
        """What one payment may be; None when the method does not take that currency at all."""

    def ask(self, asked: Asked) -> Offer:
        """Ask for a payment; the same key again gives the same offer."""

    def fetch(self, provider_id: str) -> Seen:
        """What a payment is now."""

    def received(self, since: datetime, until: datetime) -> list[Seen]:
        """What came into collection accounts in between, for notices that were lost; [] where there are none."""

    def cancel(self, provider_id: str) -> Seen:
        """Take back what nobody paid yet; returns what it is then (it may just have been paid)."""

    def refund(self, provider_id: str, amount: int, key: str) -> Refund:
        """Send money back; the same key again sends nothing more."""

    def open_account(self, asked: AccountAsked) -> OpenedAccount:
        """A collection account for one customer; the same key again gives the same account."""

    def check(self) -> str:
        """Prove that the keys work, moving no money; a sentence of what was found. Raises `ProviderFailure`."""

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        """Verify a notice over its raw bytes and put it in our words; raise `BadSignature`, or `ValueError` when
        what the provider sent cannot be read. Header names come in lower case; `:received` is when it came (ISO 8601),
        `:address` where from.
        """

    def answer(self, notices: list[Notice]) -> tuple[int, str]:
        """The status and JSON that the provider wants to hear once the notice is kept."""
