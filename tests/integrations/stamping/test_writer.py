"""Drafts written as CFDI: SAT's schema accepts each kind, and the arithmetic is the law's."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from lxml import etree

from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.integrations.stamping.simulated import UNSEALED, UnsealedPress
from aldia.integrations.stamping.xml_text import money
from tests.integrations.stamping.cast import COMPANY, KINDS, UUID_B

C = "{http://www.sat.gob.mx/cfd/4}"
P = "{http://www.sat.gob.mx/Pagos20}"


@pytest.mark.parametrize("kind", KINDS)
def test_sat_schema_accepts_each_kind(kind: str, schema_errors: Callable[[bytes], list[str]]) -> None:
    assert schema_errors(UnsealedPress().issue(KINDS[kind], uuid=UUID_B)) == []


def test_the_schema_check_can_fail(schema_errors: Callable[[bytes], list[str]]) -> None:
    xml = UnsealedPress().issue(KINDS["public"], uuid=UUID_B).replace("Año".encode(), b"Anio")
    assert any("Anio" in error for error in schema_errors(xml))


def test_text_survives_the_writing() -> None:
    root = etree.fromstring(UnsealedPress().issue(KINDS["invoice on credit"], uuid=UUID_B))
    assert root.find(f"{C}Receptor").get("Nombre") == COMPANY.name
    assert root.get("Sello") == UNSEALED


@pytest.mark.parametrize("kind", [k for k, d in KINDS.items() if d.type_code in "IE"])
def test_totals_add_up(kind: str) -> None:
    root = etree.fromstring(UnsealedPress().issue(KINDS[kind], uuid=UUID_B))
    number = lambda node, name: Decimal(0 if node is None else node.get(name) or 0)  # noqa: E731
    lines = root.findall(f"{C}Conceptos/{C}Concepto")
    taxes = root.find(f"{C}Impuestos")
    assert number(root, "SubTotal") == sum(number(line, "Importe") for line in lines)
    assert number(root, "Descuento") == sum(number(line, "Descuento") for line in lines)
    expected = number(root, "SubTotal") - number(root, "Descuento")
    expected += number(taxes, "TotalImpuestosTrasladados") - number(taxes, "TotalImpuestosRetenidos")
    assert number(root, "Total") == expected


@pytest.mark.parametrize("kind", [k for k, d in KINDS.items() if d.type_code in "IE"])
def test_each_figure_follows_from_the_others(kind: str) -> None:
    """By the very check that documents of others are shown with."""
    report = check_arithmetic(UnsealedPress().issue(KINDS[kind], uuid=UUID_B))
    assert (report.state, [each.message for each in report.findings]) == ("ok", [])


def test_prices_keep_their_decimals_and_amounts_those_of_the_currency() -> None:
    line = etree.fromstring(UnsealedPress().issue(KINDS["six decimals"], uuid=UUID_B)).find(f".//{C}Concepto")
    assert [line.get(name) for name in ("Cantidad", "ValorUnitario", "Importe")] == ["12.345678", "1.234567", "15.24"]
    root = etree.fromstring(UnsealedPress().issue(KINDS["yen"], uuid=UUID_B))
    assert [root.get(name) for name in ("SubTotal", "Total", "TipoCambio")] == ["500", "580", "0.121000"]


def test_a_quota_is_printed_by_the_unit() -> None:
    tax = etree.fromstring(UnsealedPress().issue(KINDS["ieps by litre"], uuid=UUID_B)).find(
        f".//{C}Concepto//{C}Traslado"
    )
    shown = [tax.get(name) for name in ("Base", "Impuesto", "TipoFactor", "TasaOCuota", "Importe")]
    assert shown == ["40.12", "003", "Cuota", "6.175200", "247.75"]


def test_fees_are_those_of_the_sat_guide() -> None:
    root = etree.fromstring(UnsealedPress().issue(KINDS["fees with withholdings"], uuid=UUID_B))
    assert (root.get("SubTotal"), root.get("Total")) == ("10000.00", "9533.33")
    assert root.find(f"{C}Impuestos").get("TotalImpuestosRetenidos") == "2066.67"


def test_dollar_payment_of_a_peso_invoice_is_totalled_in_pesos() -> None:
    root = etree.fromstring(UnsealedPress().issue(KINDS["dollar payment of pesos"], uuid=UUID_B))
    assert root.find(f".//{P}Totales").get("MontoTotalPagos") == "580.11"  # 31.70 × 18.3, rounded once
    document = root.find(f".//{P}DoctoRelacionado")
    assert (document.get("EquivalenciaDR"), document.get("ImpPagado")) == ("18.2965299685", "580.00")


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        money(-1)
