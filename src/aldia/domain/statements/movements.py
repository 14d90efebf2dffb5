"""Rows whose meaning is decided become movements, oldest first, with what their text says and the proof of it all."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from datetime import date

from aldia.domain import tax_ids
from aldia.domain.currencies import CURRENCIES
from aldia.domain.folding import fold
from aldia.domain.sentences import gettext_noop
from aldia.domain.statements import dates, narrative
from aldia.domain.statements.amounts import read_lines
from aldia.domain.statements.layout import show
from aldia.domain.statements.model import Declared, Evidence, Movement, Proof, RowOutcome, Said, Statement
from aldia.domain.statements.proof import Step, prove
from aldia.domain.statements.reading import Reading
from aldia.domain.statements.rows import Line, Raw, outcome
from aldia.domain.statements.signs import Signs

Group = tuple[str, str, list[Line]]  # account, currency, rows
MAX_TEXT = 1_000

NOT_TIED = gettext_noop("El saldo corrido no cuadra: coinciden %(tied)s de %(steps)s comprobaciones.")
INVERTED = gettext_noop("Los signos del archivo van al revés de lo que mueve el saldo: se leyeron invertidos.")
DEBT = gettext_noop("El saldo del archivo sube con los cargos: es una deuda, como la de una tarjeta de crédito.")
NOTHING = gettext_noop("El archivo no trae ningún movimiento.")


def asked(reading: Reading, sheet: str) -> Statement:
    """What can be shown while a question is open: no movements."""
    return Statement(
        currency=reading.currency,
        account=reading.preamble.account,
        holder=reading.preamble.holder,
        bank=reading.bank,
        sheet=sheet,
        rows=tuple(sorted(reading.found.outcomes, key=_by_line)) if reading.mapping.roles else (),
        questions=tuple(reading.questions),
        mapping=reading.mapping,
        columns=reading.layout.columns,
    )


def _by_line(row: RowOutcome) -> int:
    return row.line


def groups(reading: Reading) -> list[Group]:
    """Rows by account and currency, in the order in which the file names them."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in reading.lines:
        key = (line.text("account"), currency_named(line.text("currency")) or reading.currency)
        found.setdefault(key, []).append(line)
    if not found:
        return [("", reading.currency, [])]
    return [(account, currency, lines) for (account, currency), lines in found.items()]


def currency_named(text: str) -> str:
    """The ISO code in a cell of currencies, "" where it says none."""
    code = text.strip().upper()
    return code if code in CURRENCIES else ""


def statements(
    reading: Reading, sheet: str, found: Sequence[Group], resolved: Sequence[Signs]
) -> tuple[Statement, ...]:
    """One statement per group; rows outside the table are told with the first."""
    built = []
    for at, (group, signed) in enumerate(zip(found, resolved, strict=True)):
        alone = len(found) == 1
        built.append(_statement(reading, sheet, group, signed, alone=alone, first=at == 0))
    return tuple(built)


def _statement(reading: Reading, sheet: str, group: Group, signed: Signs, *, alone: bool, first: bool) -> Statement:
    account, currency, lines = group
    raws = read_lines(lines, reading.decimal, currency)
    declared = reading.declared if alone else Declared()
    anchors = [line for line in reading.found.lines if line.anchor] if alone else []
    proof = prove(
        _steps(reading, lines, raws, signed, anchors),
        dataclasses.replace(declared, opening=None) if anchors else declared,
        reading.newest_first,
    )
    moved = _movements(reading, account, currency, lines, raws, signed, proof)
    rows = [outcome(lines[at].row, code) for at, code in signed.errors.items()]
    rows += [RowOutcome(movement.line, "movement") for movement in moved]
    mapping = dataclasses.replace(
        reading.mapping,
        decimal=reading.decimal,
        date_order=reading.order,
        sign=reading.mapping.sign or (signed.how if signed.how == "inverted" else ""),
        bank=reading.bank,
    )
    days = [movement.booked_on for movement in moved]
    return Statement(
        currency=currency,
        account=account or reading.preamble.account,
        holder=reading.preamble.holder,
        bank=reading.bank,
        sheet=sheet,
        period=_period(reading, days),
        declared=declared,
        movements=moved,
        rows=tuple(sorted([*rows, *(reading.found.outcomes if first else [])], key=_by_line)),
        proof=proof,
        findings=_findings(reading, proof, signed, moved),
        mapping=mapping,
        columns=reading.layout.columns,
    )


def _period(reading: Reading, days: Sequence[date]) -> tuple[date, date] | None:
    """What the file says, if its movements lie within; else what they span."""
    stated = [day for parts in reading.preamble.dates if (day := parts.read(reading.order))]
    if reading.preamble.period and len(stated) == 2 and days and min(stated) <= min(days) and max(days) <= max(stated):
        return min(stated), max(stated)
    return (min(days), max(days)) if days else None


def _findings(reading: Reading, proof: Proof, signed: Signs, moved: Sequence[Movement]) -> tuple[Said, ...]:
    found = list(reading.findings)
    if not moved:
        found.append(Said("nothing", NOTHING))
    if proof.state == "partial":
        params = {"tied": str(proof.tied), "steps": str(proof.steps)}
        found.append(Said("not_tied", NOT_TIED, params, proof.first_line))
    if signed.how == "inverted" and not reading.mapping.sign:
        found.append(Said("inverted", INVERTED))
    if signed.debt:
        found.append(Said("debt", DEBT))
    return tuple(found)


