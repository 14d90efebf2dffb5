"""Jobs on messages: what providers told us of them. Sending is in `jobs.reminders`, which knows what to ask before."""

from __future__ import annotations

import structlog
from django_tasks import task

from aldia.messaging.operations.events import process_notice
from aldia.messaging.queries.messages import new_notices
from aldia.queue.claiming import database_now

log = structlog.get_logger("aldia.messaging")


@task(max_attempts=2)
def process_notices() -> int:
    """Apply what providers said since; what has no delivery yet stays for the next time. Returns how many were applied.

    A notice that cannot be applied keeps no other waiting: the next round tries it again.
    """
    count = 0
    for notice_id in new_notices():
        try:
            count += process_notice(notice_id=notice_id, now=database_now())
        except Exception:
            log.exception("notice_failed", notice=str(notice_id))
    return count


def enqueue_notices() -> None:
    """Have the notices of the company in scope applied soon; twice is once."""
    process_notices.using(dedupe_key="notices").enqueue()
