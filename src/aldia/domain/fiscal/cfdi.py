"""Mexico's CFDI: bytes -> `FiscalDocument`, or a typed error. Versions 3.3 and 4.0, and 3.2 read-only.

Anexo 20 of the Resolución Miscelánea Fiscal, http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm; schemas
http://www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd, …/3/cfdv33.xsd, …/3/cfdv32.xsd. Elements are found by namespace,
never by prefix. Only what says who owes what is read; seals, schema and arithmetic are judged elsewhere.

Payroll (type N) is personal data of employees: nothing of the receiver, amounts or lines leaves this module.
"""

from __future__ import annotations

from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.cfdi_pagos import Complement, payments
from aldia.domain.fiscal.document import FiscalDocument, Line, Party, Payment, Relation, Tax
from aldia.domain.fiscal.envelope import COMPLEMENTS, LOCAL_TAXES, Envelope, Names, Parts, open_envelope
from aldia.domain.fiscal.errors import FieldError, MissingField, UnknownType
from aldia.domain.fiscal.lines import is_advance, is_remainder, plain, read_lines
from aldia.domain.fiscal.reading import read
from aldia.domain.fiscal.taxes import local_taxes, taxes
from aldia.domain.fiscal.values import ZERO
from aldia.domain.tax_ids import MX_PUBLIC

PARSER_VERSION = 1

_KINDS = {"I": "invoice", "E": "credit_note", "P": "payment_complement", "T": "transfer", "N": "payroll"}
# CFDI 3.2 took any text for the currency: these are its letters alone, upper case, without accents
_OLD_PESOS = frozenset(
    ("", "MXN", "MXP", "MN", "MEX", "PESO", "PESOS", "PESOMEXICANO", "PESOSMEXICANOS", "PESOSMN", "PESOMN", "PESOSMXN",
     "MXNPESOS", "MXNPESOMEXICANO", "MONEDANACIONAL", "NACIONAL")
)  # fmt: skip
_OLD_DOLLARS = frozenset(
    ("USD", "US", "USDLLS", "USDOLLAR", "USDOLLARS", "DLL", "DLLS", "DLS", "DOLAR", "DOLARES", "DOLARAMERICANO",
     "DOLARESAMERICANOS", "USDDOLARAMERICANO", "DOLLAR", "DOLLARS")
)  # fmt: skip


def parse(data: bytes, *, with_lines: bool = False) -> FiscalDocument:
    """What a CFDI says. `with_lines` also reads its concepts (screens and PDF need them, ingestion does not).

    Amounts are as printed, in the document's currency. Raises a subclass of `FiscalError`, and nothing else.
    """
    root, repairs = read(data, keep_lines=with_lines)
    findings = list(repairs)
    envelope = open_envelope(root, findings)
    if envelope.type_code == "N":
        return _payroll(envelope)
    return _document(envelope, findings, with_lines)


def _document(envelope: Envelope, findings: list[str], with_lines: bool) -> FiscalDocument:
    root, names, parts, old = envelope.root, envelope.names, envelope.parts, envelope.is_old
    currency = _old_currency(root) if old else values.currency(root, "Moneda", "Comprobante")
    method, form = root.get(names.method, ""), root.get(names.form, "")
    relations = _relations(parts.relations)
    receiver = _receiver(parts.receiver, names, findings)
    tax_list, transferred, withheld = _taxes(parts, currency, old)
    kind, remainder = _meaning(envelope, method, relations)
    return FiscalDocument(
        country="MX",
        version=envelope.version,
        kind=kind,
        type_code=envelope.type_code,
        key=envelope.key,
        series=values.text(root, names.series, 25, findings),
        folio=values.text(root, names.folio, 40, findings),
        issued_at=envelope.issued_at,
        issuer=_issuer(parts.issuer, names, findings),
        receiver=receiver,
        currency=currency,
        exchange_rate=_old_rate(root) if old else values.rate(root, "TipoCambio", "Comprobante"),
        subtotal=values.amount(root, names.subtotal, "Comprobante", currency),
        discount=values.optional_amount(root, names.discount, "Comprobante", currency) or ZERO,
        transferred=transferred,
        withheld=withheld,
        total=values.amount(root, names.total, "Comprobante", currency),
        method=method if method in ("PUE", "PPD") else "",
        payment_form=form if len(form) == 2 and form.isdecimal() else "",
        conditions=values.text(root, names.conditions, 1000, findings),
        place=_postal_code(root.get("LugarExpedicion")),
        is_global=parts.has_global or _is_public(receiver),
        is_advance_remainder=remainder,
        stamped_at=envelope.stamped_at,
        relations=relations,
        taxes=tax_list,
        payments=_payments(parts.complements, findings) if envelope.type_code == "P" else (),
        lines=_lines(parts.lines, old, findings) if with_lines else (),
        findings=tuple(findings),
    )


