"""What is to be done with (part of) a movement, in the ids of the database: said by the engine or by a person.

A plan speaks in minor units of the movement's currency. What it explains of the movement is `Plan.amount`:
Σ `lines` + Σ `known` − `fee` + Σ `adjustments` + `left`, with the movement's sign.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aldia.banking.models import Match, MatchLine


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` of the movement pays a receivable; `difference` more of it is settled as `kind`.

    `kind` is what `domain.matching.differences` calls it (withholding, discount, fee, commission, rounding, exchange,
    credit_note). `note_id`: the credit note on the books that settles the difference. `owed`: of a document in another
    currency (kind exchange), what is paid of it in that currency; None for all that it owes.
    """

    receivable_id: uuid.UUID
    amount: int
    difference: int = 0
    kind: str = ""
    note_id: uuid.UUID | None = None
    owed: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How (part of) a movement is explained.

    `known` are credits that were on the books before the bank showed them, (credit id, minor units of it), whole as
    the customer paid them; `fee` is what the bank or the provider kept of them. `adjustments` are (reason id, minor
    units with the movement's sign; the other sign for a charge inside it). `left` stays in favour of the customer.
    """

    customer_id: uuid.UUID | None = None
    lines: tuple[Line, ...] = ()
    known: tuple[tuple[uuid.UUID, int], ...] = ()
    adjustments: tuple[tuple[uuid.UUID, int], ...] = ()
    left: int = 0
    fee: int = 0

    @property
    def new_money(self) -> int:
        """What enters the books as a payment of its own."""
        return sum(line.amount for line in self.lines) + self.left

    @property
    def amount(self) -> int:
        """The part of the movement that this explains, with its sign."""
        known = sum(amount for _id, amount in self.known) - self.fee
        return self.new_money + known + sum(amount for _id, amount in self.adjustments)


def owner_of(plan: Plan) -> uuid.UUID:
    """The customer of its new money. ValueError: it has none."""
    if plan.customer_id is None:
        raise ValueError("money of nobody")
    return plan.customer_id


def plan_of(hypothesis: Mapping[str, Any]) -> Plan:
    """The plan that a hypothesis asks for, from its JSON (`domain.matching.Hypothesis`, ids as text)."""
    customer = hypothesis.get("customer")
    known = tuple((uuid.UUID(key), int(amount)) for key, amount in hypothesis.get("known") or ())
    return Plan(
        customer_id=uuid.UUID(customer) if customer else None,
        lines=tuple(_line(each) for each in hypothesis.get("allocations") or ()),
        known=known,
        left=int(hypothesis.get("left") or 0),
        fee=int(hypothesis.get("fee") or 0),
    )


def plan_again(match: Match, lines: Iterable[MatchLine]) -> Plan:
    """The plan that a match was made by."""
    rows = list(lines)
    return Plan(
        customer_id=match.customer_id,
        lines=tuple(
            Line(row.receivable_id, row.amount, row.difference, row.difference_kind,
                 row.settled_by_id if row.is_note else None)
            for row in rows if row.receivable_id is not None
        ),
        known=tuple((row.known_id, row.amount + row.difference) for row in rows if row.known_id is not None),
        adjustments=tuple((row.reason_id, row.amount) for row in rows if row.reason_id is not None),
        left=sum(row.amount for row in rows if row.receivable_id is row.known_id is row.reason_id is None),
        fee=sum(row.difference for row in rows if row.known_id is not None),
    )  # fmt: skip


def _line(allocation: Mapping[str, Any]) -> Line:
    note = allocation.get("credit")
    return Line(
        uuid.UUID(allocation["document"]),
        int(allocation["amount"]),
        int(allocation.get("difference") or 0),
        str(allocation.get("kind") or ""),
        uuid.UUID(note) if note else None,
    )
