"""Jobs on reports that go out by themselves: those whose hour has come, and telling people of those that did not go."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override
from django_tasks import task

from aldia.jobs.reminders import enqueue_sending
from aldia.queue.claiming import database_now
from aldia.reminders.operations.notices import notify_company
from aldia.reminders.rounds import Round
from aldia.reporting.operations import sendings
from aldia.reporting.queries import schedules
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@task(max_attempts=3)
def send_reports() -> dict[str, int]:
    """Every few minutes: put what is due in the queue, one job each, and tell of what did not go."""
    found = sendings.due(now=database_now())
    for schedule_id in found:
        send_report.using(dedupe_key=f"report:{schedule_id}").enqueue(str(schedule_id))
    return {"due": len(found), "told": tell_troubles()}


@task(max_attempts=3)
def send_report(schedule_id: str) -> str:
    """Make and send one report; a repeat finds that the day is done."""
    sending = sendings.send_due(schedule_id=UUID(schedule_id), now=database_now())
    if sending is not None and sending.message_id is not None:
        enqueue_sending()
    return str(sending.pk) if sending else ""


def tell_troubles() -> int:
    """Tell the company, once each, of reports that did not go or did not arrive; how many notices."""
    now = database_now()
    company = Company.objects.get(pk=current_company_id())
    turn = Round.at(company, now)
    told = 0
    for trouble in schedules.troubles(today=turn.today):
        with override(company.locale):
            subject = _("No salió el reporte «%(name)s»") % {"name": trouble.name}
        made = notify_company(
            key=trouble.key, subject=subject, sentence=f"{subject}: {trouble.sentence}", turn=turn, extra={}
        )
        told += made is not None
    if told:
        enqueue_sending()
    return told
