"""Jobs of the house itself: they belong to no company."""

from __future__ import annotations

from django_tasks import task

from aldia.queue import operations
from aldia.queue.claiming import database_now
from aldia.tenancy import limits
from aldia.tenancy.bulk import refresh_all_statistics


@task(max_attempts=3)
def clean_up() -> int:
    """Forget jobs that were done long ago, and counts of windows that are over."""
    now = database_now()
    return operations.clean_up(now=now) + limits.forget(now=now)


@task(max_attempts=3)
def keep_statistics() -> None:
    """Let the database know how large its tables are by now."""
    refresh_all_statistics()
