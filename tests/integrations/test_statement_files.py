"""Bank files of every kind through `read_file`: the same movements whatever the container; refusals with a sentence."""

from __future__ import annotations

import random
import struct
import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest

from aldia.domain.sentences import Refusal
from aldia.domain.statements.errors import StatementError
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import Hints, Preview, Statement
from aldia.integrations.spreadsheets.guard import Limits
from aldia.integrations.statements import read_file
from tests.domain.statements.samples import SAMPLES, Sample, as_csv, as_html, as_spreadsheetml, as_xlsx

CONTAINERS = {
    "text": as_csv,
    "xlsx": lambda sample: as_xlsx(sample.rows),
    "html": lambda sample: as_html(sample.rows),
    "spreadsheetml": lambda sample: as_spreadsheetml(sample.rows),
}


def only(preview: Preview) -> Statement:
    assert len(preview.statements) == 1
    return preview.statements[0]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_bank_layout(sample: Sample, container: str) -> None:
    preview = read_file(CONTAINERS[container](sample), hints=sample.hints)
    statement = only(preview)
    assert preview.format == container
    assert statement.questions == ()
    found = tuple((each.booked_on.isoformat(), each.amount, each.balance) for each in statement.movements)
    assert found == sample.expected
    assert (statement.proof.state, statement.proof.tied, statement.proof.steps) == sample.proof
    assert tuple(row.code for row in statement.skipped) == sample.skipped
    assert statement.bank == sample.bank
    assert statement.account == sample.account
    assert len(statement.rows) == len(sample.rows)  # every row is told


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_any_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    text = "\n".join(
        delimiter.join(row)
        for row in [
            ("Fecha", "Descripción", "Débito", "Crédito", "Saldo"),
            ("20/03/2026", "Peñón y Cía", "", "100.00", "1100.00"),
            ("21/03/2026", "Comisión", "5.50", "", "1094.50"),
        ]
    )
    statement = only(read_file(text.encode(encoding), hints=Hints("MX")))
    assert [each.amount for each in statement.movements] == [10000, -550]
    assert statement.movements[0].text == "Peñón y Cía"
    assert statement.proof.state == "full"


def test_native_numbers_and_days_of_a_workbook() -> None:
    rows = [
        ("Fecha", "Concepto", "Importe", "Saldo"),
        (date(2026, 3, 1), "A", Decimal("0.30"), Decimal("100.11")),
        (date(2026, 3, 2), "B", Decimal("-99.99"), Decimal("0.12")),
    ]
    statement = only(read_file(as_xlsx(rows), hints=Hints("ES")))
    assert [(each.booked_on, each.amount) for each in statement.movements] == [
        (date(2026, 3, 1), 30), (date(2026, 3, 2), -9999),
    ]  # fmt: skip
    assert statement.proof.state == "full"
    assert [each.line for each in statement.movements] == [5, 6]


def test_excel_serial_days_and_sep_line() -> None:
    text = "sep=;\nFecha;Concepto;Importe\n46082;A;-1,50\n46083;B;2,50\n"
    statement = only(read_file(text.encode(), hints=Hints("ES")))
    found = [(each.line, each.booked_on, each.amount) for each in statement.movements]
    assert found == [(3, date(2026, 3, 1), -150), (4, date(2026, 3, 2), 250)]


def test_stray_quotes_swallow_no_line() -> None:
    text = 'Fecha,Concepto,Importe\n20/03/2026,TUBO 3" PVC,-10.00\n21/03/2026,OTRO 2" PVC,-20.00\n22/03/2026,X,30.00\n'
    statement = only(read_file(text.encode(), hints=Hints("MX")))
    assert [each.amount for each in statement.movements] == [-1000, -2000, 3000]


