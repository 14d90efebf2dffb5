"""Thanks for payments: once per payment and receivable, for money that somebody saw."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money
from aldia.messaging.models import Channel
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.operations.allocating import allocate_credit
from aldia.receivables.operations.payments import record_payment, reverse_credit, settle
from aldia.reminders.models import ReminderCandidate, When
from aldia.reminders.operations.pauses import pause_customers
from aldia.reminders.operations.rules import StepWords
from aldia.tenancy.models import Company
from tests.capabilities.reminders.conftest import charge, general, round_of

DAY = date(2026, 3, 3)
LATER = date(2026, 6, 1)  # nothing else is due


@pytest.fixture(autouse=True)
def _general(company: Company, customer: Customer, outsider: object) -> None:
    general((StepWords(When.BEFORE, 7), StepWords(When.PAID)))


def pay(customer: Customer, amount: int, named: dict[Receivable, int], day: date = DAY, key: str = "k") -> Credit:
    return record_payment(
        customer_id=customer.pk,
        amount=Money(amount, "MXN"),
        received_on=day,
        key=key,
        actor=None,
        today=day,
        policy="",
        named={row.pk: part for row, part in named.items()},
        is_distinct=True,
    )


def thanks() -> list[tuple[int, str]]:
    rows = ReminderCandidate.objects.filter(credit__isnull=False).order_by("cycle", "receivable_id")
    return [(row.cycle, f"{row.state} {row.why}".strip()) for row in rows]


def test_each_payment_of_each_receivable_is_thanked_for_once(customer: Customer) -> None:
    one, two = charge(customer, due=LATER), charge(customer, due=LATER)
    pay(customer, 600_00, {one: 300_00, two: 300_00})
    round_of(DAY)
    assert thanks() == [(1, "planned"), (1, "planned")]
    round_of(DAY)
    pay(customer, 700_00, {one: 700_00}, key="second")
    round_of(DAY)
    assert thanks() == [(1, "planned"), (1, "planned"), (2, "planned")]


def test_nobody_is_thanked_for_what_is_not_a_payment(customer: Customer) -> None:
    row, old = charge(customer, due=LATER), charge(customer, due=LATER)
    settle(receivable_id=row.pk, kind=CreditKind.WRITE_OFF, amount=10_00, on=DAY, reason="x", key="w", actor=None)
    pay(customer, 100_00, {old: 100_00}, date(2025, 12, 31))  # before the rule was on
    pay(customer, 50_00, {}, key="in favour")
    taken = pay(customer, 100_00, {old: 100_00}, key="taken")
    reverse_credit(credit_id=taken.pk, on=DAY, reason="rebotó", actor=None)
    round_of(DAY)
    assert thanks() == []


def test_thanks_for_a_payment_that_was_taken_back_do_not_go(customer: Customer) -> None:
    row = charge(customer, due=LATER)
    credit = pay(customer, 100_00, {row: 100_00})
    round_of(DAY)
    reverse_credit(credit_id=credit.pk, on=DAY, reason="rebotó", actor=None)
    round_of(DAY)
    assert thanks() == [(1, "skipped reversed")]


def test_money_in_favour_is_thanked_for_when_it_pays(customer: Customer) -> None:
    row = charge(customer, due=LATER)
    credit = pay(customer, 100_00, {})
    round_of(DAY)
    assert thanks() == []
    allocate_credit(credit_id=credit.pk, policy="oldest_due", on=DAY, actor=None)
    round_of(DAY)
    assert thanks() == [(1, "planned")]
    assert ReminderCandidate.objects.get().receivable_id == row.pk


def test_what_has_to_be_asked_for_goes_before_thanks(customer: Customer) -> None:
    paid, due = charge(customer, due=LATER), charge(customer, due=DAY + timedelta(days=7))
    pay(customer, 100_00, {paid: 100_00})
    round_of(DAY)
    assert thanks() == [(1, "planned frequency")]
    ReminderCandidate.objects.filter(receivable=due).update(state="done")
    round_of(DAY + timedelta(days=1))
    assert thanks() == [(1, "planned")]


def test_thanks_wait_a_little_and_then_not_at_all(customer: Customer) -> None:
    row = charge(customer, due=LATER)
    pay(customer, 100_00, {row: 100_00})
    pause_customers(customer_ids=[customer.pk], until=DAY + timedelta(days=1), reason="x", today=DAY, actor=None)
    round_of(DAY)
    assert thanks() == [(1, "planned customer_paused")]
    round_of(DAY + timedelta(days=2))
    assert thanks() == [(1, "planned")]
    round_of(DAY + timedelta(days=6))
    assert thanks() == [(1, "skipped old")]


def test_thanks_by_every_channel_of_the_step(customer: Customer) -> None:
    step = StepWords(When.PAID, channels=(Channel.EMAIL, Channel.SMS), every_channel=True)
    general((step,), on=None)
    row = charge(customer, due=LATER)
    pay(customer, 100_00, {row: 100_00})
    round_of(DAY)
    found = ReminderCandidate.objects.values_list("channel", "state", "why")
    assert set(found) == {("email", "planned", ""), ("sms", "planned", "no_contact")}
    Contact.objects.update(phone="5512345678")
    round_of(DAY)
    assert set(found.all()) == {("email", "planned", ""), ("sms", "planned", "")}


def test_customers_that_are_off_are_not_thanked(customer: Customer) -> None:
    row = charge(customer, due=LATER)
    pay(customer, 100_00, {row: 100_00})
    Customer.objects.filter(pk=customer.pk).update(collecting=False)
    round_of(DAY)
    assert thanks() == []
