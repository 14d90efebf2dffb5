"""Proof by running balance: each balance is the one before plus the movement, else the file is read wrongly or torn.

The walk is made in both directions (banks print newest first as often as not) and, where the balance is the day's,
from day to day. Opening, closing and declared totals must tie too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from aldia.domain.statements.model import Declared, Proof, ProofState

NOTHING = Declared()


@dataclass(frozen=True, slots=True)
class Step:
    """A movement as the proof sees it. `anchor`: no movement but a balance that the file states (opening of a part)."""

    line: int
    amount: int
    balance: int | None
    day: date | None = None
    anchor: bool = False


def prove(steps: Sequence[Step], declared: Declared = NOTHING, newest_first: bool = False) -> Proof:
    """`steps` in the order of the file; `newest_first` is what the dates say, the balances may correct it."""
    walk = walk_of(steps, newest_first)
    oldest = list(reversed(steps)) if walk.newest_first else list(steps)
    return _declared(walk, [step for step in oldest if not step.anchor], declared)


def walk_of(steps: Sequence[Step], newest_first: bool = False, orders: Sequence[bool] = (False, True)) -> Proof:
    """The running balances alone, in the direction (of `orders`) and with the grain that ties best."""
    best = Proof(newest_first=newest_first)
    for reverse in sorted(orders, key=lambda order: order != newest_first):
        ordered = list(reversed(steps)) if reverse else list(steps)
        for candidate in (ordered, _by_day(ordered)):
            if candidate is None:
                continue
            found = replace(_walk(candidate), newest_first=reverse)
            if _rank(found) > _rank(best):
                best = found
    return best


def _rank(proof: Proof) -> tuple[bool, bool, int]:
    return (proof.steps > 0, proof.state == "full", proof.tied)


def _walk(steps: Sequence[Step]) -> Proof:
    before: int | None = None
    moved = tied = count = first_line = 0
    cause = ""
    for step in steps:
        if step.anchor:
            before, moved = step.balance, 0
            continue
        moved += step.amount
        if step.balance is None:
            continue
        if before is not None:
            count += 1
            if before + moved == step.balance:
                tied += 1
            elif not cause:
                first_line, cause = step.line, _cause(before, moved, step)
        before, moved = step.balance, 0
    return Proof(_state(tied, count), tied, count, first_line, cause)


def _state(tied: int, steps: int) -> ProofState:
    return "none" if not steps else "full" if tied == steps else "partial"


def _cause(before: int, moved: int, step: Step) -> str:
    """Why a step does not tie, by what would make it."""
    other = before + moved - step.amount
    if other - step.amount == step.balance:
        return "sign"
    if other + step.amount * 100 == step.balance or (
        step.balance is not None and (step.balance - other) * 100 == step.amount
    ):
        return "hundredfold"
    return "missing_row"


def _by_day(steps: Sequence[Step]) -> list[Step] | None:
    """The same with a balance only on the last movement of each day, if every day repeats one balance; else None."""
    last: dict[date, tuple[int, int]] = {}
    for at, step in enumerate(steps):
        if step.day is None or step.anchor:
            return None
        if step.balance is None:
            continue
        if step.day in last and last[step.day][1] != step.balance:
            return None
        last[step.day] = (at, step.balance)
    if len(last) == sum(step.balance is not None for step in steps):
        return None
    kept = {at for at, _balance in last.values()}
    return [step if at in kept else replace(step, balance=None) for at, step in enumerate(steps)]


def _declared(walk: Proof, oldest: Sequence[Step], declared: Declared) -> Proof:
    """The walk, and what the file states about itself as further steps."""
    checks: list[tuple[str, bool]] = []
    moved = sum(step.amount for step in oldest)
    with_balance = [at for at, step in enumerate(oldest) if step.balance is not None]
    if declared.opening is not None and with_balance:
        upto = oldest[: with_balance[0] + 1]
        checks.append(("missing_row", declared.opening + sum(step.amount for step in upto) == upto[-1].balance))
    if declared.closing is not None and with_balance:
        after = oldest[with_balance[-1] + 1 :]
        last = oldest[with_balance[-1]].balance or 0
        checks.append(("closing", last + sum(step.amount for step in after) == declared.closing))
    elif declared.closing is not None and declared.opening is not None:
        checks.append(("closing", declared.opening + moved == declared.closing))
    checks += _totals(oldest, declared)
    failed = next((cause for cause, holds in checks if not holds), "")
    tied, steps = walk.tied + sum(holds for _, holds in checks), walk.steps + len(checks)
    return replace(walk, state=_state(tied, steps), tied=tied, steps=steps, cause=walk.cause or failed)


def _totals(steps: Sequence[Step], declared: Declared) -> list[tuple[str, bool]]:
    debits = [-step.amount for step in steps if step.amount < 0]
    credits = [step.amount for step in steps if step.amount > 0]
    pairs = (
        (declared.debits, sum(debits)), (declared.credits, sum(credits)),
        (declared.debit_count, len(debits)), (declared.credit_count, len(credits)),
    )  # fmt: skip
    return [("totals", abs(said) == found) for said, found in pairs if said is not None]


def flipped(steps: Sequence[Step]) -> list[Step]:
    """The same movements with every sign inverted."""
    return [step if step.anchor else replace(step, amount=-step.amount) for step in steps]
