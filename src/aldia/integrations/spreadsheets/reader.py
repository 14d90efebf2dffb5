"""Rows out of an XLSX or CSV file that somebody sent: recognised by its bytes, never by its name.

`read_rows` gives plain rows; `read_records` finds the headings and gives each row by field, with readers of cells that
refuse with the row and the column (`Record`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook

from aldia.domain.folding import fold
from aldia.integrations.spreadsheets import errors
from aldia.integrations.spreadsheets.cells import Record, Value, plain
from aldia.integrations.spreadsheets.errors import (
    BadLine,
    DamagedSheet,
    EmptySheet,
    MissingColumns,
    NotASheet,
    RepeatedColumn,
    SheetError,
    TooBig,
)
from aldia.integrations.spreadsheets.guard import LIMITS, MEGABYTE, Limits, repack

HEADING_ROWS = 20  # a title or a note may stand above the headings

_SIGNATURES = (
    (b"%pdf", "PDF"),
    (b"\xd0\xcf\x11\xe0", "de Excel antiguo (.xls)"),
    (b"<?xml", "XML"),
    (b"<html", "HTML"),
    (b"<!doctype", "HTML"),
    (b"\x89png", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"\x1f\x8b", "GZIP"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """`number` as Excel shows it."""

    number: int
    values: tuple[Value, ...]


def read_rows(data: bytes, limits: Limits = LIMITS) -> Iterator[Row]:
    """Rows that hold something, of the first sheet. Raises `SheetError`, at once or on the way."""
    if not data.strip(b"\x00 \r\n\t\xef\xbb\xbf"):
        raise EmptySheet
    if len(data) > limits.file:
        raise TooBig(errors.HEAVY, size=f"{len(data) / MEGABYTE:.1f}", limit=limits.file // MEGABYTE)
    start = data[:16].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for signature, name in _SIGNATURES:
        if start.startswith(signature):
            raise NotASheet(format=name)
    rows = _xlsx_rows(data, limits) if data.startswith(b"PK\x03\x04") else _csv_rows(data, limits)
    return (row for row in rows if any(value is not None for value in row.values))


def read_records(
    data: bytes,
    *,
    columns: Mapping[str, Sequence[str]],
    required: Collection[str] = (),
    decimal: str = ".",
    limits: Limits = LIMITS,
) -> Iterator[Record]:
    """Rows by field. `columns`: field -> its headings, the official one first; accents, case and order do not matter.

    Headings that are not listed are passed over. `decimal` is the mark that decides "1,234". Raises `SheetError`.
    """
    rows = read_rows(data, limits)
    places = _find_headings(rows, columns, required)
    headings = {field: columns[field][0] for field in columns}
    return _records(rows, places, headings, decimal)


def _records(
    rows: Iterator[Row], places: Mapping[str, int], headings: Mapping[str, str], decimal: str
) -> Iterator[Record]:
    for row in rows:
        values = {field: row.values[at] if at < len(row.values) else None for field, at in places.items()}
        if any(value is not None for value in values.values()):
            yield Record(row.number, values, headings, decimal)


def _find_headings(
    rows: Iterator[Row], columns: Mapping[str, Sequence[str]], required: Collection[str]
) -> dict[str, int]:
    known = {fold(heading): field for field, names in columns.items() for heading in names}
    best: dict[str, int] = {}
    seen_any = False
    for _, row in zip(range(HEADING_ROWS), rows, strict=False):
        seen_any = True
        places = _places(row, known, columns)
        if places and set(required) <= places.keys():
            return places
        best = max(best, places, key=len)
    if not seen_any:
        raise EmptySheet
    missing = [columns[field][0] for field in required if field not in best] or [names[0] for names in columns.values()]
    raise MissingColumns(names=", ".join(missing))


def _places(row: Row, known: Mapping[str, str], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, value in enumerate(row.values):
        field = known.get(fold(value)) if isinstance(value, str) else None
        if field is None:
            continue
        if field in places:
            raise RepeatedColumn(name=columns[field][0], first=places[field] + 1, second=at + 1)
        places[field] = at
    return places


# XLSX


def _xlsx_rows(data: bytes, limits: Limits) -> Iterator[Row]:
    packed = repack(data, limits)
    rows = _guarded(lambda: _load(packed))
    for number, values in rows:
        yield Row(number, tuple(_xlsx_value(value) for value in values))


def _load(packed: bytes) -> list[tuple[int, list[object]]]:
    with closing(CalamineWorkbook.from_filelike(io.BytesIO(packed))) as book:
        if not book.sheet_names:
            raise EmptySheet
        sheet = book.get_sheet_by_index(0)
        first, left = sheet.start or (0, 0)
        rows = sheet.to_python(skip_empty_area=True)
    return [(first + at + 1, [None] * left + list(row)) for at, row in enumerate(rows)]


def _guarded(load: Callable[[], list[tuple[int, list[object]]]]) -> list[tuple[int, list[object]]]:
    """The reader is compiled code: its panics are not `Exception`s."""
    try:
        return load()
    except SheetError:
        raise
    except (CalamineError, ValueError, OverflowError, OSError) as error:
        raise DamagedSheet from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DamagedSheet from error


def _xlsx_value(value: object) -> Value:
    """Excel keeps numbers with 15 significant digits: what it shows as 0.3 is stored as 0.30000000000000004."""
    if isinstance(value, bool | datetime | date):
        return value
    if isinstance(value, float | int):
        number = Decimal(f"{value:.15g}")
        return number if number.is_finite() else None
    if isinstance(value, str):
        return plain(value) or None
    if isinstance(value, time | timedelta):
        return str(value)
    return None


# CSV


def _csv_rows(data: bytes, limits: Limits) -> Iterator[Row]:
    text = _decode(data)
    delimiter, text, skipped = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    cells = 0
    while True:
        line = reader.line_num + 1 + skipped
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise BadLine(row=line) from error
        if values is None:
            return
        cells += len(values)
        if line > limits.rows + 1:
            raise TooBig(errors.ROWS, rows=f"{line:,}", limit=f"{limits.rows:,}")
        if len(values) > limits.columns:
            raise TooBig(errors.COLUMNS, columns=f"{len(values):,}", limit=f"{limits.columns:,}")
        if cells > limits.cells:
            raise TooBig(errors.CELLS, limit=f"{limits.cells:,}")
        yield Row(line, tuple(plain(value) or None for value in values))


def _decode(data: bytes) -> str:
    """UTF-16 and UTF-8 say so themselves; what is neither was written by a Western Excel (Windows-1252)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        raise NotASheet(format="binario")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> tuple[str, str, int]:
    """The separator, the text after an Excel "sep=;" line, and how many lines that line took."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4], rest, 1
    return max(",;\t|", key=lambda mark: _evenness(text, mark)), text, 0


def _evenness(text: str, mark: str) -> tuple[int, int]:
    """How many of the first lines have the most common number of columns (more than one), and that number."""
    sample = text[:20_000].splitlines()[:HEADING_ROWS]
    try:
        widths = [len(row) for row in csv.reader(sample, delimiter=mark) if row]
    except csv.Error:
        return 0, 0
    wide = [width for width in widths if width > 1]
    common = max(set(wide), key=wide.count, default=0)
    return widths.count(common) if common else 0, common
