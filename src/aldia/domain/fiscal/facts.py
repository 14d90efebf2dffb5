"""Facts that `effects.derive` looks at, and what it answers with. All amounts are minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A line of a payment: `paid` in the named document's currency, `equivalence` its units per unit of payment."""

    to_key: str
    currency: str
    paid: int
    equivalence: Decimal


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """A receipt of money that a complement tells of. `credit`: the one on the books that the complement was written
    from ("" where somebody else wrote it): its money is there already, and documents never bring it again."""

    position: int
    paid_on: date
    currency: str
    amount: int
    lines: tuple[PaidLine, ...]
    credit: str = ""


@dataclass(frozen=True, slots=True)
class DocumentFact:
    """A document on file, issued by the company to a customer whose switch is on."""

    key: str
    kind: str
    customer: str
    issued_on: date
    currency: str
    total: int
    method: str = ""
    cancelled_on: date | None = None
    relations: tuple[tuple[str, str], ...] = ()
    payments: tuple[PaymentFact, ...] = ()
    is_advance_remainder: bool = False
    no_presumption: bool = False

    def names(self, *codes: str) -> tuple[str, ...]:
        """Keys that the document names under these relation codes, in order, once each, never itself."""
        return tuple(dict.fromkeys(key for code, key in self.relations if code in codes and key != self.key))


@dataclass(frozen=True, slots=True)
class OpeningFact:
    """A receivable brought from before (opening balance) that answers to a fiscal key, as of the day it was loaded."""

    key: str
    customer: str
    currency: str
    total: int
    opening_on: date
    cancelled_on: date | None = None


@dataclass(frozen=True, slots=True)
class HandAllocation:
    """What a person (bank, provider) applied to a receivable. `distinct`: confirmed not to be a complement's money."""

    id: str
    credit: str
    receivable: str
    amount: int
    received_on: date
    is_payment: bool = True
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class WantedReceivable:
    key: str
    customer: str
    kind: str
    currency: str
    total: int
    issued_on: date
    void_on: date | None = None
    void_code: str = ""
    raises: str = ""


@dataclass(frozen=True, slots=True)
class WantedAllocation:
    """`amount` in the receivable's currency, `credit_amount` in the credit's."""

    receivable: str
    amount: int
    credit_amount: int
    on: date
    rule: str


@dataclass(slots=True)
class WantedCredit:
    """`held`: names documents not on file, or needs a person (`review` says why); not credit in favour."""

    external_key: str
    kind: str
    document: str
    customer: str
    currency: str
    amount: int
    received_on: date
    held: int = 0
    review: str = ""
    allocations: list[WantedAllocation] = field(default_factory=list)

    def free(self) -> int:
        return self.amount - self.held - sum(line.credit_amount for line in self.allocations)


@dataclass(slots=True)
class Effects:
    """`covered` pairs a hand-made credit with the complement that documents the same money.

    `moved`: hand-made allocations (by id) that follow a substitution to another receivable.
    """

    receivables: dict[str, WantedReceivable] = field(default_factory=dict)
    credits: dict[str, WantedCredit] = field(default_factory=dict)
    covered: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
