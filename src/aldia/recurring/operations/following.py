"""Invoices of schedules on their way: what the PAC said of each becomes what its date says."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from aldia.issuing.models import Issue, IssueState
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import change_due_dates
from aldia.recurring.models import Occurrence, OccurrenceState, Schedule
from aldia.tenancy.scope import transaction

OUT = (IssueState.STAMPED, IssueState.CANCELLING, IssueState.CANCELLED)
OPEN = (OccurrenceState.ISSUING, OccurrenceState.FAILED)


def to_follow() -> list[uuid.UUID]:
    """The dates whose invoice has come to something that they do not say yet."""
    rows = Occurrence.objects.filter(state__in=OPEN, issue__isnull=False)
    ended = rows.filter(issue__state__in=(*OUT, IssueState.DISCARDED))
    refused = rows.filter(state=OccurrenceState.ISSUING, issue__state=IssueState.REJECTED)
    sent_on = rows.filter(state=OccurrenceState.FAILED, issue__state__in=(IssueState.QUEUED, IssueState.SEALED))
    return list((ended | refused | sent_on).order_by("on", "id").values_list("id", flat=True))


def follow(*, occurrence_id: uuid.UUID, now: datetime) -> Occurrence | None:
    """Write into a date what became of its invoice. None where there is nothing new."""
    with transaction():
        row = Occurrence.objects.select_for_update().filter(pk=occurrence_id, state__in=OPEN).first()
        if row is None or row.issue_id is None:
            return None
        made = Issue.objects.get(pk=row.issue_id)
        if made.state in OUT:
            _done(row, made, now)
        elif made.state == IssueState.DISCARDED:
            row.state, row.message = OccurrenceState.SKIPPED, _("Se descartó el borrador.")
        elif made.state == IssueState.REJECTED:
            row.state = OccurrenceState.FAILED
            row.message = (made.trouble or _("El PAC no la aceptó."))[:500]
        else:
            row.state, row.message = OccurrenceState.ISSUING, ""
        row.save()
        return row


def _done(row: Occurrence, made: Issue, now: datetime) -> None:
    """Stamped: name what it is owed by, due as the schedule says."""
    row.state, row.done_at, row.message, row.amount = OccurrenceState.DONE, made.stamped_at or now, "", made.total
    if made.document_id is None:
        return
    row.receivable = Receivable.objects.filter(document_id=made.document_id).first()
    days = Schedule.objects.values_list("due_days", flat=True).get(pk=row.schedule_id)
    owed = row.receivable
    if owed is None or days is None or owed.voided_on is not None:
        return
    due = owed.issued_on + timedelta(days=days)
    if due != owed.due_on:
        why = _("Plazo de la serie recurrente")
        change_due_dates(receivable_ids=[owed.pk], new_due_on=due, reason=why, actor=None)
