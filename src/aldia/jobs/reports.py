"""Jobs on reports: files too big to be made while somebody waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.queue.claiming import database_now
from aldia.queue.models import Job
from aldia.reporting import exports
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id


@task(max_attempts=3)
def make_export(order: dict[str, Any], user_id: str) -> dict[str, str]:
    """Make a file for a person; a repeat makes it anew, and what is a day old goes."""
    company, now = Company.objects.get(pk=current_company_id()), database_now()
    exports.sweep(company, now=now)
    today = now.astimezone(ZoneInfo(company.time_zone)).date()
    path = exports.make(exports.Order(**order), company=company, today=today)
    return {"path": path, "name": order["name"], "ending": order["ending"]}


def enqueue_export(order: dict[str, Any], user: User) -> str:
    """Put the file in the queue of the company; return the job's id."""
    return str(make_export.enqueue(order, str(user.pk)).id)


def export_of(job_id: UUID, user: User) -> Job | None:
    """The job, if it makes a file for this person in the company in scope."""
    job = Job.objects.filter(pk=job_id, company_id=current_company_id(), task_path=make_export.module_path).first()
    return job if job is not None and job.payload["args"][1] == str(user.pk) else None
