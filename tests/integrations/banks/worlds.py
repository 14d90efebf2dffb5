"""Services that read banks, as their references publish them, behind a real socket of this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aldia.integrations.payments.signing import stamped
from tests.integrations.payments.peers import Answer, Request, World

KEY, LINK, SECRET = "sk_test_CANARIObanco9c8d8", "link_Q0xV_token_FhsFVurz5q5", "whsec_canario_de_prueba"
ACCOUNT, OTHER = "acc_nMNejK7BT8oGbvO4", "acc_otra"
MISSING = {"error": {"type": "invalid_request_error", "code": "missing_resource", "message": "No such resource"}}
SENDER = {
    "holder_id": "ALG010203AB2", "holder_name": "Abarrotes La Güera", "number": "012180001234567897",
    "institution": {"id": "mx_banco_bbva", "name": "BBVA Mexico", "country": "mx"},
}  # fmt: skip


@dataclass
class BankWorld(World):
    """Fintoc: https://docs.fintoc.com/api/movements-api/movements/movements-object and its lists."""

    page: int = 300
    movements: dict[str, dict[str, Any]] = field(default_factory=dict)

    def route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != KEY or request.query.get("link_token") != LINK:
            return 401, {"error": {"type": "authentication_error", "message": f"Invalid key {KEY}"}}
        parts = request.path.removeprefix("/v1/").split("/")
        if parts == ["accounts"]:
            return 200, [_account(ACCOUNT, "9999"), _account(OTHER, "8888") | {"removed_from_link": True}]
        if parts[1] != ACCOUNT:
            return 404, MISSING
        if len(parts) == 4:
            found = self.movements.get(parts[3])
            return (200, found) if found else (404, MISSING)
        return self.listed(request)

    def listed(self, request: Request) -> Answer:
        """Newest first, confirmed ones only unless asked otherwise, in pages."""
        rows = sorted(self.movements.values(), key=lambda row: row["post_date"], reverse=True)
        rows = [row for row in rows if row["post_date"][:10] >= request.query["since"]]
        if request.query.get("confirmed_only") != "false":
            rows = [row for row in rows if row["status"] == "confirmed"]
        size = min(int(request.query["per_page"]), self.page)
        start = (int(request.query["page"]) - 1) * size
        return 200, rows[start : start + size]

    def arrive(self, amount: int, on: str = "2026-11-20", **fields: Any) -> str:
        name = fields.pop("id", f"mov_BO381oEATXon{len(self.movements):04}")
        side = "sender_account" if amount > 0 else "recipient_account"
        self.movements[name] = {
            "id": name, "object": "movement", "amount": amount, "currency": "MXN", "type": "transfer",
            "post_date": f"{on}T00:00:00.000Z", "transaction_date": f"{on}T03:11:12.000Z", "pending": False,
            "description": "SPEI RECIBIDO BBVA", "comment": "Pago factura F-198", "reference_id": "123740123",
            "sender_account": None, "recipient_account": None, "status": "confirmed", side: SENDER, **fields,
        }  # fmt: skip
        return name

    def event(self, kind: str, data: dict[str, Any], name: str = "evt_L0zlW5YvC6oZDweQ") -> bytes:
        body = {"id": name, "type": kind, "mode": "live", "created_at": "2026-11-20T19:42:42.486Z", "data": data}
        return json.dumps(body | {"object": "event"}).encode()

    def refreshed(self, name: str = "evt_1", account: str = ACCOUNT) -> bytes:
        data = {"object": "refresh_intent", "refreshed_object": "account", "refreshed_object_id": account}
        return self.event("account.refresh_intent.succeeded", data | {"status": "succeeded", "new_movements": 5}, name)

    def modified(self, *names: str, event: str = "evt_2") -> bytes:
        """What changed comes in part only, without who paid."""
        parts = ("id", "type", "amount", "status", "currency", "post_date", "description", "pending")
        rows = [{part: self.movements[name][part] for part in parts} for name in names]
        data = {"account_id": ACCOUNT, "movements_changed": rows}
        return self.event("account.refresh_intent.movements_modified", data, event)

    def removed(self, *names: str, event: str = "evt_3") -> bytes:
        data = {"account_id": ACCOUNT, "movements_removed": [{"id": name} for name in names]}
        return self.event("account.refresh_intent.movements_removed", data, event)


def _account(name: str, tail: str) -> dict[str, Any]:
    return {
        "id": name, "object": "account", "balance": {"available": 500000, "current": 500000, "limit": 500000},
        "currency": "MXN", "holder_id": "DTR010203AB1", "holder_name": "Distribuidora Tres Ríos",
        "name": "Cuenta Corriente", "number": f"01218000999999{tail}", "official_name": "Cuenta Enlace Negocios",
        "refresh_status": "refreshing", "refreshed_at": "2026-11-18T18:43:54.591Z", "removed_from_link": False,
        "type": "checking_account",
    }  # fmt: skip


@dataclass
class OpenWorld(World):
    """A service that speaks the open interface (docs/bank-feeds.md)."""

    token: str = "un-token-de-prueba"
    page: int = 2
    rows: list[dict[str, Any]] = field(default_factory=list)

    def route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return 403, {"error": {"code": "forbidden", "message": "no"}}
        parts = request.path.strip("/").split("/")
        if parts == ["accounts"]:
            return 200, {"accounts": [{"id": "cuenta/1", "name": "Nómina", "currency": "MXN", "number": "123"}]}
        if parts[1] != "cuenta%2F1":
            return 404, {"error": {"message": "no account"}}
        if len(parts) == 4:
            found = next((row for row in self.rows if row["id"] == parts[3]), None)
            return (200, found) if found else (404, {"error": {"message": "no movement"}})
        start = int(request.query.get("cursor", "0"))
        rows = [row for row in self.rows if row["booked_on"] >= request.query["since"]]
        following = str(start + self.page) if start + self.page < len(rows) else None
        return 200, {"movements": rows[start : start + self.page], "next": following}

    def arrive(self, amount: str, on: str = "2026-11-20", **fields: Any) -> dict[str, Any]:
        row = {
            "id": f"m-{len(self.rows) + 1}", "booked_on": on, "amount": amount, "currency": "MXN",
            "description": "Transferencia recibida", "concept": "F-7",
            "payer": {"name": "Ferretería del Norte", "tax_id": "fno010203ab3", "account": "012180001234567897"},
            **fields,
        }  # fmt: skip
        self.rows.append(row)
        return row


def signed(body: bytes, header: str, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    """The headers of a notice as it comes in now (or at another moment)."""
    now = datetime.now(UTC)
    return {header: stamped(secret, at or now, body), ":received": now.isoformat()}
