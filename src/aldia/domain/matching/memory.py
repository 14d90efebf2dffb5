"""An index in memory: for tests, the benchmark, and books small enough to be read whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from aldia.domain.matching.identity import Identity, identity
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
from aldia.domain.matching.names import blocks, name_key

MOST_LIKE = 40


def _by_key() -> dict[str, Document]:
    return {}


@dataclass(slots=True)
class MemoryIndex:
    """One company's books. What is added is found at once; `apply` changes what is owed."""

    own_accounts: frozenset[str] = frozenset()
    own_tax_ids: frozenset[str] = frozenset()
    rates: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    _collection: dict[str, str] = field(default_factory=dict)
    _tax_ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _names: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _blocks: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    _aliases: dict[tuple[str, str], dict[str, Alias]] = field(default_factory=lambda: defaultdict(dict))
    _receipts: dict[str, Receipt] = field(default_factory=dict)
    _open: dict[str, dict[str, Document]] = field(default_factory=lambda: defaultdict(_by_key))
    _credits: dict[str, dict[str, CreditNote]] = field(default_factory=lambda: defaultdict(dict))
    _folios: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _uuids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _orders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _balances: dict[tuple[str, int], dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _series: set[str] = field(default_factory=set)
    _paid: dict[tuple[str, str, int], list[Paid]] = field(default_factory=lambda: defaultdict(list))
    _said: dict[tuple[str, int], list[Said]] = field(default_factory=lambda: defaultdict(list))
    _known: dict[str, KnownMoney] = field(default_factory=dict)
    _references: dict[str, Said] = field(default_factory=dict)
    _identities: dict[Identity, str] = field(default_factory=dict)
    _traces: dict[tuple[str, str, int], str] = field(default_factory=dict)

    # what is put in

    def add_party(self, party: Party, collection_accounts: Iterable[str] = ()) -> None:
        self.parties[party.key] = party
        if party.tax_id:
            self._tax_ids[party.tax_id].append(party.key)
        key = name_key(party.name)
        self._names[key].append(party.key)
        for block in blocks(key):
            self._blocks[block].append((party.key, key))
        for account in collection_accounts:
            self._collection[account] = party.key

    def add_document(self, document: Document) -> None:
        """A new document, or its new state."""
        known = self.documents.get(document.key)
        if known is None:
            self._cite(document)
        elif known.balance:
            del self._open[known.customer][known.key]
            del self._balances[known.currency, known.balance][known.key]
        self.documents[document.key] = document
        if document.balance > 0:
            self._open[document.customer][document.key] = document
            self._balances[document.currency, document.balance][document.key] = None

    def _cite(self, document: Document) -> None:
        number = document.folio.lstrip("0")
        if number:
            self._folios[number].append(document.key)
        if document.uuid:
            self._uuids[document.uuid[:8].upper()].append(document.key)
        if document.order:
            self._orders[document.order].append(document.key)
        if document.series:
            self._series.add(document.series)

    def add_credit_note(self, note: CreditNote) -> None:
        self._credits[note.customer][note.key] = note

    def add_alias(self, alias: Alias) -> None:
        """A learned payer, or its new state."""
        self._aliases[alias.kind, alias.value][alias.customer] = alias

    def add_receipt(self, trace_key: str, receipt: Receipt) -> None:
        self._receipts[trace_key] = receipt

    def add_said(self, said: Said) -> None:
        self._said[said.currency, said.amount].append(said)
        if said.reference:
            self._references[said.reference] = said

    def drop_said(self, said: Said) -> None:
        """What somebody stated has come true."""
        self._said[said.currency, said.amount].remove(said)
        self._references.pop(said.reference, None)

    def drop_known(self, key: str) -> None:
        """The bank has shown this payment."""
        del self._known[key]

    def add_movement(self, movement: BankMovement) -> None:
        """A movement that is on file, whatever became of it."""
        self._identities[identity(movement)] = movement.key
        if movement.trace_key and movement.amount > 0:
            self._traces[movement.account, movement.trace_key, movement.amount] = movement.key

    def apply(self, movement: BankMovement, hypothesis: Hypothesis) -> None:
        """The movement pays what the hypothesis says."""
        for allocation in hypothesis.allocations:
            document = self.documents[allocation.document]
            settled = allocation.amount + allocation.difference
            partials = (*document.partials, allocation.amount)
            self.add_document(replace(document, balance=document.balance - settled, partials=partials))
            if allocation.credit:
                note = self._credits[document.customer][allocation.credit]
                left = replace(note, balance=note.balance - allocation.difference)
                self._credits[document.customer][allocation.credit] = left
        for key, _ in hypothesis.known:
            del self._known[key]
        if hypothesis.known:
            return
        self.add_paid(
            Paid(
                movement.key, hypothesis.customer, movement.currency, movement.amount, movement.booked_on,
                movement.trace_key,
            )
        )  # fmt: skip

    def add_known(self, money: KnownMoney) -> None:
        """A payment on the books that the bank has not shown."""
        self._known[money.key] = money

    def add_paid(self, paid: Paid) -> None:
        self._paid[paid.customer, paid.currency, paid.amount].append(paid)

    # what is asked (`index.Index`)

    def same_identity(self, movement: BankMovement) -> str:
        found = self._identities.get(identity(movement), "")
        return "" if found == movement.key else found

    def credit_of_trace(self, account: str, trace_key: str, amount: int) -> str:
        return self._traces.get((account, trace_key, amount), "")

    def is_own_account(self, account: str) -> bool:
        return account in self.own_accounts

    def is_own_tax_id(self, tax_id: str) -> bool:
        return tax_id in self.own_tax_ids

    def party(self, customer: str) -> Party:
        return self.parties[customer]

    def customer_of_collection_account(self, account: str) -> str:
        return self._collection.get(account, "")

    def customers_of_tax_id(self, tax_id: str) -> Sequence[str]:
        return self._tax_ids.get(tax_id, ())

    def customers_named(self, name_key: str) -> Sequence[str]:
        return self._names.get(name_key, ())

    def customers_like(self, name_key: str) -> Sequence[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        for block in blocks(name_key):
            some = self._blocks.get(block, ())
            if len(some) <= MOST_LIKE:
                found.update(dict.fromkeys(some))
        return tuple(found)

    def aliases(self, kind: str, value: str) -> Sequence[Alias]:
        known = self._aliases.get((kind, value))
        return tuple(known.values()) if known else ()

    def receipt(self, trace_key: str) -> Receipt | None:
        return self._receipts.get(trace_key)

    def open_of(self, customer: str, currency: str) -> Sequence[Document]:
        owed = self._open.get(customer)
        return [each for each in owed.values() if currency in ("", each.currency)] if owed else ()

    def is_first(self, document: Document) -> bool:
        mine = (document.due_on, document.issued_on, document.key)
        owed = self.open_of(document.customer, document.currency)
        return not any((each.due_on, each.issued_on, each.key) < mine for each in owed)

    def credits_of(self, customer: str, currency: str) -> Sequence[CreditNote]:
        notes = self._credits.get(customer)
        return [note for note in notes.values() if note.balance > 0 and note.currency == currency] if notes else ()

    def _all(self, keys: Iterable[str]) -> list[Document]:
        return [self.documents[key] for key in keys]

    def by_folio(self, number: str) -> Sequence[Document]:
        return self._all(self._folios.get(number, ()))

    def by_uuid(self, first8: str) -> Sequence[Document]:
        return self._all(self._uuids.get(first8, ()))

    def by_order(self, order: str) -> Sequence[Document]:
        return [each for each in self._all(self._orders.get(order, ())) if each.balance]

    def by_balance(self, currency: str, balance: int, limit: int) -> Sequence[Document]:
        return self._all(sorted(self._balances.get((currency, balance), ()))[:limit])

    def is_series(self, letters: str) -> bool:
        return letters in self._series

    def payments_of(self, customer: str, currency: str, amount: int) -> Sequence[Paid]:
        return self._paid.get((customer, currency, amount), ())

    def said(self, currency: str, amount: int, since: date, until: date) -> Sequence[Said]:
        return [each for each in self._said.get((currency, amount), ()) if since <= each.paid_on <= until]

    def said_by_reference(self, reference: str) -> Said | None:
        return self._references.get(reference)

    def known(self, movement: BankMovement) -> Sequence[KnownMoney]:
        return [each for each in self._known.values() if each.currency == movement.currency] if self._known else ()

    def rate(self, currency: str, into: str, on: date) -> Decimal | None:
        return self.rates.get((currency, into))
