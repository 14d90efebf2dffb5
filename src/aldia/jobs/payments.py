"""Jobs on payments by provider: what we were told, what nobody told us, and accounts for every customer."""

from __future__ import annotations

import structlog
from django_tasks import task

from aldia.jobs.banking import enqueue_reconcile
from aldia.jobs.collection_accounts import enqueue_asking
from aldia.jobs.reminders import enqueue_thanks
from aldia.payments.operations import janitor
from aldia.payments.operations.collecting import open_missing
from aldia.payments.operations.inbox import process, put_off
from aldia.payments.queries.collecting import are_waiting
from aldia.payments.queries.inbox import new_events
from aldia.queue.claiming import database_now

HANDFUL = 50

log = structlog.get_logger("aldia.payments")


@task(max_attempts=2)
def process_inbox() -> int:
    """Look at the payments that providers told of; come back for the rest. Returns how many notices were answered.

    A notice that cannot be answered keeps no other waiting: a later round tries it again.
    """
    due = new_events(now=database_now(), limit=HANDFUL + 1)
    count = 0
    for event_id in due[:HANDFUL]:
        try:
            count += process(event_id=event_id, now=database_now())
        except Exception:
            log.exception("notice_failed", event=str(event_id))
            put_off(event_id=event_id, now=database_now())
    if len(due) > HANDFUL and count:
        process_inbox.enqueue()
    if count:
        enqueue_thanks()
        enqueue_reconcile()
    return count


@task(max_attempts=2)
def check_payments() -> int:
    """The janitor's round, and accounts for customers that came since. Returns how many payments were asked about."""
    now = database_now()
    if open_missing(now=now) or are_waiting():
        enqueue_asking()
    asked = janitor.run(now=now)
    if asked:
        enqueue_thanks()
    return asked


def enqueue_inbox() -> None:
    """Have the notices of the company in scope answered soon; twice is once."""
    process_inbox.using(dedupe_key="payment-inbox").enqueue()
