"""Every provider with its world: how it is set up, how it is paid, how it signs. One suite runs over all of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from aldia.domain.ports.payments import Method, PaymentState
from aldia.integrations import registry
from tests.integrations.payments import world_conekta, world_fintoc, world_mercado_pago, world_stp, world_stripe
from tests.integrations.payments.peers import World
from tests.integrations.payments.world_sandbox import SandboxWorld

NOW = datetime(2026, 11, 22, 15, 0, 30, tzinfo=UTC)
STAMP = int(NOW.timestamp())
SECRET = "whsec_CANARIOfirma123"
PASSWORD = "CANARIOaviso-9Q"
S = PaymentState


@dataclass(frozen=True)
class Signed:
    """A notice as it arrives."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)


Sign = Callable[[Any, int, str], Signed]  # what it says, when it is signed (seconds), with which secret


@dataclass(frozen=True)
class Case:
    """`states`: by name, what happens to a payment that was asked for, and what must be seen of it afterwards."""

    world: type[World]
    secrets: dict[str, str]
    notice: Any
    subject: str
    sign: Sign
    settings: dict[str, str] = field(default_factory=dict)
    asks: tuple[Method, ...] = ()
    states: dict[str, tuple[Callable[[Any, str], Any], dict[str, Any]]] = field(default_factory=dict)
    signs_time: bool = True
    signs_body: bool = True
    rotates: bool = True
    key_name: str = "webhook_secret"
    key_in_settings: bool = False


def made(name: str, world: World | None = None, **changes: str) -> Any:
    """The adapter of a provider, turned to its world; `changes` go over its settings and secrets."""
    case, kind = CASES[name], registry.payment_provider(name)
    assert kind is not None
    settings = {key: changes.get(key, value) for key, value in case.settings.items()}
    secrets = {key: changes.get(key, value) for key, value in case.secrets.items()}
    adapter: Any = kind(settings, secrets)
    if isinstance(world, SandboxWorld):
        adapter.bank = world
    elif world is not None:
        adapter.api = world.url
    return adapter


def stamped(header: str) -> Sign:
    """Stripe's scheme, written here once more: the suite must not trust the code that it tries."""

    def sign(notice: Any, stamp: int, secret: str) -> Signed:
        body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
        digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return Signed(body, {header: f"t={stamp},v1={digest}"})

    return sign


def mercado_pago(notice: Any, stamp: int, secret: str) -> Signed:
    """Over the id, the request and the time (here in milliseconds, as the guide's example)."""
    body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
    subject = str(notice["data"]["id"]) if isinstance(notice, dict) else "1234567890"
    manifest = f"id:{subject.lower()};request-id:bb56a2f1;ts:{stamp * 1000};"
    digest = hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()
    headers = {"x-signature": f"ts={stamp * 1000},v1={digest}", "x-request-id": "bb56a2f1"}
    return Signed(body, headers, {"data.id": subject, "type": "payment"})


@cache
def conekta_key(which: str = "") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(which: str = "") -> str:
    """Conekta's public key as it is pasted into a field of one line."""
    pem = conekta_key(which).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode().replace("\n", " ")


def conekta(notice: Any, stamp: int, secret: str) -> Signed:
    body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
    which = "" if secret == public_pem() else "other"
    signature = conekta_key(which).sign(body, padding.PKCS1v15(), SHA256())
    return Signed(body, {"digest": base64.b64encode(signature).decode()})


def stp(notice: Any, stamp: int, secret: str) -> Signed:
    body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
    credentials = base64.b64encode(f"stp-abonos:{secret}".encode()).decode()
    return Signed(body, {"authorization": f"Basic {credentials}"})


def stripe_dispute(status: str) -> Callable[[Any, str], None]:
    def act(world: Any, name: str) -> None:
        world.pay(name)
        world.dispute(name, status)

    return act


def _stripe_refunded(amount: int) -> Callable[[Any, str], None]:
    def act(world: Any, name: str) -> None:
        world.pay(name)["latest_charge"]["amount_refunded"] = amount

    return act


def mp_refunded(*amounts: int) -> Callable[[Any, str], None]:
    def act(world: Any, name: str) -> None:
        payment = world.payments[int(world.pay(name))]
        for amount in amounts:
            world.refund(payment, amount)

    return act


