"""Reminders follow an instalment plan: each instalment has its own notices, and is asked for alone."""

from __future__ import annotations

import uuid
from datetime import date

from aldia.domain.charges.plans import Part
from aldia.receivables.operations.plans import accept_plan, break_plan
from aldia.reminders.models import When
from aldia.reminders.operations.rule_words import StepWords
from tests.support.stage import Stage

LUPITA = "lupita@laguera.example"
STEPS = (StepWords(When.BEFORE, 3, tone="friendly"), StepWords(When.AFTER, 1))
PARTS = [Part(date(2026, 3, 13), 300_00), Part(date(2026, 4, 13), 300_00), Part(date(2026, 5, 13), 400_00)]


def test_each_instalment_is_asked_for_when_it_is_due(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    row = stage.owes(guera, 1_000_00, date(2026, 3, 4))
    stage.follow(stage.rule(*STEPS), guera)
    plan = accept_plan(
        receivable_id=row.pk, parts=PARTS, key=uuid.uuid4(), today=stage.today, grace_days=3, actor=stage.owner
    )
    stage.walk(date(2026, 3, 11), "09:00")
    assert stage.days() == ["03-10"]
    assert "Total: $300.00" in stage.text(stage.mails[0])
    stage.pays(row, 300_00)
    stage.walk(date(2026, 4, 14), "09:00")
    assert stage.days() == ["03-10", "04-10", "04-14"]
    assert "Total: $300.00" in stage.text(stage.mails[2])
    stage.walk(date(2026, 4, 17), "09:00")
    break_plan(plan_id=plan.pk, today=stage.today, reason="No pagó en abril", actor=stage.owner)
    stage.walk(date(2026, 4, 20), "09:00")
    row.refresh_from_db()
    assert row.due_on == date(2026, 3, 4)
    assert row.balance == 700_00
