"""Does a CFDI add up? Each printed figure against the figures just below it. Shown to people, never blocking.

Matriz de validaciones of CFDI 4.0 (CFDI40108 subtotal, 40111 discount, 40119 total, 40167-40177 lines, 40201-40222
taxes), http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm. Payment complements: `arithmetic_pagos.py`.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import arithmetic_pagos, values
from aldia.domain.fiscal.envelope import COMPLEMENTS, LOCAL_TAXES, MODERN, OLD, PAYROLL
from aldia.domain.fiscal.errors import FiscalError
from aldia.domain.fiscal.reading import CFDI3, CFDI4, LARGE, read
from aldia.domain.fiscal.tally import (
    HUNDREDTH,
    ArithmeticReport,
    Tally,
    decimals,
    number,
    product_limits,
    round_to,
)
from aldia.domain.fiscal.values import ZERO

NOT_APPLICABLE = ArithmeticReport("not_applicable")
Key = tuple[str, str, str]  # tax, factor, rate


def check_arithmetic(data: bytes) -> ArithmeticReport:
    """Every figure of the document that does not follow from the others. Never raises.

    Files above 5 MB are not added up: their lines are not kept in memory.
    """
    if len(data) > LARGE:
        return NOT_APPLICABLE
    try:
        root, _ = read(data)
        if root.tag not in (f"{{{CFDI4}}}Comprobante", f"{{{CFDI3}}}Comprobante"):
            return NOT_APPLICABLE
        return _check(root)
    except FiscalError:
        return NOT_APPLICABLE


def _check(root: _Element) -> ArithmeticReport:
    complements = [element for child in root if child.tag.endswith("}Complemento") for element in child]
    if root.get("TipoDeComprobante") == "N" or any(element.tag in PAYROLL for element in complements):
        return NOT_APPLICABLE
    tally = Tally()
    if root.get("version"):
        _check_old(root, complements, tally)
        return tally.report()
    places = decimals(values.currency(root, "Moneda", "Comprobante"))
    _check_lines(root, places, tally)
    _check_taxes(root, places, tally)
    _check_total(root, complements, places, tally)
    for element in complements:
        if element.tag in COMPLEMENTS:
            arithmetic_pagos.check(element, COMPLEMENTS[element.tag], tally)
    return tally.report()


def _concepts(root: _Element) -> list[_Element]:
    return [line for child in root if child.tag.endswith("}Conceptos") for line in child]


def _check_lines(root: _Element, places: int, tally: Tally) -> None:
    """Each line's amount and taxes; subtotal and discount as sums of the lines."""
    concepts = _concepts(root)
    for position, line in enumerate(concepts, 1):
        amount, discount = number(line, "Importe"), number(line, "Descuento")
        low, high = product_limits(number(line, "Cantidad"), number(line, "ValorUnitario"), max(places, 2))
        tally.between("line_amount", f"Concepto {position}: Importe", amount, low, high)
        tally.at_most("line_discount", f"Concepto {position}: Descuento", discount, amount)
        for tax in _line_taxes(line):
            _check_line_tax(tax, position, places, tally)
    subtotal = round_to(sum((number(line, "Importe") for line in concepts), ZERO), places)
    tally.equal("subtotal", "SubTotal", round_to(number(root, MODERN.subtotal), places), subtotal)
    discount = round_to(sum((number(line, "Descuento") for line in concepts), ZERO), places)
    tally.equal("discount", "Descuento", round_to(number(root, MODERN.discount), places), discount)


def _line_taxes(line: _Element) -> list[_Element]:
    return [tax for node in line if node.tag.endswith("}Impuestos") for group in node for tax in group]


def _check_line_tax(tax: _Element, position: int, places: int, tally: Tally) -> None:
    if tax.get("TipoFactor") == "Exento":
        return
    low, high = product_limits(number(tax, "Base"), number(tax, "TasaOCuota"), max(places, 2))
    amount = number(tax, "Importe")
    name = tax.tag.rpartition("}")[2]
    tally.between("line_tax", f"Concepto {position}: {name} {tax.get('Impuesto', '')}", amount, low, high)


