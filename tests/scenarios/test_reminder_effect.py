"""What was paid after reminders that really left, beside whom nobody reminded: by hand, and as the page draws it."""

from __future__ import annotations

from datetime import date

from aldia.receivables.queries.sight import Sight
from aldia.reminders.models import When
from aldia.reminders.operations.rule_words import StepWords
from aldia.reporting.queries.effectiveness import (
    CHANNEL,
    STEP,
    TONE,
    Wanted,
    effectiveness,
    reminded_exposures,
    unreminded_exposures,
)
from tests.support.stage import Stage

MARCH = Wanted(date(2026, 3, 1), date(2026, 3, 31), "MXN")


def play(stage: Stage) -> None:
    """Five debts due on 10 March. Three are reminded the day after; two customers follow no rule."""
    guera = stage.customer("Abarrotes La Güera", "lupita@laguera.example")
    sol = stage.customer("Papelería El Sol", "paco@elsol.example")
    early = stage.customer("Ferretería Prisa", "eva@prisa.example")
    norte, sur = stage.customer("Norte"), stage.customer("Sur")
    stage.follow(stage.rule(StepWords(When.AFTER, 1, tone="firm")), guera, sol, early)
    stage.follow(None, norte, sur)
    debts = [stage.owes(each, 1_000_00, date(2026, 3, 10)) for each in (guera, sol, early, norte, sur)]
    stage.walk(date(2026, 3, 11))  # the stage is on the 12th now
    stage.today = date(2026, 3, 11)
    stage.pays(debts[2], 1_000_00)  # on the day of the reminder: who knows what came first
    stage.today = date(2026, 3, 13)
    stage.pays(debts[0], 1_000_00)
    stage.today = date(2026, 3, 16)
    stage.pays(debts[1], 400_00)
    stage.pays(debts[3], 1_000_00)
    stage.today = date(2026, 3, 20)
    stage.pays(debts[4], 1_000_00)  # after its seven days


def test_each_step_beside_the_documents_of_its_age(stage: Stage) -> None:
    play(stage)
    assert stage.days() == ["03-11"] * 3
    found = effectiveness(sight=Sight(), wanted=MARCH, today=date(2026, 4, 10))
    (effect,) = found.effects
    assert (effect.key, effect.from_due, found.running) == ("after:1", 1, 0)
    assert (effect.reminded.documents, effect.reminded.settled) == (3, 1)
    assert (effect.reminded.owed, effect.reminded.paid) == (3_000_00, 1_400_00)
    assert (effect.others.documents, effect.others.settled) == (2, 1)
    assert (effect.others.owed, effect.others.paid) == (2_000_00, 1_000_00)


def test_a_channel_and_a_tone_are_groups_too(stage: Stage) -> None:
    play(stage)
    keys = {}
    for by in (STEP, CHANNEL, TONE):
        wanted = Wanted(MARCH.first, MARCH.last, "MXN", 15, by)
        keys[by] = [each.key for each in effectiveness(sight=Sight(), wanted=wanted, today=date(2026, 4, 30)).effects]
    assert keys == {STEP: ["after:1"], CHANNEL: ["email"], TONE: ["firm"]}


def test_what_is_too_recent_does_not_count_yet(stage: Stage) -> None:
    play(stage)
    found = effectiveness(sight=Sight(), wanted=MARCH, today=date(2026, 3, 17))
    assert (found.effects, found.running) == ([], 3)
    found = effectiveness(sight=Sight(), wanted=MARCH, today=date(2026, 3, 18))
    assert ([each.reminded.documents for each in found.effects], found.running) == ([3], 0)


def test_the_rows_behind_are_those_counted(stage: Stage) -> None:
    play(stage)
    today = date(2026, 4, 10)
    (effect,) = effectiveness(sight=Sight(), wanted=MARCH, today=today).effects
    reminded = reminded_exposures(sight=Sight(), wanted=MARCH, today=today)
    others = unreminded_exposures(sight=Sight(), wanted=MARCH, today=today, landmarks={effect.from_due})
    assert sum(each.paid for each in reminded) == effect.reminded.paid
    assert sum(each.owed for each in others[effect.from_due]) == effect.others.owed
    assert {each.on for each in others[effect.from_due]} == {date(2026, 3, 11)}


def test_whoever_is_reminded_within_the_days_is_nobody_to_compare_with(stage: Stage) -> None:
    late = stage.customer("Tarde", "tarde@tarde.example")
    stage.follow(stage.rule(StepWords(When.AFTER, 8)), late)
    stage.owes(late, 500_00, date(2026, 3, 10))
    stage.walk(date(2026, 3, 20))
    today = date(2026, 4, 20)
    found = unreminded_exposures(sight=Sight(), wanted=MARCH, today=today, landmarks={0, 1, 8})
    # reminded on the 18th: nothing until the 17th for the landmark of the due day, but the days of the others reach it
    assert [len(found[landmark]) for landmark in (0, 1, 8)] == [1, 0, 0]


def test_who_is_restricted_sees_the_own_only(stage: Stage) -> None:
    play(stage)
    theirs = Sight(collector=stage.owner.pk)
    assert effectiveness(sight=theirs, wanted=MARCH, today=date(2026, 4, 10)).effects == []
