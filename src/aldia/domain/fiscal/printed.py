"""What the printed representation of a CFDI shows besides its `FiscalDocument`: seals, stamp, taxes of each line.

RMF 2.7.1.7 (representación impresa, https://www.sat.gob.mx/normatividad/98887/resolucion-miscelanea-fiscal-) and
Anexo 20 (http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm): the two-dimensional code, numbers of the
certificates, both seals, and the cadena original of the stamp. Nothing here decides money: it is only shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.cfdi import parse
from aldia.domain.fiscal.document import FiscalDocument, Line
from aldia.domain.fiscal.envelope import COMPLEMENTS, TFD
from aldia.domain.fiscal.errors import BadNumber
from aldia.domain.fiscal.reading import read
from aldia.domain.fiscal.seals import stamp_text

# Anexo 20, "Generación del código de barras bidimensional a incorporar en la representación impresa"
VERIFIER = "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx"
PAYMENT_TOTALS = "MontoTotalPagos"


@dataclass(frozen=True, slots=True)
class LineTax:
    """A tax of one concept. `rate` as printed, "" when exempt."""

    withheld: bool
    code: str
    factor: str
    rate: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class PrintedLine:
    line: Line
    unit: str
    taxes: tuple[LineTax, ...]


@dataclass(frozen=True, slots=True)
class PrintedPayment:
    """What a payment says that collecting does not need: where the money went in."""

    payer_bank: str
    payee_account: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The stamp (timbre) as printed. `chain` is its cadena original."""

    stamped_at: str
    provider: str
    certificate: str
    seal: str
    chain: str


@dataclass(frozen=True, slots=True)
class Printed:
    """A CFDI ready to be shown on paper; texts as printed, without control characters.

    `period` is (periodicity, months, year) of a global invoice; `payment_totals` what a complement adds up to in pesos,
    by the name of its attribute.
    """

    document: FiscalDocument
    lines: tuple[PrintedLine, ...]
    payments: tuple[PrintedPayment, ...]
    payment_totals: tuple[tuple[str, Decimal], ...]
    certificate: str
    seal: str
    stamp: Stamp
    verifier_url: str
    export: str
    period: tuple[str, str, str] | None
    confirmation: str


def read_printed(data: bytes) -> Printed:
    """Everything that the paper of a CFDI shows. Raises `FiscalError` where `cfdi.parse` would."""
    document = parse(data, with_lines=True)
    root, _ = read(data)
    seal = _get(root, "Sello").replace(" ", "")
    complements = [child for node in _children(root, "Complemento") for child in node]
    payments = [node for node in complements if node.tag in COMPLEMENTS] if document.payments else []
    return Printed(
        document=document,
        lines=_lines(root, document.lines),
        payments=tuple(_payment(each) for node in payments for each in _children(node, "Pago")),
        payment_totals=tuple(pair for node in payments for pair in _payment_totals(node)),
        certificate=_get(root, "NoCertificado"),
        seal=seal,
        stamp=_stamp(complements),
        verifier_url=verifier_url(document, seal),
        export=_get(root, "Exportacion"),
        period=_period(root),
        confirmation=_get(root, "Confirmacion"),
    )


def verifier_url(document: FiscalDocument, seal: str) -> str:
    """The address of SAT's verifier that the QR code holds: id, re, rr, tt (without zeros that mean nothing) and fe.

    Only "&" and what is not ASCII (both can be in an RFC) are escaped: SAT reads the rest as it is printed.
    """
    parts = (
        ("id", document.key),
        ("re", _escaped(document.issuer.tax_id)),
        ("rr", _escaped(document.receiver.tax_id)),
        ("tt", total_text(document.total)),
        ("fe", seal[-8:]),
    )
    return f"{VERIFIER}?{'&'.join(f'{name}={value}' for name, value in parts)}"


def _escaped(tax_id: str) -> str:
    return "".join(
        each if each.isascii() and each.isalnum() else "".join(f"%{byte:02X}" for byte in each.encode())
        for each in tax_id
    )


def total_text(total: Decimal) -> str:
    """At most six decimals, without trailing zeros but with one decimal at least: 1 peso is "1.0"."""
    text = f"{round(total, 6):f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"


def _lines(root: _Element, lines: tuple[Line, ...]) -> tuple[PrintedLine, ...]:
    holder = next(iter(_children(root, "Conceptos")), None)
    nodes = [] if holder is None else _children(holder, "Concepto")
    return tuple(
        PrintedLine(line, _get(node, "Unidad")[:20], _line_taxes(node))
        for node, line in zip(nodes, lines, strict=False)  # of payroll, parse() gives none
    )


def _line_taxes(node: _Element) -> tuple[LineTax, ...]:
    return tuple(
        LineTax(
            group.tag.endswith("}Retenciones"),
            _get(tax, "Impuesto")[:3],
            _get(tax, "TipoFactor")[:10],
            _get(tax, "TasaOCuota")[:20],
            _number(tax, "Importe"),
        )
        for taxes in _children(node, "Impuestos")
        for group in taxes
        for tax in group
    )


def _payment(node: _Element) -> PrintedPayment:
    return PrintedPayment(_get(node, "NomBancoOrdExt")[:300] or _get(node, "RfcEmisorCtaOrd")[:13],
                          _get(node, "CtaBeneficiario")[:50])  # fmt: skip


def _payment_totals(node: _Element) -> list[tuple[str, Decimal]]:
    found = []
    for totals in _children(node, "Totales"):
        for name in totals.attrib:
            number = _number(totals, str(name))
            if number is not None:
                found.append((str(name), number))
    return found


def _stamp(complements: list[_Element]) -> Stamp:
    node = next(element for element in complements if element.tag == TFD)  # parse() refuses what has none
    old = node.get("version") == "1.0"
    return Stamp(
        stamped_at=_get(node, "FechaTimbrado"),
        provider=_get(node, "RfcProvCertif"),
        certificate=_get(node, "NoCertificadoSAT"),
        seal=_get(node, "SelloSAT").replace(" ", ""),
        chain=values.clean(stamp_text(node, old)),
    )


def _period(root: _Element) -> tuple[str, str, str] | None:
    for node in _children(root, "InformacionGlobal"):
        return _get(node, "Periodicidad")[:2], _get(node, "Meses")[:2], _get(node, "Año")[:4]
    return None


def _children(node: _Element, name: str) -> list[_Element]:
    return [child for child in node if child.tag.endswith(f"}}{name}")]


def _get(node: _Element, name: str) -> str:
    """An attribute as text; 3.2 began their names in lower case."""
    return values.clean(node.get(name) or node.get(name[0].lower() + name[1:]) or "")


def _number(node: _Element, name: str) -> Decimal | None:
    try:
        return values.optional_number(node, name, "")
    except BadNumber:
        return None
