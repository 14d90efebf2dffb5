"""Jobs of the built-in test provider: what it has to tell us is told when it is due."""

from __future__ import annotations

from datetime import datetime

from django_tasks import task

from aldia.jobs.reminders import enqueue_thanks
from aldia.payments.operations.sandbox import deliver
from aldia.queue.claiming import database_now


@task(max_attempts=3)
def tell_test_notices() -> int:
    """Let the test provider tell what is due, signed and verified like any other. Returns how much that was."""
    told = deliver(now=database_now())
    if told:
        enqueue_thanks()
    return told


def enqueue_telling(at: datetime) -> None:
    """Have the test provider speak at a moment; the timetable finds what is left."""
    tell_test_notices.using(run_after=at).enqueue()
