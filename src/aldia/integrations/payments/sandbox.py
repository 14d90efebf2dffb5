"""The built-in test provider: no account anywhere, and every method, with its own page and its own notices.

The adapter is a provider like the others; what a real one keeps behind its API is kept by a `Bank`, which the
capability above hands in. Its notices are signed as Stripe signs (https://docs.stripe.com/webhooks/signature).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from aldia.domain.ports.payments import Asked, Field, Limits, Method, Offer, Payer, PaymentState, Seen
from aldia.domain.sentences import gettext_noop
from aldia.integrations.payments.base import Base

NOBODY = Payer()
SIGNATURE = "aldia-prueba-signature"


@dataclass(frozen=True, slots=True)
class Charge:
    """What the bank holds of one payment: totals to date, minor units. `url` is the page where it is paid."""

    provider_id: str
    method: Method
    currency: str
    amount: int
    state: PaymentState = PaymentState.CREATED
    received: int = 0
    refunded: int = 0
    disputed: int = 0
    fee: int = 0
    key: str = ""
    url: str = ""
    paid_at: datetime | None = None
    paid_into: str = ""
    trace: str = ""
    reference: str = ""
    concept: str = ""
    payer: Payer = NOBODY
    failure: str = ""
    expires_at: datetime | None = None


class Bank(Protocol):
    """Where the test provider keeps its payments."""

    def create(self, asked: Asked) -> Charge:
        """The charge of that key: a new one, or the one there is."""

    def get(self, provider_id: str) -> Charge | None:
        """The charge of that id."""

    def incoming(self, since: datetime, until: datetime) -> list[Charge]:
        """What was paid into collection accounts in between."""

    def cancel(self, provider_id: str) -> Charge:
        """Close a charge that nobody paid; a paid one stays as it is."""

    def refund(self, provider_id: str, amount: int, key: str) -> str:
        """Send money back, once for each key; the refund's id."""


class Sandbox(Base):
    """Every method, pretended."""

    name: ClassVar[str] = "sandbox"
    label: ClassVar[str] = gettext_noop("Proveedor de prueba")
    countries: ClassVar[frozenset[str]] = frozenset({"MX", "CL", "CO", "ES"})
    methods: ClassVar[tuple[Method, ...]] = (Method.SPEI, Method.CARD, Method.STORE)
    opens_accounts: ClassVar[bool] = True
    refunds: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field("webhook_secret", gettext_noop("Secreto de los avisos"), is_secret=True, required=False),
    )

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], bank: Bank | None = None) -> None:
        super().__init__(settings, secrets)
        self.bank = bank

    def limits(self, method: Method, currency: str) -> Limits | None:
        raise NotImplementedError

    def ask(self, asked: Asked) -> Offer:
        raise NotImplementedError

    def fetch(self, provider_id: str) -> Seen:
        raise NotImplementedError

    def check(self) -> str:
        raise NotImplementedError

    def sign_notice(self, *, event_id: str, kind: str, provider_id: str, now: datetime) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a notice of this account, as its own endpoint expects them."""
        raise NotImplementedError


def new_secrets() -> dict[str, Any]:
    """The secrets of a new account: nobody has to type them."""
    raise NotImplementedError
