"""Every way in which a file is no document, each with its own typed error and a sentence that says where."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable

import pytest

from aldia.domain.fiscal import errors
from aldia.domain.fiscal.cfdi import parse
from tests.fixtures.cfdi.builder import Item, Paid, cfdi, complement, old, paid, payment, stamp, uid

A = uid("a")


def replaced(before: str, after: str, data: bytes | None = None) -> bytes:
    data = data or cfdi()
    assert before.encode() in data
    return data.replace(before.encode(), after.encode(), 1)


RET = "http://www.sat.gob.mx/esquemas/retencionpago"
ONE = Paid(A, "10.00", "10.00", "0.00")


def to_one(**attributes: object) -> bytes:
    """A payment of one document, with some of its attributes replaced."""
    return complement("x", payment("10", paid(ONE, **attributes)))


CASES: dict[str, tuple[bytes, str, str]] = {
    # files that are not XML
    "nothing": (b"", "empty", "vacío"),
    "blanks": (b" \r\n\t ", "empty", "vacío"),
    "only zeros": (b"\0" * 300, "empty", "vacío"),
    "words": (b"hola, te mando la factura", "not_xml", "línea 1"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "other_format", "PDF"),
    "zip": (b"PK\x03\x04" + b"\0" * 50, "other_format", "ZIP"),
    "only a declaration": (b'<?xml version="1.0" encoding="utf-8"?>', "not_xml", "línea 1"),
    "cut in half": (cfdi()[:900], "truncated", "incompleto"),
    "cut before the end": (cfdi()[:-20], "truncated", "incompleto"),
    "repeated attribute": (replaced('Folio="101"', 'Folio="101" Folio="102"'), "not_xml", "mal|bien formado"),
    "unknown encoding": (replaced("UTF-8", "x-mac").replace("Ñ".encode(), b"\xd1"), "bad_encoding", "x-mac"),
    # other XML
    "html": (b"<html><body>Sesi\xc3\xb3n caducada</body></html>", "not_cfdi", "«html»"),
    "other namespace": (replaced("sat.gob.mx/cfd/4", "example.com/cfd/4"), "not_cfdi", "Comprobante"),
    "retenciones 1": (f'<r:Retenciones xmlns:r="{RET}/1" Version="1.0"/>'.encode(), "retenciones", "retenciones"),
    "retenciones 2": (f'<r:Retenciones xmlns:r="{RET}/2" Version="2.0"/>'.encode(), "retenciones", "retenciones"),
    "cfd 2.2": (b'<Comprobante xmlns="http://www.sat.gob.mx/cfd/2" version="2.2"/>', "unsupported_version", "2.2"),
    "cfdi 3.0": (old(version="3.0"), "unsupported_version", "3.0"),
    "cfdi 5": (cfdi(Version="5.0"), "unsupported_version", "5.0"),
    "3.3 in the space of 4": (cfdi(Version="3.3"), "unsupported_version", "3.3"),
    "no version": (cfdi(Version=None), "missing_field", "Comprobante/@Version"),
    # the envelope
    "not stamped": (cfdi(stamped=False), "not_stamped", "UUID"),
    "not stamped 3.2": (old(stamped=False), "not_stamped", "UUID"),
    "stamp only in the Addenda": (
        cfdi(stamped=False, addenda=f"<cfdi:Addenda>{stamp('x')}</cfdi:Addenda>"), "not_stamped", "UUID",
    ),
    "two stamps": (cfdi(complements=(stamp("other"),)), "several_stamps", uid("other")),
    "no issuer": (re.sub(rb"<cfdi:Emisor[^>]*>", b"", cfdi()), "missing_field", "Comprobante/Emisor"),
    "no receiver": (re.sub(rb"<cfdi:Receptor[^>]*>", b"", cfdi()), "missing_field", "Comprobante/Receptor"),
    "two receivers": (
        replaced("<cfdi:Conceptos>", '<cfdi:Receptor Rfc="X"/><cfdi:Conceptos>'), "repeated_field", "Receptor",
    ),
    "type Z": (cfdi(type_code="Z"), "unknown_type", "«Z»"),
    "type in lower case": (cfdi(type_code="i"), "unknown_type", "«i»"),
    "no type": (cfdi(type_code=""), "missing_field", "@TipoDeComprobante"),
    # fields
    "no total": (cfdi(Total=None), "missing_field", "Comprobante/@Total"),
    "empty total": (cfdi(Total=" "), "missing_field", "Comprobante/@Total"),
    "negative total": (cfdi(Total="-1.00"), "number_out_of_range", "-1.00"),
    "total beyond reason": (cfdi(Total="123456789012345.00"), "number_out_of_range", "@Total"),
    "negative discount": (cfdi(Descuento="-0.01"), "number_out_of_range", "@Descuento"),
    "exchange rate zero": (cfdi(TipoCambio="0"), "number_out_of_range", "@TipoCambio"),
    "bad date": (cfdi(Fecha="2026-02-30T10:00:00"), "bad_date", "2026-02-30"),
    "date with zone": (cfdi(Fecha="2026-03-02T10:00:00-06:00"), "bad_date", "@Fecha"),
    "date without hour": (cfdi(Fecha="2026-03-02"), "bad_date", "@Fecha"),
    "date of another century": (cfdi(Fecha="1926-03-02T10:00:00"), "bad_date", "1926"),
    "no date": (cfdi(Fecha=None), "missing_field", "@Fecha"),
    "bad currency": (cfdi(Moneda="PESOS"), "unknown_currency", "PESOS"),
    "gold": (cfdi(Moneda="XAU"), "unknown_currency", "XAU"),
    "no currency": (cfdi(Moneda=None), "missing_field", "@Moneda"),
    "bad uuid": (replaced(uid("factura-1"), "123"), "bad_uuid", "«123»"),
    "uuid with other digits": (replaced(uid("factura-1"), uid("factura-1")[:-1] + "٣"), "bad_uuid", "UUID"),
    "no uuid": (replaced(f'UUID="{uid("factura-1")}"', ""), "missing_field", "@UUID"),
    "bad rfc": (replaced('Rfc="DNO150317QX4"', 'Rfc="SIN RFC"'), "bad_tax_id", "Comprobante/Emisor/@Rfc"),
    "no rfc": (replaced('Rfc="COM980612H51"', 'Rfc=""'), "missing_field", "Comprobante/Receptor/@Rfc"),
    "bad relation": (cfdi(relations=(("01", ("nada",)),)), "bad_uuid", "CfdiRelacionado/@UUID"),
    "relation without code": (cfdi(relations=(("", (A,)),)), "missing_field", "@TipoRelacion"),
    "relation with another code": (cfdi(relations=(("1", (A,)),)), "unknown_type", "@TipoRelacion"),
    # payments
    "no complement": (cfdi(type_code="P"), "missing_field", "Comprobante/Complemento/Pagos"),
    "no payments": (complement("x"), "missing_field", "Pagos/Pago"),
    "other version": (replaced('Version="2.0"', 'Version="1.0"', complement("x")), "unsupported_complement", "«1.0»"),
    "payment without amount": (complement("x", payment("")), "missing_field", "Pago/@Monto"),
    "payment in nothing": (complement("x", payment("1", currency="XXX")), "unknown_currency", "@MonedaP"),
    "payment without date": (complement("x", payment("1", FechaPago=None)), "missing_field", "@FechaPago"),
    "paid to nobody": (to_one(IdDocumento=None), "missing_field", "@IdDocumento"),
    "paid to a bad uuid": (to_one(IdDocumento="F-1"), "bad_uuid", "@IdDocumento"),
    "paid less than nothing": (to_one(ImpPagado="-1"), "number_out_of_range", "@ImpPagado"),
    "equivalence zero": (to_one(EquivalenciaDR="0"), "number_out_of_range", "@Equivalencia"),
    "bad part": (to_one(NumParcialidad="uno"), "bad_number", "@NumParcialidad"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "code", "words"), CASES.values(), ids=CASES)
def test_each_has_its_error_and_its_sentence(data: bytes, code: str, words: str) -> None:
    with pytest.raises(errors.FiscalError) as caught:
        parse(data)
    error = caught.value
    assert error.code == code
    assert re.search(words, error.message)
    assert error.message.endswith((".", "»."))
    assert error.permanent
    assert "%(" not in error.message


@pytest.mark.parametrize(
    "printed",
    ["1,160.00", "1.160,00", "1e3", "1_160", "１１６０", "٣", "NaN", "sNaN", "Infinity", "-Infinity", "0x10", "$1160",
     "1160 MXN", "1 160", "--1", "1.1.1", ".", "1" * 19, "1." + "1" * 61, "−1"],
)  # fmt: skip
def test_hostile_numbers(printed: str) -> None:
    with pytest.raises(errors.BadNumber) as caught:
        parse(cfdi(Total=printed))
    assert caught.value.code == "bad_number"
    assert caught.value.path == "Comprobante/@Total"


@pytest.mark.parametrize(
    "printed", ["1160", "1160.", " 1160.00 ", "+1160.00", "001160.000000", "1160.0000000000000000"]
)
def test_what_a_number_may_look_like(printed: str) -> None:
    assert parse(cfdi(Total=printed)).total == 1160


def test_zero_with_a_sign_is_zero() -> None:
    total = parse(cfdi(Total="-0.00")).total
    assert total == 0
    assert not total.is_signed()


@pytest.mark.parametrize(
    "kind", [errors.EmptyFile, lambda: errors.NotXml(line=3, column=9), lambda: errors.BadDate("a/@b", value="x")]
)
def test_errors_travel_between_processes(kind: Callable[[], errors.FiscalError]) -> None:
    error = kind()
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (copy.message, copy.params) == (error.message, error.params)


def test_a_message_quotes_little_and_on_one_line() -> None:
    with pytest.raises(errors.BadDate) as caught:
        parse(cfdi(Fecha="<script>\n" + "x" * 5000))
    assert len(caught.value.message) < 250
    assert "\n" not in caught.value.message


class TestHostileText:
    @pytest.mark.parametrize(
        "text", ['=HYPERLINK("http://x")', "<script>alert(1)</script>", "+1", "@SUM(A1)", "{{ 7*7 }}", "%(x)s"]
    )
    def test_what_looks_like_code_is_kept_as_text(self, text: str) -> None:
        document = parse(cfdi(receiver=("COM980612H51", text), items=(Item(text),), Serie=None), with_lines=True)
        assert document.receiver.name == text
        assert document.lines[0].description == text

    def test_controls_and_overrides_go(self) -> None:
        name = "UNO\u202eSOD\u2028TRES\x85CUATRO &#10;CINCO"
        data = replaced("COMERCIAL MUÑOZ &amp; HIJOS", name)
        assert parse(data).receiver.name == "UNO SOD TRES CUATRO  CINCO"

    @pytest.mark.parametrize("reference", ["&#0;", "&#x1f;", "&#xD800;", "&#xFFFF;"])
    def test_characters_that_are_none_are_no_xml(self, reference: str) -> None:
        with pytest.raises(errors.NotXml):
            parse(replaced("COMERCIAL", reference))

    def test_long_texts_are_cut_with_a_finding(self) -> None:
        document = parse(cfdi(receiver=("COM980612H51", "Ñ" * 5000), Serie="S" * 500))
        assert len(document.receiver.name) == 300
        assert document.series == "S" * 25
        assert len(document.findings) == 1

    def test_rfc_is_one_spelling(self) -> None:
        document = parse(replaced('Rfc="COM980612H51"', 'Rfc=" com-980612-h51 "'))
        assert document.receiver.tax_id == "COM980612H51"
