"""Text files without delimiters whose layout is known: Santander's fixed width, blocks pasted from a portal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from aldia.domain.statements import dates, numbers
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import Hints, Row, Sheet, Statement, Value
from aldia.domain.statements.table import read_sheet

# account [0,11) date [16,24) time [24,28) text [32,72) signed cents [72,87) balance cents [87,101) reference [101,109)
_SANTANDER = re.compile(
    r"(?P<account>[0-9]{11}).{5}(?P<date>[0-9]{8})(?P<time>[0-9]{4}).{4}(?P<text>.{40})(?P<amount>[+-][0-9]{14}|[0-9]{14}[+-])"
    r"(?P<balance>[0-9+-][0-9]{13})(?P<ref>.{8})(?P<rest>.*)"
)
_ROLES = ("account", "date", "time", "desc", "amount", "balance", "ref", "long_desc")
_DAY = re.compile(r"[0-9]{1,2} [A-Za-zé]{3,10}\.? [0-9]{4}(?: ?,.*)?|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}(?:[ ,].*)?")


def read_plain(text: str, hints: Hints) -> tuple[Statement, ...]:
    """The statements of such a file, or nothing when it is none."""
    lines = [(number, line.rstrip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = _santander(lines) or _blocks(lines)
    if not rows:
        return ()
    roles = tuple((role, at) for at, role in enumerate(_ROLES))
    mapping = Mapping(roles=roles, header=False, decimal=".", date_order="DMY")
    return read_sheet(Sheet("", tuple(rows)), hints, (mapping,))


def _santander(lines: Sequence[tuple[int, str]]) -> list[Row]:
    """Most lines match, or it is not that file; those that do not are told as rows without date."""
    found = [(number, line, _SANTANDER.fullmatch(line)) for number, line in lines]
    matched = sum(match is not None and dates.take_apart(match["date"]) is not None for _, _, match in found)
    if not matched or matched * 10 < len(lines) * 8:
        return []
    return [_fixed(number, match) if match else Row(number, (line[:200],)) for number, line, match in found]


def _fixed(number: int, match: re.Match[str]) -> Row:
    time = f"{match['time'][:2]}:{match['time'][2:]}"
    cells: tuple[Value, ...] = (
        match["account"], match["date"], time, match["text"].strip(), _cents(match["amount"]),
        _cents(match["balance"]), match["ref"].strip(), " ".join(match["rest"].split())[:300] or None,
    )  # fmt: skip
    return Row(number, cells)


def _cents(text: str) -> Decimal:
    sign = -1 if "-" in text else 1
    return sign * Decimal(text.strip("+-")).scaleb(-2)


def _blocks(lines: Sequence[tuple[int, str]]) -> list[Row]:
    """Three lines each: text, date and time, signed amount. "Hoy" in place of the date is not booked yet."""
    if len(lines) < 3 or len(lines) % 3:
        return []
    rows = []
    for at in range(0, len(lines), 3):
        (number, text), (_, day), (_, amount) = lines[at : at + 3]
        dated = _DAY.fullmatch(day.strip()) is not None or dates.is_pending(day.split(",")[0])
        if not dated or numbers.take_apart(amount) is None:
            return []
        cells: tuple[Value, ...] = (
            None, day.split(",")[0].strip(), None, " ".join(text.split()), amount.strip(), None, None, None,
        )  # fmt: skip
        rows.append(Row(number, cells))
    return rows