STATES_STRIPE: dict[str, tuple[Callable[[Any, str], Any], dict[str, Any]]] = {
    "nothing yet": (lambda w, n: None, {"state": S.CREATED, "received": 0}),
    "waits for cash": (lambda w, n: w.pay(n, waits=True), {"state": S.PENDING}),
    "refused": (lambda w, n: w.pay(n, fails="card_declined"), {"state": S.FAILED, "failure": "No"}),
    "voucher expired": (
        lambda w, n: w.pay(n, fails="payment_intent_payment_attempt_expired"), {"state": S.EXPIRED},
    ),
    "expired": (lambda w, n: w.sessions[n].update(status="expired"), {"state": S.EXPIRED}),
    "paid": (lambda w, n: w.pay(n), {"state": S.SUCCEEDED, "received": 150_050, "fee": 5701}),
    "partial refund": (_stripe_refunded(50_000), {"state": S.REFUNDED, "received": 150_050, "refunded": 50_000}),
    "refund": (_stripe_refunded(150_050), {"state": S.REFUNDED, "refunded": 150_050}),
    "dispute": (stripe_dispute("needs_response"), {"state": S.DISPUTED, "disputed": 150_050}),
    "dispute lost": (stripe_dispute("lost"), {"state": S.DISPUTED, "disputed": 150_050}),
    "dispute won": (stripe_dispute("won"), {"state": S.SUCCEEDED, "disputed": 0, "received": 150_050}),
    "inquiry": (stripe_dispute("warning_needs_response"), {"state": S.SUCCEEDED, "disputed": 0}),
}  # fmt: skip
STATES_MERCADO_PAGO: dict[str, tuple[Callable[[Any, str], Any], dict[str, Any]]] = {
    "nothing yet": (lambda w, n: None, {"state": S.CREATED}),
    "waits for cash": (lambda w, n: w.pay(n, "pending", detail="pending_waiting_payment"), {"state": S.PENDING}),
    "refused": (
        lambda w, n: w.pay(n, "rejected", detail="cc_rejected_other_reason"),
        {"state": S.CREATED, "failure": "cc_rejected_other_reason"},
    ),
    "expired": (lambda w, n: w.pay(n, "cancelled", detail="expired"), {"state": S.EXPIRED}),
    "paid": (lambda w, n: w.pay(n), {"state": S.SUCCEEDED, "received": 150_050, "fee": 4672}),
    "refused, then paid": (
        lambda w, n: (w.pay(n, "rejected"), w.pay(n)), {"state": S.SUCCEEDED, "received": 150_050, "failure": ""},
    ),
    "paid twice": (lambda w, n: (w.pay(n), w.pay(n)), {"state": S.SUCCEEDED, "received": 300_100}),
    "partial refund": (mp_refunded(500), {"state": S.REFUNDED, "received": 150_050, "refunded": 50_000}),
    "dispute": (lambda w, n: w.pay(n, "charged_back", detail="in_process"), {"state": S.DISPUTED, "disputed": 150_050}),
    "claim": (lambda w, n: w.pay(n, "in_mediation"), {"state": S.DISPUTED, "disputed": 150_050}),
    "dispute won": (lambda w, n: w.pay(n, "charged_back", detail="reimbursed"), {"state": S.SUCCEEDED, "disputed": 0}),
}  # fmt: skip
STATES_CONEKTA: dict[str, tuple[Callable[[Any, str], Any], dict[str, Any]]] = {
    "nothing yet": (lambda w, n: None, {"state": S.CREATED}),
    "waits for cash": (lambda w, n: w.pay(n, "pending_payment"), {"state": S.PENDING, "received": 0, "fee": 0}),
    "refused": (
        lambda w, n: w.pay(n, "declined"), {"state": S.CREATED, "failure": "La tarjeta fue declinada."},
    ),
    "refused for good": (
        lambda w, n: (w.pay(n, "declined"), w.orders[n]["checkout"].update(status="Expired")), {"state": S.FAILED},
    ),
    "expired": (lambda w, n: w.pay(n, "expired"), {"state": S.EXPIRED}),
    "page expired": (lambda w, n: w.orders[n]["checkout"].update(status="Expired"), {"state": S.EXPIRED}),
    "paid": (lambda w, n: w.pay(n), {"state": S.SUCCEEDED, "received": 150_050, "fee": 1421}),
    "partial refund": (
        lambda w, n: (w.pay(n), w.refund(w.orders[n], 50_000)), {"state": S.REFUNDED, "refunded": 50_000},
    ),
    "refund": (lambda w, n: (w.pay(n), w.refund(w.orders[n], 150_050)), {"state": S.REFUNDED, "refunded": 150_050}),
    "dispute": (lambda w, n: w.pay(n, "charged_back"), {"state": S.DISPUTED, "disputed": 150_050}),
    "dispute won": (lambda w, n: (w.pay(n, "charged_back"), w.pay(n)), {"state": S.SUCCEEDED, "disputed": 0}),
}  # fmt: skip
STATES_SANDBOX: dict[str, tuple[Callable[[Any, str], Any], dict[str, Any]]] = {
    "nothing yet": (lambda w, n: None, {"state": S.CREATED}),
    "paid": (lambda w, n: w.pay(n), {"state": S.SUCCEEDED, "received": 150_050}),
    "less than asked": (lambda w, n: w.pay(n, 70_000), {"state": S.SUCCEEDED, "received": 70_000}),
    "more than asked": (lambda w, n: w.pay(n, 200_000), {"state": S.SUCCEEDED, "received": 200_000}),
    "partial refund": (lambda w, n: (w.pay(n), w.refund(n, 50_000, "r")), {"state": S.REFUNDED, "refunded": 50_000}),
    "dispute": (
        lambda w, n: (w.pay(n), w.change(n, state=S.DISPUTED, disputed=150_050)),
        {"state": S.DISPUTED, "disputed": 150_050},
    ),
    "refused": (
        lambda w, n: w.change(n, state=S.FAILED, failure="Fondos insuficientes"),
        {"state": S.FAILED, "failure": "Fondos insuficientes"},
    ),
}  # fmt: skip
STP_NOTICE = {
    "id": 56, "fechaOperacion": 20261122, "institucionOrdenante": 40012, "institucionBeneficiaria": 90646,
    "claveRastreo": "MBAN01002611220000001", "monto": 1500.5, "nombreOrdenante": "Cliente de prueba",
    "tipoCuentaOrdenante": 40, "cuentaOrdenante": "012180000000000008", "rfcCurpOrdenante": "ND",
    "nombreBeneficiario": "COMERCIAL", "tipoCuentaBeneficiario": 40, "cuentaBeneficiario": "646180123400000014",
    "conceptoPago": "Pago F-1", "referenciaNumerica": 1234567, "empresa": world_stp.COMPANY, "tipoPago": 1,
    "tsLiquidacion": "1795359600000", "folioCodi": "",
}  # fmt: skip
STORES = (Method.CARD, Method.STORE)

