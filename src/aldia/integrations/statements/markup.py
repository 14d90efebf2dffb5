"""Tables in HTML and in SpreadsheetML, which banks serve under the name of Excel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from lxml import etree, html  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.statements.errors import DamagedStatement, NoTable, TooManyRows
from aldia.domain.statements.model import Row, Sheet, Value, plain
from aldia.integrations.spreadsheets.guard import LIMITS, Limits
from aldia.integrations.statements import xml

MAX_SPAN = 60
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9]{1,2})?")


def html_sheet(text: str, limits: Limits = LIMITS) -> Sheet:
    """All rows of all tables in the order of the page. Raises `StatementError`."""
    bare = re.sub(r"<\?xml[^>]{0,200}\?>", "", text[:500], count=1) + text[500:]
    try:
        root = html.document_fromstring(bare, parser=html.HTMLParser(huge_tree=False, no_network=True))
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise DamagedStatement(line=1) from error
    rows = tuple(_html_rows(root, limits))
    if not rows:
        raise NoTable
    return Sheet("", rows)


def _html_rows(root: _Element, limits: Limits) -> Iterator[Row]:
    cells_left, kept = limits.cells, 0
    for number, line in enumerate(root.iter("tr"), 1):
        cells: list[Value] = []
        for cell in line:
            if cell.tag not in ("td", "th") or len(cells) >= limits.columns:
                continue
            text = plain("" if cell.find(".//table") is not None else " ".join(cell.itertext()))
            cells += [text or None, *[None] * (_span(cell.get("colspan")) - 1)]
        cells_left -= len(cells)
        if any(value is not None for value in cells):
            kept += 1
            if kept > limits.rows or cells_left < 0:
                raise TooManyRows(limit=f"{limits.rows:,}")
            yield Row(number, tuple(cells))


def _span(text: str | None) -> int:
    return min(int(text), MAX_SPAN) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


# SpreadsheetML 2003: https://learn.microsoft.com/previous-versions/office/developer/office-xp/aa140066(v=office.10)


def spreadsheetml_sheets(data: bytes, limits: Limits = LIMITS) -> tuple[Sheet, ...]:
    """A sheet per worksheet that holds something. Raises `StatementError`."""
    root = xml.parse_xml(data)
    sheets = []
    for worksheet in xml.everywhere(root, "Worksheet"):
        name = next((value for key, value in worksheet.attrib.items() if key.rpartition("}")[2] == "Name"), "")
        rows = tuple(_rows(worksheet, limits))
        if rows:
            sheets.append(Sheet(name[:60], rows))
    if not sheets:
        raise NoTable
    return tuple(sheets)


def _rows(worksheet: _Element, limits: Limits) -> Iterator[Row]:
    number = kept = 0
    for line in xml.everywhere(worksheet, "Row"):
        number = _index(line) or number + 1
        cells: list[Value] = []
        for cell in xml.children(line, "Cell"):
            at = _index(cell) or len(cells) + 1
            if at > limits.columns:
                break
            cells += [None] * (at - 1 - len(cells))
            cells.append(_value(xml.child(cell, "Data")))
        if any(value is not None for value in cells):
            kept += 1
            if kept > limits.rows:
                raise TooManyRows(limit=f"{limits.rows:,}")
            yield Row(number, tuple(cells))


def _attribute(element: _Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _index(element: _Element) -> int:
    text = _attribute(element, "Index")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _value(data: _Element | None) -> Value:
    if data is None:
        return None
    text = plain(" ".join(data.itertext()))
    kind = _attribute(data, "Type")
    if kind == "Number" and _NUMBER.fullmatch(text):
        return Decimal(text)
    if kind == "DateTime":
        try:
            return datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=None)
        except ValueError:
            return text or None
    return text or None
