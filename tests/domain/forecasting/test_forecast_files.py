"""The harness reads anybody's file of invoices, or says what it cannot read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from benchmarks import forecast
from benchmarks._forecast_book import CannotRead, columns_of, read

COLUMNS = "customer=c,issued=i,due=d,amount=a,paid=p"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "f.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_column_of_early_days_is_read_as_the_others_show(tmp_path: Path) -> None:
    """ "03/04/2026" alone could be either; its neighbours have a thirteenth month."""
    text = "c,i,d,a,p\nuno,03/04/2026,03/24/2026,10,03/25/2026\ndos,03/05/2026,03/30/2026,10,\n"
    records, _skipped = read(written(tmp_path, text), columns_of(COLUMNS))
    assert [each.issued for each in records] == [date(2026, 3, 4), date(2026, 3, 5)]
    alone, _skipped = read(written(tmp_path, text), columns_of("customer=c,issued=i,due=i,amount=a"))
    assert alone[0].issued == date(2026, 4, 3)


def test_a_file_as_an_office_leaves_it(tmp_path: Path) -> None:
    """Semicolons, quotes with a line inside, a heading in other letters, UTF-16, rows that are there twice or cut."""
    text = (
        "Factura ; Cliente;Emitida;Vence;Importe;Pagada\r\n"
        '1;"Uno; S.A.\n de C.V.";05/01/2026;20/01/2026;1.234,50;\r\n'
        '1;"Uno; S.A.\n de C.V.";05/01/2026;20/01/2026;1.234,50;\r\n'
        "2;Dos;06/01/2026;21/01/2026;1.000;9999-12-31\r\n"
        "3;Tres;07/01/2026;22/01/2026;(50,00);\r\n"
        "4;Cuatro;08/01/2026;23/01/2026;7,00\r\n;;;;;\r\n"
    )
    columns = columns_of("customer=cliente,issued=EMITIDA,due=Vence,amount=Importe,paid=Pagada")
    records, skipped = read(written(tmp_path, text, "utf-16"), columns)
    assert [(each.customer[:3], each.amount, each.paid) for each in records] == [
        ("Uno", 1234.5, None),
        ("Dos", 1000.0, None),
        ("Cua", 7.0, None),
    ]
    assert skipped == {"repetida": 1, "sin importe o cliente": 1}


def test_names_of_columns_may_hold_commas_and_equals() -> None:
    found = columns_of("customer=Name, first, issued=a=b,due=d,amount=Total (MXN, IVA)")
    assert found == {"customer": "Name, first", "issued": "a=b", "due": "d", "amount": "Total (MXN, IVA)"}


def test_a_file_without_a_column_of_payments_or_history_still_has_all_keys(tmp_path: Path) -> None:
    path = written(tmp_path, "c,i,d,a\nuno,2026-01-02,2026-02-01,10\n")
    figures = forecast.run(str(path), "customer=c,issued=i,due=d,amount=a")
    assert figures["open"] == {"mae": None, "pinball": None, "coverage80": None, "auc": None, "n": 0}
    assert figures["cash"] == {"weekly_wape": None, "four_week_error": None, "coverage80": None}


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-02-13", ""),
        ("20260213.0", ""),
        ("2026-02-13 00:00:00", ""),
        ("13/02/2026", ""),
        ("02/13/2026", ""),
        ("02/13/2026", "%m/%d/%Y"),
        ("13-Feb-26", ""),
        ("13.02.2026", "%m/%d/%Y"),
        ("2026-02-13T06:00:00Z", ""),
        ("13/02/2026 23:59", "%d/%m/%Y %H:%M"),
        ("46066", ""),
        ('"February 13, 2026"', ""),
    ],
    ids=[
        "iso",
        "number",
        "time",
        "dmy",
        "mdy",
        "given",
        "month-name",
        "given-is-wrong",
        "zulu",
        "given-time",
        "serial",
        "month-in-words",
    ],
)
def test_days_however_they_are_written(tmp_path: Path, day: str, said: str) -> None:
    text = f"c,i,d,a,p\nuno,{day},{day},10,{day}\n"
    records, skipped = read(written(tmp_path, text), columns_of(COLUMNS), said)
    assert (records[0].issued, records[0].paid, skipped) == (date(2026, 2, 13), date(2026, 2, 13), {})


@pytest.mark.parametrize(
    ("amount", "value"),
    [
        ("1234.5", 1234.5),
        ('"1,234.50"', 1234.5),
        ('"1.234,50"', 1234.5),
        ('"$ 1,234"', 1234.0),
        ('"12,5"', 12.5),
        ('"1,234,567"', 1234567.0),
        ("1.234.567", 1234567.0),
        ("1.2345e3", 1234.5),
        ("MXN 1234.50", 1234.5),
    ],
    ids=["plain", "english", "spanish", "thousands", "comma", "millions", "dots", "power", "currency"],
)
def test_amounts_however_they_are_written(tmp_path: Path, amount: str, value: float) -> None:
    text = f"c,i,d,a,p\nuno,2026-01-02,2026-02-01,{amount},\n"
    records, _skipped = read(written(tmp_path, text, "cp1252"), columns_of(COLUMNS))
    assert records[0].amount == value
    assert records[0].paid is None


def test_rows_that_cannot_be_used_are_counted_by_why(tmp_path: Path) -> None:
    good = "x;2026-01-02;2026-02-01;1;2026-01-09\n" * 3
    text = "c;i;d;a;p\nuno;2026-01-02;2026-02-01;10;NaN\n;2026-01-02;2026-02-01;10;\ndos;;2026-02-01;10;\n"
    text += f"tres;2026-01-02;2026-02-01;-5;\ncuatro;2026-01-02;2026-02-01;10;ayer\n{good}"
    records, skipped = read(written(tmp_path, text), columns_of(COLUMNS))
    assert len(records) == 4
    assert skipped == {"sin importe o cliente": 2, "sin fecha": 1, "fecha de pago ilegible": 1}


@pytest.mark.parametrize(
    ("text", "columns", "word"),
    [
        ("", COLUMNS, "vacío"),
        ("c,i,d,a,p\n", COLUMNS, "vacío"),
        ("c,i,d,a,p\nuno,2026-01-02,2026-02-01,1,\n", "customer=c,issued=i,due=d,amount=a,paid=", "--columns"),
        ("c,i,d,a\nuno,2026-01-02,2026-02-01,1\n", COLUMNS, "columna p"),
        ("c,i,d,a,p\nuno,ayer,hoy,1,\n", COLUMNS, "issued"),
        ("c,i,d,a,p\n", "customer=c", "--columns"),
        ("c,i,d,a,p\nuno,2026-01-02,2026-02-01,0,\n", COLUMNS, "Ninguna"),
    ],
    ids=["empty", "only-headings", "no-name", "no-column", "no-dates", "no-roles", "no-rows"],
)
def test_what_will_not_do_is_said(tmp_path: Path, text: str, columns: str, word: str) -> None:
    with pytest.raises(CannotRead, match=word):
        read(written(tmp_path, text), columns_of(columns))


def test_the_figures_have_the_documented_keys_and_no_others() -> None:
    figures = forecast.run(size=700)
    assert list(figures) == ["open", "new", "cash", "seconds"]
    assert set(figures["open"]) == set(figures["new"]) == {"mae", "pinball", "coverage80", "auc", "n"}
    assert set(figures["cash"]) == {"weekly_wape", "four_week_error", "coverage80"}
    assert figures["seconds"] > 0
    assert any("WAPE" in line for line in forecast.table(figures))
