"""What the screens and the health page show of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, QuerySet

from aldia.queue.models import Job, JobState
from aldia.tenancy.scope import current_company_id


@dataclass(frozen=True)
class QueueHealth:
    """The whole queue at a glance; `waiting_seconds` is how long the oldest due job has waited (0 if none)."""

    ready: int
    running: int
    dead: int
    waiting_seconds: int


def company_jobs(state: str | None = None) -> QuerySet[Job]:
    """Jobs of the company in scope, newest first; of one state (`JobState`) if given."""
    jobs = Job.objects.filter(company_id=current_company_id()).order_by("-created_at", "-pk")
    return jobs.filter(state=state) if state else jobs


def dead_jobs() -> QuerySet[Job]:
    """Jobs of the company in scope that used up their attempts: a person requeues or discards them."""
    return company_jobs(JobState.DEAD)


def counts_by_state() -> dict[str, int]:
    """How many jobs the company in scope has in each state (all states named)."""
    rows = company_jobs().order_by().values_list("state").annotate(Count("pk"))
    return dict.fromkeys(JobState.values, 0) | dict(rows)


def health(*, now: datetime) -> QueueHealth:
    """Figures over all companies, for the operator."""
    rows = dict(Job.objects.exclude(state=JobState.DONE).values_list("state").annotate(Count("pk")))
    oldest = Job.objects.filter(state=JobState.READY, run_at__lte=now).aggregate(oldest=Min("run_at"))["oldest"]
    waiting = max(int((now - oldest).total_seconds()), 0) if oldest else 0
    return QueueHealth(
        ready=rows.get(JobState.READY, 0),
        running=rows.get(JobState.RUNNING, 0),
        dead=rows.get(JobState.DEAD, 0),
        waiting_seconds=waiting,
    )
