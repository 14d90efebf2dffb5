"""Rounds of planning, day by day: what is written, once, and what becomes of what waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import change_due_dates, void_receivable
from aldia.receivables.operations.payments import record_payment
from aldia.reminders.models import ReminderCandidate, When
from aldia.reminders.operations import planning
from aldia.reminders.operations.planning import plan_company
from aldia.reminders.operations.rules import (
    RuleWords,
    StepWords,
    activate_rule,
    assign_rule,
    create_rule,
    deactivate_rule,
    ensure_default_rule,
    unassign_rule,
    update_rule,
    words_of,
)
from aldia.tenancy.models import Company
from tests.capabilities.reminders.conftest import DUE, charge, contact, file, general, noon, round_of
from tests.cast import make_customer


def as_if_here_since_january() -> None:
    """Receivables came in when they were issued, as far as the clock of the database is concerned."""
    Receivable.objects.update(created_at=datetime(2026, 1, 15, tzinfo=UTC))


def send_all(day: date) -> None:
    ReminderCandidate.objects.filter(state="planned", why="", due_on__lte=day).update(state="done")


@pytest.fixture(autouse=True)
def _general(company: Company, customer: Customer, outsider: object) -> None:
    general()


def test_a_receivable_through_its_life(customer: Customer) -> None:
    charge(customer)
    as_if_here_since_january()
    went = []
    day = date(2026, 2, 25)
    while day < date(2026, 4, 10):
        day += timedelta(days=1)
        if not round_of(day).is_open:
            continue
        ready = ReminderCandidate.objects.filter(state="planned", why="").select_related("step")
        went += [(day.isoformat()[5:], f"{row.step.when}{row.cycle or ''}") for row in ready]
        send_all(day)
    assert went == [
        ("03-03", "before"),
        ("03-09", "before"),
        ("03-10", "on"),
        ("03-12", "after"),
        ("03-19", "repeat1"),
        ("03-26", "repeat2"),
        ("04-06", "repeat3"),
    ]


def test_a_round_repeated_writes_nothing(customer: Customer) -> None:
    charge(customer)
    as_if_here_since_january()
    assert round_of(date(2026, 3, 3)).to_send == 1
    before = list(ReminderCandidate.objects.values())
    assert round_of(date(2026, 3, 3)).counts.total() == 0
    assert list(ReminderCandidate.objects.values()) == before


def test_a_round_asks_the_same_number_of_queries_for_one_and_for_many(company: Company, customer: Customer) -> None:
    charge(customer)
    with CaptureQueriesContext(connection) as one:
        round_of(date(2026, 3, 3))
    for number in range(30):
        other = make_customer(company, f"Cliente {number}", f"AAA010101{number:03d}")
        contact(other)
        charge(other)
        charge(other, due=DUE + timedelta(days=1))
    with CaptureQueriesContext(connection) as many:
        round_of(date(2026, 3, 4))
    assert len(many) <= len(one) + 4


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (datetime(2026, 3, 3, 14, 59, tzinfo=UTC), datetime(2026, 3, 3, 15, 0, tzinfo=UTC)),
        (datetime(2026, 3, 4, 0, 0, tzinfo=UTC), datetime(2026, 3, 4, 15, 0, tzinfo=UTC)),
        (datetime(2026, 3, 14, 18, 0, tzinfo=UTC), datetime(2026, 3, 17, 15, 0, tzinfo=UTC)),
    ],
)
def test_nothing_is_planned_outside_the_hours(customer: Customer, moment: datetime, opens: datetime) -> None:
    charge(customer)
    planned = plan_company(as_of=moment, today=date(2026, 3, 3))
    assert (planned.is_open, planned.opens_at) == (False, opens)
    assert file() == {}


def test_a_long_outage_ends_in_one_reminder(customer: Customer) -> None:
    charge(customer)
    as_if_here_since_january()
    round_of(date(2026, 3, 3))
    send_all(date(2026, 3, 3))
    round_of(date(2026, 3, 26))
    assert file() == {
        "before7 0": "done",
        "before3 0": "skipped passed",
        "on 0": "skipped passed",
        "after2 0": "merged",
        "repeat7 1": "merged",
        "repeat7 2": "planned",
    }


def test_what_came_in_late_is_reminded_once(customer: Customer) -> None:
    charge(customer)  # came in today, long after these days
    round_of(date(2026, 3, 26))
    assert file() == {"repeat7 2": "planned"}


def test_what_is_paid_or_voided_meanwhile_is_not_sent(customer: Customer) -> None:
    paid, voided = charge(customer), charge(customer)
    day = date(2026, 3, 12)
    round_of(day)
    record_payment(
        customer_id=customer.pk,
        amount=Money(1000_00, "MXN"),
        received_on=day,
        key="k",
        actor=None,
        today=day,
        policy="",
        named={paid.pk: 1000_00},
    )
    void_receivable(receivable_id=voided.pk, on=day, reason="error", actor=None)
    round_of(day)
    chased = ReminderCandidate.objects.filter(credit__isnull=True)
    assert set(chased.values_list("receivable_id", "state", "why")) == {
        (paid.pk, "skipped", "paid"),
        (voided.pk, "skipped", "voided"),
    }


def test_a_due_date_moved_a_little_waits_for_its_new_day(customer: Customer) -> None:
    row = charge(customer)
    round_of(date(2026, 3, 12))
    change_due_dates(receivable_ids=[row.pk], actor=None, reason="feriado", add_days=2)
    round_of(date(2026, 3, 13))
    assert file()["after2 0"] == "planned moved"
    round_of(date(2026, 3, 17))
    assert file()["after2 0"] == "planned"
    assert ReminderCandidate.objects.get(step__when="after").due_on == date(2026, 3, 14)


def test_a_due_date_moved_far_begins_the_steps_again(customer: Customer) -> None:
    row = charge(customer)
    round_of(date(2026, 3, 3))
    send_all(date(2026, 3, 3))
    change_due_dates(receivable_ids=[row.pk], actor=None, reason="acuerdo", new_due_on=date(2026, 4, 20))
    round_of(date(2026, 4, 13))
    assert file() == {"before7 0": "done", "before7 1000": "planned"}


def test_a_rule_switched_off_and_on(customer: Customer) -> None:
    charge(customer)
    round_of(date(2026, 3, 12))
    rule = ensure_default_rule()
    rule = deactivate_rule(rule_id=rule.pk, version=rule.version, actor=None)
    assert file() == {"after2 0": "planned rule_off"}
    round_of(date(2026, 3, 13))
    assert file() == {"after2 0": "planned rule_off"}
    activate_rule(rule_id=rule.pk, version=rule.version, today=date(2026, 3, 13), actor=None)
    round_of(date(2026, 3, 13))
    assert file() == {"after2 0": "planned"}


def test_a_step_taken_out_of_the_rule_is_not_sent(customer: Customer) -> None:
    charge(customer)
    round_of(date(2026, 3, 12))
    rule = ensure_default_rule()
    words = words_of(rule)
    kept = tuple(step for step in words.steps if step.when != When.AFTER)
    update_rule(rule_id=rule.pk, version=rule.version, words=RuleWords(words.name, kept), actor=None)
    round_of(date(2026, 3, 12))
    assert file()["after2 0"] == "skipped other_rule"


def test_the_receivables_rule_beats_its_customers_which_beats_the_general_one(customer: Customer) -> None:
    day = date(2026, 3, 12)
    one, two, three = charge(customer), charge(customer), charge(customer)
    other = create_rule(words=RuleWords("Grandes", (StepWords(When.AFTER, 1), StepWords(When.ON_DAY))), actor=None)
    activate_rule(rule_id=other.pk, version=other.version, today=date(2026, 1, 2), actor=None)
    assert assign_rule(rule_id=other.pk, today=day, actor=None, customer_ids=[customer.pk]) == 1
    assert assign_rule(rule_id=None, today=day, actor=None, receivable_ids=[two.pk]) == 1
    general_rule = ensure_default_rule()
    assert assign_rule(rule_id=general_rule.pk, today=day, actor=None, receivable_ids=[three.pk]) == 1
    round_of(day)
    steps = ReminderCandidate.objects.values_list("receivable_id", "step__rule__name", "step__days")
    assert set(steps) == {(one.pk, "Grandes", 1), (three.pk, general_rule.name, 2)}
    assert unassign_rule(actor=None, customer_ids=[customer.pk], receivable_ids=[two.pk, three.pk]) == 3
    round_of(day)
    waiting = ReminderCandidate.objects.filter(state="planned").values_list("receivable_id", "step__rule__name")
    assert set(waiting) == {(row.pk, general_rule.name) for row in (one, two, three)}


def test_an_inactive_rule_plans_nothing(company: Company, customer: Customer) -> None:
    charge(customer)
    rule = ensure_default_rule()
    deactivate_rule(rule_id=rule.pk, version=rule.version, actor=None)
    assert round_of(date(2026, 3, 12)).counts.total() == 0
    assert file() == {}


def test_spans_hold_whole_customers(company: Company, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "SPAN", 3)
    people = [customer] + [make_customer(company, f"Cliente {n}", f"AAA010101{n:03d}") for n in range(6)]
    for number, each in enumerate(people):
        for _row in range((number * 5) % 7 + 1):
            charge(each)
    round_of(date(2026, 3, 12))
    planned = ReminderCandidate.objects.values_list("receivable_id", flat=True)
    assert sorted(planned) == sorted(Receivable.objects.values_list("id", flat=True))


def test_a_clock_that_goes_back_to_yesterday_changes_nothing(customer: Customer) -> None:
    charge(customer)
    round_of(date(2026, 3, 10))
    before = file()
    assert before == {"on 0": "planned"}
    plan_company(as_of=noon(date(2026, 3, 9)), today=date(2026, 3, 9))
    assert file()["on 0"] == "planned moved"  # not due on that day: it waits
    round_of(date(2026, 3, 10))
    assert file()["on 0"] == "planned"