def _steps(
    reading: Reading, lines: Sequence[Line], raws: Sequence[Raw], signed: Signs, anchors: Sequence[Line]
) -> list[Step]:
    """In the order of the file, with the balances that it states in between."""
    steps = [
        Step(line.row.line, value, _balance(raw, signed), reading.days[line.row.line])
        for line, raw, value in zip(lines, raws, signed.values, strict=True)
        if value is not None
    ]
    for line in anchors:
        stated = read_lines([line], reading.decimal, reading.currency)[0].balance
        if stated is not None:
            steps.append(Step(line.row.line, 0, stated, anchor=True))
    return sorted(steps, key=lambda step: step.line)


def _balance(raw: Raw, signed: Signs) -> int | None:
    return -raw.balance if signed.debt and raw.balance is not None else raw.balance


def _movements(
    reading: Reading,
    account: str,
    currency: str,
    lines: Sequence[Line],
    raws: Sequence[Raw],
    signed: Signs,
    proof: Proof,
) -> tuple[Movement, ...]:
    made = [
        _movement(reading, account, currency, line, value, _balance(raw, signed))
        for line, raw, value in zip(lines, raws, signed.values, strict=True)
        if value is not None
    ]
    if proof.newest_first:
        made.reverse()
    return numbered(made if proof.state == "full" else sorted(made, key=lambda movement: movement.booked_on))


def numbered(made: Sequence[Movement]) -> tuple[Movement, ...]:
    """Movements, oldest first, with their number within the day."""
    seen: Counter[date] = Counter()
    found = []
    for movement in made:
        seen[movement.booked_on] += 1
        found.append(dataclasses.replace(movement, seq=seen[movement.booked_on]))
    return tuple(found)


def _movement(reading: Reading, account: str, currency: str, line: Line, amount: int, balance: int | None) -> Movement:
    parts = dates.take_apart(line.cells.get("value_date"))
    booked_on = reading.days[line.row.line]
    value_on = parts.read(reading.order, booked_on.year) if parts else None
    side = ("payer_name", "payer_id", "payer_account")
    if amount < 0 and any(role.startswith("payee") for role in line.cells):
        side = ("payee_name", "payee_id", "payee_account")
    headings = reading.layout.headings
    raw = tuple(
        (headings[at] if at < len(headings) and headings[at] else f"{at + 1}", text)
        for at, cell in enumerate(line.row.cells)
        if (text := show(cell))
    )
    plain = Movement(
        line=line.row.line,
        booked_on=booked_on,
        amount=amount,
        currency=currency,
        text=text_of(line),
        text_key="",
        value_on=value_on,
        balance=balance,
        account=account,
        bank_reference=_reference(line.text("ref")),
        trace_key=_reference(line.text("trace")),
        payer_name=_word(line.text(side[0])),
        payer_tax_id=_tax_id(line.text(side[1]), reading.country),
        payer_account=_reference(line.text(side[2])),
        concept=line.text("concept"),
        code=line.text("code")[:40],
        raw=raw,
    )
    return with_evidence(plain, reading.bank, reading.country)


def text_of(line: Line) -> str:
    """The bank's texts of a row joined by " | ", each once."""
    pieces: list[str] = []
    for piece in (*(line.text(role) for role in ("desc", "long_desc", "concept")), *line.joined):
        if piece and not any(piece in other for other in pieces):
            pieces.append(piece)
    return " | ".join(pieces)[:MAX_TEXT]


# The same words serve for money in and out ("Pago cuenta de tercero"): the sign has been decided without them.
_BY_SIGN = {
    "transfer_in": ("transfer_in", "transfer_out"),
    "transfer_out": ("transfer_in", "transfer_out"),
    "transfer": ("transfer_in", "transfer_out"),
    "cash_in": ("cash_in", ""),
}


def with_evidence(movement: Movement, bank: str, country: str) -> Movement:
    """The movement with what its text says: columns of the bank win over the text, and are evidence too."""
    kind, read = narrative.read_narrative(movement.text, bank, country)
    said = {evidence.kind: evidence.value for evidence in read}
    kind = _BY_SIGN.get(kind, (kind, kind))[movement.amount < 0]
    columns = {
        "name": movement.payer_name, "tax_id": movement.payer_tax_id, "account": movement.payer_account,
        "concept": movement.concept, "trace": movement.trace_key,
    }  # fmt: skip
    from_columns = tuple(Evidence(kind, value) for kind, value in columns.items() if value)
    kept = tuple(evidence for evidence in read if not columns.get(evidence.kind))
    return dataclasses.replace(
        movement,
        text_key=fold(movement.text),
        bank_reference=movement.bank_reference or said.get("reference", ""),
        trace_key=movement.trace_key or said.get("trace", ""),
        payer_name=movement.payer_name or said.get("name", ""),
        payer_tax_id=movement.payer_tax_id or said.get("tax_id", ""),
        payer_account=movement.payer_account or said.get("account", "") or said.get("payer_key", ""),
        concept=movement.concept or said.get("concept", ""),
        kind=kind,
        evidence=(*from_columns, *kept),
    )


def _reference(text: str) -> str:
    """A reference as it is kept: "" for what banks print when there is none."""
    bare = text.strip().strip("'")
    return bare[:80] if bare.strip("0-. ") and bare.lower() not in ("n/a", "null", "none") else ""


def _word(text: str) -> str:
    return text if any(char.isalpha() for char in text) else ""


def _tax_id(text: str, country: str) -> str:
    """As stored; ids of the general public name nobody. Without country, or odd, it stays as written."""
    bare = text.strip()
    if not bare.strip("0-. "):
        return ""
    spelled = tax_ids.normalise(country, bare) if country else bare
    return "" if tax_ids.is_generic(country, spelled) else spelled[:40]
