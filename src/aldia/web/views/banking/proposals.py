"""What the engine proposes, with the documents and customers that it names, for a page to draw."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aldia.banking.models import BankMovement
from aldia.banking.queries import decisions
from aldia.customers.models import Customer
from aldia.customers.queries import as_uuid
from aldia.domain.matching import Allocation, Hypothesis
from aldia.receivables.models import Credit, Receivable
from aldia.web.matching_words import FAMILIES, difference_label


@dataclass(frozen=True, slots=True)
class Paying:
    """A document of a proposal: how much of the movement pays it, and what else settles it."""

    receivable: Receivable | None
    amount: int
    difference: int
    kind: str

    @property
    def why(self) -> str:
        if not self.difference:
            return ""
        return difference_label("credit_note" if self.kind.startswith("note:") else self.kind)


@dataclass(slots=True)
class Proposal:
    """One explanation that could be accepted: `choice` is how `accepting.accept` counts it."""

    choice: int
    family: str
    customer: Customer | None
    documents: list[Paying]
    known: list[tuple[Credit, int]] = field(default_factory=list)
    left: int = 0
    fee: int = 0

    @property
    def is_usable(self) -> bool:
        """Whether everything that it names is still there."""
        return all(each.receivable is not None for each in self.documents)


@dataclass(frozen=True, slots=True)
class Said:
    """What the engine last said: its sentences, and its proposals in order."""

    sentences: tuple[str, ...]
    proposals: list[Proposal]


def said_of(movement: BankMovement) -> Said:
    """What the engine last said of a movement; nothing when it has not looked yet."""
    told = decisions.last_of([movement.pk]).get(movement.pk)
    if told is None:
        return Said((), [])
    return Said(tuple(sentence for _code, sentence in told.sentences), proposals_of(told.choices))


def proposals_of(choices: Sequence[Hypothesis]) -> list[Proposal]:
    """Hypotheses with their rows, read at once."""
    receivables = Receivable.objects.select_related("customer").in_bulk(
        _ids(line.document for each in choices for line in each.allocations)
    )
    customers = Customer.objects.in_bulk(_ids(each.customer for each in choices))
    credits = Credit.objects.in_bulk(_ids(key for each in choices for key, _amount in known_of(each)))
    found = []
    for place, each in enumerate(choices):
        lines = [
            Paying(receivables.get(_id(line.document)), line.amount, line.difference, _why(line))
            for line in each.allocations
        ]
        family = str(FAMILIES.get(each.family.removesuffix("_all"), each.family))
        known = [(credits[key], amount) for text, amount in known_of(each) if (key := _id(text)) in credits]
        customer = customers.get(_id(each.customer))
        found.append(Proposal(place, family, customer, lines, known, each.left, getattr(each, "fee", 0)))
    return found


def known_of(hypothesis: Hypothesis) -> Sequence[tuple[str, int]]:
    """Money that was on the books already, (credit, amount)."""
    return getattr(hypothesis, "known", ())


def _why(line: Allocation) -> str:
    """The difference as the page of matching by hand names it: a kind, or the credit note that settles it."""
    return f"note:{line.credit}" if line.credit else line.kind


def _id(text: str) -> Any:
    return as_uuid(text)


def _ids(texts: Any) -> list[uuid.UUID]:
    return [found for text in texts if (found := as_uuid(text))]