def _check_taxes(root: _Element, places: int, tally: Tally) -> None:
    """Taxes at the foot: each the sum of the lines', their totals the sums of them."""
    transferred: dict[Key, Decimal] = defaultdict(lambda: ZERO)
    withheld: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in _concepts(root):
        for tax in _line_taxes(line):
            if tax.tag.endswith("}Retencion"):
                withheld[tax.get("Impuesto", "")] += number(tax, "Importe")
            elif tax.get("TipoFactor") != "Exento":
                transferred[_key(tax)] += number(tax, "Importe")
    foot = next((child for child in root if child.tag.endswith("}Impuestos")), None)
    printed = [] if foot is None else [tax for group in foot for tax in group]
    printed_transferred = {_key(tax): tax for tax in printed if tax.tag.endswith("}Traslado")}
    printed_withheld = {tax.get("Impuesto", ""): tax for tax in printed if tax.tag.endswith("}Retencion")}
    for key, expected in transferred.items():
        tax = printed_transferred.get(key)
        amount = None if tax is None else round_to(number(tax, "Importe"), places)
        tally.equal("tax", f"Traslado {key[0]} {key[2]}", amount, round_to(expected, places))
    for code, expected in withheld.items():
        tax = printed_withheld.get(code)
        amount = None if tax is None else round_to(number(tax, "Importe"), places)
        tally.equal("tax", f"Retención {code}", amount, round_to(expected, places))
    if foot is not None:
        _check_tax_totals(foot, printed, places, tally)


def _check_tax_totals(foot: _Element, printed: list[_Element], places: int, tally: Tally) -> None:
    for name, ending in (("TotalImpuestosTrasladados", "}Traslado"), ("TotalImpuestosRetenidos", "}Retencion")):
        expected = sum((number(tax, "Importe") for tax in printed if tax.tag.endswith(ending)), ZERO)
        tally.equal("tax_total", name, round_to(number(foot, name), places), round_to(expected, places))


def _key(tax: _Element) -> Key:
    rate = values.optional_number(tax, "TasaOCuota", "Traslado")
    return tax.get("Impuesto", ""), tax.get("TipoFactor", ""), "" if rate is None else f"{rate:.6f}"


def _check_total(root: _Element, complements: list[_Element], places: int, tally: Tally) -> None:
    """Total = SubTotal − Descuento + transferred − withheld, local taxes included."""
    foot = next((child for child in root if child.tag.endswith("}Impuestos")), None)
    expected = number(root, MODERN.subtotal) - number(root, MODERN.discount) + _local(complements)
    if foot is not None:
        expected += number(foot, "TotalImpuestosTrasladados") - number(foot, "TotalImpuestosRetenidos")
    tally.equal("total", "Total", round_to(number(root, MODERN.total), places), round_to(expected, places))


def _local(complements: list[_Element]) -> Decimal:
    found = [element for element in complements if element.tag == LOCAL_TAXES]
    return sum((number(node, "TotaldeTraslados") - number(node, "TotaldeRetenciones") for node in found), ZERO)


def _check_old(root: _Element, complements: list[_Element], tally: Tally) -> None:
    """CFDI 3.2 was not checked by anyone: six decimals were common, so a hundredth is forgiven, and one per line."""
    concepts = _concepts(root)
    subtotal = sum((number(line, "importe") for line in concepts), ZERO)
    tolerance = HUNDREDTH * max(1, len(concepts))
    tally.near("subtotal", "subTotal", number(root, OLD.subtotal), subtotal, tolerance)
    foot = next((child for child in root if child.tag.endswith("}Impuestos")), None)
    expected = number(root, OLD.subtotal) - number(root, OLD.discount) + _local(complements)
    if foot is not None:
        expected += number(foot, "totalImpuestosTrasladados") - number(foot, "totalImpuestosRetenidos")
    tally.near("total", "total", number(root, OLD.total), expected, HUNDREDTH)
