"""Drafts written as CFDI: SAT's schema accepts each kind, and the arithmetic is the law's."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aldia.integrations.stamping import pagos20
from aldia.integrations.stamping.drafts import DraftPaidDocument, TaxTotal, sum_taxes
from aldia.integrations.stamping.simulated import UNSEALED, UnsealedPress
from aldia.integrations.stamping.xml_text import money
from tests.integrations.stamping.cast import BOOK, COMPANY, FEES, KINDS, SOAP, SUGAR, UUID_B, complement, paid, payment

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
    number = lambda node, name: Decimal(node.get(name) or 0)  # noqa: E731
    lines = root.findall(f"{C}Conceptos/{C}Concepto")
    taxes = root.find(f"{C}Impuestos")
    assert number(root, "SubTotal") == sum(number(line, "Importe") for line in lines)
    assert number(root, "Descuento") == sum(number(line, "Descuento") for line in lines)
    expected = number(root, "SubTotal") - number(root, "Descuento")
    expected += number(taxes, "TotalImpuestosTrasladados") - number(taxes, "TotalImpuestosRetenidos")
    assert number(root, "Total") == expected


def test_fees_are_those_of_the_sat_guide() -> None:
    root = etree.fromstring(UnsealedPress().issue(KINDS["fees with withholdings"], uuid=UUID_B))
    assert (root.get("SubTotal"), root.get("Total")) == ("10000.00", "9533.33")
    assert root.find(f"{C}Impuestos").get("TotalImpuestosRetenidos") == "2066.67"


def test_payment_of_fees_splits_its_taxes() -> None:
    """4,000.00 of 9,533.33: bases and amounts are the invoice's × 4000 / 9533.33."""
    draft = complement(payment(400_000, paid((FEES,), 400_000)))
    totals = {k: str(v) for k, v in pagos20.totals(draft.payments).items()}
    assert totals == {
        "TotalRetencionesIVA": "447.55",
        "TotalRetencionesISR": "419.58",
        "TotalTrasladosBaseIVA16": "4195.81",
        "TotalTrasladosImpuestoIVA16": "671.33",
        "MontoTotalPagos": "4000.00",
    }


def test_peso_payment_of_a_dollar_invoice() -> None:
    """116.00 USD paid with 2,138.12 MXN: the equivalence comes from the amounts and the limits of CRP20275/76 hold."""
    document = paid((SOAP,), 11_600, currency="USD", of_payment=213_812)
    assert pagos20.equivalence(document, "MXN") == Decimal("0.0542532692")
    assert _within_limits(document, Decimal("2138.12"))


def test_dollar_payment_of_a_peso_invoice_is_totalled_in_pesos() -> None:
    draft = KINDS["dollar payment of pesos"]
    totals = pagos20.totals(draft.payments)
    assert totals["MontoTotalPagos"] == Decimal("580.11")  # 31.70 × 18.3, rounded once
    root = etree.fromstring(UnsealedPress().issue(draft, uuid=UUID_B))
    document = root.find(f".//{P}DoctoRelacionado")
    assert (document.get("EquivalenciaDR"), document.get("ImpPagado")) == ("18.2965299685", "580.00")


def _within_limits(document: DraftPaidDocument, amount: Decimal) -> bool:
    rate, half = pagos20.equivalence(document, "?"), Decimal("0.005")
    low = (Decimal(document.paid).scaleb(-2) - half) / (rate + Decimal("5e-11"))
    high = (Decimal(document.paid).scaleb(-2) + half) / (rate - Decimal("5e-11"))
    return low <= amount <= high


@given(
    lines=st.lists(st.sampled_from([SOAP, SUGAR, BOOK, FEES]), min_size=1, max_size=4).map(tuple),
    cuts=st.lists(st.integers(1, 10**9), max_size=6),
)
def test_instalments_add_up_to_the_invoice(lines: tuple, cuts: list[int]) -> None:
    taxes: tuple[TaxTotal, ...] = sum_taxes(lines)
    total = paid(lines, 1).total
    points = sorted({0, total, *(cut % total for cut in cuts)})
    parts = [pagos20.document_taxes(paid(lines, end - start, paid_earlier=start)) for start, end in pairwise(points)]
    for place, total_tax in enumerate(taxes):
        assert sum(part[place][1] for part in parts) == Decimal(total_tax.base).scaleb(-2)
        rate = Decimal(total_tax.tax.rate).scaleb(-6)
        for tax, base, amount in (part[place] for part in parts):
            assert tax == total_tax.tax
            assert abs(amount - base * rate) <= Decimal("0.0000005")
        lines_rounded = Decimal("0.005") * len(lines) + Decimal("0.0000005") * len(parts)
        assert abs(sum(part[place][2] for part in parts) - Decimal(total_tax.amount).scaleb(-2)) <= lines_rounded


@given(dollars=st.integers(1, 10**7), rate=st.integers(16_000_000, 21_000_000))
def test_equivalence_is_within_the_authoritys_limits(dollars: int, rate: int) -> None:
    pesos = dollars * rate // 1_000_000
    document = paid((SOAP,), dollars, currency="USD", of_payment=pesos)
    assert _within_limits(document, Decimal(pesos).scaleb(-2))


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        money(-1)