def test_a_payment_that_speaks_of_balances_and_totals_is_a_payment() -> None:
    text = (
        "Fecha,Concepto,Cargo,Abono,Saldo\n20/03/2026,SALDO INICIAL,,,1000.00\n"
        "20/03/2026,SALDO FACTURA 1,,100.00,1100.00\n"
        "21/03/2026,TOTAL PLAY,50.00,,1050.00\n22/03/2026,SALDO FINAL FACTURA 9,,5.00,1055.00\n"
        "22/03/2026,SALDO FINAL,,,1055.00\n"
    )
    statement = only(read_file(text.encode(), hints=Hints("MX")))
    assert [each.amount for each in statement.movements] == [10000, -5000, 500]
    assert (statement.proof.state, statement.declared.opening, statement.declared.closing) == ("full", 100000, 105500)


def test_several_accounts_and_currencies_are_several_statements() -> None:
    text = (
        "Cuenta,Fecha,Concepto,Importe,Moneda\n"
        "111,20/03/2026,A,10.00,MXN\n222,20/03/2026,B,-20.00,MXN\n111,21/03/2026,C,30.00,USD\n"
    )
    found = read_file(text.encode(), hints=Hints("MX")).statements
    assert [(each.account, each.currency, [one.amount for one in each.movements]) for each in found] == [
        ("111", "MXN", [1000]), ("222", "MXN", [-2000]), ("111", "USD", [3000]),
    ]  # fmt: skip


def test_sheets_without_movements_are_passed_over() -> None:
    stream = BytesIO(as_xlsx([("Notas", "de"), ("nada", "aquí")], skip=0))
    assert zipfile.is_zipfile(stream)
    with pytest.raises(Refusal):
        read_file(b"solo una frase\n")


# Questions, answers, memory


def answered(text: str, code: str, value: str, hints: Hints = Hints("MX")) -> Statement:  # noqa: B008
    """Ask, answer, and read again with the stored mapping as JSON gives it back."""
    asked = only(read_file(text.encode(), hints=hints))
    assert [question.code for question in asked.questions] == [code]
    assert asked.movements == ()
    assert value in [candidate.value for candidate in asked.questions[0].candidates]
    assert asked.mapping
    mapping = Mapping.from_json(asked.mapping.answered(code, value).to_json())
    return only(read_file(text.encode(), hints=hints, remembered=[mapping]))


def test_decimal_mark_is_asked_when_nothing_tells() -> None:
    text = "Fecha,Concepto,Cargo,Abono\n20/03/2026,A,1.234,\n21/03/2026,B,,5.678\n"
    assert [each.amount for each in answered(text, "decimal", ",").movements] == [-123400, 567800]


def test_decimal_mark_is_not_asked_when_the_balance_tells() -> None:
    text = "Fecha;Concepto;Importe;Saldo\n20/03/2026;A;1.234;2.000\n21/03/2026;B;-500;1.500\n22/03/2026;C;600;2.100\n"
    statement = only(read_file(text.encode(), hints=Hints("MX")))
    assert [each.amount for each in statement.movements] == [123400, -50000, 60000]


def test_unsigned_amounts_without_balance_are_asked() -> None:
    text = "Fecha,Descripción,Monto\n20/03/2026,A,234.10\n21/03/2026,B,567.00\n"
    assert [each.amount for each in answered(text, "sign", "all_out").movements] == [-23410, -56700]


def test_two_orders_of_dates_are_asked() -> None:
    text = "Fecha,Concepto,Importe\n01/03/2026,A,-1.00\n01/05/2026,B,2.00\n01/07/2026,C,3.00\n"
    found = answered(text, "date_order", "MDY").movements
    assert [each.booked_on for each in found] == [date(2026, 1, 3), date(2026, 1, 5), date(2026, 1, 7)]


def test_currency_is_asked_only_when_nothing_says_it() -> None:
    text = "Fecha,Concepto,Importe\n20/03/2026,A,-1.50\n"
    assert answered(text, "currency", "COP", Hints()).currency == "COP"
    assert only(read_file(text.encode(), hints=Hints(currency="USD"))).currency == "USD"