def _meaning(envelope: Envelope, method: str, relations: tuple[Relation, ...]) -> tuple[str, bool]:
    """The kind of document, and whether it is what remains of an invoice after an advance (procedure B)."""
    if envelope.type_code != "I":
        return _KINDS[envelope.type_code], False
    codes = {relation.code for relation in relations}
    remainder = "07" in codes and is_remainder(envelope.parts.lines)
    if "02" in codes:
        return "debit_note", remainder
    if not envelope.is_old and method == "PUE" and is_advance(envelope.parts.lines, codes):
        return "advance", remainder
    return "invoice", remainder


def _payroll(envelope: Envelope) -> FiscalDocument:
    """Enough to say "ignored" of a payroll receipt, and nothing of the employee."""
    return FiscalDocument(
        country="MX",
        version=envelope.version,
        kind="payroll",
        type_code="N",
        key=envelope.key,
        series="",
        folio="",
        issued_at=envelope.issued_at,
        issuer=Party(values.tax_id(envelope.parts.issuer, envelope.names.tax_id, "Comprobante/Emisor"), ""),
        receiver=Party("", ""),
        currency=values.NO_CURRENCY,
        exchange_rate=None,
        subtotal=ZERO,
        discount=ZERO,
        transferred=ZERO,
        withheld=ZERO,
        total=ZERO,
        stamped_at=envelope.stamped_at,
    )


def _old_currency(root: _Element) -> str:
    printed = "".join(filter(str.isalpha, plain(root.get("Moneda")))).upper()
    if printed in _OLD_PESOS:
        return "MXN"
    if printed in _OLD_DOLLARS:
        return "USD"
    return values.currency(root, "Moneda", "Comprobante")


def _old_rate(root: _Element) -> Decimal | None:
    """3.2 took any text as exchange rate: what is no number says nothing."""
    try:
        return values.rate(root, "TipoCambio", "Comprobante")
    except FieldError:
        return None


# ── who, what for ─────────────────────────────────────────────────────────────────────────────────────────────


def _issuer(element: _Element, names: Names, findings: list[str]) -> Party:
    return Party(
        values.tax_id(element, names.tax_id, "Comprobante/Emisor"),
        values.text(element, names.name, 300, findings),
        regime=values.text(element, "RegimenFiscal", 3, findings),
    )


def _receiver(element: _Element, names: Names, findings: list[str]) -> Party:
    return Party(
        values.tax_id(element, names.tax_id, "Comprobante/Receptor"),
        values.text(element, names.name, 300, findings),
        regime=values.text(element, "RegimenFiscalReceptor", 3, findings),
        postal_code=_postal_code(element.get("DomicilioFiscalReceptor")),
        residence=values.text(element, "ResidenciaFiscal", 3, findings),
        foreign_id=values.text(element, "NumRegIdTrib", 40, findings),
        use=values.text(element, "UsoCFDI", 4, findings),
    )


def _postal_code(value: str | None) -> str:
    """Five digits, or "": CFDI 3.2 printed the name of the place instead."""
    value = value.strip() if value else ""
    return value if len(value) == 5 and value.isascii() and value.isdecimal() else ""


def _is_public(receiver: Party) -> bool:
    """Sold to nobody in particular: the generic RFC under the name that SAT fixes for global invoices."""
    return receiver.tax_id == MX_PUBLIC and "BLICO EN GENERAL" in receiver.name.upper()


def _relations(nodes: list[_Element]) -> tuple[Relation, ...]:
    """Relations by code, in the order printed; a document named twice under one code counts once."""
    if not nodes:
        return ()
    keys: dict[str, dict[str, None]] = {}
    for node in nodes:
        code = values.required(node, "TipoRelacion", "Comprobante/CfdiRelacionados")
        if len(code) != 2 or not code.isdecimal():
            raise UnknownType("Comprobante/CfdiRelacionados/@TipoRelacion", value=code)
        named = keys.setdefault(code, {})
        for related in node:
            named[values.uuid(related, "UUID", "Comprobante/CfdiRelacionados/CfdiRelacionado")] = None
    return tuple(Relation(code, tuple(named)) for code, named in keys.items() if named)


# ── complements and taxes ─────────────────────────────────────────────────────────────────────────────────────


def _taxes(parts: Parts, currency: str, old: bool) -> tuple[tuple[Tax, ...], Decimal, Decimal]:
    """Every total of a tax, and the sums transferred and withheld, local taxes included."""
    listed, transferred, withheld = taxes(parts.taxes, currency, old)
    for element in parts.complements:
        if element.tag == LOCAL_TAXES:
            more, plus, minus = local_taxes(element, currency)
            listed, transferred, withheld = listed + more, transferred + plus, withheld + minus
    return listed, transferred, withheld


def _payments(complements: list[_Element], findings: list[str]) -> tuple[Payment, ...]:
    """The payments of every Pagos complement. Raises `MissingField` when there is none."""
    found = [Complement(element, COMPLEMENTS[element.tag]) for element in complements if element.tag in COMPLEMENTS]
    if not found:
        raise MissingField("Comprobante/Complemento/Pagos")
    return tuple(payment for complement in found for payment in payments(complement, findings))


def _lines(element: _Element | None, old: bool, findings: list[str]) -> tuple[Line, ...]:
    return read_lines(element, old, findings) if element is not None else ()
