"""SAT's catalogues from where they can be had: the database inside satcfdi, or the file that SAT publishes.

The database (extra `mx`) is SQLite whose keys and values are pickled. It is read as data: texts, numbers and lists are
taken out of the opcodes, nothing is ever unpickled. The file is catCFDI_V_4_….xls or .xlsx, behind the guards of every
workbook of the house.
"""

from __future__ import annotations

import io
import pickletools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from aldia.domain.fiscal.catalogue_sheets import WIDTHS, CatalogueRow, NoCatalogue, catalogue_of, read_sheet
from aldia.domain.sentences import Refusal, gettext_noop
from aldia.integrations.spreadsheets.guard import MEGABYTE, Limits, repack
from aldia.integrations.statements.biff import refuse_large_area
from aldia.integrations.tax import mx_schemas

# SAT's file has 145,000 colonias beside what we keep of it
LIMITS = Limits(file=60 * MEGABYTE, inflated=400 * MEGABYTE, rows=200_000, cells=8_000_000, text=200 * MEGABYTE)
_PREFIX = "C756_"  # satcfdi's own number for the CFDI's catalogues


class NotAWorkbook(Refusal):
    code = "not_a_workbook"
    template = gettext_noop("El archivo no es el libro de Excel de catálogos que publica el SAT.")


class Unavailable(Refusal):
    code = "no_bundled_catalogues"
    template = gettext_noop("No hay catálogos instalados: instala «aldia[mx]» o indica el archivo del SAT con --from.")


class BadBundle(Refusal):
    code = "bad_bundled_catalogues"
    template = gettext_noop("Los catálogos instalados traen algo que no es un dato (%(opcode)s): no se cargan.")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue that a source has. `rows` is read once, while its source is open."""

    name: str
    source: str
    revision: str
    rows: Iterator[CatalogueRow]


def bundled() -> Iterator[Catalogue]:
    """The catalogues inside satcfdi, one after the other. Raises `Unavailable`."""
    if not mx_schemas.is_available():
        raise Unavailable()
    path = Path(str(files("satcfdi"))) / "catalogs" / "catalogs.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        for name in WIDTHS:
            rows = database.execute(f'SELECT key, value FROM "{_PREFIX}{name}"')  # noqa: S608  (names are our own)
            yield Catalogue(name, "satcfdi", version("satcfdi"), (_bundled_row(name, *row) for row in rows))


def published(data: bytes, file_name: str) -> Iterator[Catalogue]:
    """The catalogues of SAT's workbook. Raises `NotAWorkbook`, `NoCatalogue`, `BadCatalogue`, `SheetError`."""
    if data.startswith(b"PK\x03\x04"):
        data = repack(data, LIMITS)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        refuse_large_area(data, LIMITS.cells)
    else:
        raise NotAWorkbook()
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError as error:
        raise NotAWorkbook() from error
    with closing(book):
        sheets: dict[str, list[str]] = {}
        for sheet in book.sheet_names:
            if name := catalogue_of(sheet):
                sheets.setdefault(name, []).append(sheet)
        if not sheets:
            raise NoCatalogue()
        for name, parts in sheets.items():
            yield Catalogue(name, file_name[:200], _revision(book, parts[0]), _published_rows(book, parts))


def _published_rows(book: CalamineWorkbook, sheets: list[str]) -> Iterator[CatalogueRow]:
    for sheet in sheets:
        yield from read_sheet(sheet, book.get_sheet_by_name(sheet).iter_rows())


def _revision(book: CalamineWorkbook, sheet: str) -> str:
    """ "Versión catálogo" stands above its value, in the lines before the headings."""
    above: list[Any] = []
    for _, line in zip(range(6), book.get_sheet_by_name(sheet).iter_rows(), strict=False):
        for title, value in zip(above, line, strict=False):
            if "catálogo" in str(title).casefold() and "versi" in str(title).casefold() and value != "":
                return str(value)[:60]
        above = line
    return ""


def _plain(data: bytes) -> Any:
    """The text, number or list that a pickle holds, by its own opcodes. Raises `BadBundle` for any that does more."""
    stack: list[Any] = []
    known: list[Any] = []
    starts: list[int] = []
    for opcode, value, _ in pickletools.genops(data):
        match opcode.name:
            case "SHORT_BINUNICODE" | "BINUNICODE" | "BININT1" | "BININT2" | "BININT":
                stack.append(value)
            case "MEMOIZE":
                known.append(stack[-1])
            case "BINGET" if isinstance(value, int):
                stack.append(known[value])
            case "EMPTY_LIST":
                stack.append([])
            case "MARK":
                starts.append(len(stack))
            case "APPENDS":
                start = starts.pop()
                stack[start - 1].extend(stack[start:])
                del stack[start:]
            case "PROTO" | "FRAME" | "STOP":
                pass
            case other:
                raise BadBundle(opcode=other)
    return stack[-1]


def _bundled_row(name: str, key: bytes, value: bytes) -> CatalogueRow:
    code, said = str(_plain(key)), _plain(value)
    if name == "c_Moneda":
        return CatalogueRow(code, str(said[0]), detail={"decimals": int(said[1])})
    if name == "c_CodigoPostal":
        return CatalogueRow(code, str(said[0]), detail={"border": said[3] not in ("", "0"), "zone": str(said[4])})
    return CatalogueRow(code, str(said))
