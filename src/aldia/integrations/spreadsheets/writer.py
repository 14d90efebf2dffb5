"""Sheets for people: XLSX in constant memory, and CSV. What is text stays text, whatever it begins with.

A name such as "=HYPERLINK(…)" is written as the text that it is (OWASP ASVS 5.0 V1.2.10); amounts are numbers with the
decimals of their currency.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Literal

import xlsxwriter  # type: ignore[import-untyped]

from aldia.domain.money import Money, exponent

Kind = Literal["text", "money", "whole", "day", "percent"]
Cell = str | int | Decimal | Money | date | datetime | bool | None

MAX_TEXT = 32_767
MAX_ROWS = 1_048_000  # Excel shows 1,048,576
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Column:
    """`kind` decides alignment and format; `choices` becomes a drop-down; `hidden` columns carry what machines need."""

    heading: str
    kind: Kind = "text"
    width: int = 18
    choices: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """`above` are lines over the headings (title, company, date); `footer` rows are bold, below the last."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    above: Sequence[str] = ()
    footer: Sequence[Sequence[Cell]] = field(default=())


def write_xlsx(stream: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write a workbook row by row: memory does not grow with it. `stream` must be seekable."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "dd/mm/yyyy",
    }
    book = xlsxwriter.Workbook(stream, options)
    formats = _Formats(book)
    for sheet in sheets:
        _write_sheet(book, sheet, formats)
    book.close()


def write_csv(stream: IO[bytes], sheet: Sheet) -> None:
    """UTF-8 with BOM (Excel reads accents right); text that a spreadsheet would run gets an apostrophe in front."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", errors="replace", write_through=True)
    writer = csv.writer(text)
    writer.writerow([_csv_cell(column.heading) for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_csv_cell(cell) for cell in row])
    text.detach()


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        text = _safe(cell)
        return f"'{text}" if text.startswith(FORMULA) else text
    if isinstance(cell, Money):
        return cell.text
    if isinstance(cell, bool):
        return "Sí" if cell else "No"
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None).isoformat(" ", "minutes")
    return "" if cell is None else str(cell)


class _Formats:
    """Formats of a workbook, made once each."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Any] = {}
        self.heading = book.add_format(
            {"bold": True, "bg_color": "#1D4ED8", "font_color": "#FFFFFF", "valign": "vcenter", "border": 0}
        )
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.note = book.add_format({"font_color": "#5B6472"})

    def number(self, pattern: str, bold: bool) -> Any:
        key = (pattern, bold)
        if key not in self._made:
            shape = {"num_format": pattern} | ({"bold": True, "top": 1} if bold else {})
            self._made[key] = self._book.add_format(shape)
        return self._made[key]


def _write_sheet(book: Any, sheet: Sheet, formats: _Formats) -> None:
    page = book.add_worksheet(_sheet_name(sheet.name))
    top = len(sheet.above) + 1 if sheet.above else 0
    for at, column in enumerate(sheet.columns):
        page.set_column(at, at, column.width, None, {"hidden": column.hidden})
        if column.choices:
            rule = {"validate": "list", "source": list(column.choices), "error_type": "warning"}
            page.data_validation(top + 1, at, MAX_ROWS, at, rule)
    page.freeze_panes(top + 1, 0)
    for at, line in enumerate(sheet.above):
        page.write_string(at, 0, _safe(line), formats.note if at else formats.title)
    for at, column in enumerate(sheet.columns):
        page.write_string(top, at, _safe(column.heading), formats.heading)
    last = top
    for last, row in enumerate(sheet.rows, top + 1):
        _write_row(page, last, row, sheet.columns, formats)
    page.autofilter(top, 0, last, len(sheet.columns) - 1)
    for below, row in enumerate(sheet.footer, last + 1):
        _write_row(page, below, row, sheet.columns, formats, bold=True)
    _print_setup(page, top)


def _print_setup(page: Any, top: int) -> None:
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)
    page.set_footer("&L&A&R&P / &N")


def _write_row(
    page: Any, at: int, row: Sequence[Cell], columns: Sequence[Column], formats: _Formats, bold: bool = False
) -> None:
    for place, (cell, column) in enumerate(zip(row, columns, strict=True)):
        if cell is None or cell == "":
            continue
        if isinstance(cell, str):
            page.write_string(at, place, _safe(cell), formats.number("@", bold))
        elif isinstance(cell, bool):
            page.write_string(at, place, "Sí" if cell else "No", formats.number("@", bold))
        elif isinstance(cell, Money):
            pattern = "#,##0." + "0" * exponent(cell.currency) if exponent(cell.currency) else "#,##0"
            page.write_number(at, place, cell.decimal, formats.number(pattern, bold))
        elif isinstance(cell, datetime):
            page.write_datetime(at, place, cell.replace(tzinfo=None), formats.number("dd/mm/yyyy hh:mm", bold))
        elif isinstance(cell, date):
            page.write_datetime(at, place, cell, formats.number("dd/mm/yyyy", bold))
        else:
            page.write_number(at, place, cell, formats.number(_PATTERNS[column.kind], bold))


_PATTERNS = {"text": "General", "money": "#,##0.00", "whole": "#,##0", "day": "dd/mm/yyyy", "percent": "0.0 %"}


def _safe(text: str) -> str:
    """Text that every reader of the file takes: no control characters or halves of characters, within Excel's limit."""
    clean = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return clean[:MAX_TEXT]


def _sheet_name(name: str) -> str:
    """Excel allows 31 characters, none of []:*?/\\ and no apostrophe at the ends."""
    clean = "".join(" " if char in "[]:*?/\\" else char for char in _safe(name))
    return clean.strip(" '")[:31] or "Hoja"
