"""Payment complements (complemento para recepción de pagos) 1.0 and 2.0: what was received, and for which invoices.

http://www.sat.gob.mx/sitio_internet/cfd/Pagos/Pagos10.xsd and …/Pagos20.xsd. In both versions the rate of a related
document is units of its currency per unit of the payment's currency ("1.114700 USD/EUR" for an invoice in USD paid in
EUR): TipoCambioDR in 1.0, EquivalenciaDR in 2.0, `equivalence` here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.document import PaidDocument, Payment
from aldia.domain.fiscal.errors import BadNumber, MissingField, UnknownCurrency, UnsupportedComplement
from aldia.domain.fiscal.values import ONE
from aldia.domain.sentences import gettext_noop

PAYMENT = "Complemento/Pagos/Pago"
RELATED = "Complemento/Pagos/Pago/DoctoRelacionado"
EQUIVALENCE = {"1.0": "TipoCambioDR", "2.0": "EquivalenciaDR"}

DERIVED_RATE = gettext_noop(
    "El complemento no trae el tipo de cambio de un documento relacionado: se calculó con su importe pagado."
)
PESO_RATE = gettext_noop(
    "El complemento 1.0 pone tipo de cambio 1 a un documento en pesos pagado en otra moneda: se tomó el del pago."
)
DERIVED_PAID = gettext_noop(
    "El complemento no trae el importe pagado de un documento relacionado: se tomó del monto del pago o de sus saldos."
)

# besides a UUID, SAT admits the folio of "Mis cuentas" here
_short_key = re.compile(r"[0-9]{3}-[0-9]{4}-[0-9]{9}").fullmatch
_partiality = re.compile(r"[0-9]{1,4}", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Complement:
    """A Pagos node and the version that its namespace stands for."""

    element: _Element
    version: str


def payments(complement: Complement, findings: list[str]) -> tuple[Payment, ...]:
    """Every Pago of one complement. Raises `FiscalError`."""
    printed = values.required(complement.element, "Version", "Complemento/Pagos")
    if printed != complement.version:
        raise UnsupportedComplement(version=printed)
    nodes = [node for node in complement.element if node.tag.endswith("}Pago")]
    if not nodes:
        raise MissingField(PAYMENT)
    return tuple(_payment(node, complement.version, findings) for node in nodes)


def _payment(node: _Element, version: str, findings: list[str]) -> Payment:
    currency = values.currency(node, "MonedaP", PAYMENT)
    if currency == values.NO_CURRENCY:
        raise UnknownCurrency(f"{PAYMENT}/@MonedaP", value=currency)
    amount = values.amount(node, "Monto", PAYMENT, currency)
    rate = values.rate(node, "TipoCambioP", PAYMENT)
    related = [child for child in node if child.tag.endswith("}DoctoRelacionado")]
    form = (node.get("FormaDePagoP") or "").strip()
    return Payment(
        paid_at=values.moment(node, "FechaPago", PAYMENT),
        form=form if len(form) == 2 and form.isdecimal() else "",
        currency=currency,
        rate=ONE if rate is None and currency == "MXN" else rate,
        amount=amount,
        operation=values.text(node, "NumOperacion", 100, findings),
        payer_account=values.text(node, "CtaOrdenante", 50, findings),
        documents=tuple(
            _in_pesos(
                _document(child, version, currency, amount, len(related), findings), version, rate, amount, findings
            )
            for child in related
        ),
    )


def _document(
    node: _Element, version: str, payment_currency: str, amount: Decimal, siblings: int, findings: list[str]
) -> PaidDocument:
    currency = payment_currency
    if node.get("MonedaDR"):
        currency = values.currency(node, "MonedaDR", RELATED)
        if currency == values.NO_CURRENCY:
            raise UnknownCurrency(f"{RELATED}/@MonedaDR", value=currency)
    equivalence = values.rate(node, EQUIVALENCE[version], RELATED)
    if equivalence is None and currency == payment_currency:
        equivalence = ONE
    before = values.optional_amount(node, "ImpSaldoAnt", RELATED, currency)
    after = values.optional_amount(node, "ImpSaldoInsoluto", RELATED, currency)
    paid = values.optional_amount(node, "ImpPagado", RELATED, currency)
    if paid is None:
        paid = _derived_paid(before, after, amount, equivalence if siblings == 1 else None)
        _note(findings, DERIVED_PAID)
    if equivalence is None:
        equivalence = _derived_rate(node, version, paid, amount, siblings)
        _note(findings, DERIVED_RATE)
    return PaidDocument(
        key=_key(node),
        series=values.text(node, "Serie", 25, findings),
        folio=values.text(node, "Folio", 40, findings),
        currency=currency,
        equivalence=equivalence,
        partiality=_number_of_part(node),
        before=before,
        paid=paid,
        after=after,
    )


def _in_pesos(
    document: PaidDocument, version: str, rate: Decimal | None, amount: Decimal, findings: list[str]
) -> PaidDocument:
    """CRP220 of 1.0 forced a rate of 1 on documents in pesos paid in another currency; the payment has the true one.

    Only where 1 cannot be meant: more is paid of the document than the whole payment.
    """
    forced = version == "1.0" and document.currency == "MXN" and document.equivalence == ONE
    if not forced or rate is None or rate == ONE or document.paid <= amount:
        return document
    _note(findings, PESO_RATE)
    return replace(document, equivalence=rate)


def _key(node: _Element) -> str:
    value = values.required(node, "IdDocumento", RELATED)
    return value if _short_key(value) else values.uuid(node, "IdDocumento", RELATED)


def _number_of_part(node: _Element) -> int | None:
    value = (node.get("NumParcialidad") or "").strip()
    if not value:
        return None
    if not _partiality(value):
        raise BadNumber(f"{RELATED}/@NumParcialidad", value=value)
    return int(value)


def _derived_paid(
    before: Decimal | None, after: Decimal | None, amount: Decimal, equivalence: Decimal | None
) -> Decimal:
    """Pagos 1.0 let ImpPagado out when one document took the whole payment. Raises `MissingField`."""
    if before is not None and after is not None and before >= after:
        return before - after
    if equivalence is None:
        raise MissingField(f"{RELATED}/@ImpPagado")
    return amount * equivalence


def _derived_rate(node: _Element, version: str, paid: Decimal, amount: Decimal, siblings: int) -> Decimal:
    """Only certain when one document took the whole payment. Raises `MissingField`."""
    if siblings != 1 or not paid or not amount:
        raise MissingField(f"{RELATED}/@{EQUIVALENCE[version]}")
    return round(paid / amount, 10)


def _note(findings: list[str], finding: str) -> None:
    if finding not in findings:
        findings.append(finding)
