"""Storing one chunk of a batch. The caller opens the transaction, lets the subledger follow, and writes the items:

for readings in chunks(batch=batch):
    with transaction():
        chunk = store_chunk(batch=batch, readings=readings)
        applied = apply_documents(keys=chunk.touched, …)
        write_items(chunk=chunk, opened=applied.opened)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from aldia.customers.models import Customer
from aldia.documents.models import (
    CancellationNotice,
    FiscalDocument,
    IngestBatch,
    IngestItem,
    Outcome,
)
from aldia.documents.operations import sentences
from aldia.documents.operations.notices import apply_notices
from aldia.documents.operations.parties import billed_party, find_customers, own_tax_id
from aldia.documents.operations.rows import Rows, Writer, minor, printed
from aldia.documents.operations.sentences import Result
from aldia.documents.readings import Reading
from aldia.domain.fiscal import document
from aldia.domain.fiscal.document import Party
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


class StaleChunk(Exception):
    """Another run stored this part of the batch first: read the batch again and go on from where it is."""


@dataclass(slots=True)
class StoredChunk:
    """What a chunk did. `new`: documents stored now, in the order of the files; `touched`: keys of documents on file
    that are new or whose status changed, for the subledger to look at again; `results` by position.
    """

    batch: IngestBatch
    readings: Sequence[Reading]
    new: list[FiscalDocument] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    results: dict[int, Result] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the chunk is compared with: documents on file, cancellations already told, customers."""

    documents: Mapping[str, FiscalDocument]
    notices: Mapping[str, CancellationNotice]
    customers: Mapping[Party, Customer]


def store_chunk(*, batch: IngestBatch, readings: Sequence[Reading]) -> StoredChunk:
    """Store the documents of a chunk and what notices in it say. Joins the caller's transaction.

    One chunk at a time per company: the company's row is the lock. Raises `StaleChunk`.
    """
    company = Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
    batch = IngestBatch.objects.select_for_update().get(pk=batch.pk)
    if not readings or batch.done != readings[0].position:
        raise StaleChunk
    chunk = StoredChunk(batch=batch, readings=readings)
    own = own_tax_id(company)
    known = _known(batch, readings, company, own)
    _store_documents(chunk, company, own, known)
    for reading in readings:
        if reading.verdict is not None:
            chunk.results[reading.position] = Result.of_verdict(reading.verdict)
        elif reading.notices is not None:
            changed, result = apply_notices(reading=reading, own=own, stated_at=batch.created_at)
            chunk.touched |= changed
            chunk.results[reading.position] = result
    crashpoint("after_store")
    return chunk


def _known(batch: IngestBatch, readings: Sequence[Reading], company: Company, own: str) -> _Known:
    sources = [reading.document for reading in readings if reading.document is not None]
    keys = list({source.key for source in sources})
    documents = {row.key: row for row in FiscalDocument.objects.filter(key__in=keys)}
    notices = {row.key: row for row in CancellationNotice.objects.filter(key__in=keys)}
    parties = {party for source in sources if source.key not in documents and (party := billed_party(source, own))}
    return _Known(documents, notices, find_customers(parties=parties, company=company, actor=batch.created_by))


def _store_documents(chunk: StoredChunk, company: Company, own: str, known: _Known) -> None:
    """Choose what is new among the documents of a chunk, and insert it."""
    batch = chunk.batch
    if batch.file_id is None:
        raise ValueError("a batch without its archive stores nothing")
    company.tax_id = own
    writer, rows = Writer(company, batch.file_id, ZoneInfo(company.time_zone)), Rows()
    here: dict[str, tuple[FiscalDocument, Reading]] = {}
    for reading in chunk.readings:
        source = reading.document
        if source is None:
            continue
        if own not in (source.issuer.tax_id, source.receiver.tax_id):
            chunk.results[reading.position] = sentences.not_ours(source, own)
        elif source.key in known.documents:
            chunk.results[reading.position] = _again(known.documents[source.key], reading, source)
        elif source.key in here:
            row, first = here[source.key]
            chunk.results[reading.position] = _again(row, reading, source, first)
        else:
            party = billed_party(source, own)
            customer = known.customers[party] if party else None
            row = writer.add(rows, reading, customer, known.notices.get(source.key))
            here[source.key] = (row, reading)
            chunk.results[reading.position] = sentences.stored(row, customer)
    rows.insert()
    chunk.new = rows.documents
    chunk.touched.update(row.key for row in rows.documents)


def _again(
    row: FiscalDocument, reading: Reading, source: document.FiscalDocument, first: Reading | None = None
) -> Result:
    """The key is on file: the same document again, or another one that claims to be it (the first stays)."""
    same = row.sha256 == reading.sha256 or (
        (row.issuer_tax_id, row.receiver_tax_id, row.type_code, row.currency, row.issued_on, row.total)
        == (
            source.issuer.tax_id,
            source.receiver.tax_id,
            source.type_code,
            source.currency,
            source.issued_at.date(),
            minor(source.total, source.currency),
        )
    )
    if not same:
        return sentences.conflict(row, source, printed(row.total, row.currency))
    return sentences.duplicate(row, first.name if first is not None else None)


def write_items(*, chunk: StoredChunk, opened: Collection[str] = (), receivables_opened: int = 0) -> None:
    """Write what became of each file of a chunk and move the batch on. `opened`: keys that are collected now;
    `receivables_opened`: how many receivables the chunk opened, of its own files or of older ones.

    Joins the caller's transaction, which must be the one of `store_chunk`.
    """
    batch, company_id = chunk.batch, chunk.batch.company_id
    new = {row.key for row in chunk.new}
    items, counts = [], Counter(batch.counts)
    for reading in chunk.readings:
        result = chunk.results[reading.position]
        if result.key in opened and result.key in new and result.outcome == Outcome.STORED:
            result = sentences.opened(result)
        elif batch.collect_all and result.code in sentences.CUSTOMER_OFF:
            result = sentences.applied(result)  # its customer was switched on since
        counts[result.outcome] += 1
        items.append(_item(batch, reading, result))
        items[-1].company_id = company_id
    insert_rows(items)
    batch.counts = dict(counts)
    batch.opened += receivables_opened
    batch.done = chunk.readings[-1].position + 1
    batch.save(update_fields=["counts", "done", "opened"])
    crashpoint("after_items")


def _item(batch: IngestBatch, reading: Reading, result: Result) -> IngestItem:
    return IngestItem(
        batch=batch,
        position=reading.position,
        name=(reading.name or batch.name)[-300:],
        outcome=result.outcome,
        code=result.code[:40],
        message=result.message,
        key=result.key,
        kind=result.kind,
        document_id=result.document_id,
    )
