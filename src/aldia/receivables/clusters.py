"""Read from the database the documents that name each other, as the facts that `effects.derive` looks at."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from django.db.models import Q

from aldia.customers.models import Customer
from aldia.documents.models import (
    AuthorityStatus,
    CancellationNotice,
    ComplementPayment,
    Direction,
    DocumentRelation,
    FiscalDocument,
    Kind,
    PaymentComplementLine,
    number_of,
)
from aldia.domain.fiscal.facts import DocumentFact, OpeningFact, PaidLine, PaymentFact
from aldia.receivables.models import DocumentedReceipt, Receivable

T = TypeVar("T")
_IN = 5000  # values in one IN (…): well under the parameter limits of both engines


def chunks(values: Iterable[T], size: int = _IN) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


@dataclass(frozen=True, slots=True)
class Paper:
    """What is needed of a fiscal document here: plain rows, because an import looks at thousands."""

    id: uuid.UUID
    key: str
    kind: str
    customer_id: uuid.UUID | None
    issued_on: date
    currency: str
    total: int
    method: str
    status: str
    cancelled_on: date | None
    is_advance_remainder: bool
    is_global: bool
    series: str
    folio: str
    conditions: str

    @property
    def number(self) -> str:
        return number_of(self.series, self.folio, self.key)


_COLUMNS = tuple(field.name for field in fields(Paper))


@dataclass(slots=True)
class Cluster:
    """Documents by key (whoever their customer is), the facts made of those to collect, openings by key."""

    documents: dict[str, Paper]
    facts: list[DocumentFact]
    openings: list[OpeningFact]
    receivables: dict[str, Receivable]
    customers: dict[uuid.UUID, Customer]


def cluster_keys(seed: Collection[str]) -> set[str]:
    """All keys reachable from the seed by naming or being named, through relations and payment lines."""
    known: set[str] = set()
    frontier = set(seed)
    while frontier:
        known |= frontier
        found: set[str] = set()
        for keys in chunks(sorted(frontier)):
            found |= _named_by(keys)
            relations = DocumentRelation.objects.filter(to_key__in=keys, document__direction=Direction.ISSUED)
            found.update(relations.values_list("document__key", flat=True))
            lines = PaymentComplementLine.objects.filter(to_key__in=keys)
            issued = lines.filter(payment__document__direction=Direction.ISSUED)
            found.update(issued.values_list("payment__document__key", flat=True))
        frontier = found - known
    return known


def _named_by(keys: Sequence[str]) -> set[str]:
    """Keys that these documents name. A step at a time, each by an index: joined, PostgreSQL reads whole tables."""
    documents = FiscalDocument.objects.filter(key__in=keys, direction=Direction.ISSUED)
    kinds = dict(documents.values_list("id", "kind"))
    found = set(DocumentRelation.objects.filter(document_id__in=list(kinds)).values_list("to_key", flat=True))
    complements = [document_id for document_id, kind in kinds.items() if kind == Kind.PAYMENT_COMPLEMENT]
    payments = list(ComplementPayment.objects.filter(document_id__in=complements).values_list("id", flat=True))
    found.update(PaymentComplementLine.objects.filter(payment_id__in=payments).values_list("to_key", flat=True))
    return found


def load(seed: Collection[str], as_if_on: Collection[uuid.UUID] = ()) -> Cluster:
    """Load the cluster of the seed. Documents of customers that are off, generic or unknown give no facts.

    `as_if_on`: customers that are taken to be on, to see what switching them on would do.
    """
    keys = cluster_keys(seed)
    documents: dict[str, Paper] = {}
    receivables: dict[str, Receivable] = {}
    cancelled: dict[str, CancellationNotice] = {}
    for part in chunks(sorted(keys)):
        issued = FiscalDocument.objects.filter(key__in=part, direction=Direction.ISSUED)
        documents |= {row[1]: Paper(*row) for row in issued.values_list(*_COLUMNS)}
        # ~Q(key=""): the condition of the partial index, which SQLite uses only when the query repeats it
        receivables |= {row.key: row for row in Receivable.objects.filter(~Q(key=""), key__in=part)}
        cancelled |= {row.key: row for row in CancellationNotice.objects.filter(key__in=part)}
    customers = _customers(documents.values(), receivables.values())
    for customer_id in customers.keys() & set(as_if_on):
        customers[customer_id].collecting = True
    collected = [paper for paper in documents.values() if _is_collected(paper, customers)]
    openings = [
        _opening_fact(row, cancelled.get(row.key))
        for row in receivables.values()
        if row.kind == "opening" and customers[row.customer_id].collecting
    ]
    return Cluster(documents, _facts(collected, receivables), openings, receivables, customers)


def _customers(papers: Iterable[Paper], receivables: Iterable[Receivable]) -> dict[uuid.UUID, Customer]:
    ids = {paper.customer_id for paper in papers if paper.customer_id} | {row.customer_id for row in receivables}
    found: dict[uuid.UUID, Customer] = {}
    for part in chunks(ids):
        found |= {row.id: row for row in Customer.objects.filter(id__in=part)}
    return found


def _is_collected(paper: Paper, customers: dict[uuid.UUID, Customer]) -> bool:
    if paper.customer_id is None or paper.is_global:
        return False
    customer = customers[paper.customer_id]
    return customer.collecting and not customer.generic


def _opening_fact(row: Receivable, notice: CancellationNotice | None) -> OpeningFact:
    opening_on = row.opening_on or row.issued_on
    cancelled_on = (notice.cancelled_on or opening_on) if notice else None
    return OpeningFact(row.key, str(row.customer_id), row.currency, row.total, opening_on, cancelled_on)


def _facts(papers: list[Paper], receivables: dict[str, Receivable]) -> list[DocumentFact]:
    relations: dict[uuid.UUID, list[tuple[str, str]]] = {}
    for part in chunks(paper.id for paper in papers):
        rows = DocumentRelation.objects.filter(document_id__in=part).order_by("id")
        for document_id, code, to_key in rows.values_list("document_id", "code", "to_key"):
            relations.setdefault(document_id, []).append((code, to_key))
    payments = _payments({paper.id: paper.key for paper in papers if paper.kind == "payment_complement"})
    return [
        DocumentFact(
            key=paper.key,
            kind=paper.kind,
            customer=str(paper.customer_id),
            issued_on=paper.issued_on,
            currency=paper.currency,
            total=paper.total,
            method=paper.method,
            cancelled_on=_cancelled_on(paper),
            relations=tuple(relations.get(paper.id, ())),
            payments=tuple(payments.get(paper.id, ())),
            is_advance_remainder=paper.is_advance_remainder,
            no_presumption=paper.key in receivables and receivables[paper.key].no_presumption,
        )
        for paper in papers
    ]


def _cancelled_on(paper: Paper) -> date | None:
    if paper.status != AuthorityStatus.CANCELLED:
        return None
    return paper.cancelled_on or paper.issued_on


def _payments(keys: dict[uuid.UUID, str]) -> dict[uuid.UUID, list[PaymentFact]]:
    found: dict[uuid.UUID, list[PaymentFact]] = {}
    for part in chunks(keys):
        written = DocumentedReceipt.objects.filter(key__in=[keys[each] for each in part])
        credit = {
            (key, position): str(each) for key, position, each in written.values_list("key", "position", "credit_id")
        }
        payments = ComplementPayment.objects.filter(document_id__in=part).order_by("document_id", "position")
        receipts = list(payments.values_list("id", "document_id", "position", "paid_on", "currency", "amount"))
        lines = _lines([payment_id for payment_id, *_rest in receipts])
        for payment_id, document_id, position, paid_on, currency, amount in receipts:
            paid_lines, of = tuple(lines.get(payment_id, ())), credit.get((keys[document_id], position), "")
            fact = PaymentFact(position, paid_on, currency, amount, paid_lines, of)
            found.setdefault(document_id, []).append(fact)
    return found


def _lines(payment_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[PaidLine]]:
    """What each payment says it paid; by the payments' ids and not joined, or SQLite reads all that is on file."""
    found: dict[uuid.UUID, list[PaidLine]] = {}
    for part in chunks(payment_ids):
        rows = PaymentComplementLine.objects.filter(payment_id__in=part).order_by("payment_id", "position")
        columns = rows.values_list("payment_id", "to_key", "currency", "paid", "equivalence")
        for payment_id, to_key, currency, paid, equivalence in columns:
            found.setdefault(payment_id, []).append(PaidLine(to_key, currency, paid, Decimal(equivalence or "1")))
    return found
