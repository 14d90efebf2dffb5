"""Documents that add up, and each figure that does not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.domain.fiscal.tally import product_limits, round_to
from tests.fixtures.cfdi.builder import Item, Paid, cfdi, complement, node, old, paid, payment, payroll, uid

A, B = uid("a"), uid("b")


def tax(
    kind: str, suffix: str, base: str | None, amount: str | None, rate: str | None = "0.160000", code: str = "002"
) -> str:
    factor = "Exento" if rate is None else "Tasa"
    figures: dict[str, object] = {f"Base{suffix}": base, f"Impuesto{suffix}": code, f"Importe{suffix}": amount}
    if kind == "Traslado" or suffix == "DR":
        figures |= {f"TipoFactor{suffix}": factor, f"TasaOCuota{suffix}": rate}
    return node(f"p:{kind}{suffix}", figures)


def taxes(suffix: str, *transferred: str, withheld: tuple[str, ...] = ()) -> str:
    groups = [node(f"p:Retenciones{suffix}", {}, *withheld)] if withheld else []
    groups += [node(f"p:Traslados{suffix}", {}, *transferred)] if transferred else []
    return node(f"p:Impuestos{suffix}", {}, *groups)


def rep(
    *,
    amount: str = "2138.12",
    equivalence: str = "0.0542532692",
    paid_usd: str = "116.00",
    after: str = "0.00",
    base_p: str = "1843.206897",
    amount_p: str = "294.913104",
    withheld_p: str | None = None,
    **totals: str,
) -> bytes:
    """116.00 USD (100 + IVA) paid with 2,138.12 MXN."""  # fmt: skip
    document = paid(Paid(A, "116.00", paid_usd, after, currency="USD", rate=equivalence))
    inside = taxes("DR", tax("Traslado", "DR", "100.00", "16.00"))
    document = document[:-2] + ">" + inside + "</p:DoctoRelacionado>"
    withheld = () if withheld_p is None else (tax("Retencion", "P", None, withheld_p),)
    receipt = payment(amount, document, taxes("P", tax("Traslado", "P", base_p, amount_p), withheld=withheld), rate="1")
    data = complement("p", receipt, total="2138.12")
    figures = {"TotalTrasladosBaseIVA16": "1843.21", "TotalTrasladosImpuestoIVA16": "294.91", **totals}
    printed = "".join(f' {name}="{value}"' for name, value in figures.items() if name != "MontoTotalPagos")
    data = data.replace(
        b'MontoTotalPagos="2138.12"', f'MontoTotalPagos="{figures.get("MontoTotalPagos", "2138.12")}"'.encode()
    )
    return data.replace(b"<p:Totales", b"<p:Totales" + printed.encode())


GOOD = {
    "one line": cfdi(),
    "3.3": cfdi(version="3.3"),
    "3.2": old(),
    "rates and discounts": cfdi(
        items=(Item(price="333.33", quantity="3", discount="0.01"), Item(rate="0.080000"), Item(rate=None))
    ),
    "thirds": cfdi(items=tuple(Item(price="0.335", quantity="7") for _ in range(9))),
    "yen": cfdi(items=(Item(price="1000", rate="0.000000"),), Moneda="JPY", TipoCambio="0.12"),
    "transfer": cfdi(type_code="T", items=(Item(price="0", rate=None),)),
    "complement": complement("p", payment("10.00", paid(Paid(A, "12.00", "10.00", "2.00"))), total="10.00"),
    "complement 1.0": complement(
        "p", payment("10.00", paid(Paid(A, "9.00", "9.00", "0.00"), version="1.0")), version="1.0"
    ),
    "dollars paid in pesos": rep(),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_adds_up(data: bytes) -> None:
    report = check_arithmetic(data)
    assert [finding.message for finding in report.findings] == []
    assert report.state == "ok"


def changed(before: str, after: str, data: bytes | None = None) -> bytes:
    data = data or cfdi()
    assert before.encode() in data, before
    return data.replace(before.encode(), after.encode(), 1)


MANY = Item(quantity="1000", price="10.00")
ONE = Paid(A, "12.00", "10.00", "2.00")
BAD: dict[str, tuple[bytes, set[str], str]] = {
    "total": (cfdi(Total="1160.01"), {"total"}, "Total dice 1160.01 y debe ser 1160.00."),
    "subtotal": (cfdi(SubTotal="1000.01"), {"subtotal", "total"}, "SubTotal dice 1000.01 y debe ser 1000.00."),
    "discount": (cfdi(Descuento="1.00"), {"discount", "total"}, "Descuento dice 1.00 y debe ser 0.00."),
    "line": (
        changed('ValorUnitario="1000.00"', 'ValorUnitario="2100.00"'), {"line_amount"},
        "Concepto 1: Importe dice 1000.00 y debe estar entre 1049.99 y 3150.01.",
    ),
    "line of many": (
        changed('Importe="10000.00"', 'Importe="9000.00"', cfdi(items=(MANY,), SubTotal="9000.00")),
        {"line_amount", "total"}, "Concepto 1: Importe dice 9000.00",
    ),
    "discount above the line": (
        cfdi(items=(Item(price="10.00", discount="11.00"),)), {"line_discount", "line_tax"}, "Descuento",
    ),
    "tax of the line": (
        changed('Importe="160.00"', 'Importe="150.00"'), {"line_tax", "tax"}, "Concepto 1: Traslado 002",
    ),
    "tax at the foot": (
        b'Importe="161.00"'.join(cfdi().rsplit(b'Importe="160.00"', 1)), {"tax", "tax_total"}, "Traslado 002 0.160000",
    ),
    "sum of taxes": (
        changed('Trasladados="160.00"', 'Trasladados="170.00"'), {"tax_total", "total"}, "170.00",
    ),
    "tax left out at the foot": (
        cfdi().split(b"<cfdi:Impuestos Total")[0] + cfdi().split(b"</cfdi:Impuestos>")[-1],
        {"tax", "total"}, "dice nada",
    ),
    "3.2": (old(total="1161.00"), {"total"}, "total dice 1161.00 y debe ser 1160.00."),
    "balance": (
        complement("p", payment("10.00", paid(Paid(A, "12.00", "10.00", "1.99"))), total="10.00"), {"balance"},
        "Pago 1, documento 1: ImpSaldoInsoluto dice 1.99 y debe ser 2.00.",
    ),
    "paid too much": (
        complement("p", payment("13.00", paid(Paid(A, "12.00", "13.00", "0.00"))), total="13.00"), {"paid", "balance"},
        "ImpPagado dice 13.00 y no puede pasar de 12.00.",
    ),
    "documents above the payment": (
        complement("p", payment("15.00", paid(ONE), paid(ONE)), total="15.00"), {"amount"}, "Monto dice 15.00",
    ),
    "payment above the documents": (
        complement("p", payment("11.00", paid(ONE)), total="11.00"), {"amount"}, "Pago 1: Monto",
    ),
    "market rate for the quotient": (rep(equivalence="0.0540540541"), {"amount", "payment_tax"}, "Pago 1: Monto"),
    "base of the payment": (rep(base_p="1843.209999"), {"payment_tax"}, "Pago 1: traslado 002 0.160000: base"),
    "tax of the payment": (rep(amount_p="295.914999"), {"payment_tax", "complement_total"}, "Pago 1: traslado 002"),
    "withheld from nowhere": (rep(withheld_p="10.00", TotalRetencionesIVA="10.00"), {"payment_tax"}, "retención 002"),
    "total in pesos": (rep(MontoTotalPagos="2138.13"), {"complement_total"}, "dice 2138.13 y debe ser 2138.12."),
    "base in pesos": (rep(TotalTrasladosBaseIVA16="1843.20"), {"complement_total"}, "BaseIVA16 dice 1843.20"),
    "total of nothing": (rep(TotalTrasladosBaseIVA8="1.00"), {"complement_total"}, "BaseIVA8 dice 1.00"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "codes", "words"), BAD.values(), ids=BAD)
def test_does_not_add_up(data: bytes, codes: set[str], words: str) -> None:
    report = check_arithmetic(data)
    assert report.state == "differs"
    assert {finding.code for finding in report.findings} == codes
    assert any(words in finding.message for finding in report.findings), [f.message for f in report.findings]


@pytest.mark.parametrize("data", [payroll(), b"", b"<x/>", cfdi(Moneda="NADA"), cfdi(Total="mil"), b"<" * 6_000_000])
def test_nothing_to_add_up(data: bytes) -> None:
    assert check_arithmetic(data).state == "not_applicable"


def test_few_findings_of_a_document_that_is_all_wrong() -> None:
    data = cfdi(items=tuple(Item(price=str(n)) for n in range(1, 400))).replace(b'Cantidad="1"', b'Cantidad="9"')
    assert len(check_arithmetic(data).findings) == 20


money = st.decimals(min_value="0.01", max_value="99999.99", places=2)
line = st.builds(
    lambda price, quantity, rate: Item(price=f"{price:f}", quantity=f"{quantity:f}", rate=rate),
    money,
    st.decimals(min_value="1", max_value="999.999", places=3),
    st.sampled_from(["0.160000", "0.080000", "0.000000", None]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(line, min_size=1, max_size=6), st.sampled_from(["3.3", "4.0"]))
def test_whatever_is_invoiced_right_adds_up(items: list[Item], version: str) -> None:
    data = cfdi(version=version, items=tuple(items))
    assert check_arithmetic(data).state == "ok"
    total = data.split(b' Total="')[1].split(b'"')[0].decode()
    raised = round_to(Decimal(total) + Decimal("0.01"), 2)
    assert (
        check_arithmetic(data.replace(f' Total="{total}"'.encode(), f' Total="{raised}"'.encode())).state == "differs"
    )


@settings(max_examples=300, deadline=None)
@given(money, st.decimals(min_value="0.001", max_value="999.999", places=3))
def test_limits_hold_every_product_of_unrounded_factors(left: Decimal, right: Decimal) -> None:
    low, high = product_limits(left, right, 2)
    assert low <= round_to(left * right, 2) <= high
    assert high - low >= Decimal("0.01")
