"""The lists of taxpayers that SAT publishes as CSV: article 69-B (simulated operations) and article 69 (in default).

Código Fiscal de la Federación, articles 69 and 69-B, https://www.diputados.gob.mx/LeyesBiblio/pdf/CFF.pdf; the files:
http://omawww.sat.gob.mx/cifras_sat/Paginas/datos/vinculo.html?page=ListCompleta69.html. They come in Windows-1252 (some
in UTF-8), with one to three lines before their header, and quoted fields that hold line breaks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from aldia.domain.folding import fold
from aldia.domain.sentences import gettext_noop

SIMULATED = "69b"
HEADER_WITHIN = 12  # lines before the header that are looked through
MONTHS = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
          "noviembre", "diciembre")  # fmt: skip
# list -> how the folded name of its file, or the first reason in it, begins
KINDS = {
    "firmes": ("firmes",),
    "exigibles": ("exigibles",),
    "no_localizados": ("no localizado",),
    "sentencias": ("sentencia",),
    "csd_sin_efectos": ("csd", "csdsinefectos", "certificado"),
    "cancelados": ("cancelados",),
    "omisos": ("ente", "entespublicos", "omiso"),
}
NAMES = {
    SIMULATED: gettext_noop("69-B · Operaciones presuntamente inexistentes"),
    "firmes": gettext_noop("69 · Créditos fiscales firmes"),
    "exigibles": gettext_noop("69 · Créditos fiscales exigibles"),
    "no_localizados": gettext_noop("69 · No localizados"),
    "sentencias": gettext_noop("69 · Sentencia condenatoria por delito fiscal"),
    "csd_sin_efectos": gettext_noop("69 · Sello digital sin efectos"),
    "cancelados": gettext_noop("69 · Créditos fiscales cancelados"),
    "omisos": gettext_noop("69 · Entes públicos omisos"),
}
# situations of 69-B in which the authority's word is against the taxpayer; the other two cleared it
AGAINST = frozenset({"presunto", "definitivo"})


class NotAList(ValueError):
    """The file is none of the lists; the sentence says what was looked for."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One taxpayer of a list: `situation` in the authority's words, `since` the first day it was published with it."""

    tax_id: str
    name: str
    situation: str
    since: date | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TaxpayerFile:
    """A list as a file says it. `rows` are read while they are taken."""

    name: str
    published_on: date | None
    rows: Iterator[Listed]


def read_list(data: bytes, *, file_name: str = "") -> TaxpayerFile:
    """Read a list. Raises `NotAList`; rows without a tax id are left out."""
    lines = csv.reader(io.StringIO(_text(data)), strict=False)
    before: list[str] = []
    for _ in range(HEADER_WITHIN):
        cells = next(lines, None)
        if cells is None:
            break
        header = [fold(cell) for cell in cells]
        if "rfc" in header:
            return _file(header, lines, before, file_name)
        before += cells
    raise NotAList(gettext_noop("No es una lista del SAT: ninguna de sus primeras líneas tiene la columna RFC."))


def is_against(name: str, situation: str) -> bool:
    """Whether being in the list with that situation speaks against the taxpayer (who was cleared stays listed)."""
    return name != SIMULATED or fold(situation).split(" ")[0] in AGAINST


def _file(header: list[str], lines: Iterator[list[str]], before: list[str], file_name: str) -> TaxpayerFile:
    situation = _column(header, "situaci")  # (also where the accent was damaged)
    if situation is not None:
        return TaxpayerFile(SIMULATED, _published(" ".join(before)), _simulated(header, situation, lines))
    reason = _column(header, "supuesto")
    first = next(lines, [])
    said = first[reason] if reason is not None and reason < len(first) else ""
    name = _kind(fold(file_name.rpartition(".")[0].replace("_", " "))) or _kind(fold(said))
    if not name:
        raise NotAList(
            gettext_noop("No se reconoce qué lista del artículo 69 es: conserva el nombre que le da el SAT.")
        )
    return TaxpayerFile(name, _published(" ".join(before)), _others(header, reason, first, lines))


def _simulated(header: list[str], situation: int, lines: Iterator[list[str]]) -> Iterator[Listed]:
    tax_id, name = header.index("rfc"), _column(header, "nombre")
    # "Publicación página SAT presuntos", …: the day under the taxpayer's own situation
    days = {
        text.rpartition(" ")[2][:6]: place
        for place, text in enumerate(header)
        if text.startswith("publicaci") and " sat " in text
    }
    for cells in lines:
        key = _cell(cells, tax_id).upper()
        said = _cell(cells, situation)
        if not key or not said:
            continue
        place = next((place for word, place in days.items() if _begins(word, said)), None)
        yield Listed(key, _cell(cells, name), said, _day(_cell(cells, place)))


def _begins(word: str, said: str) -> bool:
    """Whether a column's last word ("presuntos", "favorable") is that of a situation."""
    return any(part[:6] == word for part in fold(said).split(" "))


def _others(header: list[str], reason: int | None, first: list[str], lines: Iterator[list[str]]) -> Iterator[Listed]:
    tax_id, name = header.index("rfc"), _column(header, "razon", "nombre")
    day, amount = _column(header, "fechas de primera", "fecha"), _column(header, "monto")
    for cells in (each for part in ([first], lines) for each in part):
        if key := _cell(cells, tax_id).upper():
            yield Listed(key, _cell(cells, name), _cell(cells, reason), _day(_cell(cells, day)), _cell(cells, amount))


def _column(header: list[str], *starts: str) -> int | None:
    return next((place for start in starts for place, text in enumerate(header) if text.startswith(start)), None)


def _kind(text: str) -> str:
    return next((kind for kind, starts in KINDS.items() if text.startswith(starts)), "")


def _cell(cells: list[str], place: int | None) -> str:
    return " ".join(cells[place].split()) if place is not None and place < len(cells) else ""


def _day(text: str) -> date | None:
    day, _, rest = text[:10].partition("/")
    month, _, year = rest.partition("/")
    return _made(int(year), int(month), int(day)) if (day + month + year).isdecimal() and month and year else None


def _published(text: str) -> date | None:
    """ "Información actualizada al 31 de marzo de 2024" -> that day."""
    words = fold(text).split(" ")
    for place, word in enumerate(words[:-4]):
        number, month, year = words[place + 1], words[place + 3], words[place + 5 : place + 6]
        if word == "al" and number.isdigit() and month in MONTHS and year and year[0].isdigit():
            return _made(int(year[0]), MONTHS.index(month) + 1, int(number))
    return None


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
