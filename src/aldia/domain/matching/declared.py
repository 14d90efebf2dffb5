"""What somebody stated about this very payment: our link, the customer in the portal, a complement on file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from aldia.domain.matching.candidates import Case
from aldia.domain.matching.model import Allocation, Hypothesis, Said


def declared(case: Case) -> Iterator[Hypothesis]:
    """One hypothesis for each statement that this deposit can be. The payer must not be somebody else."""
    movement = case.movement
    reference = movement.link_reference or (movement.bank_reference if len(movement.bank_reference) >= 6 else "")
    said = case.index.said_by_reference(reference) if reference else None
    if said and said.currency == movement.currency and said.amount == movement.amount:
        yield from _as_said(case, said, "link")
        return
    span = timedelta(days=case.settings.said_days)
    since, until = movement.booked_on - span, movement.booked_on + timedelta(days=1)
    for said in sorted(
        case.index.said(movement.currency, movement.amount, since, until), key=lambda each: (each.source, each.key)
    ):
        if said.trace_key and movement.trace_key:
            if said.trace_key == movement.trace_key:
                yield from _as_said(case, said, "trace")
        elif said.customer == case.payer.customer or not case.payer.customer:
            yield from _as_said(case, said, said.source)


def _as_said(case: Case, said: Said, support: str) -> Iterator[Hypothesis]:
    owed = {document.key: document.balance for document in case.owed(said.customer)}
    if all(owed.get(key, 0) >= amount for key, amount in said.lines):
        lines = tuple(Allocation(key, amount) for key, amount in said.lines)
        yield Hypothesis(said.customer, "declared", lines, support, said.amount - sum(line.amount for line in lines))
