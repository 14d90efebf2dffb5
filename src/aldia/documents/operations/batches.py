"""The life of an import: created with its archive, begun, read chunk by chunk, finished. Safe to interrupt anywhere.

What is done is what is committed: `IngestBatch.done` is the next position to read. Whoever runs a batch reads a chunk
outside any transaction and stores it in one of its own, which checks that nobody else stored it meanwhile.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from aldia.documents import archives, packing
from aldia.documents.models import BatchState, IngestBatch, IngestItem, Outcome
from aldia.documents.operations.discarding import discard_copies, mark_discarded, sweep, sweep_marked
from aldia.documents.operations.parties import meet_customers
from aldia.documents.originals import PROVISIONAL, ZIP_TYPE, copy_blank
from aldia.documents.readings import PERSONAL_CODES, Reading, read_entry
from aldia.documents.refusals import ArchiveRefused
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company, StoredFile, User
from aldia.tenancy.scope import current_company_id, transaction

CHUNK = 250  # documents per transaction: about half a second of the write lock of SQLite
OVER = (BatchState.DONE, BatchState.FAILED)


class ArchiveGone(Exception):
    """Another run of the batch took away the copy that this one was making: try again."""


def create_batch(
    *, file: StoredFile, name: str, actor: User | None, source: str = "upload", collect_all: bool = False
) -> IngestBatch:
    """Register an archive to be imported (`packing.pack` makes it). The interface enqueues the job that runs it."""
    with transaction():
        StoredFile.objects.filter(pk=file.pk).update(content_type=ZIP_TYPE)
        batch = IngestBatch.objects.create(
            company_id=current_company_id(),
            file=file,
            name=name[:300],
            source=source,
            collect_all=collect_all,
            created_by=actor,
        )
        detail = {"name": batch.name, "size": file.size, "sha256": file.sha256, "collect_all": collect_all}
        audit.record(
            actor=actor, verb="documents.import_created", object_type="batch", object_id=batch.pk, detail=detail
        )
    return batch


def begin_batch(*, batch_id: uuid.UUID, now: datetime) -> IngestBatch | None:
    """Make a batch ready to be read (or read on); None if there is nothing left to do.

    An archive that cannot be opened ends here, with one item that says why.
    """
    batch = IngestBatch.objects.select_related("file", "created_by").get(pk=batch_id)
    if batch.state in OVER or batch.file is None:
        return None
    if batch.total is None:
        try:
            total = _prepare(batch, batch.file)
        except ArchiveRefused as refusal:
            _refuse(batch, refusal, now)
            return None
        with transaction():
            fresh = IngestBatch.objects.select_for_update().get(pk=batch.pk)
            if fresh.total is None:
                fresh.total, fresh.state, fresh.started_at = total, BatchState.RUNNING, now
                fresh.save(update_fields=["total", "state", "started_at"])
    return IngestBatch.objects.select_related("file", "created_by").get(pk=batch_id)


def _prepare(batch: IngestBatch, file: StoredFile) -> int:
    """Check the archive and count its files; ZIPs in it that came compressed are kept uncompressed from now on."""
    survey = archives.survey(file)
    if survey.is_folded:
        survey = archives.survey(_unfold(batch, file))
    return survey.total


def _unfold(batch: IngestBatch, old: StoredFile) -> StoredFile:
    """Let the batch hold a copy of its archive with the nested ZIPs uncompressed; the archive itself goes."""
    with transaction():
        IngestBatch.objects.select_for_update().get(pk=batch.pk)
        discard_copies(str(batch.pk))  # what a run that was killed left
    sweep_marked()
    new = packing.unfold(old, str(batch.pk), PROVISIONAL)
    crashpoint("after_unfold")
    with transaction():
        fresh = IngestBatch.objects.select_for_update().get(pk=batch.pk)
        if fresh.file_id != old.pk:  # another run was faster
            mark_discarded(new)
            return StoredFile.objects.get(pk=fresh.file_id)  # type: ignore[misc]
        adopted = StoredFile.objects.filter(pk=new.pk).update(name=old.name, content_type=ZIP_TYPE)
        if not adopted:
            raise ArchiveGone
        IngestBatch.objects.filter(pk=batch.pk).update(file=new)
        mark_discarded(old)
    return new


def _refuse(batch: IngestBatch, refusal: ArchiveRefused, now: datetime) -> None:
    with transaction():
        fresh = IngestBatch.objects.select_for_update().get(pk=batch.pk)
        if fresh.state in OVER:
            return
        IngestItem.objects.create(
            company_id=fresh.company_id,
            batch=fresh,
            position=0,
            name=fresh.name,
            outcome=Outcome.ERROR,
            code=refusal.code,
            message=refusal.message,
        )
        fresh.state, fresh.message, fresh.total, fresh.done = BatchState.DONE, refusal.message, 1, 1
        fresh.counts = {Outcome.ERROR.value: 1}
        fresh.started_at, fresh.finished_at = fresh.started_at or now, now
        fresh.save()
        _record_end(fresh)


def chunks(*, batch: IngestBatch, size: int | None = None) -> Iterator[list[Reading]]:
    """What is left of a batch, read `size` files (`CHUNK`) at a time, and the customers that those files name.

    Call it outside a transaction: reading takes longer than writing. Raises `ArchiveRefused`.
    """
    if batch.file is None:
        return
    company = Company.objects.get(pk=batch.company_id)
    chunk: list[Reading] = []
    for entry in archives.entries(batch.file, start=batch.done):
        chunk.append(read_entry(entry))
        if len(chunk) >= (size or CHUNK):
            yield _met(chunk, company, batch)
            chunk = []
    if chunk:
        yield _met(chunk, company, batch)


def _met(chunk: list[Reading], company: Company, batch: IngestBatch) -> list[Reading]:
    meet_customers(readings=chunk, company=company, actor=batch.created_by)
    crashpoint("after_customers")
    return chunk


def finish_batch(*, batch_id: uuid.UUID, now: datetime) -> IngestBatch:
    """Close a batch that is read to its end, blanking personal data out of its archive. Safe to repeat."""
    batch = IngestBatch.objects.select_related("file").get(pk=batch_id)
    if batch.state not in OVER:
        crashpoint("before_finish")
        blanked = _blanked(batch)
        crashpoint("after_blank")
        with transaction():
            batch = IngestBatch.objects.select_for_update().get(pk=batch_id)
            if batch.state not in OVER:
                batch.state, batch.finished_at = BatchState.DONE, now
                batch.save(update_fields=["state", "finished_at"])
                if blanked is not None and batch.file_id is not None:
                    _exchange(batch.file_id, blanked)
                _record_end(batch)
    sweep(now=now)
    return batch


def _blanked(batch: IngestBatch) -> StoredFile | None:
    """A copy of the archive with zeros where payroll was (LFPDPPP: nothing is kept that is not needed)."""
    items = IngestItem.objects.filter(batch=batch, code__in=PERSONAL_CODES)
    positions = set(items.values_list("position", flat=True))
    if not positions or batch.file is None:
        return None
    return copy_blank(batch.file, packing.blank_ranges(batch.file, positions), str(batch.pk), PROVISIONAL)


def _exchange(file_id: uuid.UUID, blanked: StoredFile) -> None:
    """The row that documents point to takes the blanked copy; the copy's row takes the old bytes, to be deleted."""
    old = StoredFile.objects.get(pk=file_id)
    StoredFile.objects.filter(pk=old.pk).update(path=blanked.path, sha256=blanked.sha256)
    StoredFile.objects.filter(pk=blanked.pk).update(path=old.path, sha256=old.sha256)
    mark_discarded(blanked)


def fail_batch(*, batch_id: uuid.UUID, message: str, now: datetime) -> None:
    """Stop a batch that cannot go on (its archive is gone): what it stored so far stays."""
    with transaction():
        batch = IngestBatch.objects.select_for_update().get(pk=batch_id)
        if batch.state not in OVER:
            batch.state, batch.message, batch.finished_at = BatchState.FAILED, message, now
            batch.save(update_fields=["state", "message", "finished_at"])
            _record_end(batch)


def _record_end(batch: IngestBatch) -> None:
    detail = {"state": batch.state, "counts": batch.counts, "opened": batch.opened}
    audit.record(
        actor=batch.created_by, verb="documents.imported", object_type="batch", object_id=batch.pk, detail=detail
    )
