"""Jobs on evidence files: putting one together takes reading everything of a customer."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from aldia.collections.models import EvidenceFile
from aldia.collections.operations.evidence import keep_evidence
from aldia.integrations.typesetting import PDF_TYPE
from aldia.queue.claiming import database_now
from aldia.queue.models import Job, JobState
from aldia.reporting import evidence
from aldia.tenancy.scope import current_company_id
from aldia.tenancy.storage import store


@task(max_attempts=3)
def make_evidence(evidence_id: str) -> str:
    """Make and keep one file; a repeat finds it made."""
    row = EvidenceFile.objects.select_related("customer", "created_by").get(pk=UUID(evidence_id))
    if row.file_id is None:
        now = database_now()
        made = evidence.make(row, now=now)
        file = store(evidence.name_of(row), made.pdf, PDF_TYPE, max_bytes=2 * evidence.MOST_BYTES)
        keep_evidence(
            evidence_id=row.pk, file=file, pieces=made.pieces, manifest_sha256=made.manifest_sha256,
            audit_head=made.audit_head, now=now,
        )  # fmt: skip
    return str(row.pk)


def enqueue_evidence(evidence_id: UUID) -> None:
    """Put it in the queue of the company in scope; twice is once."""
    make_evidence.using(dedupe_key=f"evidence:{evidence_id}").enqueue(str(evidence_id))


def has_failed(evidence_id: UUID) -> bool:
    """Whether nothing works on it any more: its last job is dead."""
    jobs = Job.objects.filter(company_id=current_company_id(), task_path=make_evidence.module_path)
    mine = [job for job in jobs.order_by("-id")[:200] if job.payload.get("args") == [str(evidence_id)]]
    return not mine or mine[0].state == JobState.DEAD
