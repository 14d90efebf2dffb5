"""What the formats made for programs have in common: blocks of one account with an opening, movements and a closing.

The blocks of one account and currency become one statement. Each block that states both balances is a step of the
proof; a block that does not tie is importable, with a warning.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from aldia.domain.sentences import gettext_noop, quoted
from aldia.domain.statements.decisions import ask_currency
from aldia.domain.statements.model import Declared, Hints, Movement, Proof, RowOutcome, Said, Statement, printable
from aldia.domain.statements.movements import NOT_TIED, NOTHING, numbered, with_evidence
from aldia.domain.statements.preamble import COUNTRY_OF
from aldia.domain.statements.proof import Step, prove

WHY = {
    "bad_line": gettext_noop("no tiene la forma de un movimiento de este formato"),
    "bad_date": gettext_noop("su fecha no se entiende"),
    "bad_amount": gettext_noop("su importe no se entiende"),
    "zero_amount": gettext_noop("su importe es cero"),
    "bad_currency": gettext_noop("su moneda no se conoce"),
    "pending": gettext_noop("todavía no está asentado por el banco"),
}


@dataclass(slots=True)
class Block:
    """One account as a part of the file states it, oldest movement first."""

    line: int = 1
    account: str = ""
    holder: str = ""
    currency: str = ""
    declared: Declared = field(default_factory=Declared)
    period: tuple[date, date] | None = None
    movements: list[Movement] = field(default_factory=list)
    rows: list[RowOutcome] = field(default_factory=list)

    def skip(self, line: int, code: str, text: str) -> None:
        self.rows.append(RowOutcome(line, "skipped", code, WHY[code], quoted(" ".join(text.split()), 160)))

    def head(self, line: int) -> None:
        self.rows.append(RowOutcome(line, "header"))

    def foot(self, line: int) -> None:
        self.rows.append(RowOutcome(line, "footer"))


def merge(blocks: Sequence[Block], hints: Hints) -> tuple[Statement, ...]:
    """One statement per account and currency, in the order of the file."""
    if any(not block.currency for block in blocks):
        return (Statement(questions=(ask_currency(),), account=blocks[0].account, bank=hints.bank),)
    found: dict[tuple[str, str], list[Block]] = {}
    for block in blocks:
        found.setdefault((block.account, block.currency), []).append(block)
    return tuple(_statement(parts, hints) for parts in found.values())


def _statement(parts: Sequence[Block], hints: Hints) -> Statement:
    country = hints.country or COUNTRY_OF.get(parts[0].currency, "")
    moved = [movement for block in parts for movement in block.movements]
    if any(one.booked_on > two.booked_on for one, two in pairwise(moved)):
        moved.sort(key=lambda movement: movement.booked_on)
    movements = numbered([with_evidence(movement, hints.bank, country) for movement in moved])
    proof = _proof(parts)
    rows = [row for block in parts for row in block.rows]
    rows += [RowOutcome(movement.line, "movement") for movement in movements]
    days = [movement.booked_on for movement in movements]
    periods = [day for block in parts for day in block.period or ()]
    return Statement(
        currency=parts[0].currency,
        account=parts[0].account,
        holder=parts[0].holder,
        bank=hints.bank,
        period=(min(periods), max(periods)) if periods else (min(days), max(days)) if days else None,
        declared=dataclasses.replace(
            parts[0].declared if len(parts) == 1 else Declared(),
            opening=parts[0].declared.opening,
            closing=parts[-1].declared.closing,
        ),
        movements=movements,
        rows=tuple(sorted(rows, key=lambda row: row.line)),
        proof=proof,
        findings=_findings(proof, bool(movements)),
    )


def _proof(parts: Sequence[Block]) -> Proof:
    """The proofs of the blocks added up."""
    total = Proof()
    for block in parts:
        steps = [Step(movement.line, movement.amount, movement.balance) for movement in block.movements]
        one = prove(steps, block.declared)
        total = dataclasses.replace(
            total,
            tied=total.tied + one.tied,
            steps=total.steps + one.steps,
            cause=total.cause or one.cause,
            first_line=total.first_line or (one.first_line or block.line if one.cause else 0),
        )
    state = "none" if not total.steps else "full" if total.tied == total.steps else "partial"
    return dataclasses.replace(total, state=state)  # type: ignore[arg-type]


def _findings(proof: Proof, moved: bool) -> tuple[Said, ...]:
    found = [] if moved else [Said("nothing", NOTHING)]
    if proof.state == "partial":
        params = {"tied": str(proof.tied), "steps": str(proof.steps)}
        found.append(Said("not_tied", NOT_TIED, params, proof.first_line))
    return tuple(found)


def movement(line: int, booked_on: date, amount: int, currency: str, text: str, **more: object) -> Movement:
    """A movement before its text is read."""
    plain = " ".join(printable(text).split())[:1_000]
    return Movement(line, booked_on, amount, currency, plain, "", **more)  # type: ignore[arg-type]
