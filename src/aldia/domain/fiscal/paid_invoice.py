"""What a payment complement must know of the invoice it pays, read from the invoice's XML: total, taxes, tax object.

The taxes come from its lines: only there do withheld ones say their base and rate. CFDI 3.3 and 4.0 (payments in parts
came with 3.3), Anexo 20, http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.drafts import EXEMPT, MICRO, DraftTax, TaxTotal
from aldia.domain.fiscal.errors import BadNumber, UnsupportedVersion
from aldia.domain.fiscal.reading import read
from aldia.domain.fiscal.values import ZERO
from aldia.domain.money import round_to_minor

TAXED = "02"
_VERSIONS = ("3.3", "4.0")


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """Amounts in minor units of `currency`. `object_code` is c_ObjetoImp of the invoice as a whole ("" before 4.0)."""

    currency: str
    total: int
    taxes: tuple[TaxTotal, ...]
    object_code: str


def read_invoice(data: bytes) -> PaidInvoice:
    """The invoice of a CFDI's bytes. Raises `FiscalError`."""
    root, _ = read(data)
    version = root.get("Version", "")
    if version not in _VERSIONS:
        raise UnsupportedVersion(version=version or root.get("version", ""))
    currency = values.currency(root, "Moneda", "Comprobante")
    lines = [line for node in root if node.tag.endswith("}Conceptos") for line in node]
    taxes = _taxes(lines, currency)
    total = round_to_minor(values.amount(root, "Total", "Comprobante", currency), currency)
    codes = {line.get("ObjetoImp", "") for line in lines} - {""}
    return PaidInvoice(currency, total, taxes, object_of(codes, has_taxes=bool(taxes)))


def object_of(codes: set[str], *, has_taxes: bool) -> str:
    """c_ObjetoImp of an invoice from those of its lines: 02 if any is; with taxes, never one that forbids them."""
    if TAXED in codes and has_taxes:
        return TAXED
    fitting = codes & {"06", "07", "08"} if has_taxes else codes - {TAXED, "07"}
    return min(fitting, default="")


def _taxes(lines: list[_Element], currency: str) -> tuple[TaxTotal, ...]:
    """The sums of what each line says, rounded to the currency once."""
    sums: dict[DraftTax, list[Decimal]] = {}
    for line in lines:
        for node in _tax_nodes(line):
            kept = sums.setdefault(_tax(node), [ZERO, ZERO])
            kept[0] += values.number(node, "Base", "Concepto/Impuestos")
            kept[1] += values.optional_number(node, "Importe", "Concepto/Impuestos") or ZERO
    return tuple(
        TaxTotal(tax, round_to_minor(base, currency), round_to_minor(amount, currency))
        for tax, (base, amount) in sums.items()
        if base
    )


def _tax_nodes(line: _Element) -> Iterator[_Element]:
    for node in line:
        if node.tag.endswith("}Impuestos"):
            for group in node:
                yield from group


def _tax(node: _Element) -> DraftTax:
    code, factor = values.required(node, "Impuesto", "Concepto/Impuestos"), node.get("TipoFactor", "")
    is_withheld = node.tag.endswith("}Retencion")
    if factor == EXEMPT:
        return DraftTax(code, 0, is_withheld, factor)
    rate = values.number(node, "TasaOCuota", "Concepto/Impuestos") * MICRO
    if rate != int(rate):
        raise BadNumber("Concepto/Impuestos/@TasaOCuota", value=node.get("TasaOCuota", ""))
    return DraftTax(code, int(rate), is_withheld, factor)
