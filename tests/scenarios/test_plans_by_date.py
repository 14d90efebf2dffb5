"""Instalment plans, told day by day with a real mail server: only what falls due is asked for; arrears are told once.

The stage begins on Monday 2 March 2026; Monday 16 is a bank holiday.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from aldia.collections.operations.disputes import open_dispute
from aldia.collections.operations.promises import record_promise
from aldia.domain.charges.plans import Part
from aldia.domain.money import Money
from aldia.receivables.models import PaymentPlan, Receivable
from aldia.receivables.operations.plans import accept_plan, break_plan
from aldia.receivables.queries.plans import plan_view
from aldia.reminders.models import MessageDebt, When
from aldia.reminders.operations.claims import tell_claims
from aldia.reminders.operations.rule_words import StepWords
from aldia.reminders.rounds import Round
from tests.support.stage import Stage

LUPITA, OWNER = "lupita@laguera.example", "marisol@tresrios.example"
STEPS = (StepWords(When.BEFORE, 3, tone="friendly"), StepWords(When.AFTER, 1), StepWords(When.REPEAT, 7, times=9))
PARTS = [Part(date(2026, 3, 13), 300_00), Part(date(2026, 4, 13), 300_00), Part(date(2026, 5, 13), 400_00)]


def agreed(stage: Stage, row: Receivable, grace_days: int = 3) -> PaymentPlan:
    return accept_plan(
        receivable_id=row.pk, parts=PARTS, key=uuid.uuid4(), today=stage.today, grace_days=grace_days,
        actor=stage.owner,
    )  # fmt: skip


def walk(stage: Stage, last: date) -> None:
    while stage.today <= last:
        tell_claims(turn=Round.at(stage.company, stage.at("08:15")))
        stage.tick("09:00")
        stage.today += timedelta(days=1)


def asked(stage: Stage) -> list[tuple[str, dict[str, int]]]:
    """What each message to a customer asked for: its day, and the amounts by document."""
    found = []
    for each in stage.messages(customer__isnull=False, state="done"):
        rows = MessageDebt.objects.filter(message=each).select_related("receivable")
        found.append((f"{each.on_day:%m-%d}", {row.receivable.number: row.balance for row in rows}))
    return found


def state(plan: PaymentPlan, stage: Stage) -> tuple[str, int]:
    view = plan_view(PaymentPlan.objects.select_related("receivable").get(pk=plan.pk), stage.today)
    return view.state, view.arrears


def test_only_the_debt_on_the_plan_rests_and_only_what_is_not_due(stage: Stage) -> None:
    """One overdue note is split in three, another is not: the other is asked for meanwhile, whole."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*STEPS), guera)
    split, free = stage.owes(guera, 1_000_00, date(2026, 3, 2)), stage.owes(guera, 500_00, date(2026, 3, 2))
    plan = agreed(stage, split)
    walk(stage, date(2026, 3, 6))
    (_on, first), *_rest = asked(stage)
    assert first[free.number] == 500_00
    assert first.get(split.number, 300_00) == 300_00  # at most the first instalment, never the whole
    stage.pays(free, 500_00)
    stage.pays(split, 300_00)
    walk(stage, date(2026, 4, 8))
    assert state(plan, stage) == ("plan_going", 0)
    assert len(asked(stage)) == 1


def test_arrears_are_chased_told_once_and_decided_by_a_person(stage: Stage) -> None:
    """Nothing comes on 13 March: in arrears from the 17th, after the days of grace; the house is told once of each."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*STEPS), guera)
    row = stage.owes(guera, 1_000_00, date(2026, 3, 4))
    plan = agreed(stage, row)
    walk(stage, date(2026, 3, 15))
    assert state(plan, stage) == ("plan_going", 0)  # Monday 16: the last day of grace
    walk(stage, date(2026, 3, 16))
    assert state(plan, stage) == ("plan_late", 300_00)
    walk(stage, date(2026, 4, 15))
    told = [f"{on:%m-%d}" for on, to, _subject in stage.log if to == OWNER]
    assert told == ["03-17"]
    assert {amount for _on, debts in asked(stage) for amount in debts.values()} == {300_00, 600_00}
    stage.pays(row, 300_00)  # the first is paid: now the second is the one that is late
    walk(stage, date(2026, 4, 20))
    assert [f"{on:%m-%d}" for on, to, _subject in stage.log if to == OWNER] == ["03-17", "04-17"]
    break_plan(plan_id=plan.pk, today=stage.today, reason="No cumple", actor=stage.owner)
    assert state(plan, stage) == ("plan_broken", 0)
    row.refresh_from_db()
    assert (row.due_on, row.balance) == (date(2026, 3, 4), 700_00)
    walk(stage, date(2026, 4, 30))
    assert asked(stage)[-1][1] == {row.number: 700_00}


def test_a_plan_kept_to_the_end_is_never_chased(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), guera)
    row = stage.owes(guera, 1_000_00, date(2026, 3, 4))
    plan = agreed(stage, row)
    for part in PARTS:
        walk(stage, part.due_on - timedelta(days=1))
        stage.pays(row, part.amount)
    walk(stage, date(2026, 5, 20))
    assert state(plan, stage) == ("plan_kept", 0)
    assert stage.log == []


def test_a_promise_or_a_dispute_of_a_part_of_a_debt_on_a_plan(stage: Stage) -> None:
    """400 wait for their day by the plan anyway; of what is due, 100 are contested, or promised: the rest is asked."""
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(StepWords(When.AFTER, 1)), guera)
    contested, promised = (stage.owes(guera, 1_000_00, date(2026, 3, 4)) for _ in range(2))
    agreed(stage, contested, 0)
    agreed(stage, promised, 0)
    open_dispute(
        receivable_id=contested.pk, amount=100_00, reason="amount", key=uuid.uuid4(), today=stage.today,
        actor=stage.owner,
    )  # fmt: skip
    record_promise(
        receivable_ids=[promised.pk], amount=Money(100_00, "MXN"), due_on=date(2026, 3, 31), key=uuid.uuid4(),
        today=stage.today, actor=stage.owner,
    )  # fmt: skip
    walk(stage, date(2026, 3, 17))
    assert asked(stage) == [("03-17", {contested.number: 200_00, promised.number: 200_00})]
