"""Read from the database the documents that name each other, as the facts that `effects.derive` looks at."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TypeVar

from aldia.documents.models import (
    AuthorityStatus,
    CancellationNotice,
    ComplementPayment,
    Direction,
    DocumentRelation,
    FiscalDocument,
    PaymentComplementLine,
)
from aldia.domain.fiscal.facts import DocumentFact, OpeningFact, PaidLine, PaymentFact
from aldia.receivables.models import Receivable

T = TypeVar("T")
_IN = 5000  # values in one IN (…): well under the parameter limits of both engines


def chunks(values: Iterable[T], size: int = _IN) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


@dataclass(slots=True)
class Cluster:
    """Documents by key (whoever their customer is), the facts made of those to collect, openings by key."""

    documents: dict[str, FiscalDocument]
    facts: list[DocumentFact]
    openings: list[OpeningFact]
    receivables: dict[str, Receivable]


def cluster_keys(seed: Collection[str]) -> set[str]:
    """All keys reachable from the seed by naming or being named, through relations and payment lines."""
    known: set[str] = set()
    frontier = set(seed)
    while frontier:
        known |= frontier
        found: set[str] = set()
        for keys in chunks(sorted(frontier)):
            named = FiscalDocument.objects.filter(key__in=keys, direction=Direction.ISSUED)
            found.update(named.exclude(relations=None).values_list("relations__to_key", flat=True))
            found.update(named.exclude(payments=None).values_list("payments__lines__to_key", flat=True))
            naming = DocumentRelation.objects.filter(to_key__in=keys, document__direction=Direction.ISSUED)
            found.update(naming.values_list("document__key", flat=True))
            paying = PaymentComplementLine.objects.filter(
                to_key__in=keys, payment__document__direction=Direction.ISSUED
            )
            found.update(paying.values_list("payment__document__key", flat=True))
        found.discard(None)
        frontier = found - known
    return known


def load(seed: Collection[str]) -> Cluster:
    """Load the cluster of the seed. Documents of customers that are off, generic or unknown give no facts."""
    keys = cluster_keys(seed)
    documents: dict[str, FiscalDocument] = {}
    receivables: dict[str, Receivable] = {}
    cancelled: dict[str, CancellationNotice] = {}
    for part in chunks(sorted(keys)):
        issued = FiscalDocument.objects.filter(key__in=part, direction=Direction.ISSUED).select_related("customer")
        documents |= {document.key: document for document in issued}
        receivables |= {row.key: row for row in Receivable.objects.filter(key__in=part).select_related("customer")}
        cancelled |= {row.key: row for row in CancellationNotice.objects.filter(key__in=part)}
    collected = [document for document in documents.values() if _is_collected(document)]
    openings = [
        _opening_fact(row, cancelled.get(row.key))
        for row in receivables.values()
        if row.kind == "opening" and row.customer.collecting
    ]
    return Cluster(documents, _facts(collected, receivables), openings, receivables)


def _is_collected(document: FiscalDocument) -> bool:
    customer = document.customer
    return customer is not None and customer.collecting and not customer.generic and not document.is_global


def _opening_fact(row: Receivable, notice: CancellationNotice | None) -> OpeningFact:
    opening_on = row.opening_on or row.issued_on
    cancelled_on = (notice.cancelled_on or opening_on) if notice else None
    return OpeningFact(row.key, str(row.customer_id), row.currency, row.total, opening_on, cancelled_on)


def _facts(documents: list[FiscalDocument], receivables: dict[str, Receivable]) -> list[DocumentFact]:
    ids = [document.id for document in documents]
    relations: dict[uuid.UUID, list[tuple[str, str]]] = {}
    for part in chunks(ids):
        rows = DocumentRelation.objects.filter(document_id__in=part).order_by("id")
        for document_id, code, to_key in rows.values_list("document_id", "code", "to_key"):
            relations.setdefault(document_id, []).append((code, to_key))
    payments = _payments([document.id for document in documents if document.kind == "payment_complement"])
    return [
        DocumentFact(
            key=document.key,
            kind=document.kind,
            customer=str(document.customer_id),
            issued_on=document.issued_on,
            currency=document.currency,
            total=document.total,
            method=document.method,
            cancelled_on=_cancelled_on(document),
            relations=tuple(relations.get(document.id, ())),
            payments=tuple(payments.get(document.id, ())),
            is_advance_remainder=document.is_advance_remainder,
            no_presumption=document.key in receivables and receivables[document.key].no_presumption,
        )
        for document in documents
    ]


def _cancelled_on(document: FiscalDocument) -> date | None:
    if document.status != AuthorityStatus.CANCELLED:
        return None
    return document.cancelled_on or document.issued_on


def _payments(ids: list[uuid.UUID]) -> dict[uuid.UUID, list[PaymentFact]]:
    found: dict[uuid.UUID, list[PaymentFact]] = {}
    for part in chunks(ids):
        lines: dict[uuid.UUID, list[PaidLine]] = {}
        rows = PaymentComplementLine.objects.filter(payment__document_id__in=part).order_by("payment_id", "position")
        for row in rows:
            equivalence = Decimal(row.equivalence or "1")
            lines.setdefault(row.payment_id, []).append(PaidLine(row.to_key, row.currency, row.paid, equivalence))
        for payment in ComplementPayment.objects.filter(document_id__in=part).order_by("document_id", "position"):
            fact = PaymentFact(
                payment.position, payment.paid_on, payment.currency, payment.amount, tuple(lines.get(payment.id, ()))
            )
            found.setdefault(payment.document_id, []).append(fact)
    return found
