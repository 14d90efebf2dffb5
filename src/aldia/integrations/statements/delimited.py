"""Text with delimiters to rows: the delimiter is the one under which the file makes sense as a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from aldia.domain.statements.errors import NoTable, TooManyRows
from aldia.domain.statements.headers import find_header
from aldia.domain.statements.model import Row, Sheet, Value, plain
from aldia.integrations.spreadsheets.guard import LIMITS, Limits

DELIMITERS = ",;\t|"
SAMPLE_LINES = 120


def delimited_sheet(text: str, limits: Limits = LIMITS) -> Sheet:
    """One sheet. Raises `StatementError`."""
    text, delimiter, skipped = _delimiter(text)
    rows = tuple(_rows(text, delimiter, skipped, limits))
    if not rows:
        raise NoTable
    return Sheet("", rows)


def _delimiter(text: str) -> tuple[str, str, int]:
    """The text, its delimiter, and the lines that Excel's "sep=;" took."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return rest, first.strip()[4], 1
    sample = "\n".join(text[:60_000].split("\n")[:SAMPLE_LINES])
    return text, max(DELIMITERS, key=lambda mark: _sense(sample, mark)), 0


def _sense(sample: str, mark: str) -> tuple[int, int, int]:
    """How much of a table the text is with this delimiter: roles in its header, rows of one width, that width."""
    try:
        rows = [Row(at, tuple(_cell(cell) for cell in row)) for at, row in enumerate(_reader(sample, mark)) if row]
    except csv.Error:
        return 0, 0, 0
    header = find_header(rows)
    widths = Counter(len(row.cells) for row in rows if len(row.cells) > 1)
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return len(header.roles) if header else 0, count, width


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    """Quotes as RFC 4180 has them, unless the file uses them as inches and would swallow lines."""
    if _quotes_hold(text, delimiter):
        return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    plain = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return ([cell.strip().strip('"') for cell in row] for row in plain)


def _quotes_hold(text: str, delimiter: str) -> bool:
    """A cell that runs over many lines was never closed."""
    if '"' not in text:
        return True
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
        return all(cell.count("\n") <= 8 for row in reader for cell in row)
    except csv.Error:
        return False


def _rows(text: str, delimiter: str, skipped: int, limits: Limits) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    strip = ""
    if not _quotes_hold(text, delimiter):
        reader, strip = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE), '"'
    kept = 0
    while True:
        line = reader.line_num + 1 + skipped
        try:
            values = next(reader, None)
        except csv.Error as error:  # a cell beyond any size
            raise NoTable from error
        if values is None:
            return
        cells = tuple(_cell(value.strip().strip(strip) if strip else value) for value in values[: limits.columns])
        if any(cell is not None for cell in cells):
            kept += 1
            if kept > limits.rows:
                raise TooManyRows(limit=f"{limits.rows:,}")
            yield Row(line, cells)


def _cell(value: str) -> Value:
    return plain(value) or None if value else None
