"""Jobs on recurring documents: dates that came, what they ask for, and what waits for a person."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks import task

from aldia.collections.operations import selling
from aldia.issuing.models import IssueState
from aldia.jobs.issuing import enqueue_stamping
from aldia.jobs.reminders import enqueue_sending
from aldia.queue.claiming import database_now
from aldia.recurring.models import Occurrence
from aldia.recurring.operations import following, issuing, turning
from aldia.recurring.queries.waiting import asking_key, failure_key, to_tell
from aldia.reminders.operations.notices import notify_company
from aldia.reminders.rounds import Round
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

OPENS = time(7)  # of the company's wall, when its day begins: nobody is billed in the night

log = structlog.get_logger("aldia.recurring")


@task(max_attempts=2)
def run_schedules() -> dict[str, int]:
    """Issue what is due of the company's schedules, and tell people what waits for them. A later round goes on."""
    now = database_now()
    company = Company.objects.get(pk=current_company_id())
    local = now.astimezone(ZoneInfo(company.time_zone))
    today = local.date()
    turn = issuing.Turn(
        today, now, invoice_gate=selling.gate(today=today), charge_gate=selling.charge_gate(today=today)
    )
    came = 0
    day = turn.today if local.time() >= OPENS else turn.today - timedelta(days=1)
    for schedule_id in turning.due_schedules(today=day):
        came += len(turning.appear(schedule_id=schedule_id, today=day))
    done = issue_waiting(turn)
    told = tell(company, turn)
    if done or told:
        enqueue_sending()
    return {"came": came, "issued": done, "told": told}


def issue_waiting(turn: issuing.Turn) -> int:
    """Follow the invoices that are on their way and issue what waits. One that fails keeps no other waiting."""
    for occurrence_id in following.to_follow():
        following.follow(occurrence_id=occurrence_id, now=turn.now)
    done = 0
    for occurrence_id in issuing.waiting():
        try:
            row = issuing.issue(occurrence_id=occurrence_id, turn=turn)
        except Exception:
            log.exception("occurrence_failed", occurrence=str(occurrence_id))
            issuing.put_off(occurrence_id=occurrence_id, now=turn.now)
            continue
        if row is not None:
            done += 1
            _hand_on(row)
    return done


def _hand_on(row: Occurrence) -> None:
    """Have the invoice of a date stamped soon; the round of stamping finds it in any case."""
    if row.issue is not None and row.issue.state == IssueState.QUEUED:
        enqueue_stamping(row.issue.pk)


def tell(company: Company, turn: issuing.Turn) -> int:
    """Tell the company, once each, of dates that failed, and once a day of those that ask. How many notices."""
    failed, asking = to_tell(today=turn.today)
    if not failed and not asking:
        return 0
    around = Round.at(company, turn.now)
    written = 0
    for row in failed:
        subject = _("No se pudo emitir «%(name)s»") % {"name": row.schedule.name}
        made = notify_company(
            key=failure_key(row), subject=subject, sentence=f"{subject}: {row.message}", turn=around,
            extra={"cliente": str(row.schedule.customer)},
        )  # fmt: skip
        written += made is not None
    if asking:
        sentence = ngettext(
            "%(count)d emisión recurrente pasó de su fecha y espera tu decisión: emitirla u omitirla.",
            "%(count)d emisiones recurrentes pasaron de su fecha y esperan tu decisión: emitirlas u omitirlas.",
            asking,
        ) % {"count": asking}
        subject = _("Hay emisiones recurrentes por decidir")
        key = asking_key(turn.today)
        written += notify_company(key=key, subject=subject, sentence=sentence, turn=around, extra={}) is not None
    return written


def enqueue_schedules() -> None:
    """Have the schedules of the company in scope looked at soon; twice is once."""
    run_schedules.using(dedupe_key="recurring").enqueue()
