"""Cells of money, exactly: minor units under the file's decimal mark, or the reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from aldia.domain.currencies import exponent
from aldia.domain.money import MoneyError, round_to_minor, to_minor
from aldia.domain.statements import numbers
from aldia.domain.statements.model import Value
from aldia.domain.statements.rows import Line, Raw

# Sheets keep binary fractions: what the bank computed as 0.11 may be stored as 0.110000000000007.
NOISE = Decimal("0.000001")


def read_money(cell: Value, decimal: str, currency: str) -> tuple[int | None, int]:
    """Minor units (None for an empty cell) and what CR or DR says. Raises `BadNumber` or `MoneyError`."""
    if cell is None or isinstance(cell, bool):
        return None, 0
    if isinstance(cell, Decimal):
        rounded = round_to_minor(cell, currency)
        exact = abs(Decimal(rounded) - cell.scaleb(exponent(currency))) <= NOISE * 100
        return (rounded if exact else to_minor(cell, currency)), 0
    if not isinstance(cell, str):
        raise numbers.BadNumber(text=cell)
    if numbers.is_empty(cell):
        return None, 0
    written = numbers.take_apart(cell)
    if written is None:
        raise numbers.BadNumber(text=cell)
    return to_minor(numbers.number_of(written, decimal, cell), currency), written.side


def read_line(line: Line, decimal: str, currency: str) -> Raw:
    """All money of a row."""
    raw = Raw()
    try:
        raw.balance = signed(*read_money(line.cells.get("balance"), decimal, currency))
    except (numbers.BadNumber, MoneyError):
        raw.balance = None
    try:
        raw.debit = read_money(line.cells.get("debit"), decimal, currency)[0]
        raw.credit = read_money(line.cells.get("credit"), decimal, currency)[0]
        raw.amount, raw.side = read_money(line.cells.get("amount"), decimal, currency)
    except numbers.BadNumber:
        raw.error = "bad_amount"
    except MoneyError:
        raw.error = "too_precise"
    written = line.cells.get("amount")
    raw.plus = isinstance(written, str) and "+" in written
    return raw


def signed(value: int | None, side: int) -> int | None:
    """A balance with its side: "1,234.00 DR" is owed."""
    return -abs(value) if value is not None and side < 0 else value


def read_lines(lines: Sequence[Line], decimal: str, currency: str) -> list[Raw]:
    """All rows; what was read of a row is remembered with it."""
    key = (decimal, currency)
    for line in lines:
        if key not in line.money:
            line.money[key] = read_line(line, decimal, currency)
    return [line.money[key] for line in lines]
