"""One cell at a time: what a person typed, as a text, a number, an amount, a day or a yes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from aldia.domain.folding import fold
from aldia.domain.money import parse_money, to_minor
from aldia.domain.sentences import Refusal, gettext_noop, quoted
from aldia.integrations.spreadsheets.errors import BadCell, CellError

Value = str | Decimal | date | datetime | bool | None
T = TypeVar("T")

YES = frozenset({"si", "s", "x", "1", "verdadero", "true", "yes", "prendido", "on", "activo"})
NO = frozenset({"no", "n", "0", "falso", "false", "apagado", "off", "inactivo"})
_SHORT = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_MONTHS = dict(zip(_SHORT, range(1, 13), strict=True))
_ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2}|[A-Za-zñ]{3,10})[-/. ]([0-9]{4}|[0-9]{2})")


def plain(text: str) -> str:
    """One line without control characters, blanks at the ends, or halves of characters (databases refuse them)."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


@dataclass(frozen=True, slots=True)
class Record:
    """A row by field; an empty cell is None. Each reader raises `CellError` with the row and the heading."""

    number: int
    values: Mapping[str, Value]
    headings: Mapping[str, str]
    decimal: str = "."

    def has(self, field: str) -> bool:
        """Whether the sheet has the column at all, filled or not."""
        return field in self.values

    def text(self, field: str, limit: int = 300) -> str:
        value = self.values.get(field)
        text = _as_text(value)
        if len(text) > limit:
            too_long = gettext_noop("el texto tiene %(length)s caracteres y se admiten %(limit)s.")
            raise self.error(field, BadCell(too_long, length=len(text), limit=limit))
        return text

    def whole(self, field: str, low: int = 0, high: int = 1_000_000) -> int | None:
        """A whole number from `low` to `high`."""
        return self._read(field, lambda value: _whole(value, low, high))

    def amount(self, field: str, currency: str) -> int | None:
        """Minor units of `currency`."""
        return self._read(field, lambda value: _amount(value, currency, self.decimal))

    def day(self, field: str) -> date | None:
        """Excel dates, 2026-03-31, 31/03/2026 or 31-mar-2026: the day always comes before the month."""
        return self._read(field, _day)

    def yes_no(self, field: str) -> bool | None:
        return self._read(field, _yes_no)

    def error(self, field: str, reason: Refusal | str) -> CellError:
        """The refusal of one cell of this row, to be raised."""
        return CellError(row=self.number, column=self.headings.get(field, field), reason=reason)

    def _read(self, field: str, read: Callable[[Value], T]) -> T | None:
        value = self.values.get(field)
        if value is None:
            return None
        try:
            return read(value)
        except Refusal as error:
            raise self.error(field, error) from error


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}" if value.adjusted() < 30 else quoted(str(value))
    return value


def _whole(value: Value, low: int, high: int) -> int:
    text = _as_text(value)
    if not re.fullmatch(r"-?[0-9]{1,15}", text, re.ASCII):
        raise BadCell(gettext_noop("«%(text)s» no es un número entero."), text=text)
    if not low <= int(text) <= high:
        beyond = gettext_noop("%(number)s está fuera de lo admitido: de %(low)s a %(high)s.")
        raise BadCell(beyond, number=text, low=f"{low:,}", high=f"{high:,}")
    return int(text)


def _amount(value: Value, currency: str, decimal: str) -> int:
    if isinstance(value, Decimal):
        if value < 0:
            raise BadCell(gettext_noop("el importe no puede ser negativo."))
        return to_minor(value, currency)
    return parse_money(_as_text(value), currency, decimal=decimal).minor


def _day(value: Value) -> date:
    if isinstance(value, datetime):
        return _in_range(value.date())
    if isinstance(value, date):
        return _in_range(value)
    text = _as_text(value)
    if match := _ISO.fullmatch(text):
        return _in_range(_calendar(int(match[1]), int(match[2]), int(match[3]), text))
    if match := _DAY_FIRST.fullmatch(text):
        month = int(match[2]) if match[2].isdigit() else _MONTHS.get(match[2][:3].lower(), 0)
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        return _in_range(_calendar(year, month, int(match[1]), text))
    raise BadCell(gettext_noop("«%(text)s» no es una fecha: escríbela como 31/12/2026."), text=text)


def _calendar(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        missing = gettext_noop("«%(text)s» no existe en el calendario (se lee día/mes/año).")
        raise BadCell(missing, text=text) from None


def _in_range(day: date) -> date:
    if not 1990 <= day.year <= 2100:
        far = gettext_noop("la fecha %(day)s está fuera de lo admitido (1990 a 2100).")
        raise BadCell(far, day=f"{day.day:02}/{day.month:02}/{day.year}")
    return day


def _yes_no(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    word = fold(_as_text(value))
    if word in YES or word in NO:
        return word in YES
    raise BadCell(gettext_noop("«%(text)s» no es Sí ni No."), text=_as_text(value))