def test_year_is_asked_of_the_file_not_of_its_mapping() -> None:
    text = "Fecha,Concepto,Importe\n30/12,A,-1.50\n02/01,B,2.50\n"
    asked = only(read_file(text.encode(), hints=Hints("MX", today=date(2026, 1, 9))))
    assert [question.code for question in asked.questions] == ["year"]
    read = only(read_file(text.encode(), hints=Hints("MX", year=2025)))
    assert [each.booked_on for each in read.movements] == [date(2025, 12, 30), date(2026, 1, 2)]


def test_columns_without_headings_are_mapped_by_a_person_once() -> None:
    text = "900,DD,,20260320,,1190000.00,2513,PAGO PSE ALFA,0\n900,DD,,20260321,,-4760.00,3339,GMF,0\n"
    asked = only(read_file(text.encode(), hints=Hints("CO")))
    assert asked.questions[0].candidates[0].value == "date=3, amount=5, desc=7"
    assert [column.samples[0] for column in asked.columns if column.samples][:2] == ["900", "DD"]
    read = answered(text, "roles", "date=3, amount=5, desc=7", Hints("CO"))
    assert [each.amount for each in read.movements] == [119000000, -476000]
    again = read_file(text.replace("ALFA", "BETA").encode(), hints=Hints("CO"), remembered=[read.mapping])  # type: ignore[list-item]
    assert again.state == "previewed"


def test_a_remembered_mapping_serves_only_its_header() -> None:
    text = "Fecha,Uno,Dos\n20/03/2026,A,-1.00\n"
    asked = only(read_file(text.encode(), hints=Hints("MX")))
    assert asked.mapping
    mapping = asked.mapping.with_roles({"date": 0, "desc": 1, "amount": 2})
    assert only(read_file(text.encode(), hints=Hints("MX"), remembered=[mapping])).movements[0].amount == -100
    other = "Fecha,Dos,Uno\n20/03/2026,A,-1.00\n"
    assert read_file(other.encode(), hints=Hints("MX"), remembered=[mapping]).state == "needs_mapping"


def test_a_mapping_written_by_hand_needs_only_what_it_decides() -> None:
    text = "Fecha,Descripción,Monto\n20/03/2026,A,1.234\n21/03/2026,B,5.678\n"
    told = Mapping(sign="all_in", decimal=",", confirmed=True)
    statement = only(read_file(text.encode(), hints=Hints("MX", bank="no such bank"), remembered=[told]))
    assert [each.amount for each in statement.movements] == [123400, 567800]
    roles = Mapping.from_json({"roles": {"date": 0, "desc": 1, "amount": 2}, "sign": "all_out", "decimal": ","})
    asked = only(read_file(text.encode(), hints=Hints("MX"), remembered=[roles]))
    assert [question.code for question in asked.questions] == ["decimal"]  # nobody confirmed it


# Hostile files


