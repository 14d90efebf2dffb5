"""camt.052, .053 and .054 of ISO 20022 in any version: https://www.iso20022.org/catalogue-messages

Elements are found by local name. A booked entry (Ntry) is the movement; its transactions (TxDtls) are its breakdown.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.currencies import CURRENCIES
from aldia.domain.money import MoneyError, to_minor
from aldia.domain.statements.blocks import Block, merge, movement
from aldia.domain.statements.dates import calendar_day
from aldia.domain.statements.errors import NoTable
from aldia.domain.statements.model import Declared, Hints, Movement, Statement
from aldia.integrations.statements.xml import child, children, everywhere, local, parse_xml, text

_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,8})?")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NO_KEY = frozenset({"", "NOTPROVIDED", "NONREF", "N/A"})


def read_camt(data: bytes, hints: Hints) -> tuple[Statement, ...]:
    """One statement per account and currency. Raises `StatementError`."""
    root = parse_xml(data)
    blocks = [
        block
        for element in root.iter()
        if local(element) in ("Stmt", "Rpt", "Ntfctn")
        for block in _blocks(element, hints)
    ]
    if not blocks:
        raise NoTable
    return merge(blocks, hints)


def _blocks(element: _Element, hints: Hints) -> list[Block]:
    """One account; entries in another currency (it happens) make a block of their own."""
    account = child(element, "Acct")
    number = (text(account, "Id", "IBAN") or text(account, "Id", "Othr", "Id"))[:60]
    entries = children(element, "Ntry")
    balances = children(element, "Bal")
    currency = text(account, "Ccy") or _currency(entries) or _currency(balances) or hints.currency
    main = Block(element.sourceline or 1, account=number, holder=text(account, "Ownr", "Nm")[:100], currency=currency)
    main.head(main.line)
    if currency in CURRENCIES:
        main.declared = _declared(element, balances, currency)
    main.period = _period(element)
    others: dict[str, Block] = {currency: main}
    created_on = _day(text(element, "CreDtTm"))
    for entry in entries:
        own = _currency([entry]) or currency
        if own not in others:
            others[own] = Block(entry.sourceline or 1, account=number, currency=own)
        _read_entry(others[own], entry, created_on)
    return list(others.values())


def _currency(elements: Sequence[_Element]) -> str:
    for element in elements:
        amount = child(element, "Amt")
        if amount is not None and amount.get("Ccy") in CURRENCIES:
            return str(amount.get("Ccy"))
    return ""


def _minor(element: _Element | None, currency: str) -> int | None:
    """Minor units of an element's number; None where it has none that the currency can hold."""
    written = "".join((element.text or "").split()) if element is not None else ""
    if not _AMOUNT.fullmatch(written) or currency not in CURRENCIES:
        return None
    try:
        return to_minor(Decimal(written), currency)
    except MoneyError:
        return None


def _declared(element: _Element, balances: Sequence[_Element], currency: str) -> Declared:
    found: dict[str, int] = {}
    for balance in balances:
        code = text(balance, "Tp", "CdOrPrtry", "Cd")
        amount = child(balance, "Amt")
        name = {"OPBD": "opening", "PRCD": "opening", "CLBD": "closing"}.get(code)
        if name is None or amount is None or amount.get("Ccy", currency) != currency:
            continue
        value = _minor(amount, currency)
        if value is not None and (name not in found or code == "OPBD"):
            found[name] = -value if text(balance, "CdtDbtInd") == "DBIT" else value
    summary = child(element, "TxsSummry")
    for tag, name in (("TtlCdtNtries", "credit"), ("TtlDbtNtries", "debit")):
        total, count = _minor(child(summary, tag, "Sum"), currency), text(summary, tag, "NbOfNtries")
        if total is not None:
            found[f"{name}s"] = total
        if count.isascii() and count.isdigit() and len(count) < 9:
            found[f"{name}_count"] = int(count)
    return Declared(**found)


def _period(element: _Element) -> tuple[date, date] | None:
    start, end = (_day(text(element, "FrToDt", tag)) for tag in ("FrDtTm", "ToDtTm"))
    return (start, end) if start and end and start <= end else None


def _day(written: str) -> date | None:
    match = _DAY.match(written)
    return calendar_day(int(match[1]), int(match[2]), int(match[3])) if match else None


