"""Books with the effects of a batch laid over them, so that the books themselves stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from aldia.domain.matching.index import Index
from aldia.domain.matching.model import (
    Alias,
    BankMovement,
    CreditNote,
    Document,
    Hypothesis,
    KnownMoney,
    Paid,
    Party,
    Receipt,
    Said,
)


class Overlay:
    """An `Index` over another: what a batch has applied is no longer owed, what it holds counts as payments."""

    def __init__(self, under: Index) -> None:
        self.under = under
        self._changed: dict[str, Document] = {}
        self._used: dict[str, int] = {}
        self._seen: set[str] = set()
        self._owners: dict[str, str] = {}
        self._expected: dict[tuple[str, str, int], list[Paid]] = defaultdict(list)
        self.same_identity = under.same_identity
        self.credit_of_trace = under.credit_of_trace
        self.is_own_account = under.is_own_account
        self.is_own_tax_id = under.is_own_tax_id
        self.customer_of_collection_account = under.customer_of_collection_account
        self.customers_of_tax_id = under.customers_of_tax_id
        self.customers_named = under.customers_named
        self.customers_like = under.customers_like

    def expect(self, movement: BankMovement, customer: str) -> None:
        """A deposit of the batch by a known customer: a payment, whatever it pays."""
        if customer:
            key = (customer, movement.currency, movement.amount)
            self._expected[key].append(Paid(movement.key, *key, movement.booked_on, movement.trace_key))

    def apply(self, hypothesis: Hypothesis) -> set[str]:
        """The customers whose books it changed."""
        if hypothesis.known:
            self._seen.update(key for key, _ in hypothesis.known)
            return {self._owners.get(key, "") for key, _ in hypothesis.known}
        owed = {each.key: each for each in self.open_of(hypothesis.customer, "")}
        for allocation in hypothesis.allocations:
            now = owed[allocation.document]
            self._changed[now.key] = replace(
                now,
                balance=now.balance - allocation.amount - allocation.difference,
                partials=(*now.partials, allocation.amount),
            )
            if allocation.credit:
                self._used[allocation.credit] = self._used.get(allocation.credit, 0) + allocation.difference
        return {hypothesis.customer}

    def _now(self, documents: Sequence[Document]) -> Sequence[Document]:
        changed = self._changed
        if not changed or not any(each.key in changed for each in documents):
            return documents
        return [changed.get(each.key, each) for each in documents]

    def party(self, customer: str) -> Party:
        return self.under.party(customer)

    def aliases(self, kind: str, value: str) -> Sequence[Alias]:
        return self.under.aliases(kind, value)

    def receipt(self, trace_key: str) -> Receipt | None:
        return self.under.receipt(trace_key)

    def open_of(self, customer: str, currency: str) -> Sequence[Document]:
        documents = self._now(self.under.open_of(customer, currency))
        return [each for each in documents if each.balance > 0]

    def credits_of(self, customer: str, currency: str) -> Sequence[CreditNote]:
        notes = self.under.credits_of(customer, currency)
        if not self._used:
            return notes
        left = [replace(note, balance=note.balance - self._used.get(note.key, 0)) for note in notes]
        return [note for note in left if note.balance > 0]

    def by_folio(self, number: str) -> Sequence[Document]:
        return self._now(self.under.by_folio(number))

    def by_uuid(self, first8: str) -> Sequence[Document]:
        return self._now(self.under.by_uuid(first8))

    def by_order(self, order: str) -> Sequence[Document]:
        return [each for each in self._now(self.under.by_order(order)) if each.balance > 0]

    def by_balance(self, currency: str, balance: int, limit: int) -> Sequence[Document]:
        found = [each for each in self._now(self.under.by_balance(currency, balance, limit)) if each.balance == balance]
        now = (each for each in self._changed.values() if each.balance == balance and each.currency == currency)
        known = {each.key for each in found}
        found += [each for each in now if each.key not in known]
        return sorted(found, key=lambda each: each.key)[:limit]

    def is_first(self, document: Document) -> bool:
        if not any(each.customer == document.customer for each in self._changed.values()):
            return self.under.is_first(document)
        mine = (document.due_on, document.issued_on, document.key)
        owed = self.open_of(document.customer, document.currency)
        return not any((each.due_on, each.issued_on, each.key) < mine for each in owed)

    def is_series(self, letters: str) -> bool:
        return self.under.is_series(letters)

    def payments_of(self, customer: str, currency: str, amount: int) -> Sequence[Paid]:
        expected = self._expected.get((customer, currency, amount), ())
        return [*self.under.payments_of(customer, currency, amount), *expected]

    def said(self, currency: str, amount: int, since: date, until: date) -> Sequence[Said]:
        return self.under.said(currency, amount, since, until)

    def said_by_reference(self, reference: str) -> Said | None:
        return self.under.said_by_reference(reference)

    def known(self, movement: BankMovement) -> Sequence[KnownMoney]:
        found = self.under.known(movement)
        if not found:
            return found
        self._owners.update((each.key, each.customer) for each in found)
        return [each for each in found if each.key not in self._seen]

    def rate(self, currency: str, into: str, on: date) -> Decimal | None:
        return self.under.rate(currency, into, on)
