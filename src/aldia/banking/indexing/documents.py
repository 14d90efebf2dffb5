"""What is owed: receivables as the engine knows them, found by customer, folio, UUID, order and amount."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from aldia.banking.indexing.rows import day, here, kept, parts, text_id
from aldia.domain.matching import CreditNote, Discount, Document
from aldia.receivables.following.discounts import terms_of
from aldia.receivables.models import Receivable
from aldia.tenancy.reading import fetch, marks

MOST_CITED = 200  # documents of one number: beyond, the number says nothing
MOST_EQUAL = 64  # documents of one amount that are put in order before the first of them are given
MOST_TURNS = 12  # documents that owe the same of which it is asked whether each is its customer's first
PPM_OF_PERCENT = 10_000

# Each condition repeats that of its partial index word by word, or the index is not used.
_SELECT = """
SELECT r.id, r.customer_id, r.currency, r.balance, r.total, r.issued_on, r.due_on, r.series, r.folio, r.key,
       r.uuid_start, r.purchase_order, d.subtotal, d.discount, d.total
FROM receivables_receivable r LEFT JOIN documents_fiscaldocument d ON d.id = r.document_id
WHERE r.company_id = %s AND """
_OPEN = "r.balance > 0"
_OF_CUSTOMER = f"{_SELECT} r.customer_id = %s AND {_OPEN}"
_OF_CUSTOMER_IN = f"{_SELECT} r.customer_id = %s AND r.currency = %s AND {_OPEN}"
_FOLIO = f"{_SELECT} r.folio = %s AND r.folio IS NOT NULL AND r.voided_on IS NULL LIMIT {MOST_CITED}"
_UUID = f"{_SELECT} r.uuid_start = %s AND r.uuid_start IS NOT NULL AND r.voided_on IS NULL LIMIT {MOST_CITED}"
_BALANCE = f"{_SELECT} r.currency = %s AND r.balance = %s AND {_OPEN} LIMIT {MOST_EQUAL}"
_EARLIER = """
SELECT %s FROM receivables_receivable r
WHERE r.company_id = %s AND r.customer_id = %s AND r.currency = %s AND r.balance > 0 AND r.due_on <= %s
  AND (r.due_on < %s OR r.issued_on < %s OR (r.issued_on = %s AND r.id < %s)) LIMIT 1"""
_SERIES = "SELECT 1 FROM receivables_receivable WHERE company_id = %s AND series = %s AND series IS NOT NULL LIMIT 1"
_PARTIALS = """
SELECT a.receivable_id, a.amount FROM receivables_allocation a JOIN receivables_credit c ON c.id = a.credit_id
WHERE a.company_id = %s AND a.receivable_id IN ({}) AND a.reversal_of_id IS NULL
  AND c.kind IN ('payment', 'advance')
  AND NOT EXISTS (SELECT 1 FROM receivables_allocation u WHERE u.reversal_of_id = a.id)
ORDER BY a."on", a.id"""
_NOTES = """
SELECT c.id, c.customer_id, c.currency, c.remaining - c.held, c.received_on, c.reference, r.id
FROM receivables_credit c
LEFT JOIN documents_documentrelation x ON x.document_id = c.document_id AND x.company_id = c.company_id
LEFT JOIN receivables_receivable r ON r.company_id = c.company_id AND r.key = x.to_key AND NOT (r.key = '')
WHERE c.company_id = %s AND c.customer_id = %s AND c.remaining > 0 AND c.currency = %s AND c.kind = 'credit_note'
  AND c.remaining > c.held AND c.reversed_on IS NULL
