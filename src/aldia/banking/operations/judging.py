"""Keeping the record of each class of match: what people's acts say of what the engine said first.

Cases are judged by a person's acceptance, another choice, an undoing or a blind review. What applied by itself and
stands is no case in favour (nobody looked), but it is counted against a pause: a few undone ones among thousands must
not be measured against the handful that were reviewed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db.models import Count, F, Q

from aldia.banking.models import BankMovement, ClassRecord, Judgement, Match, MatchDecision, MatchHow, ReviewState
from aldia.domain.matching import Outcome, Record, State, Trust, earn
from aldia.domain.matching.trust import Verdict
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

ACCEPTED, CHANGED, UNDONE, REVIEW = "accepted", "changed", "undone", "review"
APPLIES = frozenset({State.PROVEN, State.EARNED})
_FINAL = frozenset({UNDONE, REVIEW})
# What was agreed with the customer is no class of the engine: it has a record, shown apart, that earns nothing.
POLICY_CLASS = "policy|agreed|known|-"


def judge(
    *,
    movement: BankMovement,
    is_right: bool,
    how: str,
    now: datetime,
    actor: User | None = None,
    class_key: str = "",
    was_applied: bool | None = None,
) -> Judgement | None:
    """Whether what the engine said of a movement was right. `how`: accepted, changed, undone or review.

    One row a movement: a later act replaces an earlier one, except that what was undone or reviewed as wrong stays so.
    None when there is nothing to judge: no hypothesis, or one that something vetoed. Pauses the classes whose record
    no longer holds, with an audit event. Call it in the transaction of the act, after its posting.
    """
    with transaction():
        lock_chain(audit.CHAIN)
        before = Judgement.objects.filter(movement=movement).first()
        by_itself = _by_itself(movement)
        applied = bool(by_itself) if was_applied is None else was_applied
        key = before.class_key if before else class_key or _judged_class(movement, applied=applied)
        if before is None and key and applied and by_itself == MatchHow.POLICY:
            key = POLICY_CLASS
        if not key or (before is not None and not before.is_right and before.how in _FINAL):
            return before
        had = trust()
        said = Judgement(
            id=before.pk if before else uuid7(), company_id=current_company_id(), movement=movement, class_key=key,
            is_right=is_right, how=how, judged_at=now, judged_by=actor,
            was_applied=applied or (before is not None and before.was_applied),
        )  # fmt: skip
        said.save(force_insert=before is None, force_update=before is not None)
        _count(before, -1)
        _count(said, +1)
        _tell(had, actor, now)
        return said


def trust() -> Trust:
    """What the company's own record allows to apply by itself."""
    rows = list(ClassRecord.objects.exclude(class_key=POLICY_CLASS))
    unseen = _unseen([row.class_key for row in rows if row.wrong])
    records = {}
    for row in rows:
        undone = unseen[row.class_key].wrong if row.class_key in unseen else 0
        if row.right or row.wrong:
            records[row.class_key] = Record(row.right, row.wrong - undone)
    earned = earn(records, unseen=unseen)
    lost = {row.class_key for row in rows if row.paused_at is not None}
    shown = {key: _shown(verdict, key in lost) for key, verdict in earned.verdicts.items()}
    return Trust(shown, earned.proven)


def _unseen(classes: list[str]) -> dict[str, Record]:
    """What applied by itself without a review, of the classes where something was wrong: standing and undone."""
    if not classes:
        return {}
    live = Match.objects.filter(how=MatchHow.AUTO, undone_at__isnull=True, class_key__in=classes)
    live = live.filter(Q(review=ReviewState.NONE) | Q(review=ReviewState.WAITING))
    stand = dict(live.values_list("class_key").annotate(n=Count("id")))
    undone = Judgement.objects.filter(was_applied=True, how=UNDONE, is_right=False, class_key__in=classes)
    wrong = dict(undone.values_list("class_key").annotate(n=Count("id")))
    return {key: Record(stand.get(key, 0), wrong.get(key, 0)) for key in classes}


def _shown(verdict: Verdict, has_lost: bool) -> Verdict:
    """A class that applied before and lost its bound is paused, not one that never earned it."""
    return replace(verdict, state=State.PAUSED) if has_lost and verdict.state is State.SHADOW else verdict


def _by_itself(movement: BankMovement) -> str:
    """How the engine applied something to the movement by itself, "" if it never did."""
    rows = Match.objects.filter(movement=movement, how__in=(MatchHow.AUTO, MatchHow.POLICY))
    return rows.order_by("-applied_at", "-id").values_list("how", flat=True).first() or ""


def _judged_class(movement: BankMovement, *, applied: bool) -> str:
    """The class of what the engine said first; "" when it said nothing that counts."""
    decision = MatchDecision.objects.filter(pk=movement.decision_id).first() if movement.decision_id else None
    if decision is None or not decision.hypothesis:
        return ""
    if decision.outcome == Outcome.POLICY:
        return POLICY_CLASS
    return "" if decision.hypothesis.get("vetoes") and not applied else decision.class_key


def _count(said: Judgement | None, step: int) -> None:
    if said is None:
        return
    ClassRecord.objects.get_or_create(company_id=current_company_id(), class_key=said.class_key)
    name = "right" if said.is_right else "wrong"
    ClassRecord.objects.filter(class_key=said.class_key).update(**{name: F(name) + step})


def _tell(had: Trust, actor: User | None, now: datetime) -> None:
    """Write down which classes lost their bound by this, and which hold it again."""
    has = trust()
    rows = {row.class_key: row for row in ClassRecord.objects.all()}
    for key, verdict in has.verdicts.items():
        row = rows[key]
        applies, did = verdict.state in APPLIES, had.verdict(key).state in APPLIES
        if row.paused_at is None and did and not applies:
            _pause(row, verdict, actor, now)
        elif row.paused_at is not None and applies:
            _resume(row, verdict, actor)


def _pause(row: ClassRecord, verdict: Verdict, actor: User | None, now: datetime) -> None:
    ClassRecord.objects.filter(pk=row.pk).update(paused_at=now)
    _audit(actor, "banking.class_paused", row, verdict)


def _resume(row: ClassRecord, verdict: Verdict, actor: User | None) -> None:
    ClassRecord.objects.filter(pk=row.pk).update(paused_at=None)
    _audit(actor, "banking.class_resumed", row, verdict)


def _audit(actor: User | None, verb: str, row: ClassRecord, verdict: Verdict) -> None:
    detail = {
        "class": row.class_key, "right": verdict.record.right, "wrong": verdict.record.wrong,
        "bound_ppm": verdict.bound_ppm,
    }  # fmt: skip
    audit.record(actor=actor, verb=verb, object_type="classrecord", object_id=row.pk, detail=detail)
