"""What kind of debtor each customer turns out to be, told by date through the real operations and a real mail server.

The stage begins on Monday 2 March 2026.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest

from aldia.collections.models import CreditHold, DisputeReason
from aldia.collections.operations import activities
from aldia.collections.operations.calls import log_dispute
from aldia.collections.operations.debtor_types import DebtorTypeError, set_debtor_type, withdraw_debtor_type
from aldia.collections.operations.disputes import open_dispute, resolve_dispute
from aldia.collections.operations.promises import record_promise
from aldia.collections.queries.debtor_types import Debtor, debtor_of
from aldia.collections.queries.promises import Patience
from aldia.customers.models import Customer
from aldia.domain.debtor_episodes import Fault
from aldia.domain.debtor_types import DebtorType
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations.payments import record_payment
from aldia.reminders.models import When
from aldia.reminders.operations.rule_words import StepWords
from aldia.reminders.queries.reminded import reminders_of
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent
from tests.support.stage import Stage

LUPITA = "lupita@laguera.example"
WEEKLY = (StepWords(When.AFTER, 1), StepWords(When.REPEAT, 7, times=9))


def seen(stage: Stage, customer: Customer, today: date | None = None) -> Debtor:
    return debtor_of(customer.pk, today=today or stage.today, patience=Patience("MX", 0), reminded=reminders_of)


def events(found: Debtor) -> list[list[tuple[str, str]]]:
    """The events of each episode, by day."""
    return [[(str(each.event), f"{each.on:%m-%d}") for each in episode.events] for episode in found.episodes]


def promise(stage: Stage, row: Receivable, days: int) -> None:
    record_promise(
        receivable_ids=[row.pk], amount=None, due_on=stage.today + timedelta(days=days), key=uuid.uuid4(),
        today=stage.today, actor=stage.owner,
    )  # fmt: skip


def log(stage: Stage, customer: Customer, outcome: str) -> None:
    activities.log(
        customer_id=customer.pk, kind="call", outcome=outcome, key=uuid7(), at=stage.at("10:00"), today=stage.today,
        actor=stage.owner,
    )  # fmt: skip


def test_who_pays_as_soon_as_it_is_reminded_forgets(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera", LUPITA)
    stage.follow(stage.rule(*WEEKLY), guera)
    for due in (date(2026, 3, 2), date(2026, 4, 1), date(2026, 5, 4)):
        stage.today = due
        row = stage.owes(guera, 1_000_00, due)
        stage.walk(due + timedelta(days=8), "09:00")  # reminded on the day after, and a week later
        stage.pays(row, 1_000_00)
    found = seen(stage, guera)
    assert events(found) == [
        [("paid_soon_after_reminder", "03-11")],
        [("paid_soon_after_reminder", "04-10")],
        [("paid_soon_after_reminder", "05-13")],
    ]
    assert (found.verdict.type, found.verdict.points[DebtorType.DISORGANISED]) == (DebtorType.DISORGANISED, 9)
    assert seen(stage, guera, date(2026, 3, 2)).verdict.type is None


def test_who_breaks_promises_until_supply_stops_shows_signs_that_a_person_confirms(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera")
    for due in (date(2026, 3, 2), date(2026, 4, 1)):
        stage.today = due
        row = stage.owes(guera, 1_000_00, due)
        stage.today += timedelta(days=2)
        promise(stage, row, 5)
        stage.today += timedelta(days=8)
        CreditHold.objects.create(
            company=stage.company, customer=guera, reason="No paga", placed_on=stage.today,
            lifted_on=stage.today + timedelta(days=2),
        )  # fmt: skip
        stage.today += timedelta(days=2)
        stage.pays(row, 1_000_00)
    found = seen(stage, guera)
    assert events(found) == [
        [("promise_broken", "03-09"), ("paid_after_ultimatum", "03-14")],
        [("promise_broken", "04-08"), ("paid_after_ultimatum", "04-13")],
    ]
    assert (found.verdict.type, found.verdict.needs_person) == (DebtorType.INTENTIONAL, True)
    word = set_debtor_type(
        customer_id=guera.pk, type="intentional", reason="Lo hablamos con su dueño", today=stage.today,
        actor=stage.owner,
    )  # fmt: skip
    confirmed = seen(stage, guera)
    assert (confirmed.verdict.source, confirmed.verdict.needs_person) == ("person", False)
    assert AuditEvent.objects.get(verb="collections.debtor_type_set").detail["after"] == "intentional"
    assert seen(stage, guera, stage.today + timedelta(days=180)).verdict.source == "person"
    assert seen(stage, guera, stage.today + timedelta(days=181)).verdict.source == "measured"
    for _ in range(2):
        withdraw_debtor_type(override_id=word.pk, today=stage.today, actor=stage.owner)
    assert seen(stage, guera).verdict.source == "measured"
    assert AuditEvent.objects.filter(verb="collections.debtor_type_withdrawn").count() == 1


def test_a_dispute_opened_by_a_slip_says_nothing_of_a_customer(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera")
    row = stage.owes(guera, 1_000_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 10)
    made = log_dispute(
        customer_id=guera.pk, receivable_ids=[row.pk], reason=DisputeReason.AMOUNT, key=uuid7(), at=stage.at("10:00"),
        today=stage.today, actor=stage.owner,
    )  # fmt: skip
    assert seen(stage, guera).verdict.type == DebtorType.CIRCUMSTANTIAL
    activities.withdraw(activity_id=made.pk, now=stage.at("10:05"), today=stage.today, actor=stage.owner)
    found = seen(stage, guera)
    assert (found.verdict.type, "dispute_opened" in str(events(found))) == (None, False)


def test_an_open_dispute_is_a_fact_and_what_was_our_fault_does_not_count(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera")
    row = stage.owes(guera, 1_000_00, date(2026, 3, 2))
    stage.today = date(2026, 3, 10)
    promise(stage, row, 1)
    made = open_dispute(
        receivable_id=row.pk, amount=None, reason=DisputeReason.PAPERWORK, key=uuid.uuid4(), today=stage.today,
        actor=None,
    )  # fmt: skip
    open_ = seen(stage, guera)
    assert (open_.verdict.type, open_.verdict.source) == (DebtorType.CIRCUMSTANTIAL, "dispute")
    stage.today = date(2026, 3, 20)
    assert ("promise_broken", "03-11") in events(seen(stage, guera))[0]
    resolve_dispute(dispute_id=made.pk, resolution="x", outcome="accepted", today=stage.today, actor=None)
    stage.today = date(2026, 3, 25)
    stage.pays(row, 1_000_00)
    found = seen(stage, guera)
    assert events(found) == [[("dispute_opened", "03-10"), ("paid_after_dispute", "03-25")]]
    assert found.left_out == ((row.number, row.pk, Fault.CUSTOMER_WAS_RIGHT),)
    assert found.verdict.type == DebtorType.CIRCUMSTANTIAL


def test_money_that_we_had_and_did_not_apply_is_no_delay(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera")
    stage.today = date(2026, 3, 1)
    record_payment(
        customer_id=guera.pk, amount=Money(1_000_00, "MXN"), received_on=stage.today, key="k", actor=None,
        today=stage.today, policy="",
    )  # fmt: skip
    row = stage.owes(guera, 1_000_00, date(2026, 3, 2), issued_on=date(2026, 2, 1))
    stage.today = date(2026, 4, 1)
    found = seen(stage, guera)
    assert events(found) == []
    assert found.left_out == ((row.number, row.pk, Fault.UNAPPLIED),)


def test_silence_and_requests_come_from_what_collectors_logged(stage: Stage) -> None:
    guera, sol = stage.customer("Abarrotes La Güera"), stage.customer("Comercial El Sol")
    for customer in (guera, sol):
        stage.owes(customer, 1_000_00, date(2026, 3, 2))
    for day, outcomes in (
        (4, ("no_answer", "no_answer")),
        (5, ("left_message", "talked")),
        (6, ("no_answer", "asked_copy")),
    ):
        stage.today = date(2026, 3, day)
        for customer, outcome in zip((guera, sol), outcomes, strict=True):
            log(stage, customer, outcome)
    stage.today = date(2026, 3, 9)
    assert events(seen(stage, guera)) == [[("no_answer", "03-06")]]
    assert events(seen(stage, sol)) == [[("asked_for_copy", "03-06")]]
    assert seen(stage, guera).verdict.type is None  # one episode is not enough
    log(stage, sol, "asked_time")
    assert events(seen(stage, sol)) == [[("asked_for_copy", "03-06"), ("partial_or_plan", "03-09")]]


def test_who_always_pays_in_time_has_no_episodes(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera")
    for day in (2, 9, 16):
        stage.today = date(2026, 3, day)
        stage.pays(stage.owes(guera, 1_000_00, stage.today), 1_000_00)
    found = seen(stage, guera, date(2026, 6, 1))
    assert (found.episodes, found.left_out, found.verdict.type) == ((), (), None)


def test_words_that_cannot_be_kept(stage: Stage) -> None:
    guera = stage.customer("Abarrotes La Güera")
    nobody = stage.customer("Público en general", generic=True, collecting=False)
    for words, values in {
        "Elige el tipo": {"customer_id": guera.pk, "type": "tramposo", "reason": "x"},
        "en qué te basas": {"customer_id": guera.pk, "type": "negligent", "reason": "  "},
        "no existe": {"customer_id": nobody.pk, "type": "negligent", "reason": "x"},
    }.items():
        with pytest.raises(DebtorTypeError, match=words):
            set_debtor_type(today=stage.today, actor=None, **values)
    with pytest.raises(DebtorTypeError, match="ya no está"):
        withdraw_debtor_type(override_id=uuid7(), today=stage.today, actor=None)
    first, again = (
        set_debtor_type(customer_id=guera.pk, type="negligent", reason="x", today=stage.today, actor=None)
        for _ in range(2)
    )
    assert first == again
    set_debtor_type(customer_id=guera.pk, type="fortuitous", reason="y", today=stage.today, actor=None)
    found = seen(stage, guera)
    assert (found.verdict.type, found.verdict.source) == (DebtorType.FORTUITOUS, "person")
