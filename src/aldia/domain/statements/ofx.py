"""OFX and QFX, SGML (1.x) and XML (2.x): https://www.financialdataexchange.org/ofx

Both are read as a stream of tags, since banks close them, forget them and invent their own. The sign is that of TRNAMT.
Several accounts in a file are several statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from aldia.domain.currencies import CURRENCIES
from aldia.domain.money import MoneyError, to_minor
from aldia.domain.statements import dates, numbers
from aldia.domain.statements.blocks import Block, merge, movement
from aldia.domain.statements.errors import HasDoctype, NoTable
from aldia.domain.statements.model import Declared, Hints, Statement

_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._]*)\s*(/?)>([^<]*)")
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#[0-9]{1,6}|#[xX][0-9A-Fa-f]{1,5});")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


def read_ofx(text: str, hints: Hints) -> tuple[Statement, ...]:
    """One statement per account. Raises `NoTable` when the file holds no statement at all."""
    if "<!DOCTYPE" in text[:4_000].upper():
        raise HasDoctype
    blocks: list[Block] = []
    entry: dict[str, str] | None = None
    entry_line, inside = 0, ""
    for line, closing, tag, value in _tokens(text):
        if tag in _STATEMENTS and not closing:
            blocks.append(Block(line, currency=hints.currency))
        elif not blocks:
            continue
        elif tag == "STMTTRN":
            if entry:
                _read_entry(blocks[-1], entry, entry_line)
            entry, entry_line = (None, 0) if closing else ({}, line)
        elif tag == "BANKTRANLIST" and closing and entry:
            _read_entry(blocks[-1], entry, entry_line)
            entry = None
        elif entry is not None:
            if not closing and value:
                entry.setdefault(tag, value)
        elif tag in ("LEDGERBAL", "AVAILBAL"):
            inside = "" if closing else tag
        elif value and not closing:
            _read_frame(blocks[-1], tag, value, inside)
    if entry and blocks:
        _read_entry(blocks[-1], entry, entry_line)
    if not blocks:
        raise NoTable
    return merge(blocks, hints)


def _tokens(text: str) -> Iterator[tuple[int, bool, str, str]]:
    """Line, whether it closes, tag, text after it."""
    bare = _without_comments(text)
    line, at = 1, 0
    for match in _TOKEN.finditer(bare):
        line += bare.count("\n", at, match.start())
        at = match.start()
        value = "" if match[3] else " ".join(_unescape(match[4]).split())
        yield line, bool(match[1]), match[2].upper(), value


def _unescape(text: str) -> str:
    """The entities of SGML; numbers that are no character stay as they are written."""
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda match: _NAMED.get(match[1]) or _character(match[1]) or match[0], text)


def _character(entity: str) -> str:
    digits = entity[1:]
    code = int(digits[1:], 16) if digits[:1] in ("x", "X") else int(digits)
    return chr(code) if 32 <= code < 0xD800 else ""


def _without_comments(text: str) -> str:
    """Line ends stay, so that lines keep their numbers; a comment that never ends hides nothing."""
    pieces = text.split("<!--")
    kept = [pieces[0]]
    for piece in pieces[1:]:
        comment, closed, rest = piece.partition("-->")
        kept.append("\n" * comment.count("\n") + rest if closed else piece)
    return "".join(kept)


def _read_frame(block: Block, tag: str, value: str, inside: str) -> None:
    if tag == "CURDEF" and value.upper() in CURRENCIES:
        block.currency = value.upper()
    elif tag == "ACCTID" and not block.account:
        block.account = value[:60]
    elif tag == "ORG" and not block.holder:
        block.holder = value[:100]
    elif tag == "BALAMT" and inside == "LEDGERBAL":
        closing = read_amount(value, block.currency)
        if closing is not None:
            block.declared = Declared(closing=closing)


def _read_entry(block: Block, entry: dict[str, str], line: int) -> None:
    parts = _DATE.match(entry.get("DTPOSTED", ""))
    day = dates.calendar_day(int(parts[1]), int(parts[2]), int(parts[3])) if parts else None
    amount = read_amount(entry.get("TRNAMT", ""), block.currency)
    if day is None or not amount:
        code = "bad_date" if day is None else "zero_amount" if amount == 0 else "bad_amount"
        block.skip(line, code, " ".join(entry.values()))
        return
    name = entry.get("NAME") or entry.get("PAYEE") or ""
    memo = entry.get("MEMO", "")
    number = entry.get("CHECKNUM") or entry.get("CHKNUM") or entry.get("REFNUM") or ""
    text = name if not memo or memo in name else memo if name in memo else f"{name} | {memo}"
    block.movements.append(
        movement(
            line,
            day,
            amount,
            block.currency,
            text or (f"{entry.get('TRNTYPE', '')} {number}").strip(),
            account=block.account,
            bank_reference=number if number.strip("0") else "",
            trace_key=entry.get("FITID", "")[:255],
            code=entry.get("TRNTYPE", "")[:20],
            raw=tuple(entry.items()),
        )
    )


def read_amount(text: str, currency: str) -> int | None:
    """Minor units. OFX has no thousands, so a single mark is the decimal one; banks that use both put it last."""
    written = numbers.take_apart(text)
    if written is None or not currency:
        return None
    mark = max(".,", key=written.body.rfind)
    if written.body.count(mark) > 1:
        mark = numbers.OTHER[mark]
    try:
        return to_minor(_stripped(numbers.number_of(written, mark, text)), currency)
    except (numbers.BadNumber, MoneyError):
        return None


def _stripped(value: Decimal) -> Decimal:
    return value if value else Decimal(0)
