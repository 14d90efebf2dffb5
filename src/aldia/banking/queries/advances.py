"""Bank money in favour of customers that waits for its invoice."""

from __future__ import annotations

from dataclasses import dataclass

from aldia.receivables.models import Credit, Receivable


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is left of a payment, and what it could pay (empty: nothing is owed)."""

    credit: Credit
    free: int
    owed: tuple[Receivable, ...]


def waiting() -> list[Waiting]:
    """Bank money not applied, oldest first: what no rule could apply by itself is a person's to say."""
    raise NotImplementedError
