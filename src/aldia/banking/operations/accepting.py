"""A person accepts what was proposed, or says by hand what a movement is: applied, judged and learned from at once.

The books, the record of the class and what is learned of the payer change in one transaction, or none of them does.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from aldia.banking.encoding import hypothesis_of
from aldia.banking.models import BankMovement, Match, MatchDecision, MatchHow
from aldia.banking.operations.applying import MatchError, apply_match
from aldia.banking.operations.judging import ACCEPTED, CHANGED, judge
from aldia.banking.operations.learning import confirm, reject
from aldia.banking.operations.lessons import PERSONS_WORD
from aldia.banking.operations.returning import apply_return
from aldia.banking.plans import Plan, plan_of
from aldia.banking.reports import report_by_hand, report_of
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


class NothingProposed(MatchError):
    """There is no such proposal (any more)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one movement of many: its match, or the sentence why not."""

    movement_id: uuid.UUID
    match: Match | None
    sentence: str = ""


def accept(
    *,
    movement_id: uuid.UUID,
    choice: int = 0,
    key: str,
    actor: User | None,
    now: datetime,
    version: int | None = None,
    is_distinct: bool = False,
) -> Match:
    """Apply what the engine proposed: `choice` 0 is its first, then its alternatives in order. Repeating `key` is once.

    `version`: the movement's as the person saw it: a proposal that changed since is not applied unseen. Raises the
    `MatchError`s of `applying` (`is_distinct` answers `OnTheBooks`), and `NothingProposed`.
    """
    with transaction():
        movement = _movement(movement_id)
        decision = _decision(movement)
        if decision.hypothesis is None and decision.undoes_id is not None and not choice:
            return apply_return(
                movement_id=movement_id, undoes_id=decision.undoes_id, how=MatchHow.RETURN, key=key, actor=actor,
                now=now, version=version,
            )  # fmt: skip
        chosen = _choice(decision, choice)
        hypothesis = hypothesis_of(chosen)
        match = apply_match(
            movement_id=movement_id, plan=plan_of(chosen), how=MatchHow.ACCEPTED, key=key, actor=actor, now=now,
            decision_id=decision.pk, report_id=report_of(movement, hypothesis), class_key=hypothesis.class_key,
            version=version, is_distinct=is_distinct,
        )  # fmt: skip
        _learn(match, movement, decision, is_right=choice == 0, actor=actor, now=now)
    return match


def accept_many(
    *,
    movement_ids: Sequence[uuid.UUID],
    actor: User | None,
    now: datetime,
    versions: Mapping[uuid.UUID, int] | None = None,
) -> list[Accepted]:
    """Apply the first proposal of each, each in a transaction of its own; what cannot be says why.

    `versions`: the movements' as the person saw them.
    """
    found = []
    for movement_id in dict.fromkeys(movement_ids):
        try:
            key = _key_of(movement_id)
            version = (versions or {}).get(movement_id)
            match = accept(movement_id=movement_id, key=key, actor=actor, now=now, version=version)
        except MatchError as error:
            found.append(Accepted(movement_id, None, str(error)))
        else:
            found.append(Accepted(movement_id, match))
    return found


def by_hand(
    *,
    movement_id: uuid.UUID,
    plan: Plan,
    key: str,
    actor: User | None,
    now: datetime,
    version: int | None = None,
    is_distinct: bool = False,
    note: str = "",
) -> Match:
    """Apply what a person says the movement (or a part of it) is; it judges what the engine said, and teaches it."""
    with transaction():
        movement = _movement(movement_id)
        decision = MatchDecision.objects.filter(pk=movement.decision_id).first() if movement.decision_id else None
        first = decision.hypothesis if decision is not None else None
        same = first is not None and _does_the_same(plan, plan_of(first))
        report = report_of(movement, hypothesis_of(first)) if same and first is not None else None
        report = report or report_by_hand(movement, plan)
        match = apply_match(
            movement_id=movement_id, plan=plan, how=MatchHow.MANUAL, key=key, actor=actor, now=now,
            decision_id=decision.pk if decision is not None else None, version=version, is_distinct=is_distinct,
            report_id=report, note=note,
            class_key=str(first["class_key"]) if same and first is not None else "",
        )  # fmt: skip
        whole = plan.amount == movement.amount
        if whole or (first is not None and not _is_part(plan, plan_of(first))):
            _learn(match, movement, decision, is_right=same, actor=actor, now=now)
        else:
            confirm(match=match, by=PERSONS_WORD, now=now, actor=actor)
    return match


def _learn(
    match: Match, movement: BankMovement, decision: MatchDecision | None, *, is_right: bool, actor: User | None,
    now: datetime,
) -> None:  # fmt: skip
    """Judge what was said first; what the movement's payer is, is confirmed, and who it is not, is told."""
    judge(movement=movement, is_right=is_right, how=ACCEPTED if is_right else CHANGED, now=now, actor=actor)
    first = decision.customer_id if decision is not None else None
    if not is_right and first is not None and match.customer_id is not None and first != match.customer_id:
        reject(movement=movement, customer_id=first, now=now, actor=actor)
    confirm(match=match, by=PERSONS_WORD, now=now, actor=actor)


def _movement(movement_id: uuid.UUID) -> BankMovement:
    row = BankMovement.objects.filter(pk=movement_id).first()
    if row is None:
        raise NothingProposed(_("Ese movimiento ya no existe."))
    return row


def _decision(movement: BankMovement) -> MatchDecision:
    row = MatchDecision.objects.filter(pk=movement.decision_id).first() if movement.decision_id else None
    if row is None:
        raise NothingProposed(_("Todavía no hay una propuesta para este movimiento."))
    return row


def _choice(decision: MatchDecision, choice: int) -> dict[str, Any]:
    choices = [each for each in (decision.hypothesis, *decision.alternatives) if each]
    if not 0 <= choice < len(choices):
        raise NothingProposed(_("Esa propuesta ya no está: revisa el movimiento otra vez."))
    found: dict[str, Any] = choices[choice]
    return found


def _key_of(movement_id: uuid.UUID) -> str:
    """One acceptance of one proposal, however often the list is sent; undone, it may be accepted again."""
    decision_id = _movement(movement_id).decision_id
    undone = Match.objects.filter(movement=movement_id, undone_at__isnull=False).count()
    return f"many:{movement_id.hex}:{decision_id.hex if decision_id else ''}:{undone}"


def _does_the_same(plan: Plan, proposed: Plan) -> bool:
    """Whether two plans settle the same documents by the same amounts, whatever the order of their lines."""
    return (plan.customer_id, _settled(plan), sorted(plan.known), plan.left, plan.adjustments) == (
        proposed.customer_id, _settled(proposed), sorted(proposed.known), proposed.left, proposed.adjustments,
    )  # fmt: skip


def _is_part(plan: Plan, proposed: Plan) -> bool:
    """Whether a person began to do, line by line, what was proposed."""
    return not plan.adjustments and _settled(plan) <= _settled(proposed) and set(plan.known) <= set(proposed.known)


def _settled(plan: Plan) -> frozenset[tuple[uuid.UUID, int, int]]:
    return frozenset((line.receivable_id, line.amount, line.difference) for line in plan.lines)
