"""The engine's own scorecard: how often it was right, with the bound that its record allows, and how much it saved.

Three measures that are never mixed: what applied by itself (precision by blind reviews and by undone ones), what was
agreed with customers (policy), and what it only proposed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from aldia.banking.models import BankMovement, ClassRecord, Judgement, Match, MatchHow, MovementState, ReviewState
from aldia.banking.operations.judging import POLICY_CLASS, REVIEW, UNDONE, trust
from aldia.domain.matching import Outcome, Record, State
from aldia.domain.matching.trust import PROVEN


@dataclass(frozen=True, slots=True)
class ClassScore:
    """A class: its state, the judged cases behind it, what applied by itself and what of that was undone."""

    class_key: str
    state: State
    record: Record
    is_young: bool
    applied: int
    undone: int
    paused_at: datetime | None

    @property
    def bound_ppm(self) -> int:
        return self.record.bound_ppm


@dataclass(frozen=True, slots=True)
class Measure:
    """Matches of one kind: how many stand, how many were undone; the reviewed ones and their bound."""

    applied: int
    undone: int
    reviewed: Record
    waiting: int

    @property
    def precision_ppm(self) -> int:
        """Of all that applied, those that nobody took back."""
        return 1_000_000 if not self.applied else (self.applied - self.undone) * 1_000_000 // self.applied

    @property
    def bound_ppm(self) -> int:
        """With 95 % confidence at most so many in a million are wrong, by blind reviews alone."""
        return self.reviewed.bound_ppm


@dataclass(frozen=True, slots=True)
class Scorecard:
    """`deposits`: movements that came in and may be customers' payments; of them, those fully explained by each way
    (auto, policy, accepted, manual), archived, and those that wait.
    """

    deposits: int
    explained: dict[str, int]
    archived: int
    waiting: int
    auto: Measure
    policy: Measure
    proposals: Record
    classes: tuple[ClassScore, ...]

    def share_ppm(self, how: str) -> int:
        """Of the deposits, how many were explained in that way."""
        return self.explained.get(how, 0) * 1_000_000 // self.deposits if self.deposits else 0


def scorecard(*, since: date | None = None, until: date | None = None) -> Scorecard:
    """The figures of the movements booked between two days (both included); classes are of all time."""
    deposits = BankMovement.objects.filter(amount__gt=0, doubt="").exclude(
        outcome__in=(Outcome.NOT_RECEIVABLE, Outcome.DUPLICATE)
    )
    deposits = deposits.exclude(state=MovementState.REVERSED)
    matches = Match.objects.filter(amount__gt=0)
    judged = Judgement.objects.all()
    for name, day in (("booked_on__gte", since), ("booked_on__lte", until)):
        if day is not None:
            deposits = deposits.filter(**{name: day})
            matches = matches.filter(**{f"movement__{name}": day})
            judged = judged.filter(**{f"movement__{name}": day})
    proposed = judged.filter(was_applied=False)
    states = dict(deposits.values_list("state").annotate(n=Count("id")))
    return Scorecard(
        sum(states.values()), _explained(deposits), states.get(MovementState.ARCHIVED, 0),
        states.get(MovementState.PENDING, 0) + states.get(MovementState.PARTIAL, 0),
        _measure(matches, MatchHow.AUTO), _measure(matches, MatchHow.POLICY),
        Record(proposed.filter(is_right=True).count(), proposed.filter(is_right=False).count()), tuple(_classes()),
    )  # fmt: skip


def paused_classes() -> list[ClassRecord]:
    """The classes that lost their bound, the latest first."""
    return list(ClassRecord.objects.filter(paused_at__isnull=False).order_by("-paused_at", "class_key"))


def _explained(deposits: QuerySet[BankMovement]) -> dict[str, int]:
    """Deposits that are wholly explained, by the way: the most human one where several matches share a deposit."""
    rows = deposits.filter(state=MovementState.RECONCILED).annotate(
        **{
            how: Count("matches", filter=Q(matches__undone_at__isnull=True, matches__how=how))
            for how in (MatchHow.MANUAL, MatchHow.ACCEPTED, MatchHow.POLICY, MatchHow.AUTO)
        }
    )
    found = dict.fromkeys(
        (MatchHow.MANUAL.value, MatchHow.ACCEPTED.value, MatchHow.POLICY.value, MatchHow.AUTO.value), 0
    )
    for counts in rows.values_list(*found).iterator():
        how = next((name for name, count in zip(found, counts, strict=True) if count), None)
        if how:
            found[how] += 1
    return found


def _measure(matches: QuerySet[Match], how: str) -> Measure:
    rows = matches.filter(how=how)
    counted = rows.aggregate(
        applied=Count("id"),
        right=Count("id", filter=Q(review=ReviewState.RIGHT)),
        wrong=Count("id", filter=Q(review=ReviewState.WRONG)),
        waiting=Count("id", filter=Q(review=ReviewState.WAITING, undone_at__isnull=True)),
    )
    wrong = Judgement.objects.filter(
        was_applied=True, is_right=False, how__in=(UNDONE, REVIEW), movement__matches__in=rows
    )
    undone = wrong.values("movement").distinct().count()
    return Measure(counted["applied"], undone, Record(counted["right"], counted["wrong"]), counted["waiting"])


def _classes() -> Iterable[ClassScore]:
    rows = {row.class_key: row for row in ClassRecord.objects.exclude(class_key=POLICY_CLASS)}
    auto = Match.objects.filter(how=MatchHow.AUTO).values_list("class_key")
    applied = {key: (n, gone) for key, n, gone in auto.annotate(
        n=Count("id"), gone=Count("id", filter=Q(undone_at__isnull=False)))}  # fmt: skip
    now = trust()
    for key in sorted({*rows, *applied, *PROVEN}):
        if not key:
            continue
        verdict = now.verdict(key)
        row = rows.get(key)
        yield ClassScore(
            key, verdict.state, verdict.record, verdict.young, *applied.get(key, (0, 0)), row.paused_at if row else None
        )