ORDER BY c.id, r.id"""

# How people write an order before its number; the engine cites the number (and its letters) alone.
_ORDER_WORDS = ("", "OC", "OC ", "OC-", "O.C. ", "O/C ", "PO", "PO ", "PO-", "PEDIDO ", "PED ", "ORDEN ")
_ORDER = re.compile(
    r"^(?:(?:O\.?/?C\.?|P\.?O\.?|ORDEN(?: DE COMPRA)?|PEDIDO|PED)[ .:#\-]{0,3}(?:NO\.? ?)?)?([A-Z]{0,4}-?[0-9]{3,10})$"
)
_LETTERS = re.compile(r"^([A-Z]{1,4})([0-9]+)$")


def order_of(text: str) -> str:
    """A purchase order as the engine cites it: "OC-45001" and "45001" are the same; other words stay as they are."""
    found = _ORDER.match(text.strip().upper())
    return found[1].replace("-", "") if found else text.strip()


def spellings(order: str) -> list[str]:
    """How a document may carry an order that was cited."""
    apart = _LETTERS.match(order)
    numbers = [order, f"{apart[1]}-{apart[2]}"] if apart else [order]
    return [f"{word}{number}" for number in numbers for word in _ORDER_WORDS]


class Documents:
    """Receivables and credit notes of the company in scope. Answers are remembered as long as this lives."""

    def __init__(self, *, has_promises: bool = True) -> None:
        self._company = here()
        self._open: dict[tuple[str, str], list[Document]] = {}
        self._notes: dict[tuple[str, str], list[CreditNote]] = {}
        self._cited: dict[tuple[str, str], list[Document]] = {}
        self._series: dict[str, bool] = {}
        self._equal: dict[tuple[str, int], list[Document]] = {}
        self._first: dict[str, bool] = {}
        self._promises = has_promises

    def forget(self) -> None:
        """What was read may have changed."""
        self._open, self._notes, self._cited, self._series, self._equal, self._first = {}, {}, {}, {}, {}, {}

    def open_of(self, customer: str, currency: str) -> Sequence[Document]:
        key = (customer, currency)
        if key not in self._open:
            sql, values = (_OF_CUSTOMER_IN, [currency]) if currency else (_OF_CUSTOMER, [])
            self._open[key] = self._read(sql, [kept(customer), *values])
        return self._open[key]

    def credits_of(self, customer: str, currency: str) -> Sequence[CreditNote]:
        key = (customer, currency)
        if key not in self._notes:
            rows = fetch(_NOTES, [self._company, kept(customer), currency])
            found: dict[str, CreditNote] = {}
            for note, owner, money, balance, issued_on, name, corrects in rows:
                document = text_id(corrects) if corrects else ""
                found.setdefault(
                    text_id(note),
                    CreditNote(text_id(note), text_id(owner), money, balance, day(issued_on), document, name),
                )
            self._notes[key] = list(found.values())
        return self._notes[key]

    def by_folio(self, number: str) -> Sequence[Document]:
        return self._citing(_FOLIO, "folio", number)

    def by_uuid(self, first8: str) -> Sequence[Document]:
        return self._citing(_UUID, "uuid", first8)

    def by_order(self, order: str) -> Sequence[Document]:
        key = ("order", order)
        if key not in self._cited:
            names = spellings(order)
            sql = (
                f"{_SELECT} r.purchase_order IN ({marks(names)}) AND NOT (r.purchase_order = '') AND {_OPEN} LIMIT 200"
            )
            found = self._read(sql, names)
            self._cited[key] = [each for each in found if each.order == order]
        return self._cited[key]

    def by_balance(self, currency: str, balance: int, limit: int) -> Sequence[Document]:
        key = (currency, balance)
        if key not in self._equal:
            self._equal[key] = self._read(_BALANCE, [currency, balance])
        return self._equal[key][:limit]

    def is_first(self, document: Document) -> bool:
        """Asked of documents that owe the same, so of all those at once."""
        if document.key not in self._first:
            self._read_first(self._equal.get((document.currency, document.balance), [])[:MOST_TURNS] or [document])
        if document.key not in self._first:
            self._read_first([document])
        return self._first[document.key]

    def _read_first(self, documents: Sequence[Document]) -> None:
        asked = (f"SELECT * FROM ({_EARLIER}) AS before{n}" for n in range(len(documents)))  # noqa: S608 - a constant
        sql = " UNION ALL ".join(asked)
        values: list[Any] = []
        for n, each in enumerate(documents):
            due, issued = each.due_on, each.issued_on
            values += [n, self._company, kept(each.customer), each.currency, due, due, issued, issued, kept(each.key)]
        later = {row[0] for row in fetch(sql, values)}
        self._first |= {each.key: n not in later for n, each in enumerate(documents)}

    def is_series(self, letters: str) -> bool:
        if letters not in self._series:
            self._series[letters] = bool(fetch(_SERIES, [self._company, letters]))
        return self._series[letters]

    def _citing(self, sql: str, kind: str, value: str) -> Sequence[Document]:
        if (kind, value) not in self._cited:
            found = self._read(sql, [value]) if value else []
            self._cited[kind, value] = found if len(found) < MOST_CITED else []
        return self._cited[kind, value]

    def _read(self, sql: str, params: Sequence[Any]) -> list[Document]:
        rows = fetch(sql, [self._company, *params])
        if not rows:
            return []
        begun = [text_id(row[0]) for row in rows if 0 < row[3] < row[4]]
        partials = self._partials(begun) if begun else {}
        promised = self._discounts([text_id(row[0]) for row in rows if row[3] > 0])
        # in one order, whatever the engine read first: of equal explanations the first is proposed
        return sorted((_document(row, partials, promised) for row in rows), key=lambda each: each.key)

    def _partials(self, keys: Sequence[str]) -> dict[str, list[int]]:
        """What was paid of documents in money so far, oldest first."""
        found: dict[str, list[int]] = defaultdict(list)
        for part in parts(keys):
            for receivable, amount in fetch(_PARTIALS.format(marks(part)), [self._company, *part]):
                found[text_id(receivable)].append(amount)
        return found

    def _discounts(self, keys: Sequence[str]) -> dict[str, Discount]:
        """The best early discount that each document was promised."""
        if not self._promises or not keys:
            return {}
        found = {}
        for part in parts(keys):
            for receivable, terms in terms_of(list(Receivable.objects.filter(pk__in=part))).items():
                best = max(terms.tiers, key=lambda tier: (tier.percent, tier.last_on), default=None)
                if best is not None and best.percent > 0:
                    found[str(receivable)] = Discount(int(best.percent * PPM_OF_PERCENT), best.last_on)
        return found


def _document(row: tuple[Any, ...], partials: dict[str, list[int]], promised: dict[str, Discount]) -> Document:
    (
        receivable, customer, currency, balance, total, issued_on, due_on, series, folio, key, start, order, subtotal,
        discount, printed,
    ) = row  # fmt: skip
    name = text_id(receivable)
    return Document(
        key=name,
        customer=text_id(customer),
        currency=currency,
        balance=balance,
        total=total,
        issued_on=day(issued_on),
        due_on=day(due_on),
        series=series or "",
        folio=folio or "",
        uuid=key if start else "",
        order=order_of(order) if order else "",
        net=subtotal - discount if subtotal and printed == total else None,
        discount=promised.get(name),
        partials=tuple(partials.get(name, ())),
    )
