"""MT940 and MT942 as banks send them: https://www2.swift.com/knowledgecentre/publications/us9m_20230720 (category 9).

Tolerant of what occurs: bank headers between blocks, no block ends, wrapped :61:, repeated :86:, literal "\\n", no
currency in :62:, value dates that do not exist. A line that cannot be read is skipped and told; the others stay.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from aldia.domain.currencies import CURRENCIES
from aldia.domain.money import MoneyError, to_minor
from aldia.domain.statements.blocks import Block, merge, movement
from aldia.domain.statements.dates import calendar_day
from aldia.domain.statements.errors import NoTable
from aldia.domain.statements.model import Declared, Hints, Movement, Statement

# Only these begin a field: a wrapped text may begin with ":12:11" or ":KO:".
_TAG = re.compile(r"^\s*:(13D|20|21|25P?|28C?|34F|60[FM]|61|62[FM]|64|65|65F|86|90[CD]|NS|940|942):")
_BALANCE = re.compile(r"([CD])([0-9]{6}) ?([A-Z]{3})? ?([0-9]+[,.]?[0-9]*)")
_LINE = re.compile(
    r"(?P<value>[0-9]{6}) *(?P<entry>[0-9]{4})? *(?P<sign>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?\s*"
    r"(?P<amount>[0-9]+[,.]?[0-9]*)\s*(?:(?P<kind>[NFS] ?[A-Z0-9]{3}))?(?P<rest>.*)",
    re.S,
)
_TOTAL = re.compile(r"([0-9]+) ?([A-Z]{3})([0-9]+[,.]?[0-9]*)")
_SUBFIELD = re.compile(r"[?>]([0-9]{2})")
_SLASHED = re.compile(
    r"/(EREF|KREF|MREF|CREF|NAME|REMI|BENM|ORDP|IBAN|BIC|TRCD|ISDT|CSID|MARF|PREF|SVCL|EREF|PURP|ADDR)/"
)
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|OAMT|COAM|IBAN|BIC)\+")
MAX_PARTS = 40
_NO_REFERENCE = frozenset({"NONREF", "NOTPROVIDED", "NOREF", "N/A", ""})


@dataclass(slots=True)
class Field:
    tag: str
    line: int
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def joined(self) -> str:
        return "".join(self.lines)


def read_mt940(text: str, hints: Hints) -> tuple[Statement, ...]:
    """One statement per account. Raises `NoTable` when the file has neither movements nor balances."""
    blocks = [_block(fields, hints) for fields in _split(_fields(text))]
    useful = [block for block in blocks if block.movements or block.declared != Declared() or _skipped(block)]
    if not useful:
        raise NoTable
    known = next((block.currency for block in useful if block.currency), hints.currency)
    for block in useful:
        block.currency = block.currency or known
    return merge(useful, hints)


def _skipped(block: Block) -> bool:
    return any(row.kind == "skipped" for row in block.rows)


def _fields(text: str) -> list[Field]:
    if "\\n:" in text:
        text = text.replace("\\r", "").replace("\\n", "\n")
    text = re.sub(r"\n:\n(?=[0-9]{2}[A-Z]?:)", "\n\n:", text)  # a colon left alone on its line
    found: list[Field] = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _TAG.match(line)
        bare = line.strip()
        if match:
            found.append(Field(match[1], number, [line[match.end() :].rstrip()]))
        elif bare.startswith(("{1:", "-}", "{5:")) or bare in ("-", "--"):
            found.append(Field("end", number, []))
        elif found and found[-1].tag != "end":
            found[-1].lines.append(line.rstrip())
    return found


def _split(fields: Sequence[Field]) -> list[list[Field]]:
    """Blocks begin at :20: and end at "-"."""
    blocks: list[list[Field]] = [[]]
    for each in fields:
        if each.tag in ("20", "end") and blocks[-1]:
            blocks.append([])
        if each.tag != "end":
            blocks[-1].append(each)
    return [block for block in blocks if block]


def _block(fields: Sequence[Field], hints: Hints) -> Block:
    block = Block(fields[0].line)
    block.currency = _currency(fields)
    currency = block.currency or hints.currency
    last: str = ""
    for each in fields:
        if each.tag == "25" or each.tag == "25P":
            block.account = _account(each.lines[0])
        if each.tag == "61":
            _read_line(block, each, currency)
        elif each.tag in ("86", "NS") and last in ("61", "86", "NS") and block.movements:
            block.movements[-1] = _with_text(block.movements[-1], each)
        else:
            _read_frame(block, each, currency)
        last = each.tag if each.tag in ("61", "86", "NS") else ""
    block.movements = [_finished(each) for each in block.movements]
    return block


def _currency(fields: Sequence[Field]) -> str:
    """What the balances name; MT942 names it in its floor limit; some write it after the account."""
    for each in fields:
        match = re.search(r"[CD][0-9]{6}([A-Z]{3})", each.lines[0]) if each.tag[:2] in ("60", "62", "64") else None
        match = match or (re.match(r"([A-Z]{3})[CD]?[0-9]", each.lines[0]) if each.tag == "34F" else None)
        if match:
            return match[1]
    for each in fields:
        tail = each.lines[0].strip()[-3:] if each.tag == "25" else ""
        if tail in CURRENCIES:
            return tail
    return ""


def _account(text: str) -> str:
    bare = text.strip()
    return bare[:-3].rstrip() if bare[-3:] in CURRENCIES and len(bare) > 8 else bare[:60]


def _read_frame(block: Block, each: Field, currency: str) -> None:
    """Balances and totals; anything else is a header."""
    after = any(row.kind == "footer" for row in block.rows)
    if each.tag in ("62F", "62M"):
        _declare(block, "closing", each, currency)
        block.foot(each.line)
    elif each.tag in ("60F", "60M"):
        _declare(block, "opening", each, currency)
        block.head(each.line)
    elif each.tag in ("90C", "90D"):
        _declare_total(block, each, currency)
        block.foot(each.line)
    elif after or each.tag in ("64", "65", "65F"):
        block.foot(each.line)
    else:
        block.head(each.line)


def _declare(block: Block, name: str, each: Field, currency: str) -> None:
    match = _BALANCE.match(each.lines[0].strip())
    value = _minor(match[4], currency) if match else None
    if match and value is not None:
        block.declared = dataclasses.replace(block.declared, **{name: value if match[1] == "C" else -value})


def _declare_total(block: Block, each: Field, currency: str) -> None:
    match = _TOTAL.match(each.lines[0].strip())
    value = _minor(match[3], currency) if match else None
    if match and value is not None:
        side = "credit" if each.tag == "90C" else "debit"
        block.declared = dataclasses.replace(block.declared, **{f"{side}s": value, f"{side}_count": int(match[1][:9])})


def _minor(text: str, currency: str) -> int | None:
    if len(text) > 24 or not currency:
        return None
    try:
        return to_minor(Decimal(text.replace(",", ".")), currency)
    except MoneyError:
        return None


def _read_line(block: Block, each: Field, currency: str) -> None:
    match = _LINE.match(each.text.strip())
    if match is None:
        block.skip(each.line, "bad_line", each.text)
        return
    booked_on, value_on = _days(match["value"], match["entry"])
    amount = _minor(match["amount"], currency)
    if currency not in CURRENCIES:
        block.skip(each.line, "bad_currency", each.text)
        return
    if booked_on is None or not amount:
        code = "bad_date" if booked_on is None else "zero_amount" if amount == 0 else "bad_amount"
        block.skip(each.line, code, each.text)
        return
    # RC takes a credit back, RD a debit: the money goes the other way
    incoming = match["sign"] in ("C", "RD", "EC")
    reference, _, rest = match["rest"].partition("//")
    bank_key, _, supplement = rest.partition("\n")
    if not rest:
        reference, _, supplement = match["rest"].partition("\n")
    block.movements.append(
        movement(
            each.line,
            booked_on,
            amount if incoming else -amount,
            currency,
            " ".join(supplement.split()),
            value_on=value_on,
            account=block.account,
            bank_reference=_reference(reference),
            trace_key=_reference(bank_key),
            code=(match["kind"] or "").replace(" ", ""),
            raw=(("61", each.text[:500]),),
        )
    )


def _reference(text: str) -> str:
    bare = " ".join(text.split())[:60]
    return "" if bare.upper() in _NO_REFERENCE else bare


def _days(value: str, entry: str | None) -> tuple[date | None, date | None]:
    """Booking and value date. Some banks value on 30 February: then only the booking date counts."""
    year = 2000 + int(value[:2])
    value_on = calendar_day(year, int(value[2:4]), int(value[4:]))
    if not entry:
        return value_on, value_on
    near = value_on or calendar_day(year, int(value[2:4]), 28)
    found = [day for each in (year, year - 1, year + 1) if (day := calendar_day(each, int(entry[:2]), int(entry[2:])))]
    booked_on = min(found, key=lambda day: abs(day - near), default=None) if near else None
    if booked_on and near and abs(booked_on - near) > timedelta(days=183):
        booked_on = None
    return booked_on or value_on, value_on


def _with_text(before: Movement, each: Field) -> Movement:
    """The movement with the raw :86: kept; it is read once all its parts are there."""
    if len(before.raw) > MAX_PARTS:
        return before
    return dataclasses.replace(before, raw=(*before.raw, (each.tag, each.text[:2_000])))


def _finished(before: Movement) -> Movement:
    narrative = "\n".join(text for tag, text in before.raw if tag in ("86", "NS"))
    if not narrative:
        return before
    parts = _subfields(narrative)
    pieces = [before.text, parts.get("text", "")]
    text = " | ".join(piece for piece in (" ".join(piece.split()) for piece in pieces) if piece)
    return dataclasses.replace(
        before,
        text=text[:1_000],
        payer_name=" ".join(parts.get("name", "").split())[:140],
        payer_account=re.sub(r"\s", "", parts.get("account", ""))[:40],
        trace_key=before.trace_key or _reference(parts.get("eref", "")),
        concept=" ".join(parts.get("concept", "").split())[:300],
    )


def _subfields(text: str) -> dict[str, str]:
    """A structured :86: by what its parts mean; a plain one is all text."""
    head = text[:8].replace("\n", "")
    if re.match(r"[0-9]{3}[?>]|[?>][0-9]{2}", head):
        return _german(text.replace("\n", ""))
    if len(_SLASHED.findall(text)) >= 2:
        return _slashed(text.replace("\n", ""))
    return {"text": text}


def _german(text: str) -> dict[str, str]:
    """?00 posting text, ?20–?29 and ?60–?63 remittance, ?30 bank, ?31 account, ?32–?33 name."""
    pieces = _SUBFIELD.split(text)
    fields: dict[str, str] = {}
    for code, value in zip(pieces[1::2], pieces[2::2], strict=True):
        fields[code] = fields.get(code, "") + value
    remittance = "".join(value for code, value in fields.items() if "20" <= code <= "29" or "60" <= code <= "63")
    keyed = _SEPA.split(remittance)
    by_key = dict(zip(keyed[1::2], keyed[2::2], strict=True))
    return {
        "text": " ".join(part for part in (fields.get("00", ""), remittance) if part),
        "name": fields.get("32", "") + fields.get("33", ""),
        "account": fields.get("31", ""),
        "eref": by_key.get("EREF", "").strip(),
        "concept": by_key.get("SVWZ", ""),
    }


def _slashed(text: str) -> dict[str, str]:
    pieces = _SLASHED.split(text)
    keyed = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return {
        "text": text.replace("/", " "),
        "name": keyed.get("NAME", "").strip("/ "),
        "account": keyed.get("IBAN", "").strip("/ "),
        "eref": keyed.get("EREF", "").strip("/ "),
        "concept": keyed.get("REMI", "").strip("/ "),
    }