def test_limits_refuse_with_a_sentence() -> None:
    line = b"20/03/2026,A,-1.00\n"
    many = b"Fecha,Concepto,Importe\n" + line * 1_100
    with pytest.raises(StatementError, match=r"1,000"):
        read_file(many, limits=Limits(rows=1_000))
    with pytest.raises(StatementError, match="MB"):
        read_file(many, limits=Limits(file=1_000))
    rows = "".join("<tr><td>1</td></tr>" for _ in range(1_100))
    with pytest.raises(StatementError):
        read_file(f"<table>{rows}</table>".encode(), limits=Limits(rows=1_000))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\x00\x00\r\n", "empty"),
        (b"%PDF-1.7 ...", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "unknown_format"),
        (b"MZ\x90\x00\x03", "unknown_format"),
        (b"\x01\x02\x00\xff" * 400, "unknown_format"),
        (b"<?xml version='1.0'?><cfdi/>", "unknown_format"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged"),
        (b"PK\x03\x04" + b"x" * 99, "damaged"),
        (b"una frase cualquiera", "no_table"),
        (b"<html><body>Sesion expirada</body></html>", "no_table"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053"/>', "has_doctype"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>', "damaged"),
        (b"<BkToCstmrStmt>" + b"<a>" * 100 + b"</a>" * 100 + b"</BkToCstmrStmt>", "too_deep"),
        (b"<OFX></OFX>", "no_table"),
    ],
)  # fmt: skip
def test_what_is_no_statement_is_refused_in_spanish(data: bytes, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_file(data)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


def binary_workbook(*cells: tuple[int, int]) -> bytes:
    """The least compound file that holds a stream of BIFF8 with cells at (row, column)."""
    records = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 0x0010, 0, 0, 0, 0)
    for row, column in cells:
        records += struct.pack("<HHHHHd", 0x0203, 14, row, column, 0, 1.0)
    records += struct.pack("<HH", 0x000A, 0)
    stream = records.ljust(4096, b"\x00")
    free, end, fat_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    chain = [fat_sector, end, *range(3, 10), end]
    fat = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))

    def directory_entry(name: str, kind: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le")
        head = text.ljust(64, b"\x00") + struct.pack("<HBB", len(text) + 2, kind, 1)
        return head.ljust(116, b"\x00") + struct.pack("<IQ", start, size)

    directory = directory_entry("Root Entry", 5, end, 0) + directory_entry("Workbook", 2, 2, 4096)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(10) + struct.pack("<IIIIIIIII", 1, 1, 0, 4096, end, 0, end, 0, 0) + struct.pack("<I", free) * 108
    return header + fat + directory.ljust(512, b"\x00") + stream


def test_two_far_cells_of_a_binary_workbook_are_refused_before_it_is_opened() -> None:
    with pytest.raises(StatementError) as caught:
        read_file(binary_workbook((0, 0), (65_535, 255)))
    assert caught.value.code == "too_many_rows"
    with pytest.raises(Refusal) as near:
        read_file(binary_workbook((0, 0), (9, 9)))
    assert near.value.code != "too_many_rows"


def seeds() -> list[bytes]:
    made = [build(sample) for sample in SAMPLES[::4] for build in CONTAINERS.values()]
    return [
        *made,
        b":20:A\n:25:123\n:28C:1\n:60F:C260101EUR10,\n:61:2601020102C5,00NTRFX//Y\n:86:166?00A?20B?32C\n:62F:C260102EUR15,\n-",
        b"OFXHEADER:100\n<OFX><STMTRS><CURDEF>USD<STMTTRN><DTPOSTED>20260102<TRNAMT>-1.5<FITID>A1<NAME>x</STMTTRN></STMTRS></OFX>",
        b"!Type:Bank\nD20/03/2026\nT-1.50\nPA\n^\n",
        b"01,A,B,260102,0101,1,,,2/\n02,A,B,1,260102,,MXN,2/\n03,9,MXN,010,100,,/\n16,142,5,,R,C,TEXT\n49,1,1/\n",
    ]


def test_broken_bytes_give_a_preview_or_a_refusal() -> None:
    """Cut, flipped, doubled and mixed: never another exception."""
    chance = random.Random(20260301)
    pool = seeds()
    noise = [
        b"\x00",
        b"\xff\xfe",
        b"1e999",
        b"NaN",
        "\u0661\u0662".encode(),
        b'"' * 9,
        b"\n" * 9,
        b"99/99/9999",
        b"<a>",
        b";;;",
    ]
    for _ in range(600):
        data = bytearray(chance.choice(pool))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data) + 1)
            kind = chance.randrange(4)
            if kind == 0:
                data[at : at + chance.randint(1, 40)] = b""
            elif kind == 1:
                data[at:at] = chance.choice(noise)
            elif kind == 2:
                data[at:at] = data[at : at + 200]
            elif at < len(data):
                data[at] = chance.randrange(256)
        try:
            preview = read_file(bytes(data), hints=Hints("MX"))
        except Refusal:
            continue
        for movement in preview.movements:
            assert type(movement.amount) is int
            assert movement.amount != 0
