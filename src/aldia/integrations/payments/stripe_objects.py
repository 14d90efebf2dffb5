"""Stripe's objects in our words, and our amounts in theirs. Pure: no request is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aldia.domain.currencies import CURRENCIES, exponent
from aldia.domain.ports.payments import (
    Limits,
    Method,
    Notice,
    Payer,
    PaymentState,
    ProviderFailure,
    Seen,
)
from aldia.integrations.payments.reading import (
    clabe,
    identifier,
    identifier_or_none,
    mapping,
    minor,
    moment,
    plain,
    text,
)

# https://docs.stripe.com/currencies#zero-decimal and #special-cases: where Stripe's decimals are not those of ISO 4217.
DECIMALS = {"MGA": 0, "ISK": 2, "UGX": 2}
ABSENT = frozenset({"CLF", "UYW", "IQD", "LYD", "XDR"})  # Stripe does not take them
LEAST = {"MXN": 10_00, "USD": 50, "EUR": 50, "GBP": 30, "CLP": 500, "COP": 2_000_00}
MOST = 999_999_99  # eight digits of the smallest unit
OXXO = Limits(10_00, 10_000_00)
EVENTS = (
    "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
    "checkout.session.expired", "charge.refunded", "refund.updated", "refund.failed", "charge.dispute.created",
    "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated", "customer_cash_balance_transaction.created",
)  # fmt: skip
HELD = frozenset({"needs_response", "under_review", "lost"})  # an inquiry (warning_…) holds nothing back, nor does won
METHODS = {"card": Method.CARD, "link": Method.CARD, "oxxo": Method.STORE, "customer_balance": Method.SPEI}


def limits(method: Method, currency: str) -> Limits | None:
    if method == Method.CARD:
        if currency not in CURRENCIES or currency in ABSENT:
            return None
        return Limits(LEAST.get(currency), from_stripe(MOST, currency))
    if currency != "MXN":
        return None
    return {Method.STORE: OXXO, Method.SPEI: Limits(1)}.get(method)


def to_stripe(amount: int, currency: str) -> int:
    """Our minor units in Stripe's. Raises `ProviderFailure` for a fraction that Stripe has not."""
    up, down = _scale(currency)
    found, rest = divmod(amount * up, down)
    if rest or (exponent(currency) == 3 and found % 10):
        raise ProviderFailure("amount", "Stripe no acepta esos decimales en esa moneda.", permanent=True)
    return found


def from_stripe(amount: Any, currency: str) -> int:
    """Stripe's minor units in ours. Raises `ValueError`."""
    up, down = _scale(currency.upper())
    return minor(amount) * down // up


def _scale(currency: str) -> tuple[int, int]:
    """Our minor units times the first, divided by the second, are Stripe's."""
    shift = DECIMALS.get(currency, exponent(currency)) - exponent(currency)
    return int(10 ** max(shift, 0)), int(10 ** max(-shift, 0))


def subject_of(about: Mapping[str, Any]) -> str:
    """The payment that an object of an event belongs to, "" when it is none of ours."""
    kind, metadata = about.get("object"), mapping(about.get("metadata"))
    if kind == "checkout.session":
        return identifier(about["id"]) if metadata.get("aldia_key") else ""
    if kind == "customer_cash_balance_transaction":
        return f"{identifier(about['customer'])}:{identifier(about['id'])}" if about["type"] == "funded" else ""
    if kind in ("charge", "refund", "dispute"):
        return identifier_or_none(about.get("payment_intent"))
    return ""


def notices_of(event: Mapping[str, Any]) -> list[Notice]:
    """What an event says that concerns us: which payment to look at."""
    about, kind = event["data"]["object"], text(event["type"], 100)
    subject = subject_of(about)
    if kind not in EVENTS or not subject:
        return []
    key = text(mapping(about.get("metadata")).get("aldia_key"), 64)
    return [Notice(identifier(event["id"]), kind, subject=subject, key=key, at=moment(event.get("created")))]


def charge_of(intent: Any) -> Mapping[str, Any]:
    return mapping(mapping(intent).get("latest_charge"))


def seen_of_session(session: Mapping[str, Any], disputes: Sequence[Mapping[str, Any]]) -> Seen:
    """What a Checkout Session is, with its payment and the charge inside."""
    intent = mapping(session.get("payment_intent"))
    charge, currency = charge_of(intent), text(session["currency"], 3).upper()
    received = 0
    if session["payment_status"] == "paid":
        received = from_stripe(intent.get("amount_received") or session["amount_total"], currency)
    refunded, disputed = _refunded(charge, currency), _disputed(disputes, currency)
    kind = text(mapping(charge.get("payment_method_details")).get("type"), 30)
    asked_for = next(iter(session.get("payment_method_types") or ["card"]))
    failure = text(mapping(intent.get("last_payment_error")).get("message"), 300)
    return Seen(
        identifier(session["id"]),
        _state(session, intent, received, refunded, disputed),
        currency,
        received=received,
        refunded=min(refunded, received),
        disputed=min(disputed, max(received - refunded, 0)),
        fee=_fee(charge, currency),
        method=METHODS.get(kind) or METHODS.get(asked_for),
        paid_at=moment(charge.get("created")) if received else None,
        key=text(mapping(session.get("metadata")).get("aldia_key"), 64),
        concept=text(intent.get("description")),
        payer=_payer(charge, session),
        failure=failure,
        expires_at=moment(session.get("expires_at")),
        raw=_raw(session) | {"payment_intent": identifier_or_none(intent.get("id"))},
    )


