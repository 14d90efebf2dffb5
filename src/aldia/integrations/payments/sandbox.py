"""The built-in test provider: no account anywhere, and every method, with its own page and its own notices.

The adapter is a provider like the others; what a real one keeps behind its API is kept by a `Bank`, which the
capability above hands in. Its notices are signed by Stripe's scheme (`signing`) and, like the others', are only a
reason to look.
"""

from __future__ import annotations

import hashlib
import json
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from aldia.domain import clabe
from aldia.domain.currencies import CURRENCIES
from aldia.domain.ports.payments import (
    AccountAsked,
    AccountKind,
    Asked,
    Field,
    Limits,
    Method,
    Notice,
    Offer,
    OpenedAccount,
    Payer,
    PaymentState,
    ProviderFailure,
    Refund,
    Seen,
)
from aldia.domain.sentences import Refusal, gettext_noop
from aldia.integrations.payments.base import Base
from aldia.integrations.payments.reading import UNREADABLE, identifier, json_object, moment, text
from aldia.integrations.payments.signing import stamped, verify_stamped

NOBODY = Payer()
SIGNATURE = "aldia-prueba-signature"
PREFIX = "999180"  # no bank has 999: nobody can send real money to it
BANK = "Banco de prueba"
# What stores take in one payment, as OXXO: https://docs.stripe.com/payments/oxxo
STORE_LIMITS = Limits(10_00, 10_000_00)


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
    currencies: ClassVar[frozenset[str]] = CURRENCIES
    methods: ClassVar[tuple[Method, ...]] = (Method.SPEI, Method.CARD, Method.STORE)
    opens_accounts: ClassVar[bool] = True
    refunds: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "webhook_secret",
            gettext_noop("Secreto de los avisos"),
            is_secret=True,
            required=False,
            help=gettext_noop("Se genera solo."),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "No necesita cuenta en ningún lado y no mueve dinero: en su página tú decides si el pago pasa, pasa a medias, "
        "de más, tarde, falla, se devuelve o se disputa. Sirve para conocer todo el camino antes de cobrar de verdad. "
        "Apágalo cuando actives un proveedor real."
    )

    def __init__(self, settings: Mapping[str, str], secrets: Mapping[str, str], bank: Bank | None = None) -> None:
        super().__init__(settings, secrets)
        self.bank = bank

    @staticmethod
    def new_secrets() -> dict[str, str]:
        """The secrets of a new account: nobody has to type them."""
        return {"webhook_secret": f"prueba_{random.token_urlsafe(32)}"}

    def limits(self, method: Method, currency: str) -> Limits | None:
        if method == Method.CARD:
            return Limits() if currency in CURRENCIES else None
        if currency != "MXN" or method not in self.methods:
            return None
        return STORE_LIMITS if method == Method.STORE else Limits()

    def ask(self, asked: Asked) -> Offer:
        limits = self.limits(asked.method, asked.currency)
        if limits is None or not limits.allows(asked.amount):
            raise ProviderFailure("amount", "Ese método no acepta ese importe.", permanent=True)
        charge = self._bank().create(asked)
        into = asked.collection_account if asked.method == Method.SPEI else ""
        return Offer(
            charge.provider_id,
            url=charge.url,
            value=into,
            kind=AccountKind.CLABE if into else None,
            bank=BANK if into else "",
            reference=charge.reference,
            expires_at=charge.expires_at,
        )

    def fetch(self, provider_id: str) -> Seen:
        charge = self._bank().get(provider_id)
        if charge is None:
            raise ProviderFailure("not_found", "El proveedor de prueba no conoce ese pago.", permanent=True)
        return seen_of(charge)

    def received(self, since: datetime, until: datetime) -> list[Seen]:
        return [seen_of(charge) for charge in self._bank().incoming(since, until)]

    def cancel(self, provider_id: str) -> Seen:
        self.fetch(provider_id)
        return seen_of(self._bank().cancel(provider_id))

    def refund(self, provider_id: str, amount: int, key: str) -> Refund:
        self.fetch(provider_id)
        return Refund(self._bank().refund(provider_id, amount, key), amount)

    def open_account(self, asked: AccountAsked) -> OpenedAccount:
        """A CLABE with a test prefix and a right check digit; four digits tell our accounts apart."""
        own = int(hashlib.sha256(self.secret("webhook_secret").encode()).hexdigest()[:8], 16) % 10_000
        try:
            value = clabe.issue(f"{PREFIX}{own:04d}", asked.sequence)
        except Refusal as refusal:
            raise ProviderFailure(refusal.code, refusal.message, permanent=True) from None
        return OpenedAccount(AccountKind.CLABE, value, provider_id=f"prueba_{asked.sequence}", bank=BANK)

    def check(self) -> str:
        return "El proveedor de prueba funciona. No mueve dinero."

    def sign_notice(
        self, *, event_id: str, kind: str, provider_id: str, key: str = "", now: datetime
    ) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a notice of this account, as its own endpoint expects them."""
        about = {"object": {"id": provider_id, "key": key}}
        notice = {"id": event_id, "type": kind, "created": int(now.timestamp()), "data": about}
        body = json.dumps(notice, separators=(",", ":")).encode()
        return {SIGNATURE: stamped(self.secret("webhook_secret"), now, body), "content-type": "application/json"}, body

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        verify_stamped(headers, SIGNATURE, body, self.secret("webhook_secret"))
        try:
            notice = json_object(body)
            about = notice["data"]["object"]
            return [
                Notice(
                    identifier(notice["id"]),
                    text(notice["type"], 100),
                    subject=identifier(about["id"]),
                    key=text(about.get("key"), 64),
                    at=moment(notice.get("created")),
                )
            ]
        except UNREADABLE as error:
            raise ValueError(f"{type(error).__name__} in a notice") from None

    def _bank(self) -> Bank:
        if self.bank is None:
            raise ProviderFailure("no_bank", "El proveedor de prueba no está disponible.", permanent=False)
        return self.bank


def seen_of(charge: Charge) -> Seen:
    """What the bank holds, in the words of the port."""
    return Seen(
        charge.provider_id,
        charge.state,
        charge.currency,
        received=charge.received,
        refunded=charge.refunded,
        disputed=charge.disputed,
        fee=charge.fee,
        method=charge.method,
        paid_at=charge.paid_at,
        key=charge.key,
        paid_into=charge.paid_into,
        trace=charge.trace,
        reference=charge.reference,
        concept=charge.concept,
        payer=charge.payer,
        failure=charge.failure,
        expires_at=charge.expires_at,
        raw={"id": charge.provider_id, "state": charge.state.value, "amount": charge.amount},
    )
