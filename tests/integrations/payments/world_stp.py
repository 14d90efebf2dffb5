"""STP's answers, in the shapes that its demonstration environment gave (no text of it is copied)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tests.integrations.payments.peers import Answer, Request, World

COMPANY = "COMERCIAL_VALLE"
KEY_PASSWORD = "CANARIOllave-stp"
TODAY = "20261122"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def key_pem() -> str:
    """The company's key as it is pasted into a field of one line."""
    locked = BestAvailableEncryption(KEY_PASSWORD.encode())
    return key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked).decode().replace("\n", " ")


@dataclass
class StpWorld(World):
    orders: list[dict[str, Any]] = field(default_factory=list)
    registered: list[str] = field(default_factory=list)

    def route(self, request: Request) -> Answer:
        body = request.json
        if request.path.endswith("/consultaOrden"):
            on = body.get("fechaOperacion", "")
            self.verify(f"||{COMPANY}|{body['claveRastreo']}|R|{on}||", body["firma"])
            found = [e for e in self.listed(on) if e["claveRastreo"] == body["claveRastreo"]]
            if not found:
                return 400, {"estado": 6, "mensaje": "No se encontraron datos relacionados"}
            return 200, {"estado": 0, "mensaje": "Datos consultados correctamente", "respuesta": found[0]}
        if request.path.endswith("/consOrdenesFech"):
            on = body.get("fechaOperacion", "")
            self.verify(f"|||{COMPANY}|{on}|||" + "|" * 30, body["firma"])
            found = self.listed(on)
            if not found:
                return 200, {"resultado": {"descripcionError": "No se encontraron ordenes", "id": -100}}
            return 200, {"resultado": {"id": 1, "lst": [*found, None]}}
        self.verify(f"||{COMPANY}|{body['cuenta']}|{body['rfcCurp']}||", body["firma"])
        if body["cuenta"] in self.registered:
            return 200, {"descripcion": "Cuenta Duplicada", "id": 3}
        self.registered.append(body["cuenta"])
        return 200, {"descripcion": "Cuenta en revisión.", "id": 0}

    def listed(self, on: str) -> list[dict[str, Any]]:
        """Orders of today are listed without a day, older ones with theirs."""
        return [each for each in self.orders if str(each["fechaOperacion"]) == (on or TODAY)]

    def verify(self, original: str, firma: str) -> None:
        key().public_key().verify(base64.b64decode(firma), original.encode(), padding.PKCS1v15(), SHA256())

    def arrive(self, pesos: Any, *, trace: str = "MBAN01002611220000001", status: str = "TLQ", on: str = TODAY) -> str:
        self.orders.append(
            {
                "idEF": 13864373 + len(self.orders), "claveRastreo": trace, "conceptoPago": "Pago F-1",
                "cuentaBeneficiario": "646180123400000014", "cuentaOrdenante": "012180000000000008",
                "empresa": COMPANY, "estado": status, "fechaOperacion": int(on), "institucionContraparte": 40012,
                "institucionOperante": 90646, "medioEntrega": 3, "monto": pesos, "nombreOrdenante": "Cliente de prueba",
                "referenciaNumerica": 1234567, "rfcCurpOrdenante": "AAA010101AAA", "tipoPago": 1, "sello": None,
                "tsLiquidacion": 1795359600000,
            }
        )  # fmt: skip
        return f"{on}:012:{round(pesos * 100)}:{trace}"
