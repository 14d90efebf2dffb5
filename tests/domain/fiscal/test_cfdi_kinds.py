"""What each kind of CFDI means, and every field that is read of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

import pytest

from aldia.domain.fiscal import errors
from aldia.domain.fiscal.cfdi import parse
from aldia.domain.fiscal.document import Line, Party, Relation, Tax
from tests.fixtures.cfdi.builder import ADVANCE, Item, Paid, cfdi, complement, node, old, paid, payment, payroll, uid

REMAINDER = Item("CFDI por remanente de un anticipo", "9000.00", discount="5000.00")
APPLIED = Item("Aplicación de anticipo", "5000.00", key="84111506", unit="ACT")
INTEREST = Item("Intereses moratorios de marzo", "50.00", key="84111506", unit="ACT")
PUE = {"MetodoPago": "PUE", "FormaPago": "03"}


def test_every_field_of_an_invoice() -> None:
    items = (Item(quantity="3", price="333.33", discount="99.99"), Item("Flete", "100.00", rate="0.000000"))
    document = parse(
        cfdi(
            items=items, relations=(("04", (uid("otra").lower(), uid("otra"))),),
            extra_receiver={"ResidenciaFiscal": "USA", "NumRegIdTrib": "12-3456789"}, TipoCambio="1",
        ),
        with_lines=True,
    )  # fmt: skip
    assert document.country == "MX"
    assert (document.version, document.kind, document.type_code) == ("4.0", "invoice", "I")
    assert document.key == uid("factura-1")
    assert (document.series, document.folio) == ("F", "101")
    assert document.issued_at == datetime(2026, 3, 2, 10, 0)
    assert document.stamped_at == datetime(2026, 3, 2, 10, 5)
    assert document.issuer == Party("DNO150317QX4", "DISTRIBUIDORA DEL NORTE", regime="601")
    assert document.receiver == Party(
        "COM980612H51", "COMERCIAL MUÑOZ & HIJOS", regime="601", postal_code="06600", residence="USA",
        foreign_id="12-3456789", use="G03",
    )  # fmt: skip
    assert (document.currency, document.exchange_rate) == ("MXN", Decimal(1))
    assert (document.subtotal, document.discount) == (Decimal("1099.99"), Decimal("99.99"))
    assert (document.transferred, document.withheld) == (Decimal("144.00"), 0)
    assert document.total == Decimal("1144.00")
    assert (document.method, document.payment_form, document.conditions) == ("PPD", "99", "30 DIAS")
    assert document.place == "64000"
    assert document.relations == (Relation("04", (uid("otra"),)),)
    assert document.taxes == (
        Tax(False, "002", "Tasa", "0.000000", Decimal("100.00"), Decimal("0.00")),
        Tax(False, "002", "Tasa", "0.160000", Decimal("900.00"), Decimal("144.00")),
    )
    assert document.lines[0] == Line(
        "26121600", "MTR", "", "Cable de cobre calibre 12", Decimal(3), Decimal("333.33"), Decimal("999.99"),
        Decimal("99.99"),
    )  # fmt: skip
    assert document.findings == ()
    assert not document.is_global
    assert not document.is_advance_remainder


def test_lines_are_read_only_when_asked_for() -> None:
    assert parse(cfdi()).lines == ()
    assert len(parse(cfdi(), with_lines=True).lines) == 1


@pytest.mark.parametrize("version", ["3.3", "4.0"])
@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("invoice", {}),
        ("invoice", {"relations": (("04", (uid("a"),)),)}),
        ("debit_note", {"relations": (("02", (uid("a"),)),)}),
        ("debit_note", {"relations": (("02", (uid("a"),)),), "items": (INTEREST,), **PUE}),
        ("credit_note", {"type_code": "E", "relations": (("01", (uid("a"),)),)}),
        ("credit_note", {"type_code": "E", "items": (APPLIED,), "relations": (("07", (uid("a"),)),), **PUE}),
        ("advance", {"items": (ADVANCE,), **PUE}),
        ("advance", {"items": (ADVANCE, ADVANCE), **PUE}),
        # a replaced advance is one still
        ("advance", {"items": (ADVANCE,), "relations": (("04", (uid("a"),)),), **PUE}),
        # the guide's single line, described in other words
        ("advance", {"items": (Item("Enganche pedido 55", "500.00", key="84111506", unit="ACT"),), **PUE}),
        # not paid on issue, another key, another line, other words, or about another document: no advance
        ("invoice", {"items": (ADVANCE,)}),
        ("invoice", {"items": (ADVANCE, Item()), **PUE}),
        ("invoice", {"items": (Item("Anticipo del bien o servicio"),), **PUE}),
        ("invoice", {"items": (INTEREST,), **PUE}),
        ("invoice", {"items": (Item("Bonificación", key="84111506", unit="ACT"),), **PUE}),
        ("invoice", {"items": (ADVANCE,), "relations": (("07", (uid("a"),)),), **PUE}),
        ("invoice", {"items": (ADVANCE,), "relations": (("03", (uid("a"),)),), **PUE}),
        ("transfer", {"type_code": "T", "items": (Item(price="0", rate=None),)}),
    ],
)
def test_kind(version: str, kind: str, build: dict[str, object]) -> None:
    assert parse(cfdi(version=version, **build)).kind == kind  # type: ignore[arg-type]


def test_remainder_after_an_advance() -> None:
    relations = (("07", (uid("anticipo"),)),)
    document = parse(cfdi(items=(REMAINDER,), relations=relations, **PUE))
    assert (document.kind, document.is_advance_remainder) == ("invoice", True)
    assert document.discount == Decimal("5000.00")
    # without the relation, or without the words, it is an ordinary invoice
    assert not parse(cfdi(items=(REMAINDER,), **PUE)).is_advance_remainder
    assert not parse(cfdi(relations=relations, **PUE)).is_advance_remainder


@pytest.mark.parametrize(
    ("build", "is_global"),
    [
        ({"is_global": True}, True),
        ({"receiver": ("XAXX010101000", "PUBLICO EN GENERAL")}, True),
        ({"receiver": ("XAXX010101000", "Venta al público en general")}, True),
        ({"receiver": ("XAXX010101000", "Cliente de mostrador")}, False),
        ({"receiver": ("XEXX010101000", "PUBLICO EN GENERAL")}, False),
        ({}, False),
    ],
)
def test_global_invoices(build: dict[str, object], is_global: bool) -> None:
    assert parse(cfdi(version="4.0", **build)).is_global is is_global  # type: ignore[arg-type]


def test_payroll_says_nothing_of_the_employee() -> None:
    document = parse(payroll(), with_lines=True)
    assert (document.kind, document.type_code, document.key) == ("payroll", "N", uid("nomina-1"))
    printed = repr(asdict(document))
    for secret in ("PEGJ800101AB1", "JUANA", "PEREZ", "8765", "nómina", "NOM", "101"):
        assert secret not in printed


@pytest.mark.parametrize("type_code", ["egreso", "ingreso"])
def test_payroll_of_cfdi_32_hides_behind_other_types(type_code: str) -> None:
    nomina = node("n:Nomina", {"xmlns:n": "http://www.sat.gob.mx/nomina", "Version": "1.1"})
    document = parse(old(complement=nomina, tipoDeComprobante=type_code))
    assert (document.kind, document.receiver, document.total) == ("payroll", Party("", ""), 0)


def test_several_relation_nodes_and_repeated_keys() -> None:
    a, b, c = uid("a"), uid("b"), uid("c")
    relations = (("01", (a, b.lower())), ("03", (c,)), ("01", (b, a, c)))
    document = parse(cfdi(type_code="E", relations=relations))
    assert document.relations == (Relation("01", (a, b, c)), Relation("03", (c,)))


class TestOldVersion:
    def test_its_own_spelling(self) -> None:
        document = parse(old(), with_lines=True)
        assert (document.version, document.kind, document.type_code) == ("3.2", "invoice", "I")
        assert (document.series, document.folio, document.key) == ("A", "77", uid("vieja-1"))
        assert document.issued_at == datetime(2016, 5, 4, 9, 30)
        assert document.total == Decimal("1160.00")
        assert document.transferred == Decimal("160.00")
        assert document.taxes == (Tax(False, "002", "Tasa", "0.160000", None, Decimal("160.00")),)
        # free texts say nothing that a code may hold
        assert (document.method, document.payment_form, document.place) == ("", "03", "")
        assert document.conditions == "Crédito 30 días"
        assert document.receiver.name == "COMERCIAL MUÑOZ & HIJOS"
        assert [line.description for line in document.lines] == ["Refacción"]

    @pytest.mark.parametrize(
        ("printed", "kind"), [("ingreso", "invoice"), ("egreso", "credit_note"), ("traslado", "transfer")]
    )
    def test_types(self, printed: str, kind: str) -> None:
        assert parse(old(tipoDeComprobante=printed)).kind == kind

    @pytest.mark.parametrize(
        ("printed", "currency"),
        [
            (None, "MXN"),
            ("", "MXN"),
            ("Pesos", "MXN"),
            ("MXP", "MXN"),
            ("usd", "USD"),
            ("Dólares", "USD"),
            ("$ M.N.", "MXN"),
            ("Pesos Mexicanos", "MXN"),
            ("US Dollar", "USD"),
            ("EUR", "EUR"),
        ],
    )
    def test_currencies_were_free_text(self, printed: str | None, currency: str) -> None:
        assert parse(old(Moneda=printed)).currency == currency

    def test_an_unknown_currency_is_said(self) -> None:
        with pytest.raises(errors.UnknownCurrency):
            parse(old(Moneda="conchas"))

    @pytest.mark.parametrize(("printed", "rate"), [("18.25", Decimal("18.25")), ("", None), ("N/A", None), ("0", None)])
    def test_exchange_rates_were_free_text(self, printed: str, rate: Decimal | None) -> None:
        assert parse(old(TipoCambio=printed)).exchange_rate == rate

    @pytest.mark.parametrize(
        "printed", ["2016-05-04T09:30:00-06:00", "2016-05-04T09:30:00.000Z", "2016-05-04T09:30:00"]
    )
    def test_dates_might_carry_a_zone(self, printed: str) -> None:
        assert parse(old(fecha=printed)).issued_at == datetime(2016, 5, 4, 9, 30)


def test_local_taxes_count() -> None:
    local = node(
        "implocal:ImpuestosLocales",
        {"xmlns:implocal": "http://www.sat.gob.mx/implocal", "version": "1.0", "TotaldeRetenciones": "5.00",
         "TotaldeTraslados": "30.00"},
        node("implocal:RetencionesLocales", {"ImpLocRetenido": "Millar", "TasadeRetencion": "0.50", "Importe": "5.00"}),
        node("implocal:TrasladosLocales", {"ImpLocTrasladado": "ISH", "TasadeTraslado": "3.00", "Importe": "30.00"}),
    )  # fmt: skip
    document = parse(cfdi(complements=(local,), Total="1185.00"))
    assert (document.transferred, document.withheld) == (Decimal("190.00"), Decimal("5.00"))
    assert document.subtotal + document.transferred - document.withheld == document.total
    assert document.taxes[1:] == (
        Tax(True, "LOC", "Tasa", "0.005000", None, Decimal("5.00")),
        Tax(False, "LOC", "Tasa", "0.030000", None, Decimal("30.00")),
    )


@pytest.mark.parametrize(
    "data",
    [
        cfdi(),
        cfdi(version="3.3"),
        old(),
        payroll(),
        complement("p", payment("10", paid(Paid(uid("a"), "10", "10", "0")))),
    ],
)
def test_prefixes_mean_nothing(data: bytes) -> None:
    renamed = data.replace(b"cfdi:", b"x:").replace(b":cfdi=", b":x=")
    default = data.replace(b"cfdi:", b"").replace(b":cfdi=", b"=")
    assert parse(renamed) == parse(data) == parse(default)
