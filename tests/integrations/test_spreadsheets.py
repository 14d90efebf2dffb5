"""Sheets of others, honest and hostile, and sheets of ours read back."""

from __future__ import annotations

import csv
import io
import random
import re
import resource
import subprocess
import sys
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.money import Money
from aldia.integrations.spreadsheets import (
    CellError,
    Column,
    Limits,
    MissingColumns,
    Sheet,
    SheetError,
    read_records,
    read_rows,
    write_csv,
    write_xlsx,
)
from aldia.integrations.spreadsheets.guard import repack

COLUMNS = {"name": ["Nombre", "Razón social"], "balance": ["Saldo"], "due": ["Vence"], "on": ["Prendido"]}


def xlsx(rows, **options):
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, options)
    page = book.add_worksheet()
    bold = book.add_format({"num_format": "dd/mm/yyyy"})
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, date):
                page.write_datetime(at, place, cell, bold)
            else:
                page.write(at, place, cell)
    book.close()
    return stream.getvalue()


def made(sheet, write=write_xlsx):
    stream = io.BytesIO()
    write(stream, [sheet] if write is write_xlsx else sheet)
    return stream.getvalue()


def with_part(data, name, content):
    """The same archive with one member replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == name else old.read(info.filename))
    return out.getvalue()


def sheet_xml(cells):
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/'
        f'spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
    )


SHEET1 = "xl/worksheets/sheet1.xml"


# Honest files


def test_xlsx_cells_come_as_what_they_are():
    rows = [["Saldo", "Vence", "Prendido", "Razón  Social"], [0.1 + 0.2, date(2026, 3, 31), True, " Peñón\u00a0SA "]]
    (record,) = read_records(xlsx(rows), columns=COLUMNS, required=["name"])
    assert record.number == 2
    assert record.amount("balance", "MXN") == 30
    assert record.day("due") == date(2026, 3, 31)
    assert record.yes_no("on") is True
    assert record.text("name") == "Peñón SA"


def test_headings_may_stand_below_a_title_and_empty_rows_are_passed_over():
    rows = [["Reporte de clientes"], [], ["Nombre", "Saldo"], [], ["Ana", 10]]
    (record,) = read_records(xlsx(rows), columns=COLUMNS, required=["name", "balance"])
    assert (record.number, record.text("name")) == (5, "Ana")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_csv_in_any_encoding_and_with_any_separator(encoding, mark):
    text = f'Razón Social{mark}Saldo{mark}Vence\r\n"Peñón{mark} SA"{mark}10.50{mark}31/12/2026\r\n'
    (record,) = read_records(text.encode(encoding), columns=COLUMNS, required=["name"])
    assert record.text("name") == f"Peñón{mark} SA".replace("\t SA", " SA")
    assert record.amount("balance", "MXN") == 1050
    assert record.day("due") == date(2026, 12, 31)


def test_csv_with_the_separator_line_of_excel():
    (record,) = read_records(b"sep=;\nNombre;Saldo\nAna, hija;7\n", columns=COLUMNS)
    assert (record.number, record.text("name")) == (3, "Ana, hija")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-31", date(2026, 3, 31)),
        ("31/03/2026", date(2026, 3, 31)),
        ("3/4/26", date(2026, 4, 3)),
        ("31-mar-2026", date(2026, 3, 31)),
        ("1 agosto 2026", date(2026, 8, 1)),
        ("2026-03-31T10:00:00", date(2026, 3, 31)),
    ],
)
def test_days_are_read_day_first(text, day):
    (record,) = read_records(f"Nombre;Vence\nA;{text}\n".encode(), columns=COLUMNS)
    assert record.day("due") == day


# Sentences


@pytest.mark.parametrize(
    ("line", "read", "sentence"),
    [
        ("A;abc;;", ("amount", "balance", "MXN"), "Fila 2, columna «Saldo»: «abc» no es un importe"),
        ("A;-5;;", ("amount", "balance", "MXN"), "Fila 2, columna «Saldo»: El importe no puede ser negativo."),
        ("A;1e5;;", ("amount", "balance", "MXN"), "Fila 2, columna «Saldo»: «1e5» no es un importe"),
        ("A;１２;;", ("amount", "balance", "MXN"), "Fila 2, columna «Saldo»: «１２» no es un importe"),
        ("A;1.005;;", ("amount", "balance", "MXN"), "demasiados decimales"),
        ("A;;31/02/2026;", ("day", "due"), "Fila 2, columna «Vence»: «31/02/2026» no existe en el calendario"),
        ("A;;mañana;", ("day", "due"), "Fila 2, columna «Vence»: «mañana» no es una fecha"),
        ("A;;01/01/0026;", ("day", "due"), "fuera de lo admitido"),
        ("A;;;quizá", ("yes_no", "on"), "Fila 2, columna «Prendido»: «quizá» no es Sí ni No."),
        ("A;2.5;;", ("whole", "balance"), "«2.5» no es un número entero."),
        ("A;９;;", ("whole", "balance"), "«９» no es un número entero."),
        ("A;9999999;;", ("whole", "balance"), "fuera de lo admitido: de 0 a 1,000,000."),
        ("ABCDEF;;;", ("text", "name", 5), "Fila 2, columna «Nombre»: el texto tiene 6 caracteres y se admiten 5."),
    ],
)
def test_a_bad_cell_is_a_sentence_with_its_row_and_column(line, read, sentence):
    (record,) = read_records(f"Nombre;Saldo;Vence;Prendido\n{line}\n".encode(), columns=COLUMNS)
    name, *arguments = read
    with pytest.raises(CellError) as caught:
        getattr(record, name)(*arguments)
    assert sentence in str(caught.value)


def test_missing_and_repeated_columns_are_named():
    with pytest.raises(MissingColumns, match="Faltan columnas en la primera fila: Saldo"):
        list(read_records(b"Nombre;Otra\nA;1\n", columns=COLUMNS, required=["name", "balance"]))
    with pytest.raises(SheetError, match="La columna «Nombre» está dos veces \\(columnas 1 y 3\\)"):
        list(read_records("Nombre;Saldo;Razón social\nA;1;B\n".encode(), columns=COLUMNS))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "vacío"),
        (b"\xef\xbb\xbf \r\n", "vacío"),
        (b"%PDF-1.7 ...", "archivo PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "Excel antiguo"),
        (b"<?xml version='1.0'?><a/>", "archivo XML"),
        (b"\n<html><table></table></html>", "archivo HTML"),
        (b"PK\x03\x04 truncated", "dañada"),
        (b"\x01\x00\x02binary\x00", "binario"),
        (b'a;b\n"' + b"x" * 200_000, "La fila 2 no se puede leer"),
    ],
)
def test_a_file_that_is_no_sheet_is_a_sentence(data, sentence):
    with pytest.raises(SheetError, match=sentence):
        list(read_rows(data))


def test_a_zip_of_something_else_is_no_sheet():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.xml", "<a/>")
    with pytest.raises(SheetError, match="archivo ZIP"):
        list(read_rows(out.getvalue()))


# Bombs: refused at once, in little memory

FAR = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
EVASIONS = [
    "<row r='1'><c r='A1'><v>1</v></c><c r='XFD1048576'><v>1</v></c></row>",
    '<row r="1"><c r="A1"><v>1</v></c><c x=\' r="B1"\' r="XFD1048576"><v>1</v></c></row>',
    '<row r="1"><c x=" r=\'B1\' &gt;" r="XFD1048576"><v>1</v></c></row>',
    '<row r="1"><c r="A1"><v>1</v></c><c r="&#88;FD1048576"><v>1</v></c></row>',
    '<row r="1"><c r="A1"><v>1</v></c><c r = "XFD1048576"><v>1</v></c></row>',
    '<row r="1"/><row r="1048576"><c><v>1</v></c></row>',
    '<x:row r="1" xmlns:x="y"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
]


@pytest.mark.parametrize("cells", [FAR, *map(sheet_xml, EVASIONS)])
def test_two_cells_at_the_corners_of_the_largest_sheet(cells):
    with pytest.raises(SheetError):
        list(read_rows(with_part(xlsx([["a"]]), SHEET1, cells)))


def test_a_dimension_that_lies_costs_nothing():
    content = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>').replace(
        "<sheetData>", '<dimension ref="A1:NTP1000000"/><sheetData>'
    )
    data = with_part(xlsx([["a"]]), SHEET1, content)
    assert [row.values for row in read_rows(data)] == [(Decimal(1),)]


def test_what_inflates_without_end_is_refused():
    data = with_part(xlsx([["a"]]), "xl/sharedStrings.xml", b"<sst>" + b" " * 200_000_000)
    assert len(data) < 400_000
    start = time.process_time()
    with pytest.raises(SheetError, match="demasiado grande"):
        list(read_rows(data))
    assert time.process_time() - start < 2


def test_one_long_text_in_a_million_cells_is_refused():
    text = "x" * 30_000
    strings = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 90_000))
    data = with_part(with_part(xlsx([["a"]]), "xl/sharedStrings.xml", strings), SHEET1, sheet_xml(cells))
    with pytest.raises(SheetError, match="repite demasiado texto"):
        list(read_rows(data))


def bombs():
    far = with_part(xlsx([["a"]]), SHEET1, FAR)
    blank = with_part(xlsx([["a"]]), "xl/sharedStrings.xml", b"<sst>" + b" " * 400_000_000)
    wide = with_part(xlsx([["a"]]), SHEET1, sheet_xml('<row r="1"><c r="A1"/></row>' * 6_000_000))
    return {"far": far, "blank": blank, "wide": wide}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_bombs_stay_under_the_memory_they_may_use(tmp_path):
    """Without the guard the reader asks for 512 GB on the first of them, and the process ends."""
    program = (
        "import sys; from pathlib import Path; from aldia.integrations.spreadsheets import read_rows\n"
        "try: list(read_rows(Path(sys.argv[1]).read_bytes()))\n"
        "except ValueError as error: print(error)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    for name, data in bombs().items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(data)
        command = [sys.executable, "-c", program, str(path)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env={"PYTHONPATH": "src"})
        sentence, kilobytes = run.stdout.strip().splitlines()
        assert "demasiado grande" in sentence, name
        assert int(kilobytes) < 300 * 1024, name


def test_the_guard_measures_what_it_hands_over_not_what_the_archive_says():
    data = bytearray(xlsx([["a", "b"]]))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (1).to_bytes(4, "little")  # the uncompressed size of the last member
    try:
        packed = repack(bytes(data))
    except SheetError:
        return
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None


def test_encrypted_doctype_and_too_many_parts_are_refused():
    data = xlsx([["a"]])
    with pytest.raises(SheetError, match="dañada o protegida"):
        list(read_rows(with_part(data, SHEET1, '<!DOCTYPE a [<!ENTITY b "c">]>' + sheet_xml(""))))
    with pytest.raises(SheetError, match="demasiadas partes"):
        list(read_rows(data, Limits(entries=3)))


def test_rows_columns_and_size_have_limits():
    with pytest.raises(SheetError, match="11 filas"):
        list(read_rows(xlsx([[n] for n in range(13)]), Limits(rows=11)))
    with pytest.raises(SheetError, match="11 filas"):
        list(read_rows("\n".join(f"{n};1" for n in range(13)).encode(), Limits(rows=11)))
    with pytest.raises(SheetError, match="columna"):
        list(read_rows((";" * 300).encode() + b"1"))
    with pytest.raises(SheetError, match="pesa"):
        list(read_rows(b"a" * 2_000_000, Limits(file=1_000_000)))


def refusal(data):
    """The sentence that refuses a file, "" if it is read; anything but a `SheetError` breaks the test."""
    try:
        list(read_rows(data))
    except SheetError as error:
        return str(error)
    return ""


def test_no_mutation_of_a_sheet_gives_anything_but_rows_or_a_sentence():
    rng = random.Random(20)
    seeds = [xlsx([["Nombre", "Saldo"], ["Ana", 10.5], ["Luz", date(2026, 1, 1)]]), 'Nombre;Saldo\n"Añ";1\n'.encode()]
    read = refused = 0
    for _ in range(400):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 12)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
        sentence = refusal(bytes(data))
        read += not sentence
        refused += bool(sentence)
    assert read
    assert refused


def test_damaged_parts_inside_a_whole_archive_are_a_sentence():
    rng = random.Random(21)
    whole = xlsx([["Nombre", "Saldo"], ["Ana", 10.5], ["Luz", date(2026, 1, 1)]])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {info.filename: archive.read(info.filename) for info in archive.infolist()}
    for _ in range(300):
        name = rng.choice([part for part in parts if part.startswith(("xl/", "["))])
        content = bytearray(parts[name])
        for _ in range(rng.randint(1, 6)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        refusal(with_part(whole, name, bytes(content)))


# Sheets of ours

HOSTILE = st.builds(
    lambda start, rest: start + rest,
    st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "=cmd|", "{=", "http://", ""]),
    st.text(max_size=30),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=6))
def test_no_text_becomes_a_formula_and_all_comes_back(rows):
    sheet = Sheet("Hoja", [Column("Uno"), Column("Dos")], rows)
    data = made(sheet)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read(SHEET1).decode()
    assert "<f>" not in content
    assert "<f " not in content
    assert "hyperlink" not in content.lower()
    back = [row.values for row in read_rows(data)][1:]
    clean = [tuple(tidy(cell) for cell in row) for row in rows]
    assert [row[:2] for row in padded(back)] == [row for row in clean if any(row)]


def tidy(text):
    kept = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return " ".join("".join(char if char.isprintable() else " " for char in kept).split()) or None


def padded(rows):
    return [(*row, None, None)[:2] for row in rows]


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_no_cell_of_a_csv_begins_as_a_formula(text):
    data = made(Sheet("Hoja", [Column("Uno"), Column("Dos")], [(text, 1)]), write_csv)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert not re.match("[=+\\-@\t\r\n＝＋－＠]", rows[1][0])
    assert rows[1][1] == "1"


def test_amounts_days_and_booleans_are_written_as_such_and_read_back():
    switch = Column("Prendido", choices=("Sí", "No"))
    columns = [Column("Saldo", "money"), Column("Vence", "day"), switch, Column("Nombre")]
    row = [Money(999_999_999_999_999, "MXN"), date(2026, 3, 31), False, "00123"]
    sheet = Sheet("Clientes: [hoy]/*?", columns, [row], above=["Clientes", "Al 31/03/2026"])
    (record,) = read_records(made(sheet), columns=COLUMNS, required=["name"])
    assert record.number == 5
    assert record.amount("balance", "MXN") == 999_999_999_999_999
    assert record.day("due") == date(2026, 3, 31)
    assert record.yes_no("on") is False
    assert record.text("name") == "00123"


def test_negative_numbers_stay_numbers_in_csv():
    columns = [Column("Saldo", "money"), Column("Cuándo")]
    data = made(Sheet("Hoja", columns, [(Money(-5, "MXN"), datetime(2026, 1, 2, 3, 4))]), write_csv)
    assert data.decode("utf-8-sig") == "Saldo,Cuándo\r\n-0.05,2026-01-02 03:04\r\n"


def test_a_long_export_uses_little_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = ((f"Cliente {n}", Money(n, "MXN")) for n in range(20_000))
    made(Sheet("Hoja", [Column("Nombre"), Column("Saldo", "money")], rows))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024
