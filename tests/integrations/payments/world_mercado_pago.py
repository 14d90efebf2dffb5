"""Mercado Pago's preferences, payments and chargebacks, as its reference publishes them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.integrations.payments.peers import Answer, Request, World

KEY = "APP_USR-CANARIOmercado-123456-0badc0de"
STAMP = "2026-11-22T11:00:00.000-04:00"


@dataclass
class MercadoPagoWorld(World):
    preferences: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[int, dict[str, Any]] = field(default_factory=dict)
    chargebacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    key_header = "x-idempotency-key"

    def route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": "unauthorized", "message": f"invalid {request.headers.get('authorization')}"}
        if request.path.endswith("users/me"):
            return 200, {"id": 7, "nickname": "COMERCIALVALLE", "site_id": "MLM"}
        parts = request.path.strip("/").split("/")
        if parts[0] == "checkout":
            return self.on_preferences(request, parts[2:])
        if parts[1] == "chargebacks":
            found = self.chargebacks.get(parts[2])
            return (200, found) if found else (404, {"message": "not found"})
        return self.on_payments(request, parts[2:])

    def on_preferences(self, request: Request, rest: list[str]) -> Answer:
        if rest == ["search"]:
            wanted = request.query["external_reference"]
            found = [each for each in self.preferences.values() if each["external_reference"] == wanted]
            return 200, {"elements": [{"id": each["id"]} for each in found], "total": len(found), "next_offset": 0}
        if not rest:
            name = f"202809963-920c288b-4ebb-40be-966f-{len(self.preferences) + 1:012d}"
            address = f"https://www.mercadopago.com.mx/checkout/v1/redirect?pref_id={name}"
            body = request.json | {"id": name, "date_created": STAMP, "init_point": address}
            self.preferences[name] = body | {"sandbox_init_point": address.replace("www", "sandbox")}
            return 201, self.preferences[name]
        found = self.preferences.get(rest[0])
        if found is None:
            return 404, {"message": "preference not found", "error": "not_found", "status": 404}
        if request.method == "PUT":
            found |= request.json
        return 200, found

    def on_payments(self, request: Request, rest: list[str]) -> Answer:
        if rest == ["search"]:
            wanted, offset = request.query["external_reference"], int(request.query["offset"])
            found = [each for each in self.payments.values() if each["external_reference"] == wanted]
            paging = {"total": len(found), "limit": 50, "offset": offset}
            return 200, exact({"results": found[offset : offset + 50], "paging": paging})
        payment = self.payments.get(int(rest[0])) if rest[0].isdigit() else None
        if payment is None:
            return 404, {"message": "Payment not found", "error": "not_found", "status": 404}
        if rest[1:] == ["refunds"]:
            return self.refund(payment, json.loads(request.body, parse_float=Decimal)["amount"])
        if request.method == "PUT":
            payment |= request.json
        return 200, exact(payment)

    def pay(self, name: str, status: str = "approved", *, detail: str = "accredited", amount: str = "") -> str:
        preference = next(each for each in self.preferences.values() if each["external_reference"] == name)
        item = preference["items"][0]
        excluded = {each["id"] for each in preference["payment_methods"]["excluded_payment_types"]}
        kind = next(each for each in ("credit_card", "ticket", "bank_transfer") if each not in excluded)
        number = 1_234_567_890 + len(self.payments)
        self.payments[number] = {
            "id": number,
            "status": status,
            "status_detail": detail,
            "transaction_amount": Decimal(amount or str(item["unit_price"])),
            "transaction_amount_refunded": Decimal(0),
            "currency_id": item["currency_id"],
            "external_reference": preference["external_reference"],
            "payment_type_id": kind,
            "payment_method_id": "visa",
            "date_created": STAMP,
            "date_approved": STAMP if status in ("approved", "charged_back", "in_mediation") else None,
            "description": item["title"],
            "fee_details": [
                {"type": "mercadopago_fee", "amount": Decimal("46.715"), "fee_payer": "collector"},
                {"type": "coupon_fee", "amount": Decimal("5"), "fee_payer": "payer"},
            ],
            "payer": {"first_name": "Ana", "last_name": "Ruiz", "identification": {"number": "RUAA800101AB1"}},
            "card": {"last_four_digits": "3704", "cardholder": {"name": "ANA RUIZ"}},
        }
        return str(number)

    def refund(self, payment: dict[str, Any], amount: Decimal) -> Answer:
        left = payment["transaction_amount"] - payment["transaction_amount_refunded"]
        if amount > left:
            return 400, {"message": "The amount is greater than the payment", "error": "bad_request", "status": 400}
        payment["transaction_amount_refunded"] += amount
        payment |= {"status": "refunded"} if amount == left else {"status_detail": "partially_refunded"}
        return 201, exact({"id": 1009042015, "payment_id": payment["id"], "amount": amount, "status": "approved"})


def exact(found: Any) -> bytes:
    """JSON with amounts as Mercado Pago writes them: numbers with a point."""
    marks: dict[str, str] = {}

    def mark(value: Any) -> str:
        assert isinstance(value, Decimal)
        marks[f"§{len(marks)}§"] = str(value)
        return f"§{len(marks) - 1}§"

    written = json.dumps(found, default=mark, ensure_ascii=False)
    for name, value in marks.items():
        written = written.replace(f'"{name}"', value, 1)
    return written.encode()
