"""Jobs on feeds of bank movements: what they told us, what is to be asked, and classes of matches that paused."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.utils.translation import gettext as _
from django_tasks import task

from aldia.banking.operations.feed_events import process, put_off
from aldia.banking.operations.feed_pulls import pull
from aldia.banking.queries.feeds import due_to_ask, new_events
from aldia.banking.queries.scorecard import paused_classes
from aldia.jobs.banking import enqueue_reconcile
from aldia.queue.claiming import database_now
from aldia.reminders.operations.notices import notify_company
from aldia.reminders.rounds import Round
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

HANDFUL = 50
TELL_FOR = timedelta(days=7)

log = structlog.get_logger("aldia.banking")


@task(max_attempts=2)
def process_feed_events() -> int:
    """Answer what feeds told; come back for the rest. Returns how many notices were answered.

    A notice that cannot be answered keeps no other waiting: a later round tries it again.
    """
    due = new_events(now=database_now(), limit=HANDFUL + 1)
    count, has_work = 0, False
    for event_id in due[:HANDFUL]:
        try:
            done = process(event_id=event_id, today=_today(), now=database_now())
        except Exception:
            log.exception("bank_notice_failed", event=str(event_id))
            put_off(event_id=event_id, now=database_now())
            continue
        count += done is not None
        has_work |= done is not None and done.has_work
    if len(due) > HANDFUL and count:
        process_feed_events.enqueue()
    if has_work:
        enqueue_reconcile()
    return count


@task(max_attempts=2)
def pull_feeds() -> int:
    """Have every connected account asked, each by itself. Returns how many."""
    found = due_to_ask()
    for account_id in found:
        enqueue_pull(account_id)
    return len(found)


@task(max_attempts=2)
def pull_feed(account_id: str) -> int:
    """Ask for the movements of one account. Returns how many were new."""
    done = pull(account_id=uuid.UUID(account_id), today=_today(), now=database_now())
    if done.has_work:
        enqueue_reconcile()
    return done.new


@task(max_attempts=2)
def tell_paused_classes() -> int:
    """Tell the company, once each, of classes of matches that lost their bound. Returns how many notices that made."""
    lately = [row for row in paused_classes() if row.paused_at and row.paused_at > database_now() - TELL_FOR]
    if not lately:
        return 0
    turn = Round.at(Company.objects.get(pk=current_company_id()), database_now())
    written = 0
    for row in lately:
        sentence = _(
            "La conciliación automática pausó una de sus clases (%(name)s): %(wrong)d de %(cases)d casos resultaron "
            "equivocados. Desde ahora solo propone en esos casos; revísalos en Resultados."
        ) % {"name": row.class_key, "wrong": row.wrong, "cases": row.right + row.wrong}
        stamp = row.paused_at.isoformat() if row.paused_at else ""
        subject = _("La conciliación automática pausó una clase")
        made = notify_company(
            key=f"class:{row.pk}:{stamp}", subject=subject, sentence=sentence, turn=turn, extra={}
        )  # fmt: skip
        written += made is not None
    return written


def enqueue_events() -> None:
    """Have the notices of the company in scope answered soon; twice is once."""
    process_feed_events.using(dedupe_key="bank-feeds").enqueue()


def enqueue_pull(account_id: uuid.UUID) -> None:
    """Have one account asked soon; twice is once."""
    pull_feed.using(dedupe_key=f"bank-feed:{account_id}").enqueue(str(account_id))


def _today() -> date:
    company = Company.objects.get(pk=current_company_id())
    return database_now().astimezone(ZoneInfo(company.time_zone)).date()
