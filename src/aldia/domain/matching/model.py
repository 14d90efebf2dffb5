"""What the engine is given and what it answers. Amounts are minor units; chances are parts per million (`*_ppm`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from aldia.domain.money import format_money
from aldia.domain.statements.model import Evidence, Movement

Param = str | int | tuple[int, str]  # (minor units, currency) is shown as money


class Outcome(StrEnum):
    """What becomes of a movement. Only AUTO, POLICY, DUPLICATE, REVERSAL and NOT_RECEIVABLE happen by themselves."""

    AUTO = "auto"
    POLICY = "policy"
    PROPOSE = "propose"
    ADVANCE = "advance"
    EXCEPTION = "exception"
    DUPLICATE = "duplicate"
    REVERSAL = "reversal"
    NOT_RECEIVABLE = "not_receivable"


@dataclass(frozen=True, slots=True)
class BankMovement:
    """One line of a bank or of a payment provider. `amount` is positive when money came in.

    `account` is our account; `collection_account` the CLABE or reference given to one customer alone, when the money
    came to one; `link_reference` what our payment link made the payer carry. `concept_limit` is how many characters
    of the concept the bank keeps (0: not known). `seq` numbers the movements of a day.
    """

    key: str
    account: str
    booked_on: date
    amount: int
    currency: str
    text: str = ""
    concept: str = ""
    concept_limit: int = 0
    bank_reference: str = ""
    trace_key: str = ""
    payer_name: str = ""
    payer_tax_id: str = ""
    payer_account: str = ""
    kind: str = ""
    collection_account: str = ""
    link_reference: str = ""
    balance: int | None = None
    seq: int = 0
    evidence: tuple[Evidence, ...] = ()


def of_statement(
    movement: Movement, *, key: str, account: str, concept_limit: int = 0, collection_account: str = ""
) -> BankMovement:
    """A movement of a statement as the engine takes it, with what its narrative said."""
    return BankMovement(
        key=key,
        account=account,
        booked_on=movement.booked_on,
        amount=movement.amount,
        currency=movement.currency,
        text=movement.text,
        concept=movement.concept,
        concept_limit=concept_limit,
        bank_reference=movement.bank_reference,
        trace_key=movement.trace_key,
        payer_name=movement.payer_name,
        payer_tax_id=movement.payer_tax_id,
        payer_account=movement.payer_account,
        kind=movement.kind,
        collection_account=collection_account,
        balance=movement.balance,
        seq=movement.seq,
        evidence=movement.evidence,
    )


@dataclass(frozen=True, slots=True)
class Discount:
    """Early payment agreed: `ppm` of the total, if paid by `until`."""

    ppm: int
    until: date


@dataclass(frozen=True, slots=True)
class Document:
    """A receivable: `balance` is what is owed of `total` (0: paid); `net` the total before taxes, if known.

    `partials` are the amounts paid so far, oldest first; `order` the customer's purchase order.
    """

    key: str
    customer: str
    currency: str
    balance: int
    total: int
    issued_on: date
    due_on: date
    series: str = ""
    folio: str = ""
    uuid: str = ""
    order: str = ""
    net: int | None = None
    discount: Discount | None = None
    partials: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.series}-{self.folio}" if self.series else self.folio or self.key


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note not yet used, of `balance`; `document` is what it corrects ("" if it does not say)."""

    key: str
    customer: str
    currency: str
    balance: int
    issued_on: date
    document: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A customer. `oldest_first`: it was agreed that payments without reference pay what fell due first."""

    key: str
    name: str
    tax_id: str = ""
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """A payer learned: `kind` is tax_id, account or name; `value` as `names.name_key` or upper case writes it."""

    kind: str
    value: str
    customer: str
    confirmed: int = 0
    rejected: int = 0
    confirmed_on: date | None = None
    rejected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """An earlier payment of a customer; `movement` is its key."""

    movement: str
    customer: str
    currency: str
    amount: int
    paid_on: date
    trace_key: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody stated about a payment: `source` is link, portal or complement (a REP on file).

    `lines` are documents with the minor units paid of each.
    """

    source: Literal["link", "portal", "complement"]
    key: str
    customer: str
    currency: str
    amount: int
    paid_on: date
    lines: tuple[tuple[str, int], ...]
    trace_key: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class KnownMoney:
    """A payment on the books that the bank has not shown yet: noted by hand, or told by a provider (`source`).

    Sources that begin with card, terminal or provider never come as a transfer of the customer, but in a payout.
    `amount` is the part that has not been seen at the bank; `fee` what the provider keeps of it; `group` the payout it
    comes in, where the provider says so. A refund that is taken off a payout is of negative amount.
    """

    key: str
    customer: str
    currency: str
    amount: int
    received_on: date
    source: str
    trace: str = ""
    fee: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A CEP on file: who paid, as the central bank certifies it."""

    name: str = ""
    tax_id: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Allocation:
    """`amount` of the movement pays `document`; `difference` more is settled by `kind`, by the credit note `credit`."""

    document: str
    amount: int
    difference: int = 0
    kind: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence for the bookkeeper: `code` for programs, `template` and `params` for people."""

    code: str
    template: str
    params: Mapping[str, Param]

    @property
    def message(self) -> str:
        shown = {name: _shown(value) for name, value in self.params.items()}
        return self.template % shown if shown else self.template


def _shown(value: Param) -> str:
    return format_money(value[0], value[1]) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid. `level`: 5 own collection account, 4 tax id or account, 3 whole name, 2 name cut, 1 name alike, 0 none.

    `flag`: ambiguous (several customers answer), external (a tax id or a name of nobody we know), shared (one payer of
    several customers), contradiction (two pieces of evidence name two customers). `how` is the evidence that decided.
    """

    customer: str = ""
    level: int = 0
    flag: Literal["", "ambiguous", "external", "shared", "contradiction"] = ""
    how: str = ""
    value: str = ""
    candidates: tuple[str, ...] = ()


NOBODY = Payer()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to explain the movement. Σ allocations + Σ `known` + `left` - `fee` = the movement's amount.

    `known` is money that was on the books before the bank showed it (`KnownMoney.key`, gross amount), of which who
    pays it out kept `fee`; `customer` is "" where it is of several.

    `family` is the arithmetic, `support` how the text cites the documents; `chance_ppm` (λ) how many such
    combinations pure chance would give, per million; `score` orders, and decides nothing by itself.
    """

    customer: str
    family: str
    allocations: tuple[Allocation, ...]
    support: str = "none"
    left: int = 0
    chance_ppm: int = 0
    score: int = 0
    class_key: str = ""
    vetoes: tuple[str, ...] = ()
    known: tuple[tuple[str, int], ...] = ()
    fee: int = 0

    @property
    def settles(self) -> tuple[object, ...]:
        """What it does to the books: two hypotheses that do the same are one."""
        return (self.allocations, self.known)

    @property
    def documents(self) -> frozenset[str]:
        return frozenset(allocation.document for allocation in self.allocations)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a movement and why. `hypothesis` is what is applied, or proposed first; `alternatives` follow.

    `undoes` is the movement that a return takes back or of which this is the copy. `touched` are the customers whose
    documents were looked at: a change in one of them calls for a new decision.
    """

    movement: str
    outcome: Outcome
    hypothesis: Hypothesis | None = None
    reasons: tuple[Reason, ...] = ()
    alternatives: tuple[Hypothesis, ...] = ()
    payer: Payer = NOBODY
    undoes: str = ""
    touched: frozenset[str] = frozenset()
