"""Norma 43 (AEB cuaderno 43): fixed records of 80 positions, implied two decimals, 1 = debe and 2 = haber.

https://www.aebanca.es (Cuaderno 43, «Información normalizada de cuenta corriente»). The counts and sums of the closing
record are steps of the proof.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from aldia.domain.money import MoneyError, to_minor
from aldia.domain.statements.blocks import Block, merge, movement
from aldia.domain.statements.dates import calendar_day
from aldia.domain.statements.errors import NoTable
from aldia.domain.statements.model import Declared, Hints, Statement

CURRENCIES = {
    "978": "EUR", "840": "USD", "826": "GBP", "484": "MXN", "756": "CHF", "152": "CLP", "170": "COP", "392": "JPY",
    "985": "PLN", "752": "SEK", "578": "NOK", "208": "DKK", "036": "AUD", "124": "CAD",
}  # fmt: skip
RECORDS = frozenset({"11", "22", "23", "24", "33", "88"})


def read_norma43(text: str, hints: Hints) -> tuple[Statement, ...]:
    """One statement per account. Raises `NoTable` when there is no account record."""
    blocks: list[Block] = []
    for number, line in _lines(text):
        kind = line[:2]
        if kind == "11":
            blocks.append(_open(number, line, hints))
        elif blocks and kind == "22":
            _read_movement(blocks[-1], number, line)
        elif blocks and kind == "23" and blocks[-1].movements:
            _add_text(blocks[-1], number, line)
        elif blocks and kind == "33":
            _close(blocks[-1], number, line)
        elif blocks and kind == "24":
            blocks[-1].head(number)
        elif blocks and kind == "88":
            blocks[-1].foot(number)
        elif blocks:
            blocks[-1].skip(number, "bad_line", line)
    if not blocks:
        raise NoTable
    return merge(blocks, hints)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Records of 80 positions, with or without line ends."""
    lines = text.split("\n")
    if len(lines) < 3 and len(text) > 160:
        lines = [text[at : at + 80] for at in range(0, len(text), 80)]
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, line.ljust(80)


def _day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{6}", text):
        return None
    year = int(text[:2])
    return calendar_day((1900 if year >= 90 else 2000) + year, int(text[2:4]), int(text[4:]))


def _signed(sign: str, digits: str, currency: str) -> int | None:
    """Two implied decimals whatever the currency; "1" is owed, anything else (some write 0) is not."""
    if not re.fullmatch(r"[0-9]{1,15}", digits):
        return None
    try:
        minor = to_minor(Decimal(int(digits)).scaleb(-2), currency)
    except MoneyError:
        return None
    return -minor if sign == "1" else minor


def _open(number: int, line: str, hints: Hints) -> Block:
    currency = CURRENCIES.get(line[47:50], hints.currency or "EUR")
    start, end = _day(line[20:26]), _day(line[26:32])
    block = Block(
        number,
        account=f"{line[2:6]} {line[6:10]} {line[10:20]}".strip(),
        holder=line[51:77].strip(),
        currency=currency,
        declared=Declared(opening=_signed(line[32], line[33:47], currency)),
        period=(start, end) if start and end and start <= end else None,
    )
    block.head(number)
    return block


def _read_movement(block: Block, number: int, line: str) -> None:
    day, amount = _day(line[10:16]), _signed(line[27], line[28:42], block.currency)
    if day is None or not amount:
        block.skip(number, "bad_date" if day is None else "zero_amount" if amount == 0 else "bad_amount", line)
        return
    first, second = " ".join(line[52:64].split()), " ".join(line[64:80].split())
    document = line[42:52].strip()
    block.movements.append(
        movement(
            number,
            day,
            amount,
            block.currency,
            "",
            value_on=_day(line[16:22]),
            account=block.account,
            bank_reference=next((each for each in (first, second, document) if each.strip("0 ")), ""),
            code=f"{line[22:24]}-{line[24:27]}".strip("- "),
            raw=(("22", line.rstrip()),),
        )
    )


def _add_text(block: Block, number: int, line: str) -> None:
    """Up to five records of two texts each."""
    last = block.movements[-1]
    pieces = (last.text, *(" ".join(line[at : at + 38].split()) for at in (4, 42)))
    text = " ".join(piece for piece in pieces if piece)[:1_000]
    block.movements[-1] = dataclasses.replace(last, text=text, raw=(*last.raw, ("23", line.rstrip())))
    block.head(number)


def _close(block: Block, number: int, line: str) -> None:
    def count(text: str) -> int | None:
        return int(text) if re.fullmatch(r"[0-9]+", text) else None

    block.declared = dataclasses.replace(
        block.declared,
        debit_count=count(line[20:25]),
        debits=_signed("", line[25:39], block.currency),
        credit_count=count(line[39:44]),
        credits=_signed("", line[44:58], block.currency),
        closing=_signed(line[58], line[59:73], block.currency),
    )
    block.foot(number)
