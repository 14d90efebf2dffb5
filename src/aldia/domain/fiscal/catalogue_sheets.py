"""Sheets of the file that the authority publishes its catalogues in (catCFDI) -> rows, whatever columns each has.

http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm, "Catálogos CFDI". Each sheet has some lines of its own
above the headings, which begin with the name of the catalogue and may take two lines; long catalogues take several
sheets ("c_CodigoPostal_Parte_2").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from aldia.domain.folding import fold
from aldia.domain.sentences import Refusal, gettext_noop

# Which are kept, and how many characters a code has where Excel took its zeros away
WIDTHS = {
    "c_ClaveProdServ": 8, "c_ClaveUnidad": 0, "c_CodigoPostal": 5, "c_Exportacion": 2, "c_FormaPago": 2,
    "c_Impuesto": 3, "c_Meses": 2, "c_MetodoPago": 0, "c_Moneda": 0, "c_ObjetoImp": 2, "c_Pais": 0,
    "c_Periodicidad": 2, "c_RegimenFiscal": 3, "c_TipoDeComprobante": 0, "c_TipoRelacion": 2, "c_UsoCFDI": 0,
}  # fmt: skip
_BY_NAME = {name.casefold(): name for name in WIDTHS}
_PART = re.compile(r"_(?:parte_?)?\d+$", re.IGNORECASE)
HEADING_LINES = 20

_NAMES = ("nombre", "descripcion", "estado")  # the first that a sheet has
_DETAILS = {
    "decimales": "decimals",
    "fisica": "person",
    "moral": "company",
    "regimenfiscalreceptor": "regimes",
    "incluirivatrasladado": "iva",
    "incluiriepstrasladado": "ieps",
    "complementoquedebeincluir": "complement",
    "estimulofranjafronteriza": "border",
    "bancarizado": "bank",
    "simbolo": "symbol",
}
_YES_OR_NO = frozenset({"person", "company", "border"})


class NoCatalogue(Refusal):
    code = "no_catalogue"
    template = gettext_noop("El archivo no trae ningún catálogo del SAT de los que se usan al facturar.")


class BadCatalogue(Refusal):
    code = "bad_catalogue"
    template = gettext_noop("La hoja «%(sheet)s» no tiene la forma del catálogo que dice ser.")


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A code. `synonyms` are searched and not shown."""

    code: str
    name: str
    synonyms: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None


def catalogue_of(sheet: str) -> str:
    """The catalogue that a sheet holds, or a part of; empty for those that nobody here asks."""
    return _BY_NAME.get(_PART.sub("", sheet.strip()).casefold(), "")


def read_sheet(sheet: str, lines: Iterable[Sequence[object]]) -> Iterator[CatalogueRow]:
    """The codes of one sheet. Raises `BadCatalogue`."""
    catalogue, rest = catalogue_of(sheet), iter(lines)
    columns = _columns(catalogue, sheet, rest)
    for line in rest:
        cells = [_text(value) for value in line]
        code = cells[0] if cells else ""
        if code and not _is_heading(code, catalogue):
            yield _row(columns, code.zfill(WIDTHS[catalogue]), line, cells)


def _columns(catalogue: str, sheet: str, lines: Iterator[Sequence[object]]) -> dict[str, int]:
    """Where each thing is: headings of the first line that begins with the catalogue's name, and of the one below."""
    for _, line in zip(range(HEADING_LINES), lines, strict=False):
        if line and _is_heading(_text(line[0]), catalogue):
            break
    else:
        raise BadCatalogue(sheet=sheet)
    headings = [_heading(value) for value in line]
    if any(heading.startswith("aplicaparatipo") for heading in headings):  # "Física" and "Moral" stand below it
        below = [_heading(value) for value in next(lines, ())]
        headings = [lower or upper for upper, lower in zip(headings, [*below, *[""] * len(headings)], strict=False)]
    found = {heading: place for place, heading in reversed(list(enumerate(headings))) if heading}
    if not any(name in found for name in _NAMES):
        raise BadCatalogue(sheet=sheet)
    return found


def _row(columns: dict[str, int], code: str, line: Sequence[object], cells: list[str]) -> CatalogueRow:
    def cell(heading: str) -> str:
        place = columns.get(heading, len(cells))
        return cells[place] if place < len(cells) else ""

    name = next((text for text in map(cell, _NAMES) if text), code)
    synonyms = " ".join(filter(None, (cell("palabrassimilares"), cell("descripcion") if cell("nombre") else "")))
    detail = {key: _detail(key, cell(heading)) for heading, key in _DETAILS.items() if cell(heading)}
    begins, ends = (_day(columns, line, word) for word in ("fechainicio", "fechafin"))
    return CatalogueRow(code, name, synonyms, detail, begins, ends)


def _detail(key: str, text: str) -> object:
    if key == "decimals":
        return int(text) if text.isdigit() else 0
    if key == "regimes":
        return re.findall(r"\d{3}", text)
    return fold(text) in ("si", "1", "01") if key in _YES_OR_NO else text


def _day(columns: dict[str, int], line: Sequence[object], word: str) -> date | None:
    place = next((at for heading, at in columns.items() if heading.startswith(word)), len(line))
    value = line[place] if place < len(line) else None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", _text(value))
    return date(int(found[3]), int(found[2]), int(found[1])) if found else None


def _is_heading(text: str, catalogue: str) -> bool:
    return text.casefold() == catalogue.casefold()


def _heading(value: object) -> str:
    return fold(_text(value)).replace(" ", "")


def _text(value: object) -> str:
    """What a cell says; Excel keeps "01" as 1.0 where nobody told it that codes are text."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    return " ".join(str(value).split())
