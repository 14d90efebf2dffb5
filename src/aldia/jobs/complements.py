"""Jobs on complementos de pago: they follow the money every few minutes, and the company is told what is due."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.utils.translation import override
from django_tasks import task

from aldia.issuing.operations import complements, deadlines, drafting
from aldia.issuing.operations.profiles import issuer
from aldia.jobs.issuing import enqueue_cancelling, enqueue_stamping
from aldia.jobs.reminders import enqueue_sending
from aldia.queue.claiming import database_now
from aldia.reminders.operations.notices import notify_company
from aldia.reminders.rounds import Round
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

LATELY = timedelta(days=2)  # a worker that was away so long is made good at night, when everything is looked at

log = structlog.get_logger("aldia.issuing")


@task(max_attempts=3)
def follow_complements() -> dict[str, int]:
    """Every few minutes: what changed lately in the books, and what stamps itself."""
    now = database_now()
    return _follow(now, complements.recent(after=first_id(now - LATELY)))


@task(max_attempts=3)
def follow_all_complements() -> dict[str, int]:
    """The safety net of the night: every payment since complements are written here."""
    return _follow(database_now(), None)


@task(max_attempts=2)
def tell_complements_due() -> int:
    """Tell the company of complements that are due or late, on the days on which that is told."""
    now, company = database_now(), Company.objects.get(pk=current_company_id())
    turn = Round.at(company, now)
    with override(company.locale):
        found = deadlines.notice(today=turn.today)
    if found is None:
        return 0
    made = notify_company(key=found.key, subject=found.subject, sentence=found.sentence, turn=turn, extra={})
    if made is not None:
        enqueue_sending()
    return int(made is not None)


def enqueue_following() -> None:
    """Have the complements of the company in scope follow the books soon; twice is once."""
    if issuer() is not None:
        follow_complements.using(dedupe_key="complements").enqueue()


def _follow(now: datetime, credit_ids: set[uuid.UUID] | None) -> dict[str, int]:
    today = _today(now)
    done = complements.follow(today=today, now=now, credit_ids=credit_ids)
    if done.cancelling:
        enqueue_cancelling()
    return {**asdict(done), "stamping": _stamp(today, now)}


def _stamp(today: date, now: datetime) -> int:
    """Queue what stamps itself; what has something to mend waits for a person, in its list."""
    queued = 0
    for issue_id, version in deadlines.to_stamp(today=today, now=now):
        try:
            complements.submit(issue_id=issue_id, version=version, now=now, today=today, actor=None)
        except (complements.ComplementError, drafting.DraftingError) as error:
            log.info("complement_waits", issue=str(issue_id), why=type(error).__name__)
            continue
        enqueue_stamping(issue_id)
        queued += 1
    return queued


def first_id(moment: datetime) -> uuid.UUID:
    """The least identifier that a row made at a moment may have (`tenancy.ids`: they begin with the milliseconds)."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def _today(now: datetime) -> date:
    company = Company.objects.get(pk=current_company_id())
    return now.astimezone(ZoneInfo(company.time_zone)).date()
