"""The books as the engine asks of them: `domain.matching.Index` answered by the database, one index a question.

An index remembers what it was answered, so it is made for a batch and thrown away (or told to `forget`) when the books
change. Ask it within `indexing.rows.reading()`.
"""

from __future__ import annotations

from datetime import date

from aldia.banking.indexing.bank import Bank
from aldia.banking.indexing.documents import Documents
from aldia.banking.indexing.facts import facts
from aldia.banking.indexing.payers import Payers
from aldia.banking.indexing.stated import Stated
from aldia.domain.matching import BankMovement, Index, Receipt


class BooksIndex:
    """The books of the company in scope. `on`: the first day that is asked about, for how far back payments are read;
    `has_commissions`: whether terminals pay several payments out at once, as providers do.
    """

    def __init__(self, *, on: date | None = None, has_commissions: bool = False) -> None:
        known = facts()
        self.documents, self.payers, self.bank = Documents(has_promises=known.has_promises), Payers(known), Bank(on)
        self.stated = Stated(self.documents, known, has_payouts=has_commissions or known.has_providers)
        documents, payers, bank, stated = self.documents, self.payers, self.bank, self.stated
        self.same_identity = bank.same_identity
        self.credit_of_trace = bank.credit_of_trace
        self.payments_of = bank.payments_of
        self.is_own_account = payers.is_own_account
        self.is_own_tax_id = payers.is_own_tax_id
        self.party = payers.party
        self.customer_of_collection_account = payers.customer_of_collection_account
        self.customers_of_tax_id = payers.customers_of_tax_id
        self.customers_named = payers.customers_named
        self.customers_like = payers.customers_like
        self.aliases = payers.aliases
        self.open_of = documents.open_of
        self.credits_of = documents.credits_of
        self.by_folio = documents.by_folio
        self.by_uuid = documents.by_uuid
        self.by_order = documents.by_order
        self.by_balance = documents.by_balance
        self.is_series = documents.is_series
        self.is_first = documents.is_first
        self.said = stated.said
        self.said_by_reference = stated.said_by_reference
        self.known = stated.known
        self.rate = stated.rate

    def receipt(self, trace_key: str) -> Receipt | None:
        """The CEP of a tracking key: none are kept yet. What a payment complement says of its transfer is `known`."""
        return None

    def expect(self, movement: BankMovement) -> None:
        """Read at once what will be asked of a movement anyway."""
        if movement.amount > 0:
            self.payers.expect(movement)

    def forget(self) -> None:
        """The books changed: what was read is read again."""
        for part in (self.documents, self.payers, self.stated):
            part.forget()


def as_index(books: BooksIndex) -> Index:
    """The same, as the engine's protocol: what the type checker holds it to."""
    return books
