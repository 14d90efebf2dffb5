"""When two lines are the same movement. Only an exact identity is a duplicate; what looks alike is a question."""

from __future__ import annotations

from aldia.domain.folding import fold
from aldia.domain.matching.model import BankMovement

Identity = tuple[str | int | None, ...]


def identity(movement: BankMovement) -> Identity:
    """Account, tracking key, sign and amount; without a tracking key, the whole line with its running balance and
    its number within the day. Two equal deposits of one day are two movements.
    """
    if movement.trace_key:
        return (movement.account, movement.trace_key, movement.amount)
    return (
        movement.account,
        movement.booked_on.isoformat(),
        movement.amount,
        fold(movement.text),
        movement.balance,
        movement.seq,
    )
