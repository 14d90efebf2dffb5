"""Imports as background jobs: run, followed by the seals, and found again when a job is lost."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from aldia.documents import packing
from aldia.documents.models import FiscalDocument, IngestBatch
from aldia.documents.operations.batches import create_batch
from aldia.jobs.documents import delete_orphans, enqueue_import, import_batch, resume_imports, verify_seals
from aldia.queue.claiming import database_now
from aldia.queue.models import Job, JobState
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.fixtures.cfdi.builder import ISSUER, cfdi


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(tax_id=ISSUER[0])
    with company_scope(company.id):
        yield company


def batch_of(*documents: bytes) -> IngestBatch:
    files = [(f"{number}.xml", io.BytesIO(data)) for number, data in enumerate(documents)]
    return create_batch(file=packing.pack(files, name="z"), name="z", actor=None)


def jobs(name: str) -> list[Job]:
    return list(Job.objects.filter(task_path=f"aldia.jobs.documents.{name}"))


def test_a_batch_is_enqueued_once_and_then_its_seals(company: Company) -> None:
    batch = batch_of(cfdi("a"), cfdi("b"))
    enqueue_import(batch)
    enqueue_import(batch)
    assert len(jobs("import_batch")) == 1
    assert import_batch.func(str(batch.pk)) == {"stored": 2}
    assert len(jobs("verify_seals")) == 1
    assert verify_seals.func() == 2
    assert not FiscalDocument.objects.filter(seal_state="pending").exists()


def test_an_import_whose_job_was_lost_is_enqueued_again(company: Company) -> None:
    batch = batch_of(cfdi("a"))
    assert resume_imports.func() == 0, "it may yet be on its way"
    IngestBatch.objects.update(created_at=database_now() - timedelta(hours=1))
    assert resume_imports.func() == 1
    (job,) = jobs("import_batch")
    assert job.payload["args"] == [str(batch.pk)]
    Job.objects.update(state=JobState.DEAD)
    assert resume_imports.func() == 0, "a dead job waits for a person"
    Job.objects.all().delete()
    import_batch.func(str(batch.pk))
    assert resume_imports.func() == 0


def test_what_no_row_names_is_deleted_after_a_day(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_of(cfdi("a"))
    kept = StoredFile.objects.get().path
    orphan = default_storage.save(f"{company.pk}/abcde/roto", io.BytesIO(b"medio archivo"))  # type: ignore[arg-type]
    assert delete_orphans.func() == 0, "it may be being written"
    monkeypatch.setattr("aldia.jobs.documents.database_now", lambda: database_now() + timedelta(days=2))
    assert delete_orphans.func() == 1
    assert default_storage.exists(kept)
    assert not default_storage.exists(orphan)


def test_an_upload_that_no_batch_took_goes_after_a_day(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    packing.pack([("a.xml", io.BytesIO(cfdi("a")))], name="z")
    batch_of(cfdi("b"))
    monkeypatch.setattr("aldia.jobs.documents.database_now", lambda: database_now() + timedelta(days=2))
    resume_imports.func()
    assert StoredFile.objects.count() == 1


def test_no_room_for_temporary_files_is_a_sentence(
    company: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packing.ZipWriter, "add", full)
    from aldia.tenancy.storage import CannotStore

    with pytest.raises(CannotStore, match="espacio"):
        packing.pack([("a.xml", io.BytesIO(b"a")), ("b.xml", io.BytesIO(b"b"))], name="z")
