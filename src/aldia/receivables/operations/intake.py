"""An import, end to end: each chunk of papers is stored and has its effect on who owes what in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from aldia.customers.models import Customer
from aldia.documents.models import (
    ComplementPayment,
    DocumentRelation,
    FiscalDocument,
    IngestBatch,
    PaymentComplementLine,
)
from aldia.documents.operations.batches import begin_batch, chunks, fail_batch, finish_batch
from aldia.documents.operations.storing import StaleChunk, StoredChunk, store_chunk, write_items
from aldia.documents.readings import Reading
from aldia.documents.refusals import ArchiveRefused
from aldia.receivables.models import Allocation, Credit, JournalEntry, JournalLine, LedgerAccount, Receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.switching import open_on_file
from aldia.receivables.posting import CHAIN
from aldia.tenancy import audit
from aldia.tenancy.bulk import refresh_statistics, refresh_while_growing
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.scope import transaction

FILLED = (
    Customer,
    FiscalDocument,
    DocumentRelation,
    ComplementPayment,
    PaymentComplementLine,
    Receivable,
    Credit,
    Allocation,
    LedgerAccount,
    JournalEntry,
    JournalLine,
)
GROWN = frozenset({1, 4, 16, 64, 256})  # chunks after which the tables are several times what they were
LARGE = 5_000  # files of an import after which the tables are not what they were


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int


def run_batch(
    *,
    batch_id: uuid.UUID,
    now: Callable[[], datetime],
    today: date,
    progress: Callable[[Progress], None] | None = None,
) -> IngestBatch:
    """Import a batch from where it is to its end. Safe to interrupt, to repeat, and to run twice at once."""
    batch = begin_batch(batch_id=batch_id, now=now())
    while batch is not None:
        try:
            for number, readings in enumerate(chunks(batch=batch), start=1):
                take_in_chunk(batch=batch, readings=readings, today=today)
                if number in GROWN:
                    refresh_while_growing(FILLED)
                if progress is not None:
                    progress(Progress(readings[-1].position + 1, batch.total or 0))
        except StaleChunk:  # another run is ahead: go on from where it is
            batch = begin_batch(batch_id=batch_id, now=now())
            continue
        except ArchiveRefused as refusal:
            fail_batch(batch_id=batch_id, message=refusal.message, now=now())
            break
        break
    done = finish_batch(batch_id=batch_id, now=now())
    if (done.total or 0) >= LARGE:
        refresh_statistics(FILLED)
    return done


def take_in_chunk(*, batch: IngestBatch, readings: Sequence[Reading], today: date) -> None:
    """Store a chunk, open and apply what it says, and write each file's outcome: all of it or nothing."""
    with transaction():
        lock_chain(CHAIN)  # before anything else: payments lock the ledger first, too
        chunk = store_chunk(batch=batch, readings=readings)
        opened = _collect_all(chunk, today) if batch.collect_all else 0
        applied = apply_documents(keys=chunk.touched, today=today, actor=batch.created_by)
        crashpoint("after_apply")
        write_items(chunk=chunk, opened=applied.collecting, receivables_opened=opened + len(applied.opened))


def _collect_all(chunk: StoredChunk, today: date) -> int:
    """Switch on the customers of a chunk that asked for it; how many receivables that opened, older ones too."""
    ids = {document.customer_id for document in chunk.new if document.customer_id}
    rows = Customer.objects.filter(id__in=ids, collecting=False, generic=False)
    changed = list(rows.values_list("id", flat=True))
    if not changed:
        return 0
    Customer.objects.filter(id__in=changed).update(collecting=True)
    actor = chunk.batch.created_by
    opened = open_on_file(customer_ids=changed, today=today, actor=actor)
    detail = {"customers": [str(each) for each in changed], "receivables": opened, "batch": str(chunk.batch.pk)}
    audit.record(actor=actor, verb="customers.switched_on", object_type="customer", detail=detail)
    return opened
