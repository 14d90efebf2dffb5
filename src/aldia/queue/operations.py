"""What a person does with dead jobs, and what the house does with old ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from aldia.queue.claiming import in_seconds, live_job
from aldia.queue.models import Job, JobState, ScheduleRun
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

KEEP_DONE = timedelta(days=14)
KEEP_SLOTS = timedelta(days=60)


class JobNotDead(Exception):
    """The job is not one that waits for a person: it is not the company's, or somebody has dealt with it."""


class JobIsBack(Exception):
    """The same work is already waiting or running again under the job's dedupe key."""


def requeue_job(*, job_id: UUID, actor: User | None) -> None:
    """Try a dead job of the company in scope again, with as many attempts as it had."""
    with transaction():
        job = _dead(job_id)
        if job.dedupe_key is not None and live_job(job.dedupe_key) is not None:
            raise JobIsBack(_("Ese trabajo ya está otra vez en la fila; descarta este."))
        Job.objects.filter(pk=job.pk).update(  # attempts never go back: they are the fence
            state=JobState.READY, run_at=in_seconds(0), max_attempts=F("max_attempts") + job.attempts, finished_at=None
        )
        _record(job, "job.requeued", actor)


def discard_job(*, job_id: UUID, actor: User | None) -> None:
    """Give up a dead job of the company in scope; the audit trail keeps what it was."""
    with transaction():
        job = _dead(job_id)
        Job.objects.filter(pk=job.pk).delete()
        _record(job, "job.discarded", actor)


def clean_up(*, now: datetime) -> int:
    """Delete jobs done two weeks ago and slots claimed two months ago; return how many rows. Operator's work."""
    with transaction():
        jobs, _by_model = Job.objects.filter(state=JobState.DONE, finished_at__lt=now - KEEP_DONE).delete()
        slots, _by_model = ScheduleRun.objects.filter(created_at__lt=now - KEEP_SLOTS).delete()
    return jobs + slots


def _dead(job_id: UUID) -> Job:
    jobs = Job.objects.select_for_update().filter(company_id=current_company_id(), state=JobState.DEAD)
    job = jobs.filter(pk=job_id).first()
    if job is None:
        raise JobNotDead(_("Ese trabajo ya no está detenido."))
    return job


def _record(job: Job, verb: str, actor: User | None) -> None:
    detail = {"task": job.task_path, "attempts": job.attempts, "error": job.last_error[:500]}
    audit.record(actor=actor, verb=verb, object_type="job", object_id=job.pk, detail=detail)
