"""Dates as banks write them, decided for a whole column: which part is the day, and what year they are of.

A cell is first taken apart (`take_apart`); the order of day and month is then decided by all cells together, never by
one. Dates without year get it from the period of the file and the order of its rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from aldia.domain.folding import fold
from aldia.domain.statements.model import Value

Order = Literal["DMY", "MDY"]
ORDERS: tuple[Order, Order] = ("DMY", "MDY")
MONTH_FIRST = frozenset({"US"})
FIRST_YEAR, LAST_YEAR = 1990, 2100
PENDING = frozenset({"hoy", "ayer", "pendiente", "en proceso", "por confirmar", "pending", "today", "retenido"})

_SPANISH = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_MONTHS = dict(zip(_SPANISH, range(1, 13), strict=True)) | {
    "jan": 1, "apr": 4, "aug": 8, "dec": 12, "set": 9, "gen": 1, "abril": 4,
}  # fmt: skip
_FULL = re.compile(
    r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre|january|february|"
    r"march|april|june|july|august|september|october|november|december|[a-z]{3,4})"
)
_TIME = r"(?:[Tt ,;]+ ?[0-9]{1,2}[:.][0-9]{2}.*)?"
_ISO = re.compile(rf"([0-9]{{4}})[-/. ]([0-9]{{1,2}})[-/. ]([0-9]{{1,2}}){_TIME}")
_THREE = re.compile(rf"([0-9]{{1,2}})[-/. ]([0-9]{{1,2}})[-/. ]([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_TWO = re.compile(rf"([0-9]{{1,2}})[-/]([0-9]{{1,2}}){_TIME}")
_DAY_NAME = re.compile(rf"([0-9]{{1,2}})(?: de |[-/. ]*)([a-z]+)\.?(?: del? |[-/., ]*)([0-9]{{4}}|[0-9]{{2}})?{_TIME}")
_NAME_DAY = re.compile(rf"([a-z]+)\.? ([0-9]{{1,2}})(?:,? ?([0-9]{{4}}))?{_TIME}")
_COMPACT = re.compile(rf"([0-9]{{8}}){_TIME}")
_SERIAL_ZERO = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Parts:
    """A date taken apart. `day` when nothing is left to decide but the year; else `first` and `second`."""

    first: int
    second: int
    year: int | None
    fixed: bool = False  # first is certainly the day

    def read(self, order: Order, year: int | None = None) -> date | None:
        """The date, or None if there is no such day."""
        day, month = (self.first, self.second) if self.fixed or order == "DMY" else (self.second, self.first)
        return calendar_day(self.year or year or 0, month, day)


def calendar_day(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_pending(value: Value) -> bool:
    """Whether the cell says, in place of a date, that the bank has not booked it yet."""
    return isinstance(value, str) and fold(value) in PENDING


def take_apart(value: Value, serials: bool = True) -> Parts | None:
    """The parts of a date, or None if it is none. Numbers are Excel's serial days when `serials`."""
    if isinstance(value, datetime | date):
        return _exact(value.year, value.month, value.day)
    if isinstance(value, Decimal):
        return _from_number(value) if serials else None
    if not isinstance(value, str) or not 3 <= len(value.strip()) <= 45:
        return None
    text = value.strip().strip("'\"").strip().lower()
    return _from_text(text)


def _exact(year: int, month: int, day: int) -> Parts | None:
    return Parts(day, month, year, fixed=True) if calendar_day(year, month, day) else None


def _from_number(value: Decimal) -> Parts | None:
    """An Excel serial (32874 is 1 January 1990), or eight digits that a sheet kept as a number."""
    if not value.is_finite() or not 0 < value < 10**8:
        return None
    if value == value.to_integral_value() and value >= 10**6:
        return _compact(f"{int(value):08d}")
    if not 32_874 <= value < 73_415:
        return None
    day = _SERIAL_ZERO + timedelta(days=int(value))
    return Parts(day.day, day.month, day.year, fixed=True)


def _from_text(text: str) -> Parts | None:
    if match := _ISO.fullmatch(text):
        return _exact(int(match[1]), int(match[2]), int(match[3]))
    if match := _THREE.fullmatch(text):
        return _possible(int(match[1]), int(match[2]), _year(match[3]))
    if match := _COMPACT.fullmatch(text):
        return _compact(match[1])
    if len(text) == 5 and text.isascii() and text.isdigit():
        return _from_number(Decimal(text))
    if match := _TWO.fullmatch(text):
        return _possible(int(match[1]), int(match[2]), None)
    return _named(text)


