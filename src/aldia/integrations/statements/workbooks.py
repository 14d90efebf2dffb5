"""XLSX and XLS to sheets, by the compiled reader behind the guards of the house."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook

from aldia.domain.statements.errors import DamagedStatement, EmptyStatement, TooManyRows
from aldia.domain.statements.model import Row, Sheet, Value, plain
from aldia.integrations.spreadsheets.guard import LIMITS, Limits, repack
from aldia.integrations.statements.biff import refuse_large_area

MAX_SHEETS = 60


def workbook_sheets(data: bytes, kind: str, limits: Limits = LIMITS) -> tuple[Sheet, ...]:
    """Every sheet that holds something. Raises `StatementError` or the guards' `SheetError`."""
    if kind == "xlsx":
        data = repack(data, limits)
    else:
        refuse_large_area(data, limits.cells)
    sheets = _guarded(lambda: _load(data, limits))
    if not sheets:
        raise EmptyStatement
    return sheets


def _load(data: bytes, limits: Limits) -> tuple[Sheet, ...]:
    sheets = []
    left = limits.cells
    with closing(CalamineWorkbook.from_filelike(io.BytesIO(data))) as book:
        for at, name in enumerate(book.sheet_names[:MAX_SHEETS]):
            sheet = book.get_sheet_by_index(at)
            left -= sheet.height * sheet.width
            if left < 0 or sheet.height > limits.rows:
                raise TooManyRows(limit=f"{limits.rows:,}")
            first, margin = sheet.start or (0, 0)
            rows = tuple(_rows(sheet.to_python(skip_empty_area=True), first, margin))
            if rows:
                sheets.append(Sheet(name[:60], rows))
    return tuple(sheets)


def _rows(rows: Sequence[Sequence[object]], first: int, margin: int) -> Iterator[Row]:
    for at, values in enumerate(rows):
        cells = (*(None,) * margin, *(_value(value) for value in values))
        if any(cell is not None for cell in cells):
            yield Row(first + at + 1, cells)


def _value(value: object) -> Value:
    """Excel keeps 15 significant digits: what it shows as 0.3 is stored as 0.30000000000000004."""
    if isinstance(value, bool | datetime | date):
        return value
    if isinstance(value, float | int):
        number = Decimal(f"{value:.15g}")
        return number if number.is_finite() else None
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, str):
        return plain(value) or None
    return None


def _guarded(load: Callable[[], tuple[Sheet, ...]]) -> tuple[Sheet, ...]:
    """The reader is compiled code: its panics are not `Exception`s."""
    try:
        return load()
    except (EmptyStatement, TooManyRows):
        raise
    except (CalamineError, ValueError, OverflowError, OSError) as error:
        raise DamagedStatement(line=1) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DamagedStatement(line=1) from error
