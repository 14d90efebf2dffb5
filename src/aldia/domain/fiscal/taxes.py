"""Totals of taxes at the foot of a CFDI: federal (node Impuestos) and local (complement implocal 1.0).

Anexo 20 and http://www.sat.gob.mx/sitio_internet/cfd/implocal/implocal.xsd.
"""

from __future__ import annotations

from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal import values
from aldia.domain.fiscal.document import Tax
from aldia.domain.fiscal.values import ZERO

LOCAL = "LOC"  # not a code of SAT: taxes of states and cities have none
_OLD_CODES = {"ISR": "001", "IVA": "002", "IEPS": "003"}
_WHERE = "Comprobante/Impuestos"


def taxes(node: _Element | None, currency: str, old: bool) -> tuple[tuple[Tax, ...], Decimal, Decimal]:
    """Each total, the sum transferred and the sum withheld (as printed; added up where the sum is not printed)."""
    if node is None:
        return (), ZERO, ZERO
    read = _old_tax if old else _tax
    listed = tuple(
        read(element, group.tag.endswith("}Retenciones"), currency)
        for group in node
        if group.tag.endswith(("}Retenciones", "}Traslados"))
        for element in group
    )
    initial = "total" if old else "Total"
    transferred = values.optional_amount(node, f"{initial}ImpuestosTrasladados", _WHERE, currency)
    withheld = values.optional_amount(node, f"{initial}ImpuestosRetenidos", _WHERE, currency)
    if transferred is None:
        transferred = sum((tax.amount for tax in listed if not tax.withheld), ZERO)
    if withheld is None:
        withheld = sum((tax.amount for tax in listed if tax.withheld), ZERO)
    return listed, transferred, withheld


def _tax(element: _Element, withheld: bool, currency: str) -> Tax:
    where = f"{_WHERE}/{'Retencion' if withheld else 'Traslado'}"
    factor = "" if withheld else element.get("TipoFactor", "").strip()[:10]
    return Tax(
        withheld,
        values.required(element, "Impuesto", where)[:3],
        factor,
        _rate(element.get("TasaOCuota")),
        values.optional_amount(element, "Base", where, currency),
        values.optional_amount(element, "Importe", where, currency) or ZERO,
    )


def _old_tax(element: _Element, withheld: bool, currency: str) -> Tax:
    """3.2 named taxes and printed rates as percentages: tasa="16.00"."""
    where = f"{_WHERE}/{'retencion' if withheld else 'traslado'}"
    name = values.required(element, "impuesto", where)
    percent = None if withheld else values.optional_number(element, "tasa", where)
    return Tax(
        withheld,
        _OLD_CODES.get(name.upper(), name[:3]),
        "Tasa" if percent is not None else "",
        "" if percent is None else f"{percent / 100:.6f}"[:20],
        None,
        values.amount(element, "importe", where, currency),
    )


def local_taxes(complement: _Element, currency: str) -> tuple[tuple[Tax, ...], Decimal, Decimal]:
    """Taxes of states and cities: each, the sum transferred and the sum withheld."""
    where = "Complemento/ImpuestosLocales"
    listed = []
    for element in complement:
        withheld = element.tag.endswith("}RetencionesLocales")
        percent = values.optional_number(element, "TasadeRetencion" if withheld else "TasadeTraslado", where)
        listed.append(
            Tax(
                withheld,
                LOCAL,
                "Tasa",
                "" if percent is None else f"{percent / 100:.6f}"[:20],
                None,
                values.optional_amount(element, "Importe", where, currency) or ZERO,
            )
        )
    return (
        tuple(listed),
        values.optional_amount(complement, "TotaldeTraslados", where, currency) or ZERO,
        values.optional_amount(complement, "TotaldeRetenciones", where, currency) or ZERO,
    )


def _rate(value: str | None) -> str:
    return value.strip()[:20] if value else ""
