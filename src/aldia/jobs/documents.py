"""Jobs on documents: imports, the seals after them, and what a crash left half done."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.documents.models import BatchState, IngestBatch
from aldia.documents.operations.discarding import sweep, sweep_orphans
from aldia.documents.operations.seals import BATCH, verify_pending
from aldia.jobs.banking import enqueue_reconcile
from aldia.queue.claiming import database_now
from aldia.queue.models import Job, JobState
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, current_company_id

LOST_AFTER = timedelta(minutes=10)


@task
def import_batch(batch_id: str) -> dict[str, int]:
    """Import a batch to its end; what it brought is then verified."""
    company = Company.objects.get(pk=current_company_id())
    today = database_now().astimezone(ZoneInfo(company.time_zone)).date()
    batch = run_batch(batch_id=UUID(batch_id), now=database_now, today=today)
    verify_seals.using(dedupe_key="seals", priority=-10).enqueue()
    enqueue_reconcile()
    return dict(batch.counts)


def enqueue_import(batch: IngestBatch) -> None:
    """Put a batch in the queue of its company; twice is once."""
    import_batch.using(dedupe_key=str(batch.pk)).enqueue(str(batch.pk))


@task(max_attempts=3)
def verify_seals() -> int:
    """Verify some seals of the company, and come back for the rest: the queue stays free for others in between."""
    count = verify_pending()
    if count == BATCH:
        verify_seals.using(priority=-10).enqueue()
    return count


@task(max_attempts=2)
def resume_imports() -> int:
    """Enqueue again the imports that were left half done and that no job remembers; delete what must not stay."""
    lost, now = 0, database_now()
    for company_id in Company.objects.values_list("pk", flat=True):
        with company_scope(company_id):
            sweep(now=now)
            pending = IngestBatch.objects.filter(state__in=(BatchState.QUEUED, BatchState.RUNNING))
            for batch in pending.filter(created_at__lt=now - LOST_AFTER):
                if not _waits_for_a_person(batch):
                    enqueue_import(batch)
                    lost += 1
    return lost


def _waits_for_a_person(batch: IngestBatch) -> bool:
    """Whether its job died after all its attempts: it is in the list of jobs, with why, until somebody decides."""
    dead = Job.objects.filter(company_id=batch.company_id, state=JobState.DEAD)
    return dead.filter(task_path=import_batch.module_path, payload__args__0=str(batch.pk)).exists()


@task(max_attempts=2)
def delete_orphans() -> int:
    """Delete files that no row names, of every company: a killed process may leave one half written."""
    count, now = 0, database_now()
    for company_id in Company.objects.values_list("pk", flat=True):
        with company_scope(company_id):
            count += sweep_orphans(now=now)
    return count
