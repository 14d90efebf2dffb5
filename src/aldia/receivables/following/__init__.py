"""What follows when balances move, whoever moved them: early discounts, instalment plans, fees on what was voided.

A `Desk` asks this before it writes, so that every road of money (a person, a provider, a bank file, a fiscal document)
has the same consequences, in the same transaction, under the same lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aldia.receivables.following import discounts, fees, plans

if TYPE_CHECKING:
    from aldia.receivables.desk import Desk


def follow(desk: Desk) -> None:
    """Bring what depends on balances into line with what the desk is about to write."""
    if desk.pending or discounts.notes_of(desk):
        discounts.follow(desk)
    if desk.pending:
        plans.follow(desk)
    voided = [row for row in desk.receivables if row.voided_on is not None]
    if voided:
        fees.follow(desk, voided)
