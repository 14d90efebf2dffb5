"""What the engine asks of the books. Each question is answered from one index, never by reading everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from aldia.domain.matching.model import (
    Alias,
    BankMovement,
    CreditNote,
    Document,
    KnownMoney,
    Paid,
    Party,
    Receipt,
    Said,
)


class Index(Protocol):
    """One company's books. Documents are answered with what is owed now; the order of the answers is irrelevant."""

    def same_identity(self, movement: BankMovement) -> str:
        """The key of another movement with the same identity (`identity.identity`), "" if none."""

    def credit_of_trace(self, account: str, trace_key: str, amount: int) -> str:
        """The key of the deposit of that amount with this tracking key, "" if none."""

    def is_own_account(self, account: str) -> bool:
        """Whether the account is the company's own."""

    def is_own_tax_id(self, tax_id: str) -> bool:
        """Whether the tax id is the company's own."""

    def party(self, customer: str) -> Party:
        """A customer."""

    def customer_of_collection_account(self, account: str) -> str:
        """Whose the collection account is, "" if nobody's."""

    def customers_of_tax_id(self, tax_id: str) -> Sequence[str]:
        """Customers with this tax id."""

    def customers_named(self, name_key: str) -> Sequence[str]:
        """Customers with exactly this name (`names.name_key`)."""

    def customers_like(self, name_key: str) -> Sequence[tuple[str, str]]:
        """Customers that share the first letters of words with the name, few, with their `name_key`."""

    def aliases(self, kind: str, value: str) -> Sequence[Alias]:
        """What was learned of a payer."""

    def receipt(self, trace_key: str) -> Receipt | None:
        """The CEP on file of a tracking key."""

    def open_of(self, customer: str, currency: str) -> Sequence[Document]:
        """What a customer owes in a currency; "" is every currency."""

    def credits_of(self, customer: str, currency: str) -> Sequence[CreditNote]:
        """Credit notes of a customer that are not used up."""

    def by_folio(self, number: str) -> Sequence[Document]:
        """Documents whose folio is this number without leading zeros; lately paid ones too, with balance 0."""

    def by_uuid(self, first8: str) -> Sequence[Document]:
        """Documents whose UUID begins so (upper case); lately paid ones too."""

    def by_order(self, order: str) -> Sequence[Document]:
        """Open documents with this purchase order."""

    def by_balance(self, currency: str, balance: int, limit: int) -> Sequence[Document]:
        """At most `limit` open documents of anybody that owe exactly this."""

    def is_first(self, document: Document) -> bool:
        """Whether its customer owes nothing in its currency that comes before it (by due date, issue, key)."""

    def is_series(self, letters: str) -> bool:
        """Whether a document of the company carries this series."""

    def payments_of(self, customer: str, currency: str, amount: int) -> Sequence[Paid]:
        """Payments of exactly this amount by a customer, of the last months; with pending ones of the same batch."""

    def said(self, currency: str, amount: int, since: date, until: date) -> Sequence[Said]:
        """Links, customers' own statements and complements for this amount, paid between two days, not used yet."""

    def said_by_reference(self, reference: str) -> Said | None:
        """The link of a reference."""

    def known(self, movement: BankMovement) -> Sequence[KnownMoney]:
        """Payments on the books in the movement's currency that no bank has shown yet, received from
        `known.BEFORE_DAYS` before the movement to `known.AFTER_DAYS` after it: all that come in a payout of a
        provider, and the others of this amount or tracking key.
        """

    def rate(self, currency: str, into: str, on: date) -> Decimal | None:
        """How many `into` a unit of `currency` was worth on a day."""
