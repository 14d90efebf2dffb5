"""Fintoc's account numbers and transfers, as its reference publishes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aldia.domain.clabe import issue
from tests.integrations.payments.peers import Answer, Request, World

KEY = "sk_test_CANARIOfintoc9c8d8Cey"
ACCOUNT = "acc_Jas92lf9adg94ka"


@dataclass
class FintocWorld(World):
    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    transfers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != KEY:
            return 401, {"error": {"type": "authentication_error", "message": f"bad key {KEY}"}}
        parts = request.path.removeprefix("/v2/").split("/")
        if parts[0] == "accounts":
            if parts[1] != ACCOUNT:
                return 404, {"error": {"code": "missing_resource", "message": "No such account"}}
            owner = {"holder_name": "Comercial del Valle", "holder_id": "CVA210101AB1"}
            return 200, {"id": ACCOUNT, "object": "account", "mode": "test", "currency": "MXN", "entity": owner}
        if parts[0] == "account_numbers":
            return 201, self.new_number(request.json)
        if len(parts) == 2:
            found = self.transfers.get(parts[1])
            return (200, found) if found else (404, {"error": {"code": "missing_resource", "message": "No such"}})
        return self.listed(request)

    def new_number(self, body: dict[str, Any]) -> dict[str, Any]:
        name = f"acno_{len(self.numbers) + 1}"
        self.numbers[name] = {
            "id": name, "object": "account_number", "account_id": body["account_id"], "metadata": body["metadata"],
            "number": issue("738969", len(self.numbers) + 1), "mode": "test", "description": body["description"],
        }  # fmt: skip
        return self.numbers[name]

    def listed(self, request: Request) -> Answer:
        """Pages of two, the next one in the Link header, as an address of another host (nobody may follow it)."""
        names = list(self.transfers)
        start = names.index(request.query["starting_after"]) + 1 if "starting_after" in request.query else 0
        some = names[start : start + 2]
        more = start + 2 < len(names)
        link = f'<https://127.0.0.1:9/v2/transfers?limit=2&starting_after={some[-1]}>; rel="next"' if more else ""
        return 200, [self.transfers[name] for name in some], {"Link": link}

    def arrive(self, amount: int, *, status: str = "succeeded", direction: str = "inbound") -> str:
        name = f"tr_jKaHD{len(self.transfers) + 1}"
        self.transfers[name] = {
            "id": name,
            "object": "transfer",
            "account_number": {
                "id": "acno_1", "object": "account_number", "account_id": ACCOUNT, "number": "738969123456789120",
                "metadata": {"aldia_key": "k"}, "mode": "test",
            },
            "amount": amount,
            "comment": "Pago F-1",
            "counterparty": {
                "account_number": "012180000000000008", "account_type": "clabe", "holder_id": "AAA010101AAA",
                "holder_name": "Cliente de prueba", "institution": {"id": "mx_banco_bbva", "name": "BBVA Mexico"},
            },
            "currency": "MXN",
            "direction": direction,
            "metadata": {},
            "mode": "test",
            "post_date": "2026-11-22T00:00:00.000Z",
            "reference_id": "130824",
            "return_reason": None,
            "status": status,
            "tracking_key": "s2123423423324334",
            "transaction_date": "2026-11-22T15:00:00.000Z",
        }  # fmt: skip
        return name
