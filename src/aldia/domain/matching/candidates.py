"""The documents that a movement may be about: what its words cite, found by index, and what its payer owes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from aldia.domain.currencies import exponent
from aldia.domain.matching import references
from aldia.domain.matching.index import Index
from aldia.domain.matching.model import BankMovement, CreditNote, Document, KnownMoney, Payer
from aldia.domain.matching.payer import identify
from aldia.domain.matching.references import Citing, Token, read_citing
from aldia.domain.matching.settings import Settings

# How surely a citation means its document: UUID, order and series + folio; "factura" + number; a bare number; the
# seven digits of a transfer, or a number that may be a year.
STRENGTH = {
    references.UUID: 4, references.ORDER: 4, references.SERIES: 4, references.KEYWORD: 3, references.NUMBER: 2,
    references.REFERENCE: 1,
}  # fmt: skip
MOST_CUSTOMERS = 5


@dataclass(slots=True)
class Cited:
    """Documents cited, with the strength of their best citation. `paid` are those that owe nothing any more.

    `unknown` counts clear citations of documents that do not exist; `doubtful` are documents of one customer that
    share a number, only one of which can be meant.
    """

    open: dict[str, tuple[Document, int]] = field(default_factory=dict)
    paid: dict[str, tuple[Document, int]] = field(default_factory=dict)
    unknown: int = 0
    doubtful: set[str] = field(default_factory=set)

    def of(self, customer: str, least: int = 1) -> list[Document]:
        return [doc for doc, strength in self.open.values() if doc.customer == customer and strength >= least]

    def strength(self, key: str) -> int:
        return self.open[key][1] if key in self.open else 0


@dataclass(slots=True)
class Case:
    """A deposit with all that was read about it, before anything is supposed."""

    movement: BankMovement
    settings: Settings
    index: Index
    citing: Citing
    payer: Payer
    cited: Cited
    touched: set[str]
    _owed: dict[str, list[Document]] = field(default_factory=dict)
    _known: Sequence[KnownMoney] | None = None

    def worth(self) -> int | None:
        """The movement's amount in the company's currency, in which the caps are; None when nothing tells the rate."""
        movement, own = self.movement, self.settings.currency
        if movement.currency == own:
            return movement.amount
        rate = self.index.rate(movement.currency, own, movement.booked_on)
        if rate is None:
            return None
        return int((movement.amount * rate).scaleb(exponent(own) - exponent(movement.currency)).to_integral_value())

    def owed(self, customer: str) -> Sequence[Document]:
        """What a customer owes, by due date; nothing when it is too much to be searched."""
        self.touched.add(customer)
        if customer not in self._owed:
            documents = sorted(self.index.open_of(customer, self.movement.currency), key=by_due)
            self._owed[customer] = documents if len(documents) <= self.settings.most_open else []
        return self._owed[customer]

    def known(self) -> Sequence[KnownMoney]:
        """Payments on the books that this deposit may be."""
        if self._known is None:
            self._known = self.index.known(self.movement)
        return self._known

    def credits(self, customer: str) -> Sequence[CreditNote]:
        return self.index.credits_of(customer, self.movement.currency)


def by_due(document: Document) -> tuple[date, date, str]:
    return (document.due_on, document.issued_on, document.key)


def open_case(movement: BankMovement, index: Index, settings: Settings) -> Case:
    payer = identify(movement, index)
    return case_of(movement, index, settings, read_citing(movement, settings.concept_limits), payer)


def case_of(movement: BankMovement, index: Index, settings: Settings, citing: Citing, payer: Payer) -> Case:
    """The same for a movement whose words and payer are known."""
    cited = resolve(citing, index, movement.currency)
    touched = {doc.customer for doc, _ in (*cited.open.values(), *cited.paid.values())}
    return Case(movement, settings, index, citing, payer, cited, touched)


def resolve(citing: Citing, index: Index, currency: str) -> Cited:
    """The documents of each citation. A number that several series share cites them all: the payer tells which."""
    cited = Cited()
    for token in citing.tokens:
        documents, strength = _documents(token, citing, index)
        documents = [doc for doc in documents if doc.currency == currency]
        if not documents and strength >= 3 and token.kind in (references.SERIES, references.KEYWORD):
            cited.unknown += 1
        owners = [doc.customer for doc in documents if doc.balance > 0] if len(documents) > 1 else []
        for doc in documents:
            if token.kind != references.ORDER and owners.count(doc.customer) > 1:
                cited.doubtful.add(doc.key)
            where = cited.open if doc.balance > 0 else cited.paid
            if doc.key not in where or where[doc.key][1] < strength:
                where[doc.key] = (doc, strength)
    return cited


def _documents(token: Token, citing: Citing, index: Index) -> tuple[Iterable[Document], int]:
    strength = STRENGTH[token.kind]
    if token.kind == references.UUID:
        return index.by_uuid(token.number), strength
    if token.kind == references.ORDER:
        return index.by_order(token.number) or index.by_folio(token.number.lstrip("0")), strength
    found = index.by_folio(token.number)
    if token.kind == references.SERIES:
        exact = [doc for doc in found if doc.series == token.series]
        if exact or index.is_series(token.series):
            return exact, strength
        strength = 3 if citing.keyword else 2
    if token.kind != references.KEYWORD and _is_year(token.number):
        strength = 1
    return found, strength


def _is_year(number: str) -> bool:
    return len(number) == 4 and 2015 <= int(number) <= 2045


def customers(case: Case) -> list[str]:
    """Whose documents the deposit may pay: the payer's first, then those of the documents it cites."""
    payer = case.payer
    found = [payer.customer] if payer.customer else list(payer.candidates[:MOST_CUSTOMERS])
    least = 3 if payer.customer else 2
    for doc, strength in sorted(case.cited.open.values(), key=lambda each: (-each[1], each[0].key)):
        if strength >= least and doc.customer not in found:
            found.append(doc.customer)
    return found[: MOST_CUSTOMERS * 2]
