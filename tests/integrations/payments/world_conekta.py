"""Conekta's orders with their hosted checkout, as its OpenAPI description publishes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.integrations.payments.peers import Answer, Request, World

KEY = "key_CANARIOconekta7Fgh"
CREATED = 1_795_359_600


@dataclass
class ConektaWorld(World):
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    def route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            told = f"key {request.headers.get('authorization')} not found"
            return 401, {"object": "error", "details": [{"code": "auth", "message": told}]}
        assert request.headers["accept"] == "application/vnd.conekta-v2.2.0+json"
        parts = request.path.strip("/").split("/")
        if request.method == "POST" and len(parts) == 1:
            return 201, self.new_order(request.json)
        if len(parts) == 1:
            return 200, {"object": "list", "has_more": False, "data": list(self.orders.values())[:1]}
        order = self.orders.get(parts[1])
        if order is None:
            return 404, {
                "object": "error",
                "details": [{"code": "not_found", "message": "No existe."}],
            }
        if parts[-1] == "refunds":
            return self.refund(order, request.json["amount"])
        if parts[-1] == "cancel":
            if order["payment_status"] == "paid":
                return 422, {"details": [{"code": "conekta.errors.processing.order.paid", "message": "pagada"}]}
            order["payment_status"] = "canceled"
        return 200, order

    def new_order(self, body: dict[str, Any]) -> dict[str, Any]:
        name = f"ord_2tMtQQpDvfnNjiu{len(self.orders) + 1}"
        line, checkout = body["line_items"][0], body["checkout"]
        assert checkout["type"] == "HostedPayment"
        self.orders[name] = {
            "id": name,
            "object": "order",
            "livemode": False,
            "amount": line["unit_price"] * line["quantity"],
            "amount_refunded": 0,
            "currency": body["currency"],
            "payment_status": None,
            "metadata": body["metadata"],
            "charges": None,
            "created_at": CREATED,
            "checkout": {
                **checkout, "id": "6fca054a", "object": "checkout", "status": "Issued", "expires_at": CREATED + 86_400,
                "url": f"https://pay.conekta.com/checkout/{name}",
            },
        }  # fmt: skip
        return self.orders[name]

    def pay(self, name: str, status: str = "paid") -> None:
        order = self.orders[name]
        kind = order["checkout"]["allowed_payment_methods"][0]
        way = {
            "card": {"object": "card_payment", "type": "credit", "last4": "4242", "name": "Ana Ruiz"},
            "cash": {
                "object": "cash_payment",
                "type": "oxxo",
                "service_name": "OxxoPay",
                "reference": "9300026228",
            },
            "bank_transfer": {"object": "bank_transfer_payment", "type": "spei", "clabe": "646180111812345678"},
        }[kind]
        charge = {
            "id": f"ch_{name}", "object": "charge", "order_id": name, "amount": order["amount"], "currency": "MXN",
            "status": status, "fee": 1421, "paid_at": CREATED, "payment_method": way, "failure_message": None,
        }  # fmt: skip
        if status == "declined":
            charge |= {"failure_message": "La tarjeta fue declinada."}
        order |= {"payment_status": status, "charges": {"object": "list", "has_more": False, "data": [charge]}}

    def refund(self, order: dict[str, Any], amount: int) -> Answer:
        if order["amount_refunded"] + amount > order["amount"]:
            return 422, {"details": [{"code": "conekta.errors.refund", "message": "El monto es mayor."}]}
        order["amount_refunded"] += amount
        whole = order["amount_refunded"] == order["amount"]
        order["payment_status"] = "refunded" if whole else "partially_refunded"
        return 200, order
