"""The record of each class of match, and what it allows: earned, kept, lost, told, earned again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from aldia.banking.models import BankMovement, ClassRecord, Judgement, Match, MatchDecision
from aldia.banking.operations.judging import POLICY_CLASS, judge, trust
from aldia.banking.queries.scorecard import paused_classes, scorecard
from aldia.domain.matching import Record, State, earn
from aldia.messaging.models import Message
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope
from tests.support.bank_window import TODAY, Window, at

PROVEN, LOOSE = "exact|folio|known|-", "exact|none|known|sure"


@pytest.fixture
def window(db: None) -> Iterator[Window]:
    window = Window.open()
    with company_scope(window.company.pk):
        yield window


def proposed(window: Window, class_key: str = LOOSE, outcome: str = "propose", **fields: object) -> BankMovement:
    """A movement of which the engine said something first."""
    row = window.moved(100_00)
    hypothesis = {"class_key": class_key, "vetoes": [], "support": class_key.split("|")[1], **fields}
    decision = MatchDecision.objects.create(
        company=window.company, movement=row, outcome=outcome, class_key=class_key, hypothesis=hypothesis,
        decided_at=at(),
    )  # fmt: skip
    row.decision_id, row.class_key, row.outcome = decision.pk, class_key, outcome
    row.save()
    return row


def applied(window: Window, class_key: str = PROVEN, how: str = "auto", **fields: object) -> BankMovement:
    row = proposed(window, class_key, how)
    Match.objects.create(
        company=window.company, movement=row, how=how, key=uuid.uuid4().hex, amount=row.amount, class_key=class_key,
        applied_at=at(), **fields,
    )  # fmt: skip
    return row


def record(window: Window, class_key: str, right: int, wrong: int = 0) -> None:
    """What was judged before, without as many movements."""
    ClassRecord.objects.create(company=window.company, class_key=class_key, right=right, wrong=wrong)


def counts(class_key: str = LOOSE) -> tuple[int, int]:
    row = ClassRecord.objects.get(class_key=class_key)
    return row.right, row.wrong


def test_each_judgement_counts_once_for_its_class(window: Window) -> None:
    row = proposed(window)
    for _again in range(2):
        judge(movement=row, is_right=True, how="accepted", now=at(), actor=window.owner)
    assert counts() == (1, 0)
    assert Judgement.objects.get().judged_by == window.owner


def test_a_later_act_takes_the_place_of_an_earlier_one(window: Window) -> None:
    row = proposed(window)
    judge(movement=row, is_right=True, how="accepted", now=at())
    judge(movement=row, is_right=False, how="undone", now=at())
    assert counts() == (0, 1)
    judge(movement=row, is_right=True, how="accepted", now=at())
    assert counts() == (0, 1)
    assert Judgement.objects.get().how == "undone"


@pytest.mark.parametrize("what", ["nothing", "vetoed", "no_hypothesis"])
def test_what_was_never_said_without_doubt_is_no_case(window: Window, what: str) -> None:
    row = window.moved(100_00)
    if what != "nothing":
        row = proposed(window, vetoes=["sibling"])
    if what == "no_hypothesis":
        row.decision_id = MatchDecision.objects.create(
            company=window.company, movement=row, outcome="exception", decided_at=at()
        ).pk
    assert judge(movement=row, is_right=False, how="changed", now=at()) is None
    assert not ClassRecord.objects.exists()


def test_a_class_earns_its_trust_case_by_case(window: Window) -> None:
    record(window, PROVEN, 6_000)
    record(window, LOOSE, 297)
    assert trust().verdict(LOOSE).state is State.SHADOW
    judge(movement=proposed(window), is_right=True, how="accepted", now=at())
    judge(movement=proposed(window), is_right=True, how="accepted", now=at())
    assert (counts(), trust().verdict(LOOSE).state) == ((299, 0), State.EARNED)


def test_a_class_that_loses_its_bound_stops_says_so_and_comes_back_when_it_holds(window: Window) -> None:
    record(window, PROVEN, 6_000)
    record(window, LOOSE, 300)
    row = proposed(window)
    judge(movement=row, is_right=False, how="changed", now=at(), actor=window.owner)
    assert trust().verdict(LOOSE).state is State.PAUSED
    assert [each.class_key for each in paused_classes()] == [LOOSE]
    event = AuditEvent.objects.get(verb="banking.class_paused")
    assert (event.detail["class"], event.detail["right"], event.detail["wrong"]) == (LOOSE, 300, 1)
    judge(movement=proposed(window), is_right=False, how="changed", now=at())
    assert AuditEvent.objects.filter(verb="banking.class_paused").count() == 1
    ClassRecord.objects.filter(class_key=LOOSE).update(right=1_200)
    judge(movement=proposed(window), is_right=True, how="accepted", now=at())
    assert trust().verdict(LOOSE).state is State.EARNED
    assert paused_classes() == []
    assert AuditEvent.objects.filter(verb="banking.class_resumed").count() == 1


def test_even_what_was_proven_pauses_when_this_company_finds_it_wrong(window: Window) -> None:
    record(window, PROVEN, 40)
    for _each in range(2):
        judge(movement=applied(window), is_right=False, how="undone", now=at())
    assert trust().verdict(PROVEN).state is State.PAUSED
    assert [each.class_key for each in paused_classes()] == [PROVEN]


def test_a_class_in_shadow_that_is_wrong_never_paused_anything(window: Window) -> None:
    for _each in range(3):
        judge(movement=proposed(window), is_right=False, how="changed", now=at())
    assert paused_classes() == []
    assert not AuditEvent.objects.filter(verb="banking.class_paused").exists()


def test_undone_ones_are_weighed_against_all_that_applied_not_against_the_few_reviewed(window: Window) -> None:
    records, few, many = {PROVEN: Record(150, 0)}, Record(40, 2), Record(20_000, 6)
    assert earn(records, unseen={PROVEN: few}).verdict(PROVEN).state is State.PAUSED
    kept = earn(records, unseen={PROVEN: many}).verdict(PROVEN)
    assert (kept.state, kept.record) == (State.PROVEN, Record(150, 6))
    seen = {PROVEN: Record(148, 2)}  # two of 150 drawn by lot are another matter
    assert earn(seen, unseen={PROVEN: Record(20_000, 0)}).verdict(PROVEN).state is State.PAUSED


def test_what_stands_unjudged_counts_against_a_pause_and_for_nothing_else(window: Window) -> None:
    for _each in range(80):
        applied(window)
    judge(movement=applied(window), is_right=False, how="undone", now=at())
    assert trust().verdict(PROVEN).state is State.PROVEN
    assert trust().verdict(PROVEN).young
    assert Judgement.objects.get().was_applied


def test_what_was_agreed_has_a_record_of_its_own_and_earns_nothing(window: Window) -> None:
    row = applied(window, "oldest_first|none|known|fair", "policy")
    judge(movement=row, is_right=False, how="undone", now=at(), class_key="oldest_first|none|known|fair")
    assert counts(POLICY_CLASS) == (0, 1)
    assert POLICY_CLASS not in trust().verdicts


def test_the_scorecard_keeps_its_three_measures_apart(window: Window) -> None:
    BankMovement.objects.filter(pk__in=[applied(window).pk, applied(window).pk]).update(state="reconciled")
    policy = applied(window, how="policy")
    BankMovement.objects.filter(pk=policy.pk).update(state="reconciled")
    wrong = applied(window)
    judge(movement=wrong, is_right=False, how="undone", now=at())
    judge(movement=proposed(window), is_right=True, how="accepted", now=at())
    proposed(window, outcome="not_receivable")
    card = scorecard(since=TODAY, until=TODAY)
    assert (card.deposits, card.waiting) == (5, 2)
    assert card.explained == {"auto": 2, "policy": 1, "accepted": 0, "manual": 0}
    assert (card.auto.applied, card.auto.undone, card.auto.precision_ppm) == (3, 1, 666_666)
    assert (card.policy.applied, card.policy.undone) == (1, 0)
    assert (card.proposals.right, card.proposals.wrong) == (1, 0)
    assert card.share_ppm("auto") == 400_000
    assert {each.class_key: each.state for each in card.classes}[PROVEN] is State.PAUSED


def test_the_company_is_told_once_of_a_class_that_paused(window: Window) -> None:
    from aldia.jobs.bank_feeds import tell_paused_classes

    record(window, PROVEN, 40)
    for _each in range(2):
        judge(movement=applied(window), is_right=False, how="undone", now=at())
    ClassRecord.objects.exclude(paused_at=None).update(paused_at=_lately())
    assert [tell_paused_classes.func(), tell_paused_classes.func()] == [1, 1]
    message = Message.objects.get()
    assert "pausó" in message.text
    assert PROVEN in message.text


def _lately() -> object:
    from aldia.queue.claiming import database_now

    return database_now()
