"""What is on file of the bank: copies, deposits that a return takes back, payments of the same amount."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from aldia.banking.indexing.rows import day, here, kept, text_id
from aldia.domain.folding import fold
from aldia.domain.matching import BankMovement, Paid
from aldia.tenancy.reading import fetch

MONTHS_BACK = timedelta(days=120)  # payments looked at for a twin; the engine compares days itself

_BY_TRACE = """
SELECT id FROM banking_bankmovement
WHERE company_id = %s AND account_id = %s AND trace_key = %s AND NOT (trace_key = '') AND amount = %s AND doubt = ''
ORDER BY id LIMIT 1"""
_BY_LINE = """
SELECT id, text FROM banking_bankmovement
WHERE company_id = %s AND account_id = %s AND booked_on = %s AND seq = %s AND amount = %s AND trace_key = ''
  AND (balance = %s OR (balance IS NULL AND %s IS NULL)) AND doubt = '' ORDER BY id"""
_PAYMENTS = """
SELECT id, source, received_on, reference FROM receivables_credit
WHERE company_id = %s AND currency = %s AND amount = %s AND received_on >= %s
  AND kind IN ('payment', 'advance') AND reversed_on IS NULL AND customer_id = %s"""
_WAITING = """
SELECT id, 'waiting', booked_on, trace_key FROM banking_bankmovement
WHERE company_id = %s AND currency = %s AND amount = %s AND payer_id = %s AND state IN ('pending', 'partial')
  AND doubt = ''"""
_PAID = f"{_PAYMENTS} UNION ALL {_WAITING}"
_OF_CREDIT = """
SELECT movement_id FROM banking_match WHERE company_id = %s AND credit_id = %s AND undone_at IS NULL"""
BANK, WAITING = "bank", "waiting"


class Bank:
    """Movements and payments of the company in scope. Nothing is remembered: it changes while a batch applies."""

    def __init__(self, on: date | None = None) -> None:
        self._company = here()
        self._since = on - MONTHS_BACK if on else date.min

    def same_identity(self, movement: BankMovement) -> str:
        """The oldest movement with the same identity, if it is an older one: only the later is the copy."""
        account = kept(movement.account)
        if movement.trace_key:
            found = fetch(_BY_TRACE, [self._company, account, movement.trace_key, movement.amount])
            first = text_id(found[0][0]) if found else ""
        else:
            first = self._same_line(movement)
        return first if first and first < movement.key else ""

    def _same_line(self, movement: BankMovement) -> str:
        where = [kept(movement.account), movement.booked_on, movement.seq, movement.amount]
        rows = fetch(_BY_LINE, [self._company, *where, movement.balance, movement.balance])
        words = fold(movement.text)
        return next((text_id(key) for key, text in rows if fold(text) == words), "")

    def credit_of_trace(self, account: str, trace_key: str, amount: int) -> str:
        found = fetch(_BY_TRACE, [self._company, kept(account), trace_key, amount])
        return text_id(found[0][0]) if found else ""

    def payments_of(self, customer: str, currency: str, amount: int) -> Sequence[Paid]:
        """Payments on the books, whoever noted them, and deposits of the customer that still wait for a decision."""
        who = kept(customer)
        where = [self._company, currency, amount, self._since, who, self._company, currency, amount, who]
        return [
            Paid(self._movement_of(key, source), customer, currency, amount, day(paid_on), reference)
            for key, source, paid_on, reference in fetch(_PAID, where)
        ]

    def _movement_of(self, credit: object, source: str) -> str:
        """The movement that a payment came by, so that none is its own twin; else the payment itself."""
        if source == WAITING:
            return text_id(credit)
        found = fetch(_OF_CREDIT, [self._company, credit]) if source == BANK else []
        return text_id(found[0][0]) if found else f"credit {text_id(credit)}"
