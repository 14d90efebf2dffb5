"""Whatever the bytes, a document or a `FiscalError` comes out: nothing else ever does."""

from __future__ import annotations

import re
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.fiscal.arithmetic import check_arithmetic
from aldia.domain.fiscal.cfdi import parse
from aldia.domain.fiscal.document import KINDS, FiscalDocument
from aldia.domain.fiscal.errors import BadNumber, FiscalError
from aldia.domain.fiscal.seals import verify
from tests.fixtures.cfdi.builder import ADVANCE, Paid, cfdi, complement, old, paid, payment, payroll, uid

SEEDS = (
    cfdi(),
    cfdi(version="3.3", items=(ADVANCE,), MetodoPago="PUE", relations=(("04", (uid("a"),)),)),
    cfdi(type_code="E", relations=(("01", (uid("a"), uid("b"))),)),
    complement("p2", payment("10.00", paid(Paid(uid("a"), "10.00", "4.00", "6.00")))),
    complement("p1", payment("10.00", paid(Paid(uid("a"), "9.00", "4.00", "5.00"), version="1.0")), version="1.0"),
    old(),
    payroll(),
    cfdi().decode().encode("utf-16"),
    cfdi().decode().encode("cp1252"),
)
PIECES = (
    b"<", b">", b'"', b"'", b"&", b"/", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"\0", b"\xff",
    b"\xef\xbb\xbf", b"&#x10FFFF;", b"&a;", b"xmlns", b"cfdi:", b"tfd:", b' Version="4.0"', b"-", b"1e9", b"NaN", b"",
    b"9" * 30, b"\xd1", b"</cfdi:Addenda>", b"<cfdi:Addenda>", b"xmlns:schemaLocation='a b'", b"utf-16", b"2026-13-45",
)  # fmt: skip
edit = st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)))


def changed(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Each edit puts a piece in the place of some bytes."""
    for place, width, piece in edits:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + width :]
    return data


def outcome(data: bytes, with_lines: bool = False) -> FiscalDocument | FiscalError:
    try:
        return parse(data, with_lines=with_lines)
    except FiscalError as error:
        return error


def sound(document: FiscalDocument) -> None:
    assert document.kind in KINDS
    assert len(document.key) == 36
    assert document.key == document.key.upper()
    for amount in (document.subtotal, document.discount, document.total, document.transferred, document.withheld):
        assert amount.is_finite()
        assert 0 <= amount < 10**15
    for text in (document.receiver.name, document.series, document.folio, document.conditions):
        assert "\0" not in text
        text.encode("utf-8")


@settings(max_examples=1_500, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(edit, min_size=1, max_size=4), st.booleans())
def test_mutations(seed: bytes, edits: list[tuple[float, int, bytes]], with_lines: bool) -> None:
    result = outcome(changed(seed, edits), with_lines)
    if isinstance(result, FiscalDocument):
        sound(result)
    else:
        assert result.message


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.floats(0, 1))
def test_truncations(seed: bytes, place: float) -> None:
    outcome(seed[: int(place * len(seed))])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_noise(data: bytes) -> None:
    assert isinstance(outcome(data), FiscalError)
    outcome(b"<?xml version='1.0'?>" + data)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(edit, min_size=1, max_size=3))
def test_seals_and_arithmetic_never_fail(seed: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    data = changed(seed, edits)
    check_arithmetic(data)
    verify(data, certificates=lambda number: b"not a certificate", transform=lambda version: str)


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=25))
def test_a_total_is_a_plain_number_or_refused(text: str) -> None:
    """Nothing that Python would take as a number passes unless it is ASCII digits with a point."""
    try:
        total = parse(cfdi(Total=text)).total
    except FiscalError:
        return
    plain = CONTROL.sub("", text).strip()  # ignored when cleaned, with a finding
    assert plain.isascii()
    assert plain.strip("+-").replace(".", "", 1).isdigit()
    assert total == Decimal(plain)


@settings(max_examples=300, deadline=None)
@given(st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False, allow_infinity=False))
def test_totals_come_back_exactly(total: Decimal) -> None:
    assert parse(cfdi(Total=f"{total:f}")).total == total


@settings(max_examples=100, deadline=None)
@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_any_decimal_is_read_exactly_or_refused(value: Decimal) -> None:
    try:
        assert parse(cfdi(Total=str(value))).total == value
    except BadNumber:
        assert not value.is_finite() or value < 0 or "E" in str(value) or value.adjusted() > 11 or len(str(value)) > 18
    except FiscalError as error:
        raise AssertionError(f"{value} gave {error.code}") from error
