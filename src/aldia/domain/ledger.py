"""A business event -> balanced postings of the subledger.

Postings are signed (debit +, credit −), in minor units; each event sums to zero in each currency, which is asserted
here and proved again by the database's own checks. Accounts are named by their role; a company's chart maps roles to
accounts. What a customer is owed by us (unapplied payments, advances, credit notes) is `customer_credit`; what the
customer owes is `receivable`. Sales are seen here with their taxes: the tax accounts are the general ledger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aldia.domain.money import Money

RECEIVABLE: Final = "receivable"
CUSTOMER_CREDIT: Final = "customer_credit"  # credit in favour: unapplied money, advances, notes
CLEARING: Final = "clearing"  # money received that no bank movement has been matched with yet
BANK: Final = "bank"
INCOME: Final = "income"  # sales including their taxes
SALES_RETURNS: Final = "sales_returns"  # credit notes
OPENING: Final = "opening"  # the other side of balances owed before the company came
WRITE_OFF: Final = "write_off"
DISCOUNTS: Final = "discounts"
WITHHOLDING: Final = "withholding"
ADJUSTMENT: Final = "adjustment"
PRESUMED: Final = "presumed"  # PUE collections presumed at month end
FX: Final = "fx"
FEES: Final = "fees"
ROLES: Final = (
    RECEIVABLE,
    CUSTOMER_CREDIT,
    CLEARING,
    BANK,
    INCOME,
    SALES_RETURNS,
    OPENING,
    WRITE_OFF,
    DISCOUNTS,
    WITHHOLDING,
    ADJUSTMENT,
    PRESUMED,
    FX,
    FEES,
)

# kind of receivable -> where what is owed comes from
RECEIVABLE_SOURCES: Final[dict[str, str]] = {
    "invoice": INCOME,
    "debit_note": INCOME,
    "charge_note": INCOME,
    "payment_order": INCOME,
    "late_fee": INCOME,
    "opening": OPENING,
}
# kind of credit -> what is debited when it enters
CREDIT_SOURCES: Final[dict[str, str]] = {
    "payment": CLEARING,
    "advance": CLEARING,
    "credit_note": SALES_RETURNS,
    "discount": DISCOUNTS,
    "write_off": WRITE_OFF,
    "withholding": WITHHOLDING,
    "adjustment": ADJUSTMENT,
    "presumed": PRESUMED,
    "opening": OPENING,
}


@dataclass(frozen=True, slots=True)
class Posting:
    """`amount` in minor units of `currency`: debit positive, credit negative, never zero."""

    role: str
    amount: int
    currency: str


Postings = tuple[Posting, ...]


def open_receivable(kind: str, total: Money) -> Postings:
    """A customer owes `total`: Dr receivable, Cr income (opening, for balances from before). KeyError: unknown kind."""
    return _move(RECEIVABLE, RECEIVABLE_SOURCES[kind], total)


def void_receivable(kind: str, balance: Money) -> Postings:
    """What is still owed stops being owed. Allocations are reversed before, so that `balance` is the whole."""
    return reverse(open_receivable(kind, balance))


def record_credit(kind: str, amount: Money) -> Postings:
    """Something that pays enters as credit in favour of the customer. KeyError: unknown kind."""
    return _move(CREDIT_SOURCES[kind], CUSTOMER_CREDIT, amount)


def reverse_credit(kind: str, amount: Money) -> Postings:
    """The credit never was (returned payment, cancelled note). Its allocations are reversed before."""
    return reverse(record_credit(kind, amount))


def charge_fee(amount: Money) -> Postings:
    """A provider keeps part of a payment for itself: Dr fees, Cr clearing. The customer paid the whole."""
    return _move(FEES, CLEARING, amount)


def deposit(amount: Money) -> Postings:
    """Money that the books already hold is seen at the bank: Dr bank, Cr clearing."""
    return _move(BANK, CLEARING, amount)


def adjust_bank(role: str, amount: Money, *, came_in: bool) -> Postings:
    """Money at the bank that no document explains goes to an account: Dr bank, Cr `role`; the other way if it left."""
    return _move(BANK, role, amount) if came_in else _move(role, BANK, amount)


def reassign(role: str, into: str, amount: Money) -> Postings:
    """What stood on the debit side of an account belongs on another: Dr `into`, Cr `role`."""
    return _move(into, role, amount)


def allocate(amount: Money, credit_amount: Money) -> Postings:
    """`credit_amount` of a credit pays `amount` of a receivable: Dr customer_credit, Cr receivable.

    Two currencies meet in `fx`, which holds one side of each; `credit_amount` may then be zero, when what is paid is
    worth less than half a minor unit of the credit's currency. ValueError when `amount` is not positive, or when
    one currency has two amounts.
    """
    _positive(amount)
    if amount.currency == credit_amount.currency:
        if amount != credit_amount:
            raise ValueError(f"one currency, two amounts: {amount} and {credit_amount}")
        return _move(CUSTOMER_CREDIT, RECEIVABLE, amount)
    paid = _move(FX, RECEIVABLE, amount)
    return (_move(CUSTOMER_CREDIT, FX, credit_amount) if credit_amount else ()) + paid


def reverse(postings: Postings) -> Postings:
    """The same event undone: each sign turned, debits first again."""
    return _balanced(*(Posting(each.role, -each.amount, each.currency) for each in postings[::-1]))


def merge(*events: Postings) -> Postings:
    """Events that happen together, as one: a posting for each account, debits first; empty if they undo each other."""
    sums = net(tuple(posting for event in events for posting in event))
    ordered = sorted(sums.items(), key=lambda item: (item[1] < 0, item[0]))
    return _balanced(*(Posting(role, amount, currency) for (role, currency), amount in ordered))


def net(postings: Postings) -> dict[tuple[str, str], int]:
    """Sum per (role, currency), without zeros: the effect of events on the accounts."""
    sums: dict[tuple[str, str], int] = {}
    for each in postings:
        sums[each.role, each.currency] = sums.get((each.role, each.currency), 0) + each.amount
    return {key: amount for key, amount in sums.items() if amount}


def _move(debit: str, credit: str, amount: Money) -> Postings:
    _positive(amount)
    return _balanced(Posting(debit, amount.minor, amount.currency), Posting(credit, -amount.minor, amount.currency))


def _positive(amount: Money) -> None:
    if amount.minor <= 0:
        raise ValueError(f"an event moves a positive amount, not {amount}")


class Unbalanced(AssertionError):
    """A defect of this module: an event whose postings do not sum to zero. Raised also under `python -O`."""


def _balanced(*postings: Posting) -> Postings:
    sums: dict[str, int] = {}
    for each in postings:
        sums[each.currency] = sums.get(each.currency, 0) + each.amount
    if any(sums.values()):
        raise Unbalanced(postings)
    return postings
