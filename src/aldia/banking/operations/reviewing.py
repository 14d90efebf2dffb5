"""The blind review of matches that applied by themselves: the only unbiased measure of how often they are right."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.banking.models import Match, ReviewState
from aldia.banking.operations.applying import MatchError
from aldia.banking.operations.judging import REVIEW, judge
from aldia.banking.operations.learning import confirm_reviewed
from aldia.banking.operations.undoing import undo_match
from aldia.customers.operations.versions import NotThere
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


class ReviewError(MatchError):
    """The match does not wait for a review (any more)."""


def answer(*, match_id: uuid.UUID, is_right: bool, actor: User | None, now: datetime) -> Match:
    """Keep what a person said of a match that waits for review; the same answer again changes nothing.

    A wrong one is undone, in a transaction of its own: what was said of it stands even where the books keep it (then
    `undo_match`'s error is raised). Raises `ReviewError`, `NotThere`.
    """
    with transaction():
        match = Match.objects.select_for_update(no_key=True).filter(pk=match_id).first()
        if match is None:
            raise NotThere
        said = ReviewState.RIGHT if is_right else ReviewState.WRONG
        if match.review != said:
            _answered(match, said, actor, now)
    if match.review == ReviewState.WRONG and match.undone_at is None:
        return undo_match(match_id=match.pk, reason=_("La revisión dijo que estaba equivocada."), actor=actor, now=now)
    return match


def _answered(match: Match, said: ReviewState, actor: User | None, now: datetime) -> None:
    if match.review != ReviewState.WAITING:
        raise ReviewError(_("Esta conciliación ya no espera revisión."))
    if match.undone_at is not None:
        raise ReviewError(_("Esta conciliación ya se deshizo: no hace falta revisarla."))
    match.review, match.reviewed_at, match.reviewed_by = said, now, actor
    match.save(update_fields=["review", "reviewed_at", "reviewed_by"])
    is_right = said == ReviewState.RIGHT
    audit.record(
        actor=actor, verb="banking.match_reviewed", object_type="match", object_id=match.pk,
        detail={"right": is_right, "class": match.class_key},
    )  # fmt: skip
    judge(
        movement=match.movement, is_right=is_right, how=REVIEW, class_key=match.class_key, was_applied=True,
        actor=actor, now=now,
    )  # fmt: skip
    if is_right:
        confirm_reviewed(match=match, now=now, actor=actor)
