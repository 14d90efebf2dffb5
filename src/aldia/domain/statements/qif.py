"""QIF, the old format of Quicken, as rows: its dates and numbers are as ambiguous as those of any sheet.

https://en.wikipedia.org/wiki/Quicken_Interchange_Format. Investment accounts are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence

from aldia.domain.statements.errors import NoTable
from aldia.domain.statements.mapping import Mapping, fingerprint
from aldia.domain.statements.model import Hints, Row, Sheet, Statement, Value
from aldia.domain.statements.table import read_sheet

_HEADINGS: tuple[Value, ...] = ("QIF D", "QIF T", "QIF P", "QIF M", "QIF N", "QIF account")
_ROLES = (("date", 0), ("amount", 1), ("desc", 2), ("long_desc", 3), ("ref", 4), ("account", 5))
_PLACES = {"D": 0, "T": 1, "U": 1, "P": 2, "M": 3, "N": 4}
_BANK_TYPES = ("bank", "cash", "ccard", "oth")


def read_qif(text: str, hints: Hints, remembered: Sequence[Mapping] = ()) -> tuple[Statement, ...]:
    """One statement per account. Raises `NoTable` when no bank account is in it."""
    rows = _rows(text)
    if len(rows) < 2:
        raise NoTable
    mapping = Mapping(fingerprint(_HEADINGS), _ROLES, sign="signed")
    known = [each for each in remembered if each.fingerprint == mapping.fingerprint]
    return read_sheet(Sheet("", tuple(rows)), hints, known or (mapping,))


def _rows(text: str) -> list[Row]:
    found = [Row(0, _HEADINGS)]
    account, kind, in_account = "", "bank", False
    record: dict[int, str] = {}
    start = 1
    for number, line in enumerate(text.split("\n"), 1):
        mark, rest = line[:1], " ".join(line[1:].split())
        if line.lower().startswith("!account"):
            in_account = True
        elif line.lower().startswith("!type:"):
            kind, in_account = rest[5:].strip().lower(), False
        elif mark == "^":
            if record and not in_account and kind.startswith(_BANK_TYPES):
                found.append(Row(start, tuple((record | {5: account}).get(at) or None for at in range(6))))
            record, in_account, start = {}, False, number + 1
        elif in_account:
            account = rest if mark == "N" else account
        elif mark in _PLACES and rest:
            record.setdefault(_PLACES[mark], rest.replace("' ", "/").replace("'", "/") if mark == "D" else rest)
    if record and not in_account and kind.startswith(_BANK_TYPES):
        found.append(Row(start, tuple((record | {5: account}).get(at) or None for at in range(6))))
    return found