def _named(text: str) -> Parts | None:
    match = _DAY_NAME.fullmatch(text)
    if match and (month := _month(match[2])):
        return _possible(int(match[1]), month, _year(match[3]), fixed=True)
    match = _NAME_DAY.fullmatch(text)
    if match and (month := _month(match[1])):
        return _possible(int(match[2]), month, _year(match[3]), fixed=True)
    return None


def _month(name: str) -> int:
    return _MONTHS.get(name[:3], 0) if _FULL.fullmatch(name) else 0


def _year(text: str | None) -> int | None:
    if not text:
        return None
    return int(text) + (2000 if len(text) == 2 else 0)


def _compact(digits: str) -> Parts | None:
    """20260401, or 01042026 as Santander writes it."""
    year_first = _exact(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return year_first or _possible(int(digits[:2]), int(digits[2:4]), int(digits[4:]))


def _possible(first: int, second: int, year: int | None, fixed: bool = False) -> Parts | None:
    parts = Parts(first, second, year, fixed)
    orders = ORDERS[:1] if fixed else ORDERS
    leap = year if year is not None else 2024
    return parts if any(parts.read(order, leap) for order in orders) else None


# One order for a column


def possible_orders(cells: Sequence[Parts]) -> list[Order]:
    """Orders under which every date exists. Both: they cannot be told apart. None: it contradicts itself."""
    return [order for order in ORDERS if all(cell.read(order, 2024) for cell in cells)]


def choose_order(cells: Sequence[Parts], country: str = "", today: date | None = None) -> tuple[Order, bool]:
    """The order of a column and whether it is certain enough not to be asked.

    One possible order decides. Of two, the one under which the dates run in order and do not lie ahead of `today`;
    then the country's habit, unless the other packs the dates into one month and the habit spreads them over many.
    """
    orders = possible_orders(cells)
    if len(orders) == 1:
        return orders[0], True
    habit: Order = "MDY" if country in MONTH_FIRST else "DMY"
    if not orders:
        return habit, False
    read = {order: [day for cell in cells if (day := cell.read(order, 2024))] for order in ORDERS}
    good = [order for order in ORDERS if _runs(read[order]) and not _ahead(read[order], cells, today)]
    if len(good) == 1:
        distinct = len(set(read[habit]))
        return good[0], good[0] == habit or distinct > 2
    other: Order = "DMY" if habit == "MDY" else "MDY"
    if len(set(read[habit])) >= 3 and _span(read[habit]) > 62 and _span(read[other]) <= 31:
        return habit, False
    return habit, True


def _runs(days: Sequence[date]) -> bool:
    pairs = list(pairwise(days))
    return all(one <= two for one, two in pairs) or all(one >= two for one, two in pairs)


def _ahead(days: Sequence[date], cells: Sequence[Parts], today: date | None) -> bool:
    if today is None or not all(cell.year for cell in cells):
        return False
    return any(day > today + timedelta(days=3) for day in days)


def _span(days: Sequence[date]) -> int:
    return (max(days) - min(days)).days if days else 0


# Years that the column does not say


def spread_years(cells: Sequence[Parts], order: Order, first_year: int, newest_first: bool) -> list[date | None]:
    """Dates of a column without years, whose oldest is of `first_year`: crossing December to January by the order."""
    indexes = range(len(cells) - 1, -1, -1) if newest_first else range(len(cells))
    found: list[date | None] = [None] * len(cells)
    year, last_month = first_year, 0
    for at in indexes:
        parts = cells[at]
        month = parts.second if parts.fixed or order == "DMY" else parts.first
        if last_month - month >= 6:
            year += 1
        elif month - last_month >= 6 and last_month and year > first_year:
            year -= 1  # a row of the old year that the bank put after the first of the new one
        last_month = month
        found[at] = parts.read(order, parts.year or year)
    return found


def newest_comes_first(cells: Sequence[Parts], order: Order) -> bool:
    """By the dates alone: whether more steps go back than forward. December beside January turns the year."""
    back = forward = 0
    for one, two in pairwise(_keys(cells, order)):
        turned = not one[0] and not two[0] and abs(one[1] - two[1]) >= 6  # December beside January
        if one != two:
            back += (one > two) != turned
            forward += (one < two) != turned
    return back > forward


def _keys(cells: Sequence[Parts], order: Order) -> list[tuple[int, int, int]]:
    keys = []
    for cell in cells:
        day, month = (cell.first, cell.second) if cell.fixed or order == "DMY" else (cell.second, cell.first)
        keys.append(((cell.year or 0), month, day))
    return keys
