"""Stripe's objects as its reference publishes them, as much of them as Checkout and cash balances need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.integrations.payments.peers import Answer, Request, World

KEY = "sk_test_CANARIOstripe51AbCdEf"
CREATED = 1_795_359_600  # 2026-11-22T15:00:00Z
CLABE = "501514890244223279"


@dataclass
class StripeWorld(World):
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    fundings: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputes: list[dict[str, Any]] = field(default_factory=list)
    cash: dict[str, int] = field(default_factory=dict)
    refunds: int = 0

    def route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": {"message": f"Invalid API Key: {request.headers.get('authorization')}"}}
        assert request.headers["stripe-version"] == "2024-06-20"
        parts = request.path.removeprefix("/v1/").split("/")
        handler = getattr(self, f"on_{parts[0]}")
        return handler(request, parts[1:])  # type: ignore[no-any-return]

    def on_account(self, request: Request, rest: list[str]) -> Answer:
        shown = {"dashboard": {"display_name": "Comercial del Valle"}}
        return 200, {"id": "acct_1", "object": "account", "charges_enabled": True, "settings": shown}

    def on_checkout(self, request: Request, rest: list[str]) -> Answer:
        name = rest[1] if len(rest) > 1 else ""
        if request.method == "GET" and not name:
            wanted = request.query["payment_intent"]
            found = [each for each in self.sessions.values() if each["payment_intent"] == wanted]
            return 200, {"object": "list", "data": found[:1], "has_more": False}
        if request.method == "POST" and not name:
            return 200, self.new_session(request.form)
        session = self.sessions.get(name)
        if session is None:
            return 404, {"error": {"type": "invalid_request_error", "message": f"No such checkout session: {name}"}}
        if rest[-1] == "expire":
            if session["status"] != "open":
                return 400, {"error": {"type": "invalid_request_error", "message": "Only open sessions can expire"}}
            session["status"] = "expired"
        intent = self.intents.get(session["payment_intent"] or "")
        return 200, {**session, "payment_intent": intent}

    def new_session(self, form: dict[str, str]) -> dict[str, Any]:
        name = f"cs_test_{len(self.sessions) + 1}"
        assert form["mode"] == "payment"
        self.sessions[name] = {
            "id": name,
            "object": "checkout.session",
            "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
            "currency": form["line_items[0][price_data][currency]"],
            "customer_details": {"email": "pagos@cliente.mx", "name": "Ana Ruiz"},
            "metadata": {"aldia_key": form["metadata[aldia_key]"]},
            "payment_method_types": [form["payment_method_types[0]"]],
            "payment_status": "unpaid",
            "payment_intent": None,
            "status": "open",
            "expires_at": CREATED + 86_400,
            "url": f"https://checkout.stripe.com/c/pay/{name}",
        }
        return self.sessions[name]

    def pay(self, name: str, *, waits: bool = False, fails: str = "") -> dict[str, Any]:
        """The payer goes through the page."""
        session = self.sessions[name]
        kind, amount = session["payment_method_types"][0], session["amount_total"]
        intent = self.intents.setdefault(f"pi_{name}", {"id": f"pi_{name}", "object": "payment_intent"})
        intent |= {
            "amount": amount, "amount_received": 0, "currency": session["currency"], "metadata": session["metadata"],
            "client_secret": f"pi_{name}_secret_CANARIO", "latest_charge": None, "last_payment_error": None,
            "description": "Factura F-1", "customer": None,
        }  # fmt: skip
        session |= {"payment_intent": intent["id"], "status": "complete"}
        if waits:
            intent["status"] = "requires_action"
        elif fails:
            intent |= {"status": "requires_payment_method", "last_payment_error": {"code": fails, "message": "No"}}
        else:
            session["payment_status"] = "paid"
            intent |= {"status": "succeeded", "amount_received": amount, "latest_charge": self.charge(amount, kind)}
        return intent

    def charge(self, amount: int, kind: str) -> dict[str, Any]:
        return {
            "id": f"ch_{len(self.intents)}",
            "object": "charge",
            "amount": amount,
            "amount_refunded": 0,
            "disputed": False,
            "created": CREATED,
            "billing_details": {"name": "Ana Ruiz", "email": "pagos@cliente.mx"},
            "payment_method_details": {"type": kind, "card": {"last4": "4242", "fingerprint": "CANARIO"}},
            "balance_transaction": {"id": "txn_1", "fee": amount * 36 // 1000 + 300, "currency": "mxn"},
        }

    def dispute(self, name: str, status: str) -> None:
        charge = self.intents[f"pi_{name}"]["latest_charge"]
        charge["disputed"] = True
        found = {"id": f"du_{name}", "object": "dispute", "charge": charge["id"], "payment_intent": f"pi_{name}"}
        found |= {"amount": charge["amount"], "currency": "mxn", "status": status, "metadata": {}}
        self.disputes = [each for each in self.disputes if each["id"] != found["id"]] + [found]

    def on_payment_intents(self, request: Request, rest: list[str]) -> Answer:
        if rest and rest[-1] == "cancel":
            self.intents[rest[0]]["status"] = "canceled"
            return 200, self.intents[rest[0]]
        if rest:
            found = self.intents.get(rest[0])
            return (200, found) if found else (404, {"error": {"message": "No such payment_intent"}})
        if request.method == "GET":
            return self.page(request, [e for e in self.intents.values() if e["customer"] == request.query["customer"]])
        form = request.form
        customer, amount = form["customer"], int(form["amount"])
        assert self.cash[customer] >= amount
        self.cash[customer] -= amount
        name = f"pi_take{len(self.intents)}"
        self.intents[name] = {
            "id": name, "object": "payment_intent", "status": "succeeded", "amount": amount, "currency": "mxn",
            "customer": customer, "amount_received": amount, "latest_charge": self.charge(amount, "customer_balance"),
            "metadata": {"aldia_funding": form["metadata[aldia_funding]"]},
        }  # fmt: skip
        return 200, self.intents[name]

    def on_refunds(self, request: Request, rest: list[str]) -> Answer:
        charge = self.intents[request.form["payment_intent"]]["latest_charge"]
        amount = int(request.form["amount"])
        if amount > charge["amount"] - charge["amount_refunded"]:
            return 400, {"error": {"code": "charge_already_refunded", "message": "Refund amount is greater"}}
        charge["amount_refunded"] += amount
        self.refunds += 1
        found = {"id": f"re_{self.refunds}", "object": "refund", "amount": amount, "currency": "mxn"}
        return 200, {**found, "status": "succeeded"}

    def on_disputes(self, request: Request, rest: list[str]) -> Answer:
        return self.page(request, [each for each in self.disputes if each["charge"] == request.query["charge"]])

    def on_customers(self, request: Request, rest: list[str]) -> Answer:
        if rest == ["search"]:
            key = request.query["query"].split("'")[3]
            found = [each for each in self.customers.values() if each["metadata"]["aldia_key"] == key]
            return 200, {"object": "search_result", "data": found, "has_more": False}
        if not rest:
            name = f"cus_{len(self.customers) + 1}"
            own = {"aldia_key": request.form["metadata[aldia_key]"], "aldia_account": "1"}
            self.customers[name] = {"id": name, "object": "customer", "metadata": own}
            return 200, self.customers[name]
        customer = self.customers.get(rest[0])
        if customer is None:
            return 404, {"error": {"message": "No such customer"}}
        if rest[1:] == ["funding_instructions"]:
            return 200, self.instructions(rest[0])
        if rest[1:] == ["cash_balance"]:
            return 200, {"object": "cash_balance", "available": {"mxn": self.cash.get(rest[0], 0)}}
        if rest[1:2] == ["cash_balance_transactions"]:
            return 200, self.fundings[rest[2]]
        return 200, customer

    def instructions(self, customer: str) -> dict[str, Any]:
        spei = {"clabe": CLABE, "bank_code": "501", "bank_name": "CITI MX", "account_holder_name": "Comercial"}
        swift = {"type": "swift", "swift": {}}
        addresses = [swift, {"type": "spei", "spei": spei, "supported_networks": ["spei"]}]
        return {
            "object": "funding_instructions",
            "livemode": False,
            "bank_transfer": {"financial_addresses": addresses},
        }

    def fund(self, customer: str, amount: int) -> str:
        """A transfer comes into a customer's CLABE."""
        name = f"ccsbtxn_{len(self.fundings) + 1}"
        transfer = {"type": "mx_bank_transfer", "reference": "1234567"}
        self.fundings[name] = {
            "id": name, "object": "customer_cash_balance_transaction", "type": "funded", "customer": customer,
            "currency": "mxn", "net_amount": amount, "ending_balance": amount, "created": CREATED,
            "funded": {"bank_transfer": transfer},
        }  # fmt: skip
        self.cash[customer] = self.cash.get(customer, 0) + amount
        return f"{customer}:{name}"

    def on_events(self, request: Request, rest: list[str]) -> Answer:
        events = [
            {"id": f"evt_{name}", "object": "event", "type": request.query["type"], "created": CREATED,
             "data": {"object": funding}}
            for name, funding in self.fundings.items()
        ]  # fmt: skip
        return self.page(request, events, size=2)

    def page(self, request: Request, found: list[dict[str, Any]], size: int = 100) -> Answer:
        names = [each["id"] for each in found]
        start = names.index(request.query["starting_after"]) + 1 if "starting_after" in request.query else 0
        some = found[start : start + size]
        return 200, {"object": "list", "data": some, "has_more": start + size < len(found)}
