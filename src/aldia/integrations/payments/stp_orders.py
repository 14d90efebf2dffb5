"""SPEI orders as STP writes them, in notices and in answers, in our words; and the signature of a question."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from aldia.domain import clabe
from aldia.domain.ports.payments import Method, Payer, PaymentState, Seen
from aldia.integrations.payments.reading import UNREADABLE, day, major, milliseconds, plain, text

# Banxico's types of payment that are returns of what the company itself sent.
RETURNS = frozenset({"0", "16", "17", "18", "23", "24"})
SETTLED = frozenset({"LQ", "TLQ", "CCO", "CCE", "CO"})
GONE_BACK = frozenset({"D", "TCL", "CN", "XD"})


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a SPEI one of its kind. A clave de rastreo alone is only unique for a bank and a day."""

    day: str
    bank: str
    amount: int
    trace: str

    @property
    def parts(self) -> tuple[str, str, int, str]:
        return self.day, self.bank, self.amount, self.trace

    def __str__(self) -> str:
        return ":".join(str(each) for each in self.parts)

    @classmethod
    def of(cls, provider_id: str) -> Identity | None:
        """The identity that an id of ours says."""
        found = re.fullmatch(r"([0-9]{8}):([0-9]{3}):([0-9]{1,15}):(.{1,60})", provider_id, re.ASCII)
        return cls(found[1], found[2], int(found[3]), found[4]) if found else None

    @classmethod
    def in_order(cls, order: Mapping[str, Any]) -> Identity | None:
        """The identity of an order; None when a part of it is missing."""
        try:
            on = day(order.get("fechaOperacion"))
            bank = str(order.get("institucionOrdenante") or order.get("institucionContraparte") or "")
            trace = text(order.get("claveRastreo"), 60)
            if on is None or not trace or not re.fullmatch(r"[0-9]{1,5}", bank, re.ASCII):
                return None
            return cls(f"{on:%Y%m%d}", bank.zfill(3)[-3:], amount_of(order), trace)
        except UNREADABLE:
            return None


def amount_of(order: Mapping[str, Any]) -> int:
    """The amount in centavos, which STP writes in pesos. Raises `ValueError`; nothing comes in for nothing."""
    found = major(order["monto"], "MXN")
    if found <= 0:
        raise ValueError("no amount")
    return found


def folded(notice: Mapping[str, Any]) -> dict[str, Any]:
    """A notice under the names of today: older ones write Clave…, RFCCurpOrdenante, InstitucionOrdenanteClave.

    Raises `ValueError` when one name comes twice.
    """
    found: dict[str, Any] = {}
    for name, value in notice.items():
        short = str(name).lower().removesuffix("clave") or "clave"
        short = NAMES.get(short, short)
        if short in found:
            raise ValueError("one name twice")
        found[short] = value
    return found


NAMES = {
    each.lower(): each
    for each in (
        "fechaOperacion", "institucionOrdenante", "institucionBeneficiaria", "claveRastreo", "nombreOrdenante",
        "tipoCuentaOrdenante", "cuentaOrdenante", "rfcCurpOrdenante", "nombreBeneficiario", "tipoCuentaBeneficiario",
        "cuentaBeneficiario", "rfcCurpBeneficiario", "conceptoPago", "referenciaNumerica", "tipoPago", "tsLiquidacion",
        "folioCodi",
    )
}  # fmt: skip


def is_return(order: Mapping[str, Any]) -> bool:
    return str(order.get("tipoPago", "1")) in RETURNS


def seen_of_notice(notice: Mapping[str, Any]) -> Seen:
    """What an unsigned notice claims."""
    return _seen(notice, PaymentState.SUCCEEDED)


def seen_of_order(order: Mapping[str, Any]) -> Seen:
    """What STP answers of an order that was received."""
    status = text(order.get("estado"), 10)
    if status in SETTLED:
        return _seen(order, PaymentState.SUCCEEDED)
    return _seen(order, PaymentState.REFUNDED if status in GONE_BACK else PaymentState.PENDING)


def _seen(order: Mapping[str, Any], state: PaymentState) -> Seen:
    who = Identity.in_order(order)
    if who is None:
        raise ValueError("not an order")
    rfc = text(order.get("rfcCurpOrdenante"), 20).upper()
    return Seen(
        str(who),
        state,
        "MXN",
        received=0 if state == PaymentState.PENDING else who.amount,
        refunded=who.amount if state == PaymentState.REFUNDED else 0,
        method=Method.SPEI,
        paid_at=milliseconds(order.get("tsLiquidacion")),
        paid_on=day(order["fechaOperacion"]),
        paid_into=text(order["cuentaBeneficiario"], 40),
        trace=who.trace,
        reference=_reference(order.get("referenciaNumerica")),
        concept=text(order.get("conceptoPago")),
        payer=Payer(
            name=text(order.get("nombreOrdenante")),
            tax_id="" if rfc in ("ND", "NA") else rfc,
            account=text(order.get("cuentaOrdenante"), 40),
            bank=clabe.bank_of(who.bank),
        ),
        raw=plain({name: value for name, value in order.items() if name not in ("sello", "urlCEP", "firma")}),
    )


def _reference(value: Any) -> str:
    found = int(value) if isinstance(value, Decimal) and value.is_finite() and value == int(value) else value
    return text(found, 60)


def sign(key: rsa.RSAPrivateKey, original: str) -> str:
    """STP's signature of a question: RSA with SHA-256 over its fields between bars."""
    return base64.b64encode(key.sign(original.encode(), padding.PKCS1v15(), SHA256())).decode()
