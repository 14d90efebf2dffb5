"""BAI2, as banks send it to treasuries: records of fields parted by commas, continued by 88.

Cash Management Balance Reporting Specifications, version 2 (https://x9.org). Type codes 100 to 399 are credits, 400 to
699 debits; amounts have the implied decimals of their currency.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from datetime import date

from aldia.domain.currencies import CURRENCIES
from aldia.domain.money import MAX_MINOR
from aldia.domain.statements.blocks import Block, merge, movement
from aldia.domain.statements.dates import calendar_day
from aldia.domain.statements.errors import NoTable
from aldia.domain.statements.model import Hints, Statement

_RECORD = re.compile(r"^\s*(01|02|03|16|49|88|98|99),")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}")
# Extra fields by funds type, before the bank's reference.
_FUNDS = {"S": 3, "V": 2}
_BALANCES = {"010": "opening", "015": "closing"}


def read_bai2(text: str, hints: Hints) -> tuple[Statement, ...]:
    """One statement per account. Raises `NoTable` when there is no account record."""
    blocks: list[Block] = []
    day: date | None = None
    currency = hints.currency or "USD"
    group_currency = currency
    for line, record in _records(text):
        if record[0] == "02":
            day = _day(record[4] if len(record) > 4 else "")
            group_currency = _known(record[6] if len(record) > 6 else "", currency)
        elif record[0] == "03":
            blocks.append(_account(line, record, group_currency))
        elif record[0] == "16" and blocks:
            _transaction(blocks[-1], line, record, day)
        elif record[0] == "49" and blocks:
            blocks[-1].foot(line)
    if not blocks:
        raise NoTable
    return merge(blocks, hints)


def _known(text: str, otherwise: str) -> str:
    return text.strip() if text.strip() in CURRENCIES else otherwise


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records with their continuations: fields join fields, and a text that runs to the end of its line joins text."""
    current: list[str] = []
    start = 0
    for number, line in _lines(text):
        match = _RECORD.match(line)
        bare = line.strip()
        if match and match[1] == "88" and current:
            ended = current[-1].endswith("/")
            current.append(f",{bare[3:]}" if ended else bare[3:])
        elif match:
            if current:
                yield start, _fields(current)
            current, start = [bare], number
        elif current and bare:
            current[-1] += bare
    if current:
        yield start, _fields(current)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines; some banks put several records into one, parted by blanks."""
    for number, line in enumerate(text.split("\n"), 1):
        for piece in re.split(r"(?<=/)\s+(?=(?:01|02|03|16|49|88|98|99),)", line):
            yield number, piece


def _fields(pieces: Sequence[str]) -> list[str]:
    """A slash ends the fields of a line; without one its last field is a text that the next line goes on with."""
    return [field.strip() for field in "".join(piece.removesuffix("/") for piece in pieces).split(",")]


def _day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{6}", text):
        return None
    return calendar_day(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))


def _minor(text: str) -> int | None:
    if not _AMOUNT.fullmatch(text):
        return None
    value = int(text)
    return value if abs(value) <= MAX_MINOR else None


def _account(line: int, record: Sequence[str], group_currency: str) -> Block:
    block = Block(line, record[1][:60] if len(record) > 1 else "", currency=_known(_at(record, 2), group_currency))
    block.head(line)
    for at in range(3, len(record) - 1):
        name, value = _BALANCES.get(record[at]), _minor(record[at + 1])
        if name and value is not None:
            block.declared = dataclasses.replace(block.declared, **{name: value})
    return block


def _at(record: Sequence[str], at: int) -> str:
    return record[at] if len(record) > at else ""


def _transaction(block: Block, line: int, record: Sequence[str], day: date | None) -> None:
    code, value = _at(record, 1), _minor(_at(record, 2))
    number = int(code) if re.fullmatch(r"[0-9]{3}", code) else 0
    if day is None or not value or not 100 <= number <= 699:
        bad = (
            "bad_date"
            if day is None
            else "zero_amount"
            if value == 0
            else "bad_amount"
            if value is None
            else "bad_line"
        )
        block.skip(line, bad, ",".join(record))
        return
    funds = _at(record, 3)
    skipped = _FUNDS.get(funds, 0)
    if funds == "D" and re.fullmatch(r"[0-9]{1,3}", _at(record, 4)):
        skipped = 1 + 2 * int(record[4])
    rest = list(record[4 + skipped :])
    block.movements.append(
        movement(
            line,
            day,
            abs(value) if number < 400 else -abs(value),
            block.currency,
            ", ".join(piece for piece in rest[2:] if piece),
            account=block.account,
            bank_reference=(rest[1] if len(rest) > 1 else "")[:60],
            trace_key=(rest[0] if rest else "")[:60],
            code=code,
            raw=(("16", ",".join(record)[:2_000]),),
        )
    )
