"""Numbers, dates, signs, proof, mappings and headings: each rule by a table of what banks write."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.statements import dates, numbers, signs
from aldia.domain.statements.errors import BadMapping
from aldia.domain.statements.headers import find_header, heading_currency, heading_key
from aldia.domain.statements.mapping import ROLES, Mapping, fingerprint
from aldia.domain.statements.model import Declared, Row
from aldia.domain.statements.proof import Step, flipped, prove, walk_of
from aldia.domain.statements.rows import Raw


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,234.50", ".", "1234.50"), ("1.234,50", ",", "1234.50"), ("$ 1.190.000,00", ",", "1190000.00"),
        ("(1,000.00)", ".", "-1000.00"), ("1,000.00-", ".", "-1000.00"), ("- 5.80", ".", "-5.80"),
        ("−5,80", ",", "-5.80"), ("+1 006,60", ",", "1006.60"), ("11'373.94", ".", "11373.94"),
        ("MXN 10.00", ".", "10.00"), ("10.00 USD", ".", "10.00"), ("US$10.00", ".", "10.00"), ("€ 3,5", ",", "3.5"),
        ("-$67.23", ".", "-67.23"), ("$-67.23", ".", "-67.23"), (".50", ".", "0.50"), ("5,", ",", "5"),
        ("1\u00a0234,50", ",", "1234.50"), ("00000000001500.0000", ".", "1500.0000"), ("500", ".", "500"),
    ],
)  # fmt: skip
def test_amounts_are_read_exactly(text: str, decimal: str, value: str) -> None:
    assert numbers.read_number(text, decimal) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["1e5", "NaN", "inf", "1,23,456.00", "12,34", "1.234.5", "--5", "-5-", "1_000", "٣٤", "0x10", "ABC 10", "10%",
     "1.234.567,8.9", "9" * 16, "1,234 567.00", "$", "x"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(numbers.BadNumber):
        numbers.read_number(text, ".")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("1,234.50", "."), ("1.234,50", ","), ("1,234,567", "."), ("1.234.567", ","), ("12.5", "."), ("12,50", ","),
        ("1234.567", "."), ("0.123", "."), ("1.234", "?"), ("999,123", "?"), ("500", None),
    ],
)  # fmt: skip
def test_what_each_amount_proves_of_the_decimal_mark(body: str, expected: str | None) -> None:
    written = numbers.take_apart(body)
    assert written
    found = numbers.votes([written])
    assert [mark for mark, count in found.items() if count] == ([expected] if expected else [])


@given(st.integers(-(10**13), 10**13), st.sampled_from([".", ","]), st.booleans())
def test_an_amount_written_is_the_amount_read(minor: int, decimal: str, grouped: bool) -> None:
    whole, cents = divmod(abs(minor), 100)
    text = f"{whole:,}" if grouped else str(whole)
    if decimal == ",":
        text = text.replace(",", ".")
    assert numbers.read_number(f"{'-' if minor < 0 else ''}{text}{decimal}{cents:02d}", decimal) * 100 == minor


@given(st.text(max_size=30))
def test_no_text_breaks_the_parsers(text: str) -> None:
    dates.take_apart(text)
    written = numbers.take_apart(text)
    if written:
        try:
            value = numbers.number_of(written, ".")
        except numbers.BadNumber:
            return
        assert value.is_finite()


# Dates


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-31", "2026-03-31"), ("2026/3/1", "2026-03-01"), ("20260331", "2026-03-31"),
        ("31032026", "2026-03-31"),
        ("31/03/2026", "2026-03-31"), ("31-03-26", "2026-03-31"), ("31.03.2026 10:15:00", "2026-03-31"),
        ("31/mar/2026", "2026-03-31"), ("31-Ene-26", "2026-01-31"), ("30 Jul 2026 , 12:07:00", "2026-07-30"),
        ("15 de enero de 2026", "2026-01-15"), ("Jan 15, 2026", "2026-01-15"), ("2026-03-31T10:00:00", "2026-03-31"),
        (date(2026, 3, 31), "2026-03-31"), (datetime(2026, 3, 31, 9), "2026-03-31"), (Decimal(46112), "2026-03-31"),
        (Decimal(20260331), "2026-03-31"), ("'01042026'", "2026-04-01"),
    ],
)  # fmt: skip
def test_dates_are_taken_apart(value: object, expected: str) -> None:
    parts = dates.take_apart(value)  # type: ignore[arg-type]
    assert parts
    assert parts.read("DMY") == date.fromisoformat(expected)


@pytest.mark.parametrize(
    "value", ["", "hoy", "31/13/2026", "00/00/0000", "1234", "99999999", "2026", "x", True, Decimal(5)]
)
def test_what_is_no_date(value: object) -> None:
    assert dates.take_apart(value) is None  # type: ignore[arg-type]


def order_of(*texts: str, country: str = "", today: date | None = None) -> tuple[str, bool]:
    return dates.choose_order([parts for text in texts if (parts := dates.take_apart(text))], country, today)


def test_the_order_of_a_column() -> None:
    assert order_of("01/02/2026", "13/02/2026") == ("DMY", True)
    assert order_of("01/02/2026", "02/13/2026") == ("MDY", True)
    assert order_of("01/02/2026", "02/02/2026") == ("DMY", True)
    assert order_of("01/02/2026", "02/02/2026", country="US") == ("MDY", True)
    assert order_of("01/03/2026", "01/05/2026", "01/07/2026") == ("DMY", False)  # three months or one week: ask
    assert order_of("01/12/2026", "02/12/2026", "03/12/2026", today=date(2026, 3, 20)) == ("MDY", True)


def test_years_turn_by_the_order_of_the_rows() -> None:
    cells = [parts for text in ("30/12", "31/12", "02/01", "03/01") if (parts := dates.take_apart(text))]
    assert [str(day) for day in dates.spread_years(cells, "DMY", 2025, False)] == [
        "2025-12-30", "2025-12-31", "2026-01-02", "2026-01-03",
    ]  # fmt: skip
    assert not dates.newest_comes_first(cells, "DMY")
    assert dates.newest_comes_first(cells[::-1], "DMY")
    assert dates.spread_years(cells[::-1], "DMY", 2025, True) == dates.spread_years(cells, "DMY", 2025, False)[::-1]


# Signs and proof


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["C", "A"], {"c": -1, "a": 1}), (["C", "D"], {"c": 1, "d": -1}), (["D", "H"], {"d": -1, "h": 1}),
        (["+", "-"], {"+": 1, "-": -1}), (["Nota Crédito", "Nota Débito"], {"nota credito": 1, "nota debito": -1}),
        (["C"], None), (["A", "?"], None), (["CARGO"], {"cargo": -1}), (["CRDT", "DBIT"], {"crdt": 1, "dbit": -1}),
    ],
)  # fmt: skip
def test_what_flags_mean(flags: list[str], expected: dict[str, int] | None) -> None:
    assert signs.flag_table(flags) == expected


def test_balances_give_the_sign_of_unsigned_amounts() -> None:
    assert signs.by_balance([100, 50, 20], [1100, 1050, 1070], False, 1000) == [1, -1, 1]
    assert signs.by_balance([20, 50, 100], [1070, 1050, 1100], True) == [1, -1, 0]
    assert signs.by_balance([100, 50], [1100, 1060], False, 1000) is None


def test_charges_of_one_day_read_backwards_look_like_deposits() -> None:
    rows = [Raw(amount=100, balance=1100), Raw(amount=100, balance=1000)]

    def how(*orders: bool) -> tuple[str, list[int | None]]:
        found = signs.resolve(rows, [], by="amount", told="", orders=orders, opening=None)
        return found.how, found.values

    assert how(False, True)[0] == ""
    assert how(True) == ("signed", [100, 100])
    assert how(False) == ("balance", [None, -100])


def test_charges_with_minus_and_reversals() -> None:
    def resolve(*raws: Raw) -> list[int | None]:
        return signs.resolve(raws, [], by="columns", told="", orders=(False,), opening=None).values

    assert resolve(Raw(debit=-500), Raw(debit=-20), Raw(credit=30)) == [-500, -20, 30]
    assert resolve(Raw(debit=500), Raw(debit=20), Raw(debit=-7)) == [-500, -20, 7]


def steps(*pairs: tuple[int, int | None]) -> list[Step]:
    return [Step(line, amount, balance) for line, (amount, balance) in enumerate(pairs, 2)]


def test_the_proof_finds_the_direction() -> None:
    forward = steps((100, 1100), (-50, 1050), (20, 1070))
    assert (prove(forward).state, prove(forward).newest_first) == ("full", False)
    backward = forward[::-1]
    assert (prove(backward).state, prove(backward).newest_first) == ("full", True)


@pytest.mark.parametrize(
    ("rows", "cause", "line"),
    [
        (steps((100, 1100), (50, 1050), (20, 1070), (30, 1100)), "sign", 3),
        (steps((100, 1100), (5000, 1150), (20, 1170), (30, 1200)), "hundredfold", 3),
        (steps((100, 1100), (50, 1200), (20, 1220), (30, 1250)), "missing_row", 3),
    ],
)
def test_the_first_step_that_fails_says_why(rows: list[Step], cause: str, line: int) -> None:
    proof = prove(rows)
    assert (proof.state, proof.tied, proof.steps, proof.cause, proof.first_line) == ("partial", 2, 3, cause, line)


def test_what_the_file_declares_must_tie_too() -> None:
    rows = steps((100, None), (-50, None))
    assert prove(rows, Declared(opening=1000, closing=1050)).state == "full"
    assert prove(rows, Declared(opening=1000, closing=1060)).cause == "closing"
    assert prove(rows, Declared(debits=50, credits=100, debit_count=1, credit_count=1)).tied == 4
    assert prove(rows, Declared(debits=51)).cause == "totals"
    assert prove(rows).state == "none"


def test_a_balance_of_the_day_ties_from_day_to_day() -> None:
    days = [date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 2)]
    rows = [Step(at, amount, balance, day) for at, (amount, balance, day) in enumerate(
        zip((100, -50, 20), (1050, 1050, 1070), days, strict=True))]  # fmt: skip
    assert (prove(rows).state, prove(rows).steps) == ("full", 1)


@given(st.lists(st.integers(-500, 500).filter(bool), min_size=3, max_size=30), st.booleans())
def test_a_true_account_always_proves_itself(amounts: list[int], newest_first: bool) -> None:
    balance, rows = 10_000, []
    for line, amount in enumerate(amounts):
        balance += amount
        rows.append(Step(line, amount, balance))
    proof = walk_of(rows[::-1] if newest_first else rows, newest_first)
    assert (proof.state, proof.tied) == ("full", len(amounts) - 1)
    assert walk_of(flipped(rows), orders=(False,)).state != "full"


# Headings and mappings


@pytest.mark.parametrize(
    ("heading", "key", "currency"),
    [
        ("Abonos (CLP)", "abonos", "CLP"), ("Nro. Docto.", "n docto", ""), ("N° Documento", "n documento", ""),
        ("Saldo (PESOS)", "saldo", ""), ("Importe EUR", "importe", "EUR"), ("  DÍA ", "dia", ""),
        ("Monto ($)", "monto", ""),
    ],
)  # fmt: skip
def test_headings_are_compared_without_currency(heading: str, key: str, currency: str) -> None:
    assert heading_key(heading) == key
    assert heading_currency(heading) == currency


def table(*rows: tuple[str, ...]) -> list[Row]:
    return [Row(line, tuple(cell or None for cell in row)) for line, row in enumerate(rows, 1)]


def test_what_stands_below_decides_what_a_heading_means() -> None:
    """«Movimiento» is a number at Banorte and the text at CaixaBank."""
    number = find_header(table(("Fecha", "Movimiento", "Descripción", "Importe"), ("20/03/2026", "1", "luz", "1.00")))
    assert number
    assert number.roles == {"date": 0, "desc": 2, "amount": 3}
    words = find_header(table(("Fecha", "Movimiento", "Importe"), ("20/03/2026", "RECIBO LUZ", "1.00")))
    assert words
    assert words.roles == {"date": 0, "desc": 1, "amount": 2}


def test_a_merged_heading_covers_the_column_beside_it() -> None:
    found = find_header(
        table(("Fecha", "Descripción", "", "Monto ($)", "", ""), ("16/01/2026", "A", "", "1 / 0", "", "47547"))
    )
    assert found
    assert found.roles == {"date": 0, "desc": 1, "amount": 5}


def test_amounts_in_other_senses_are_not_taken() -> None:
    assert (
        find_header(table(("Fecha", "Monto bruto", "Comisión", "Monto neto"), ("20/03/2026", "1.0", "2.0", "3.0")))
        is None
    )


mappings = st.builds(
    Mapping,
    fingerprint=st.text(max_size=10),
    roles=st.lists(st.sampled_from(ROLES), unique=True).map(
        lambda names: tuple((name, at) for at, name in enumerate(names))
    ),
    decimal=st.sampled_from(["", ".", ","]),
    date_order=st.sampled_from(["", "DMY", "MDY"]),
    sign=st.sampled_from(["", "all_in", "inverted"]),
    currency=st.sampled_from(["", "MXN"]),
    header=st.booleans(),
    confirmed=st.booleans(),
)


@given(mappings)
def test_a_mapping_survives_json(mapping: Mapping) -> None:
    assert Mapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping


@pytest.mark.parametrize(
    "data",
    [None, [], "x", {"roles": []}, {"roles": {"date": "0"}}, {"roles": {"date": 0, "desc": 0}}, {"roles": {"fecha": 0}},
     {"roles": {"date": -1}}, {"roles": {"date": True}}, {"decimal": "x"}, {"currency": "XXX"}, {"header": "si"},
     {"bank": 3}, {"unknown": 1}, {"sign": []}],
)  # fmt: skip
def test_a_bad_mapping_is_refused_with_a_sentence(data: object) -> None:
    with pytest.raises(BadMapping, match="El orden de columnas guardado no sirve"):
        Mapping.from_json(data)


def test_the_fingerprint_of_a_header_forgives_what_people_do_not_see() -> None:
    assert fingerprint(("Fecha", "Descripción", None)) == fingerprint((" fecha ", "DESCRIPCION"))
    assert fingerprint(("Fecha", "Cargo")) != fingerprint(("Cargo", "Fecha"))
