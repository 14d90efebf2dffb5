"""Who works on which job: claim, lease, fence. Every moment here is the database's, so that no two clocks disagree.

A claim raises `attempts`; whoever finishes must be the (worker, attempts) that claimed. A worker that slept through
its lease therefore changes nothing, however late it wakes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, QuerySet
from django.db.models.expressions import RawSQL

from aldia.queue.models import Job, JobState

LEASE_SECONDS = 60.0
LONGEST_BACKOFF_SECONDS = 3600

CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT id FROM queue_job
    WHERE state = 'ready' AND run_at <= {now} {queues}
    ORDER BY priority DESC, run_at, id LIMIT %s {lock}
)
UPDATE queue_job
SET state = 'running', attempts = attempts + 1, worker = %s, lease_until = {lease}, started_at = {now}
WHERE id IN (SELECT id FROM picked)
RETURNING *
"""

# Written out, not through the ORM: SQLite uses a partial index only for a condition without parameters.
REAP = """
UPDATE queue_job
SET state = CASE WHEN attempts >= max_attempts THEN 'dead' ELSE 'ready' END,
    finished_at = CASE WHEN attempts >= max_attempts THEN {now} END,
    last_error = %s, lease_until = NULL, run_at = {now}
WHERE state = 'running' AND lease_until < {now}
"""
LIVE = "queue_job.state IN ('ready', 'running')"


def in_seconds(seconds: float) -> RawSQL:
    """The database's clock, so many seconds from now, as an expression."""
    return RawSQL(_sql_now(seconds), [], output_field=DateTimeField())  # noqa: S611  no outside text in it


def database_now() -> datetime:
    """The moment by the database's clock, in UTC (to the millisecond on SQLite)."""
    lite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')" if lite else "SELECT CLOCK_TIMESTAMP()")
        (moment,) = cursor.fetchone()
    return datetime.fromisoformat(moment).replace(tzinfo=UTC) if lite else moment.astimezone(UTC)


def claim(
    *, worker: str, queues: Sequence[str] = (), limit: int = 1, lease_seconds: float = LEASE_SECONDS
) -> list[Job]:
    """Take up to `limit` jobs that are due, most urgent first; nobody else gets them while the lease lives."""
    now, lease = _sql_now(0), _sql_now(lease_seconds)
    names = f"AND queue IN ({', '.join(['%s'] * len(queues))})" if queues else ""
    lock = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    sql = CLAIM.format(now=now, lease=lease, queues=names, lock=lock)
    return sorted(Job.objects.raw(sql, [*queues, limit, worker]), key=lambda job: (-job.priority, job.run_at, job.pk))


def renew(*, job: Job, lease_seconds: float = LEASE_SECONDS) -> bool:
    """Prolong the lease of a job that is being worked on; False when it is no longer ours."""
    return _ours(job).update(lease_until=in_seconds(lease_seconds)) == 1


def finish(*, job: Job, result: Any = None) -> bool:
    """Mark the job done; False (and nothing changed) when it is no longer ours."""
    changed = _ours(job).update(
        state=JobState.DONE, result=result, finished_at=in_seconds(0), lease_until=None, last_error=""
    )
    return changed == 1


def fail(*, job: Job, error: str, permanent: bool = False, delay_seconds: float | None = None) -> bool:
    """Put the job back for later, or to the dead when its attempts are used up; False when it is no longer ours."""
    if permanent or job.attempts >= job.max_attempts:
        changed = _ours(job).update(state=JobState.DEAD, last_error=error, finished_at=in_seconds(0), lease_until=None)
        return changed == 1
    delay = backoff_seconds(job.attempts) if delay_seconds is None else delay_seconds
    return _ours(job).update(state=JobState.READY, last_error=error, lease_until=None, run_at=in_seconds(delay)) == 1


def reap() -> int:
    """Free the jobs whose worker let the lease run out (it died, or the machine did); return how many."""
    with connection.cursor() as cursor:
        cursor.execute(REAP.format(now=_sql_now(0)), ["El proceso que lo atendía dejó de responder."])
        return int(cursor.rowcount)


def backoff_seconds(attempts: int) -> float:
    """2ⁿ seconds give or take a quarter (so that what failed together does not return together), at most an hour."""
    base = min(2.0 ** min(attempts, 30), LONGEST_BACKOFF_SECONDS)
    return base * random.uniform(0.75, 1.25)  # noqa: S311  spreading load is no secret


def _ours(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, worker=job.worker, attempts=job.attempts)


def _sql_now(seconds: float) -> str:
    if connection.vendor == "sqlite":
        return f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '{float(seconds):+.3f} seconds')"
    return f"(CLOCK_TIMESTAMP() + INTERVAL '{float(seconds):.3f} seconds')"


def live_job(dedupe_key: str) -> Job | None:
    """The job with this key that is ready or running."""
    return Job.objects.filter(dedupe_key=dedupe_key).extra(where=[LIVE]).first()  # noqa: S610  a constant