CASES: dict[str, Case] = {
    "stripe": Case(
        world_stripe.StripeWorld,
        {"secret_key": world_stripe.KEY, "webhook_secret": SECRET},
        {
            "id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": STAMP,
            "data": {"object": {"id": "cs_test_1", "object": "checkout.session", "metadata": {"aldia_key": "k-1"}}},
        },
        "cs_test_1", stamped("stripe-signature"), {"store_days": "3"}, STORES, STATES_STRIPE,
    ),
    "mercado_pago": Case(
        world_mercado_pago.MercadoPagoWorld,
        {"access_token": world_mercado_pago.KEY, "webhook_secret": SECRET},
        {
            "id": 12345, "live_mode": True, "type": "payment", "date_created": "2026-11-22T11:00:00.000-04:00",
            "user_id": 44444, "api_version": "v1", "action": "payment.updated", "data": {"id": "1234567890"},
        },
        "1234567890", mercado_pago, {}, (*STORES, Method.SPEI), STATES_MERCADO_PAGO, signs_body=False,
    ),
    "conekta": Case(
        world_conekta.ConektaWorld,
        {"private_key": world_conekta.KEY},
        {
            "id": "6372c9f41b8f0a0001e3b2a4", "object": "event", "type": "order.paid", "created_at": STAMP,
            "livemode": False, "data": {"object": {"id": "ord_1", "object": "order", "metadata": {"aldia_key": "k"}}},
        },
        "ord_1", conekta, {"webhook_key": public_pem()}, (*STORES, Method.SPEI), STATES_CONEKTA, signs_time=False,
        key_name="webhook_key", key_in_settings=True,
    ),
    "fintoc": Case(
        world_fintoc.FintocWorld,
        {"secret_key": world_fintoc.KEY, "webhook_secret": SECRET},
        {
            "id": "evt_2AaZeLCz0GjOW5zj", "object": "event", "type": "transfer.inbound.succeeded", "mode": "test",
            "created_at": "2026-11-22T15:00:20.000Z", "data": {"id": "tr_jKaHD1", "object": "transfer"},
        },
        "tr_jKaHD1", stamped("fintoc-signature"), {"account_id": world_fintoc.ACCOUNT},
    ),
    "stp": Case(
        world_stp.StpWorld,
        {
            "notice_password": PASSWORD, "private_key": world_stp.key_pem(),
            "private_key_password": world_stp.KEY_PASSWORD,
        },
        STP_NOTICE,
        "20261122:012:150050:MBAN01002611220000001", stp,
        {
            "company": world_stp.COMPANY, "clabe_prefix": "6461801234", "notice_user": "stp-abonos",
            "allowed_ips": "", "environment": "demo", "registers": "no",
        },
        signs_time=False, signs_body=False, rotates=False, key_name="notice_password",
    ),
    "sandbox": Case(
        SandboxWorld,
        {"webhook_secret": SECRET},
        {"id": "evt_7", "type": "payment.paid", "created": STAMP, "data": {"object": {"id": "pago_1", "key": "k"}}},
        "pago_1", stamped("aldia-prueba-signature"), {}, (*STORES, Method.SPEI), STATES_SANDBOX,
    ),
}  # fmt: skip
