"""What a person says of dates that wait: issue them, try again, or leave them out."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from aldia.issuing.models import IssueState
from aldia.issuing.operations import drafting
from aldia.recurring.models import Occurrence, OccurrenceState, Schedule
from aldia.recurring.operations.issuing import mended
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

ISSUABLE = (OccurrenceState.ASKING, OccurrenceState.FAILED, OccurrenceState.SKIPPED)
SKIPPABLE = (OccurrenceState.ASKING, OccurrenceState.FAILED)
MENDABLE = (IssueState.DRAFT, IssueState.REJECTED)


class DecisionError(ValueError):
    """Nothing can be decided of those dates; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class Decided:
    """How many dates it was of, and how many of them were decided already."""

    count: int
    others: int


def issue_them(*, occurrence_ids: Collection[uuid.UUID], actor: User | None) -> Decided:
    """Have dates issued that waited, failed or were left out; the next turn does it, once each."""
    with transaction():
        rows = _locked(occurrence_ids, ISSUABLE)
        for row in rows:
            row.state, row.message, row.tries, row.decided_by = OccurrenceState.ISSUING, "", 0, actor
            _reopen(row, actor)
            row.save()
        return _record("recurring.asked_to_issue", rows, occurrence_ids, actor)


def skip_them(*, occurrence_ids: Collection[uuid.UUID], actor: User | None) -> Decided:
    """Leave dates out; a draft that was made for one is discarded."""
    with transaction():
        rows = _locked(occurrence_ids, SKIPPABLE)
        for row in rows:
            if (draft := row.issue) is not None:
                if draft.state not in (*MENDABLE, IssueState.DISCARDED):
                    raise DecisionError(_("Su factura ya va en camino: si no debe existir, cancélala."))
                if draft.state in MENDABLE:
                    drafting.discard(issue_id=draft.pk, version=draft.version, actor=actor)
            row.state, row.message, row.decided_by = OccurrenceState.SKIPPED, "", actor
            row.save()
        return _record("recurring.skipped", rows, occurrence_ids, actor)


def _reopen(row: Occurrence, actor: User | None) -> None:
    """What the PAC refused is a draft again; what was discarded is forgotten, and another will be made."""
    made = row.issue
    if made is None:
        return
    if made.state == IssueState.DISCARDED:
        row.issue = None
    elif made.state == IssueState.REJECTED:
        mended(made, Schedule.objects.get(pk=row.schedule_id), actor)


def _locked(occurrence_ids: Collection[uuid.UUID], states: tuple[OccurrenceState, ...]) -> list[Occurrence]:
    rows = Occurrence.objects.select_for_update().filter(pk__in=occurrence_ids, state__in=states)
    found = list(rows.order_by("on", "id"))
    if not found:
        raise DecisionError(_("Esas fechas ya no esperan una decisión."))
    return found


def _record(verb: str, rows: list[Occurrence], asked: Collection[uuid.UUID], actor: User | None) -> Decided:
    detail = {"dates": [[row.schedule_id, row.on] for row in rows]}
    audit.record(actor=actor, verb=verb, object_type="occurrence", object_id=rows[0].pk, detail=detail)
    return Decided(len(rows), len(set(asked)) - len(rows))
