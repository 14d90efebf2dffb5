"""Mercado Pago's payments in our words. Pure: no request is made here.

States: https://www.mercadopago.com.mx/developers/es/docs/checkout-api/response-handling/query-results
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aldia.domain.currencies import exponent
from aldia.domain.ports.payments import Method, Payer, PaymentState, Seen
from aldia.integrations.payments.reading import about, major, mapping, moment, plain, text

__all__ = ["WAITING", "currency_of", "ended", "major", "refundable", "seen_of"]

PAID = frozenset({"approved", "refunded", "charged_back", "in_mediation"})
WAITING = frozenset({"pending", "in_process", "authorized"})
OVER = frozenset({"rejected", "cancelled"})
METHODS = {
    "credit_card": Method.CARD, "debit_card": Method.CARD, "prepaid_card": Method.CARD, "account_money": Method.CARD,
    "ticket": Method.STORE, "atm": Method.STORE, "bank_transfer": Method.SPEI,
}  # fmt: skip
KEPT = (
    "id", "status", "status_detail", "transaction_amount", "transaction_amount_refunded", "currency_id",
    "date_created", "date_approved", "payment_type_id", "payment_method_id", "external_reference",
)  # fmt: skip


def currency_of(found: Mapping[str, Any]) -> str:
    """The currency of a payment or of the one item of a preference. Raises `KeyError` or `UnknownCurrency`."""
    currency = text(found.get("currency_id"), 3) or text(found["items"][0]["currency_id"], 3)
    exponent(currency)
    return currency


def seen_of(provider_id: str, key: str, currency: str, payments: Sequence[Mapping[str, Any]]) -> Seen:
    """Everything paid under one key, added up."""
    if any(each["currency_id"] != currency for each in payments):
        raise ValueError("payments of several currencies")
    paid = [each for each in payments if each["status"] in PAID]
    received = sum(major(each["transaction_amount"], currency) for each in paid)
    refunded = sum(_refunded(each, currency) for each in paid)
    disputed = sum(_disputed(each, currency) for each in paid)
    last = (paid or list(payments) or [{}])[-1]
    return Seen(
        provider_id,
        _state(payments, received, refunded, disputed),
        currency,
        received=received,
        refunded=refunded,
        disputed=disputed,
        fee=sum(_fee(each, currency) for each in paid),
        method=METHODS.get(text(last.get("payment_type_id"), 30)),
        paid_at=moment(paid[0].get("date_approved")) if paid else None,
        key=key,
        concept=text(last.get("description")),
        payer=_payer(mapping(last.get("payer")), last),
        failure="" if paid else text(last.get("status_detail"), 300),
        raw={"payments": [plain({name: each.get(name) for name in KEPT}) for each in payments]},
    )


def _state(payments: Sequence[Mapping[str, Any]], received: int, refunded: int, disputed: int) -> PaymentState:
    statuses = {each["status"] for each in payments}
    if not statuses <= PAID | WAITING | OVER:
        raise ValueError("an unknown status")
    if received:
        if disputed:
            return PaymentState.DISPUTED
        return PaymentState.REFUNDED if refunded else PaymentState.SUCCEEDED
    if statuses & WAITING:
        return PaymentState.PENDING
    if any(each["status"] == "cancelled" for each in payments):
        return PaymentState.EXPIRED
    return PaymentState.CREATED  # after a refused card the same page takes another


def ended(seen: Seen) -> Seen:
    """What was taken back before anybody paid."""
    return replace(seen, state=PaymentState.EXPIRED)


def refundable(payment: Mapping[str, Any], currency: str) -> int:
    """How much of a payment can still be sent back."""
    if payment["status"] != "approved":
        return 0
    return major(payment["transaction_amount"], currency) - _refunded(payment, currency)


def _refunded(payment: Mapping[str, Any], currency: str) -> int:
    whole = major(payment["transaction_amount"], currency)
    if payment["status"] == "refunded":
        return whole
    return min(whole, major(payment.get("transaction_amount_refunded") or 0, currency))


def _disputed(payment: Mapping[str, Any], currency: str) -> int:
    """What a chargeback or a claim holds back; one that was won gives it back (`reimbursed`)."""
    held = payment["status"] in ("charged_back", "in_mediation") and payment.get("status_detail") != "reimbursed"
    return major(payment["transaction_amount"], currency) - _refunded(payment, currency) if held else 0


def _fee(payment: Mapping[str, Any], currency: str) -> int:
    details = payment.get("fee_details") or []
    return sum(about(each.get("amount"), currency) for each in details if each.get("fee_payer") == "collector")


def _payer(payer: Mapping[str, Any], payment: Mapping[str, Any]) -> Payer:
    name = " ".join(part for part in (text(payer.get("first_name"), 80), text(payer.get("last_name"), 80)) if part)
    card = mapping(payment.get("card"))
    return Payer(
        name=name or text(mapping(card.get("cardholder")).get("name")),
        tax_id=text(mapping(payer.get("identification")).get("number"), 20),
        account=text(card.get("last_four_digits"), 4),
    )
