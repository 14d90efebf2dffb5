"""Jobs on documents that the company issues: stamping them, sending them, cancelling them at the authority."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import structlog
from django_tasks import task

from aldia.domain.ports.stamping import Seal, Stamper
from aldia.issuing.models import Cancellation, Issue, IssueState
from aldia.issuing.operations import cancelling, profiles, seals, sending, stampers, stamping
from aldia.jobs.banking import enqueue_reconcile
from aldia.jobs.documents import verify_seals
from aldia.jobs.reminders import enqueue_sending
from aldia.queue.claiming import database_now

log = structlog.get_logger("aldia.issuing")


@task(max_attempts=3)
def stamp_issue(issue_id: str) -> str:
    """Take one document to its stamp and on to its customer; what is left for later is tried again by `stamp_due`."""
    issue = stamping.work(issue_id=UUID(issue_id), now=database_now())
    if issue.state == IssueState.STAMPED and issue.sent_at is None:
        verify_seals.using(dedupe_key="seals", priority=-10).enqueue()
        enqueue_reconcile()
        send_by_itself([issue.pk], database_now())
    return str(issue.state)


@task(max_attempts=2)
def stamp_due() -> int:
    """Every few minutes: the documents whose turn to be tried (again) has come, and what was stamped and not sent."""
    found = stamping.due(now=database_now())
    for issue_id in found:
        enqueue_stamping(issue_id)
    send_by_itself(sending.unsent(now=database_now()), database_now())
    return len(found)


@task(max_attempts=2)
def cancel_due() -> int:
    """Every few minutes: ask the authority for the cancellations that are due, and how those under way stand."""
    return cancelling.work(now=database_now(), stamper_of=open_stamper)


def enqueue_stamping(issue_id: UUID) -> None:
    """Have a document stamped soon; twice is once."""
    stamp_issue.using(dedupe_key=f"stamp:{issue_id}").enqueue(str(issue_id))


def enqueue_cancelling() -> None:
    """Have the cancellations of the company in scope worked on soon; twice is once."""
    cancel_due.using(dedupe_key="cancelling").enqueue()


def send_by_itself(issue_ids: list[UUID], now: datetime) -> int:
    """Write to the customers of documents just stamped, where the company wants that; how many messages."""
    profile = profiles.issuer()
    if not issue_ids or (profile is not None and not profile.sends_documents):
        return 0
    written = 0
    for issue_id in issue_ids:
        try:
            written += sending.send(issue_id=issue_id, actor=None, now=now) is not None
        except Exception:  # a document that cannot be mailed keeps no other waiting, and no stamp from being known
            log.exception("not_sent", issue=str(issue_id))
    if written:
        enqueue_sending()
    return written


@contextmanager
def open_stamper(cancellation: Cancellation) -> Iterator[tuple[Stamper, Seal]]:
    """The PAC that stamped the document (else the one in use) and the company's seal, for one use."""
    issue = Issue.objects.select_related("stamper__secret").filter(pk=cancellation.issue_id).first()
    stamper = stampers.stamper_of(issue.stamper if issue is not None else None)
    yield stamper, seals.open_seal(purpose="cancel", now=database_now(), about=cancellation.pk)
