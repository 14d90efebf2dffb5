"""Schedules written, changed, paused and ended: what they refuse, and what of the past never changes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from aldia.domain.recurrence import DAY, Rule, upcoming
from aldia.recurring import calendar
from aldia.recurring.content import amount_of, content_on, raised
from aldia.recurring.models import Occurrence, PriceChange, Schedule
from aldia.recurring.operations import schedules
from aldia.recurring.operations.schedules import ScheduleError, Stale, save
from aldia.tenancy.models import AuditEvent
from tests.support.recurring import RENT, details, rent, states, turn
from tests.support.stage import Stage


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "letter"}, "kind"),
        ({"starts_on": date(2025, 2, 1)}, "starts_on"),
        ({"ends_on": date(2026, 2, 28)}, "ends_on"),
        ({"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 31)}, "ends_on"),
        ({"most": 0}, "most"),
        ({"most": 1001}, "most"),
        ({"content": {}}, "content"),
        ({"content": {"concept": "Renta de {month}", "amount": 1}}, "content"),
        ({"content": {"concept": " ", "amount": 1}}, "content"),
        ({"content": {"concept": "Renta", "amount": 0}}, "content"),
        ({"kind": "invoice", "content": {"lines": 5}}, "content"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_at_its_field(stage: Stage, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        rent(stage, stage.customer("Abarrotes"), **wrong)
    assert caught.value.field == field
    assert str(caught.value).endswith((".", "}"))
    assert not Schedule.objects.exists()


def test_nobody_is_billed_who_is_the_public_at_large(stage: Stage) -> None:
    generic = stage.customer("Público", generic=True, collecting=False)
    with pytest.raises(ScheduleError, match="no se le puede cobrar"):
        rent(stage, generic)


def test_what_was_issued_holds_its_schedule_fast(stage: Stage) -> None:
    row = rent(stage, stage.customer("Abarrotes"), starts_on=stage.today, rule=Rule(days=(2,)))
    turn(stage)
    other = stage.customer("Otro")
    row.refresh_from_db()
    for wrong in ({"customer_id": other.pk}, {"currency": "USD"}, {"starts_on": date(2026, 4, 2)}):
        words = details(row.customer, **{"starts_on": stage.today, "rule": Rule(days=(2,)), **wrong})
        with pytest.raises(ScheduleError, match="Ya emitió"):
            save(details=words, today=stage.today, actor=None, schedule_id=row.pk, version=row.version)


def test_the_second_of_two_edits_is_refused(stage: Stage) -> None:
    customer = stage.customer("Abarrotes")
    row = rent(stage, customer)
    seen = row.version
    save(details=details(customer, name="Uno"), today=stage.today, actor=None, schedule_id=row.pk, version=seen)
    with pytest.raises(Stale):
        save(details=details(customer, name="Dos"), today=stage.today, actor=None, schedule_id=row.pk, version=seen)
    assert Schedule.objects.get().name == "Uno"


def test_another_rule_goes_on_after_the_last_date(stage: Stage) -> None:
    customer = stage.customer("Abarrotes")
    row = rent(stage, customer, starts_on=stage.today, rule=Rule(days=(2,)))
    turn(stage)
    row.refresh_from_db()
    assert row.next_on == date(2026, 4, 2)
    words = details(customer, starts_on=stage.today, rule=Rule(days=(1, 2, 3)))
    row = save(details=words, today=stage.today, actor=None, schedule_id=row.pk, version=row.version)
    assert row.next_on == date(2026, 3, 3)  # the second was issued already


def test_an_edit_of_the_price_counts_from_its_day(stage: Stage) -> None:
    customer = stage.customer("Abarrotes")
    row = rent(stage, customer, starts_on=stage.today, rule=Rule(days=(2,)))
    turn(stage)
    stage.today = date(2026, 3, 20)
    row.refresh_from_db()
    words = details(customer, starts_on=row.starts_on, rule=Rule(days=(2,)), content={**RENT, "amount": 13_000_00})
    row = save(details=words, today=stage.today, actor=None, schedule_id=row.pk, version=row.version)
    assert row.content == RENT
    assert content_on(row, date(2026, 3, 2))["amount"] == 12_000_00
    assert content_on(row, date(2026, 4, 2))["amount"] == 13_000_00
    # before anything is issued an edit is an edit
    fresh = rent(stage, customer)
    words = details(customer, content={**RENT, "amount": 1_00})
    fresh = save(details=words, today=stage.today, actor=None, schedule_id=fresh.pk, version=fresh.version)
    assert (fresh.content["amount"], fresh.prices.count()) == (1_00, 0)


def test_prices_build_on_one_another_from_their_days(stage: Stage) -> None:
    row = rent(stage, stage.customer("Abarrotes"))

    def change(from_on: date, **what: Any) -> PriceChange:
        return schedules.change_price(schedule_id=row.pk, from_on=from_on, today=stage.today, actor=None, **what)

    change(date(2027, 1, 1), percent=4_66, reason="INPC")
    change(date(2026, 7, 1), percent=10_00)
    change(date(2028, 1, 1), content={**RENT, "amount": 20_000_00})
    amounts = [
        amount_of(row.kind, content_on(row, date(*day)))
        for day in ((2026, 6, 30), (2026, 7, 1), (2027, 1, 1), (2028, 1, 1))
    ]
    assert amounts == [12_000_00, 13_200_00, 13_815_12, 20_000_00]
    change(date(2026, 7, 1), percent=20_00)  # the day has one price: the later word counts
    assert amount_of(row.kind, content_on(row, date(2026, 7, 1))) == 14_400_00
    assert row.prices.count() == 3
    for wrong in (
        {"percent": 0},
        {"percent": -91_00},
        {"percent": 1_000_01},
        {},
        {"content": {"concept": "", "amount": 1}},
    ):
        with pytest.raises(ScheduleError):
            change(date(2029, 1, 1), **wrong)
    with pytest.raises(ScheduleError, match="desde hoy"):
        change(date(2026, 3, 1), percent=1_00)
    schedules.drop_price(price_change_id=row.prices.get(from_on=date(2027, 1, 1)).pk, today=stage.today, actor=None)
    assert row.prices.count() == 2


def test_a_price_in_use_is_not_taken_back(stage: Stage) -> None:
    row = rent(stage, stage.customer("Abarrotes"))
    change = schedules.change_price(
        schedule_id=row.pk, from_on=stage.today, today=stage.today, actor=None, percent=5_00
    )  # fmt: skip
    stage.today = date(2026, 3, 3)
    with pytest.raises(ScheduleError, match="en uso"):
        schedules.drop_price(price_change_id=change.pk, today=stage.today, actor=None)


@pytest.mark.parametrize(
    ("amount", "percent", "after"), [(100, 50, 101), (1, 4_66, 1), (99_99, 4_50, 104_49), (100, -50_00, 50)]
)
def test_a_raise_rounds_half_up(amount: int, percent: int, after: int) -> None:
    assert raised("charge_note", {"concept": "x", "amount": amount}, percent)["amount"] == after


def test_a_pause_leaves_out_what_passes(stage: Stage) -> None:
    row = rent(stage, stage.customer("Abarrotes"), starts_on=date(2026, 3, 9), rule=Rule("week", 1, (0,)), most=3)
    schedules.pause(schedule_id=row.pk, now=stage.at("10:00"), actor=stage.owner)
    stage.today = date(2026, 3, 25)
    assert turn(stage) == []
    row = schedules.resume(schedule_id=row.pk, today=stage.today, actor=stage.owner)
    assert states(row) == {"03-09": "skipped", "03-16": "skipped", "03-23": "skipped"}
    assert row.next_on == date(2026, 3, 30)
    assert calendar.left(row) == 3  # what was left out does not count
    with pytest.raises(ScheduleError):
        schedules.resume(schedule_id=row.pk, today=stage.today, actor=None)


def test_the_day_of_resuming_is_on_time(stage: Stage) -> None:
    row = rent(stage, stage.customer("Abarrotes"), starts_on=date(2026, 3, 9), rule=Rule("week", 1, (0,)))
    schedules.pause(schedule_id=row.pk, now=stage.at("10:00"), actor=None)
    stage.today = date(2026, 3, 9)
    schedules.resume(schedule_id=row.pk, today=stage.today, actor=None)
    assert len(turn(stage)) == 1


def test_it_ends_by_its_number_its_day_or_a_person(stage: Stage) -> None:
    customer = stage.customer("Abarrotes")
    numbered = rent(stage, customer, rule=Rule(DAY, 1, ()), starts_on=stage.today, most=2)
    dated = rent(stage, customer, rule=Rule(DAY, 1, ()), starts_on=stage.today, ends_on=date(2026, 3, 4))
    closed = rent(stage, customer, rule=Rule(DAY, 1, ()), starts_on=stage.today)
    for day in range(2, 8):
        stage.today = date(2026, 3, day)
        turn(stage)
        if day == 5:
            schedules.end(schedule_id=closed.pk, today=stage.today, actor=None)
    counts = [Occurrence.objects.filter(schedule=each, state="done").count() for each in (numbered, dated, closed)]
    assert counts == [2, 3, 4]
    for each in (numbered, dated, closed):
        each.refresh_from_db()
        assert (each.state, each.next_on) == ("ended", None)
    # it goes on when somebody gives it more
    words = details(customer, rule=Rule(DAY, 1, ()), starts_on=numbered.starts_on, most=3)
    numbered = save(details=words, today=stage.today, actor=None, schedule_id=numbered.pk, version=numbered.version)
    assert (numbered.state, numbered.next_on) == ("active", date(2026, 3, 4))


def test_every_change_is_recorded(stage: Stage) -> None:
    row = rent(stage, stage.customer("Abarrotes"))
    schedules.pause(schedule_id=row.pk, now=stage.at("10:00"), actor=stage.owner)
    schedules.resume(schedule_id=row.pk, today=stage.today, actor=stage.owner)
    schedules.end(schedule_id=row.pk, today=stage.today, actor=stage.owner)
    verbs = AuditEvent.objects.filter(object_type="schedule").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["recurring.created", "recurring.paused", "recurring.resumed", "recurring.ended"]


def test_the_dates_shown_are_the_dates_that_come(stage: Stage) -> None:
    row = rent(
        stage, stage.customer("Abarrotes"), starts_on=stage.today, rule=Rule(days=(15, 32), adjust="previous"), most=4
    )
    shown = [due.issue_on for due in upcoming(Rule(days=(15, 32), adjust="previous"), row.starts_on, left=4)]
    came = []
    for offset in range(70):
        stage.today = date.fromordinal(date(2026, 3, 2).toordinal() + offset)
        came += [stage.today for each in turn(stage) if each.state == "done"]
    assert came == shown == [date(2026, 3, 13), date(2026, 3, 31), date(2026, 4, 15), date(2026, 4, 30)]
