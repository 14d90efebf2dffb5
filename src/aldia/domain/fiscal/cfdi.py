"""Mexico's CFDI: bytes -> `FiscalDocument`, or a typed error. Versions 3.3 and 4.0, and 3.2 read-only.

Anexo 20 of the Resolución Miscelánea Fiscal, http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm; schemas
http://www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd, …/3/cfdv33.xsd, …/3/cfdv32.xsd. Elements are found by namespace,
never by prefix. Only what says who owes what is read; seals, schema and arithmetic are judged elsewhere.

Payroll (type N) is personal data of employees: nothing of the receiver, amounts or lines leaves this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.cfdi_pagos import Complement, payments
from aldia.domain.fiscal.document import FiscalDocument, Line, Party, Payment, Relation, Tax
from aldia.domain.fiscal.errors import (
    FieldError,
    MissingField,
    NotCfdi,
    NotStamped,
    RepeatedField,
    Retenciones,
    SeveralStamps,
    UnknownType,
    UnsupportedVersion,
    gettext_noop,
)
from aldia.domain.fiscal.lines import is_advance, is_remainder, plain, read_lines
from aldia.domain.fiscal.reading import CFDI3, CFDI4, read
from aldia.domain.fiscal.taxes import local_taxes, taxes
from aldia.domain.fiscal.values import ZERO
from aldia.domain.tax_ids import MX_PUBLIC

PARSER_VERSION = 1

TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"
LOCAL_TAXES = "{http://www.sat.gob.mx/implocal}ImpuestosLocales"
PAYROLL = ("{http://www.sat.gob.mx/nomina12}Nomina", "{http://www.sat.gob.mx/nomina}Nomina")
COMPLEMENTS = {"{http://www.sat.gob.mx/Pagos20}Pagos": "2.0", "{http://www.sat.gob.mx/Pagos}Pagos": "1.0"}

SEVERAL_COMPLEMENTS = gettext_noop("El XML trae más de un nodo Complemento: se leyeron todos.")

_RETENCIONES = tuple(f"{{http://www.sat.gob.mx/esquemas/retencionpago/{n}}}Retenciones" for n in (1, 2))
_VERSIONS = {(CFDI4, "4.0"), (CFDI3, "3.3"), (CFDI3, "3.2")}
_OLD_TYPES = {"ingreso": "I", "egreso": "E", "traslado": "T"}
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


@dataclass(frozen=True, slots=True)
class Names:
    """How a version spells its attributes."""

    series: str
    folio: str
    issued_at: str
    kind: str
    subtotal: str
    discount: str
    total: str
    conditions: str
    method: str
    form: str
    tax_id: str
    name: str


MODERN = Names(
    "Serie", "Folio", "Fecha", "TipoDeComprobante", "SubTotal", "Descuento", "Total", "CondicionesDePago", "MetodoPago",
    "FormaPago", "Rfc", "Nombre",
)  # fmt: skip
# formaDePago said "en una sola exhibición" and metodoDePago how it was paid: free text, with codes since 2016
OLD = Names(
    "serie", "folio", "fecha", "tipoDeComprobante", "subTotal", "descuento", "total", "condicionesDePago",
    "formaDePago", "metodoDePago", "rfc", "nombre",
)  # fmt: skip


@dataclass(slots=True)
class Parts:
    """The children of the Comprobante, each under its name; `complements` holds what is inside every Complemento."""

    issuer: _Element
    receiver: _Element
    lines: _Element | None
    taxes: _Element | None
    relations: list[_Element]
    complements: list[_Element]
    has_global: bool


def parse(data: bytes, *, with_lines: bool = False) -> FiscalDocument:
    """What a CFDI says. `with_lines` also reads its concepts (screens and PDF need them, ingestion does not).

    Amounts are as printed, in the document's currency. Raises a subclass of `FiscalError`, and nothing else.
    """
    root, repairs = read(data, keep_lines=with_lines)
    findings = list(repairs)
    version, names = _version(root)
    parts = _parts(root, root.tag[:-11], findings, version)
    stamp = _stamp(parts.complements)
    if stamp is None:
        raise NotStamped()
    key = values.uuid(stamp, "UUID", "Complemento/TimbreFiscalDigital")
    old = version == "3.2"
    type_code = _type(root, names, old, parts.complements)
    issued_at = values.moment(root, names.issued_at, "Comprobante", zoned=old)
    stamped_at = values.moment(stamp, "FechaTimbrado", "Complemento/TimbreFiscalDigital", zoned=old)
    if type_code == "N":
        return _payroll(root, names, version, parts, key, issued_at, stamped_at)
    return _document(root, names, version, parts, key, type_code, issued_at, stamped_at, findings, with_lines)


def _document(
    root: _Element,
    names: Names,
    version: str,
    parts: Parts,
    key: str,
    type_code: str,
    issued_at: datetime,
    stamped_at: datetime,
    findings: list[str],
    with_lines: bool,
) -> FiscalDocument:
    old = version == "3.2"
    currency = _old_currency(root) if old else values.currency(root, "Moneda", "Comprobante")
    method, form = root.get(names.method, ""), root.get(names.form, "")
    method = method if method in ("PUE", "PPD") else ""
    relations = _relations(parts.relations)
    receiver = _receiver(parts.receiver, names, findings)
    tax_list, transferred, withheld = _taxes(parts, currency, old)
    kind = _KINDS[type_code]
    remainder = False
    if type_code == "I":
        codes = {relation.code for relation in relations}
        remainder = "07" in codes and is_remainder(parts.lines)
        if "02" in codes:
            kind = "debit_note"
        elif not old and method == "PUE" and is_advance(parts.lines, codes):
            kind = "advance"
    return FiscalDocument(
        country="MX",
        version=version,
        kind=kind,
        type_code=type_code,
        key=key,
        series=values.text(root, names.series, 25, findings),
        folio=values.text(root, names.folio, 40, findings),
        issued_at=issued_at,
        issuer=_issuer(parts.issuer, names, findings),
        receiver=receiver,
        currency=currency,
        exchange_rate=_old_rate(root) if old else values.rate(root, "TipoCambio", "Comprobante"),
        subtotal=values.amount(root, names.subtotal, "Comprobante", currency),
        discount=values.optional_amount(root, names.discount, "Comprobante", currency) or ZERO,
        transferred=transferred,
        withheld=withheld,
        total=values.amount(root, names.total, "Comprobante", currency),
        method=method,
        payment_form=form if len(form) == 2 and form.isdecimal() else "",
        conditions=values.text(root, names.conditions, 1000, findings),
        place=_postal_code(root.get("LugarExpedicion")),
        is_global=parts.has_global or _is_public(receiver),
        is_advance_remainder=remainder,
        stamped_at=stamped_at,
        relations=relations,
        taxes=tax_list,
        payments=_payments(parts.complements, findings) if type_code == "P" else (),
        lines=_lines(parts.lines, old, findings) if with_lines else (),
        findings=tuple(findings),
    )


def _payroll(
    root: _Element, names: Names, version: str, parts: Parts, key: str, issued_at: datetime, stamped_at: datetime
) -> FiscalDocument:
    """Enough to say "ignored" of a payroll receipt, and nothing of the employee."""
    return FiscalDocument(
        country="MX",
        version=version,
        kind="payroll",
        type_code="N",
        key=key,
        series="",
        folio="",
        issued_at=issued_at,
        issuer=Party(values.tax_id(parts.issuer, names.tax_id, "Comprobante/Emisor"), ""),
        receiver=Party("", ""),
        currency=values.NO_CURRENCY,
        exchange_rate=None,
        subtotal=ZERO,
        discount=ZERO,
        transferred=ZERO,
        withheld=ZERO,
        total=ZERO,
        stamped_at=stamped_at,
    )


# ── the envelope ──────────────────────────────────────────────────────────────────────────────────────────────


def _version(root: _Element) -> tuple[str, Names]:
    """Version and its spelling. Raises `Retenciones`, `NotCfdi`, `MissingField`, `UnsupportedVersion`."""
    tag: str = root.tag
    if tag in _RETENCIONES:
        raise Retenciones()
    space, _, name = tag.rpartition("}")
    if name != "Comprobante" or not space.startswith("{http://www.sat.gob.mx/cfd/"):
        raise NotCfdi(root=name)
    version = (root.get("Version") or root.get("version") or "").strip()
    if not version:
        raise MissingField("Comprobante/@Version")
    if (space[1:], version) not in _VERSIONS:
        raise UnsupportedVersion(version=version)
    return version, OLD if version == "3.2" else MODERN


def _parts(root: _Element, space: str, findings: list[str], version: str) -> Parts:
    """One pass over the children. Raises `MissingField`, `RepeatedField`."""
    found: dict[str, _Element] = {}
    relations: list[_Element] = []
    complements: list[_Element] = []
    nodes = 0
    for child in root:
        tag = child.tag
        name = tag.rpartition("}")[2]
        if not tag.startswith(space):
            continue
        if name == "Complemento":
            nodes += 1
            complements.extend(child)
        elif name == "CfdiRelacionados":
            relations.append(child)
        elif name == "Addenda":
            continue  # the seller's own, as many as they like
        elif name in found:
            raise RepeatedField(f"Comprobante/{name}")
        else:
            found[name] = child
    if nodes > 1 and version == "4.0":
        findings.append(SEVERAL_COMPLEMENTS)
    for name in ("Emisor", "Receptor"):
        if name not in found:
            raise MissingField(f"Comprobante/{name}")
    return Parts(
        found["Emisor"],
        found["Receptor"],
        found.get("Conceptos"),
        found.get("Impuestos"),
        relations,
        complements,
        "InformacionGlobal" in found,
    )


def _stamp(complements: list[_Element]) -> _Element | None:
    """The stamp (timbre). Two with the same UUID are one. Raises `SeveralStamps`."""
    stamps = [element for element in complements if element.tag == TFD]
    for other in stamps[1:]:
        first, second = (stamps[0].get("UUID") or "").upper(), (other.get("UUID") or "").upper()
        if first != second:
            raise SeveralStamps(first=first, second=second)
    return stamps[0] if stamps else None


def _type(root: _Element, names: Names, old: bool, complements: list[_Element]) -> str:
    """I, E, P, N or T; whatever carries payroll is N (in 3.2 an "egreso", by mistake also an "ingreso").

    Raises `MissingField`, `UnknownType`.
    """
    value = values.required(root, names.kind, "Comprobante")
    code = _OLD_TYPES.get(value.lower(), "") if old else value
    if any(element.tag in PAYROLL for element in complements):
        return "N"
    if code not in _KINDS:
        raise UnknownType(f"Comprobante/@{names.kind}", value=value)
    return code


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