def _state(
    session: Mapping[str, Any], intent: Mapping[str, Any], received: int, refunded: int, disputed: int
) -> PaymentState:
    if received:
        if disputed:
            return PaymentState.DISPUTED
        return PaymentState.REFUNDED if refunded else PaymentState.SUCCEEDED
    status, error = intent.get("status"), mapping(intent.get("last_payment_error"))
    if session["status"] == "expired" or status == "canceled":
        return PaymentState.EXPIRED
    if session["status"] == "complete":
        if status == "requires_payment_method":
            expired = "expired" in text(error.get("code"), 100)  # payment_intent_payment_attempt_expired: the voucher
            return PaymentState.EXPIRED if expired else PaymentState.FAILED
        return PaymentState.PENDING
    if session["status"] != "open":
        raise ValueError("an unknown status")
    # while the page is open a refused card may be followed by another one
    return PaymentState.PENDING if status in ("processing", "requires_action") else PaymentState.CREATED


def seen_of_funding(provider_id: str, funding: Mapping[str, Any], clabe: str, intent: Mapping[str, Any] | None) -> Seen:
    """Money that came into a CLABE; `intent` is the payment that took it out of the cash balance, if one did."""
    currency, charge = text(funding["currency"], 3).upper(), charge_of(intent)
    transfer = mapping(mapping(funding.get("funded")).get("bank_transfer"))
    kind = text(transfer.get("type"), 40)
    sender = text(mapping(transfer.get(kind)).get("sender_name"))
    received, refunded = from_stripe(funding["net_amount"], currency), _refunded(charge, currency)
    return Seen(
        provider_id,
        PaymentState.REFUNDED if refunded else PaymentState.SUCCEEDED,
        currency,
        received=received,
        refunded=min(refunded, received),
        fee=_fee(charge, currency),
        method=Method.SPEI,
        paid_at=moment(funding.get("created")),
        paid_into=clabe,
        reference=text(transfer.get("reference"), 60),
        payer=Payer(name=sender),
        raw=_raw(funding) | {"payment_intent": identifier_or_none(mapping(intent).get("id"))},
    )


def intent_for(customer_id: str, funding: Mapping[str, Any]) -> dict[str, str]:
    """The form of a payment that takes a customer's funds out of the cash balance at once."""
    return {
        "amount": str(minor(funding["net_amount"])),
        "currency": text(funding["currency"], 3),
        "customer": customer_id,
        "confirm": "true",
        "payment_method_types[0]": "customer_balance",
        "payment_method_data[type]": "customer_balance",
        "payment_method_options[customer_balance][funding_type]": "bank_transfer",
        "payment_method_options[customer_balance][bank_transfer][type]": "mx_bank_transfer",
        "metadata[aldia_funding]": identifier(funding["id"]),
    }


def spei_of(instructions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The SPEI address among a customer's funding instructions. Raises `KeyError` when there is none."""
    for each in instructions["bank_transfer"]["financial_addresses"]:
        if each["type"] == "spei":
            found: Mapping[str, Any] = each["spei"]
            return found
    raise KeyError("spei")


def clabe_of(instructions: Mapping[str, Any]) -> str:
    """The CLABE among a customer's funding instructions."""
    return clabe(spei_of(instructions)["clabe"], is_live=instructions.get("livemode") is not False)


def _refunded(charge: Mapping[str, Any], currency: str) -> int:
    return from_stripe(charge.get("amount_refunded") or 0, currency)


def _disputed(disputes: Sequence[Mapping[str, Any]], currency: str) -> int:
    return sum(from_stripe(each["amount"], currency) for each in disputes if each["status"] in HELD)


def _fee(charge: Mapping[str, Any], currency: str) -> int:
    """The fee, when it was taken in the currency of the payment."""
    entry = mapping(charge.get("balance_transaction"))
    same = text(entry.get("currency"), 3).upper() == currency
    return from_stripe(entry.get("fee") or 0, currency) if same else 0


def _payer(charge: Mapping[str, Any], session: Mapping[str, Any]) -> Payer:
    billed, told = mapping(charge.get("billing_details")), mapping(session.get("customer_details"))
    last4 = text(mapping(mapping(charge.get("payment_method_details")).get("card")).get("last4"), 4)
    return Payer(name=text(billed.get("name")) or text(told.get("name")), account=last4)


def _raw(found: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept as proof: the outer object without what is inside it (cards, addresses)."""
    return {name: plain(value) for name, value in found.items() if not isinstance(value, Mapping | list)}
