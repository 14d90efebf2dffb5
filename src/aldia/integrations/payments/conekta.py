"""Conekta: an order with its hosted checkout, for cards, cash and SPEI, without its SDK.

Orders:        https://developers.conekta.com/v2.2.0/reference/createorder
Refunds:       https://developers.conekta.com/v2.2.0/reference/orderrefund
Keys:          https://github.com/conekta/openapi/blob/main/parameters/commons/headers/idempotency_key.yml
Notices:       https://developers.conekta.com/docs/autenticacion-webhooks

A notice is signed with Conekta's private key over its raw bytes (RSASSA-PKCS1-v1_5, SHA-256; header DIGEST), without
the time of sending: it comes again for days until it is taken, so an old one cannot be refused. It is harmless twice,
for its id is kept once and the state is always asked for.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from aldia.domain.ports.payments import (
    Asked,
    BadSignature,
    Field,
    Limits,
    Method,
    Notice,
    Offer,
    Payer,
    PaymentState,
    ProviderFailure,
    Refund,
    Seen,
)
from aldia.domain.sentences import gettext_noop
from aldia.integrations.payments.base import Base
from aldia.integrations.payments.http import Peer, understood
from aldia.integrations.payments.reading import (
    UNREADABLE,
    https,
    identifier,
    json_object,
    mapping,
    minor,
    moment,
    pem_blocks,
    plain,
    text,
)

VERSION = "application/vnd.conekta-v2.2.0+json"
OXXO = Limits(10_00, 10_000_00)  # https://docs.stripe.com/payments/oxxo: the store's own cap, whoever asks
KINDS = {Method.CARD: "card", Method.STORE: "cash", Method.SPEI: "bank_transfer"}
PAID = frozenset({"paid", "partially_refunded", "refunded", "charged_back"})
OPEN = frozenset({"", "created", "declined", "pre_authorized"})
OVER = frozenset({"expired", "canceled", "cancelled", "voided"})
SHOWN = (
    "id", "amount", "amount_refunded", "currency", "payment_status", "created_at", "updated_at", "livemode",
)  # fmt: skip


class Conekta(Base):
    """The company's own Conekta account."""

    api: str = "https://api.conekta.io"
    name: ClassVar[str] = "conekta"
    label: ClassVar[str] = "Conekta"
    methods: ClassVar[tuple[Method, ...]] = (Method.CARD, Method.STORE, Method.SPEI)
    refunds: ClassVar[bool] = True
    fields: ClassVar[tuple[Field, ...]] = (
        Field("private_key", gettext_noop("Llave privada"), is_secret=True, help="key_…"),
        Field(
            "webhook_key",
            gettext_noop("Llave pública de los webhooks"),
            required=False,
            help=gettext_noop("-----BEGIN PUBLIC KEY-----… Al renovarla pega las dos, una tras otra."),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "1. En panel.conekta.com, Desarrolladores → API Keys, copia la llave privada. 2. En Desarrolladores → Webhooks "
        "agrega la dirección de abajo con los eventos order.paid, order.pending_payment, order.expired, "
        "order.canceled, order.refunded, order.partially_refunded, order.charged_back, charge.chargeback.created, "
        "charge.chargeback.lost y charge.chargeback.won. 3. Ahí mismo genera la llave de firma de webhooks y pega "
        "aquí la llave pública completa, con sus líneas BEGIN y END. Conekta pide el correo y el teléfono de quien "
        "paga: complétalos en la ficha del cliente. El efectivo acepta de $10 a $10,000 por pago."
    )

    @property
    def _peer(self) -> Peer:
        headers = {
            "Authorization": f"Bearer {self.secret('private_key')}",
            "Accept": VERSION,
            "Accept-Language": "es",
        }
        return Peer(self.api, headers, [*self._secrets.values()])

    def limits(self, method: Method, currency: str) -> Limits | None:
        if currency != "MXN" or method not in self.methods:
            return None
        return OXXO if method == Method.STORE else Limits(1)

    def ask(self, asked: Asked) -> Offer:
        limits = self.limits(asked.method, asked.currency)
        if limits is None or not limits.allows(asked.amount):
            raise ProviderFailure("amount", "Conekta no acepta ese importe con ese método.", permanent=True)
        if not (asked.customer_email and asked.customer_phone):
            raise ProviderFailure("customer", "Conekta pide el correo y el teléfono de quien paga.", permanent=True)
        found = self._peer.ask("POST", "/orders", key=asked.key, json=_order(asked))
        with understood(moving=True):
            checkout = found["checkout"]
            until = moment(checkout.get("expires_at"))
            return Offer(identifier(found["id"]), url=https(checkout["url"]), expires_at=until)

    def fetch(self, provider_id: str) -> Seen:
        found = self._peer.ask("GET", f"/orders/{_id(provider_id)}")
        with understood(moving=False):
            return seen_of(found)

    def cancel(self, provider_id: str) -> Seen:
        seen = self.fetch(provider_id)
        if seen.state not in (PaymentState.CREATED, PaymentState.PENDING):
            return seen
        try:
            self._peer.ask("POST", f"/orders/{_id(provider_id)}/cancel", key=f"cancel-{provider_id}")
        except ProviderFailure as failure:
            if not failure.permanent:
                raise
        return self.fetch(provider_id)  # it may just have been paid

    def refund(self, provider_id: str, amount: int, key: str) -> Refund:
        body = {"amount": amount, "reason": "requested_by_client"}
        found = self._peer.ask("POST", f"/orders/{_id(provider_id)}/refunds", key=key, json=body)
        with understood(moving=True):
            return Refund(f"{identifier(found['id'])}:{key}"[:200], amount)  # what comes back is the order

    def check(self) -> str:
        found = self._peer.ask("GET", "/orders", params={"limit": "1"})
        with understood(moving=False):
            live = bool(found["data"][0].get("livemode")) if found["data"] else None
        mode = "" if live is None else ", en modo real" if live else ", en modo de prueba"
        keys = "" if self._webhook_keys() else " Falta la llave pública de los webhooks."
        return f"Conekta acepta la llave{mode}.{keys}"

    def read_notice(self, *, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> list[Notice]:
        self._verify(headers.get("digest", ""), body)
        try:
            event = json_object(body)
            kind, about = text(event["type"], 100), event["data"]["object"]
            if not kind.startswith(("order.", "charge.")):
                return []
            subject = identifier(about["id"] if kind.startswith("order.") else about["order_id"])
            key = text(mapping(about.get("metadata")).get("aldia_key"), 64)
            at = moment(event.get("created_at"))
            return [Notice(identifier(event["id"]), kind, subject=subject, key=key, at=at)]
        except UNREADABLE as error:
            raise ValueError(f"{type(error).__name__} in a notice of Conekta") from None

    def _verify(self, digest: str, body: bytes) -> None:
        try:
            signature = base64.b64decode(digest.encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            raise BadSignature from None
        for key in self._webhook_keys():
            try:
                key.verify(signature, body, padding.PKCS1v15(), SHA256())
                return
            except InvalidSignature:
                continue
        raise BadSignature

    def _webhook_keys(self) -> list[rsa.RSAPublicKey]:
        """The keys of the setting that can be read; weak ones are none."""
        found = []
        for block in pem_blocks(self.setting("webhook_key")):
            try:
                key = load_pem_public_key(block)
            except (ValueError, UnsupportedAlgorithm):
                continue
            if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
                found.append(key)
        return found


def _order(asked: Asked) -> dict[str, Any]:
    description = text(asked.description, 200) or "Pago"
    checkout: dict[str, Any] = {
        "type": "HostedPayment",
        "allowed_payment_methods": [KINDS[asked.method]],
        "success_url": asked.return_url,
        "failure_url": asked.return_url,
        "monthly_installments_enabled": False,
        "name": description,
    }
    if asked.expires_at:
        checkout["expires_at"] = int(asked.expires_at.timestamp())
    return {
        "currency": asked.currency,
        "customer_info": {
            "name": text(asked.customer_name, 100) or "Cliente",
            "email": text(asked.customer_email, 254),
            "phone": text(asked.customer_phone, 30),
        },
        "line_items": [{"name": description, "unit_price": asked.amount, "quantity": 1}],
        "metadata": {"aldia_key": asked.key, "customer": text(asked.customer_reference, 100)},
        "checkout": checkout,
    }


def seen_of(order: Mapping[str, Any]) -> Seen:
    """An order and what was paid on it."""
    status, currency = text(order.get("payment_status"), 40), text(order["currency"], 3).upper()
    received = minor(order["amount"]) if status in PAID else 0
    refunded = min(minor(order.get("amount_refunded") or 0), received)
    charges = [each for each in mapping(order.get("charges")).get("data") or [] if isinstance(each, Mapping)]
    paid = [each for each in charges if text(each.get("status"), 40) in PAID] or charges[-1:]
    last = mapping(paid[-1] if paid else None)
    way = mapping(last.get("payment_method"))
    checkout = mapping(order.get("checkout"))
    return Seen(
        identifier(order["id"]),
        _state(status, checkout, refunded),
        currency,
        received=received,
        refunded=refunded,
        disputed=received - refunded if status == "charged_back" else 0,
        fee=sum(minor(each.get("fee") or 0) for each in paid) if received else 0,
        method=_method(way, checkout),
        paid_at=moment(last.get("paid_at")) if received else None,
        key=text(mapping(order.get("metadata")).get("aldia_key"), 64),
        trace=text(way.get("tracking_code"), 60),
        reference=text(way.get("reference"), 60),
        concept=text(checkout.get("name")),
        payer=Payer(name=text(way.get("name")), account=text(way.get("last4"), 4)),
        failure="" if received else text(last.get("failure_message"), 300),
        expires_at=moment(checkout.get("expires_at")),
        raw=plain({name: order.get(name) for name in SHOWN}),
    )


def _state(status: str, checkout: Mapping[str, Any], refunded: int) -> PaymentState:
    if status == "charged_back":
        return PaymentState.DISPUTED
    if status in PAID:
        return PaymentState.REFUNDED if refunded else PaymentState.SUCCEEDED
    if status in OVER:
        return PaymentState.EXPIRED
    if status == "pending_payment":
        return PaymentState.PENDING
    if status not in OPEN:
        raise ValueError("an unknown status")
    # while the page is open a refused card may be followed by another one
    closed = text(checkout.get("status"), 20).lower() in ("expired", "cancelled", "canceled")
    if closed:
        return PaymentState.FAILED if status == "declined" else PaymentState.EXPIRED
    return PaymentState.CREATED


def _method(way: Mapping[str, Any], checkout: Mapping[str, Any]) -> Method | None:
    """By the means of payment, else by what the page offered."""
    said = f"{text(way.get('object'), 40)} {text(way.get('type'), 40)}"
    for method, words in ((Method.CARD, "card"), (Method.STORE, "cash oxxo"), (Method.SPEI, "bank_transfer spei")):
        if any(word in said for word in words.split()):
            return method
    offered = checkout.get("allowed_payment_methods") or [""]
    return next((method for method, name in KINDS.items() if [name] == list(offered)), None)


def _id(value: str) -> str:
    try:
        return identifier(value)
    except ValueError:
        raise ProviderFailure("not_found", "Conekta no conoce ese pago.", permanent=True) from None