def _date(element: _Element, tag: str) -> date | None:
    return _day(text(element, tag, "Dt") or text(element, tag, "DtTm"))


def _read_entry(block: Block, entry: _Element, created_on: date | None) -> None:
    """An entry without dates (notifications have them so) is of the day the message was made."""
    line = entry.sourceline or 0
    shown = " ".join(" ".join(entry.itertext()).split())
    status = text(entry, "Sts", "Cd") or text(entry, "Sts")
    if status and status not in ("BOOK", "BKD"):
        block.skip(line, "pending", shown)
        return
    amount = _minor(child(entry, "Amt"), block.currency)
    booked_on, value_on = _date(entry, "BookgDt"), _date(entry, "ValDt")
    day = booked_on or value_on or created_on
    side = text(entry, "CdtDbtInd")
    if day is None or not amount or side not in ("CRDT", "DBIT"):
        block.skip(line, "bad_date" if day is None else "zero_amount" if amount == 0 else "bad_amount", shown)
        return
    details = everywhere(entry, "TxDtls")
    incoming = side == "CRDT"
    plain = movement(
        line,
        day,
        amount if incoming else -amount,
        block.currency,
        _narrative(entry, details),
        value_on=value_on,
        account=block.account,
        bank_reference=text(entry, "NtryRef")[:60],
        trace_key=_key(entry, details),
        code=_code(entry),
        raw=(("Ntry", shown[:4_000]), *_breakdown(details, amount, block.currency)),
    )
    block.movements.append(_with_party(plain, details[0], incoming) if len(details) == 1 else plain)


def _narrative(entry: _Element, details: Sequence[_Element]) -> str:
    pieces = [text(entry, "AddtlNtryInf")]
    for detail in details:
        pieces += [" ".join((each.text or "").split()) for each in everywhere(detail, "Ustrd")]
        pieces += [text(each, "CdtrRefInf", "Ref") for each in everywhere(detail, "Strd")]
        pieces.append(text(detail, "AddtlTxInf"))
    return " | ".join(dict.fromkeys(piece for piece in pieces if piece))


def _key(entry: _Element, details: Sequence[_Element]) -> str:
    """The bank's own key; else the transfer's UETR or EndToEndId when the entry is one transfer."""
    found = [text(entry, "AcctSvcrRef")]
    if len(details) == 1:
        found += [text(details[0], "Refs", tag) for tag in ("AcctSvcrRef", "UETR", "EndToEndId", "TxId")]
    return next((key[:140] for key in found if key.upper() not in _NO_KEY), "")


def _code(entry: _Element) -> str:
    code = child(entry, "BkTxCd")
    parts = (
        text(code, "Domn", "Cd"), text(code, "Domn", "Fmly", "Cd"), text(code, "Domn", "Fmly", "SubFmlyCd"),
    )  # fmt: skip
    return "-".join(part for part in parts if part)[:40] or text(code, "Prtry", "Cd")[:40]


def _breakdown(details: Sequence[_Element], amount: int, currency: str) -> tuple[tuple[str, str], ...]:
    """The transactions of a batch, kept when they sum to the entry."""
    parts = [
        _minor(child(detail, "Amt"), currency) or _minor(child(detail, "AmtDtls", "TxAmt", "Amt"), currency)
        for detail in details
    ]
    if len(parts) < 2 or None in parts or sum(part or 0 for part in parts) != amount:
        return ()
    return tuple((f"TxDtls {at}", f"{part}") for at, part in enumerate(parts, 1))


def _with_party(plain: Movement, detail: _Element, incoming: bool) -> Movement:
    """Who paid when money came in, who was paid when it went out."""
    parties = child(detail, "RltdPties")
    role = "Dbtr" if incoming else "Cdtr"
    party = child(parties, role)
    party = child(party, "Pty") if child(party, "Pty") is not None else party
    account = child(parties, f"{role}Acct", "Id")
    tax_id = next((text(each, "Id") for each in everywhere(child(party, "Id"), "Othr")), "")
    return dataclasses.replace(
        plain,
        payer_name=(text(party, "Nm") or text(parties, f"Ultmt{role}", "Nm"))[:140],
        payer_account=(text(account, "IBAN") or text(account, "Othr", "Id"))[:40],
        payer_tax_id=tax_id[:40],
    )
