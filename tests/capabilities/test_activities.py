"""Logging what was done: what it ends, what it starts, refusals in words, the same key twice, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aldia.collections.models import Activity, ActivityKind, Dispute, Outcome, Promise
from aldia.collections.operations.activities import ActivityError, finish_next, log, open_steps, withdraw
from aldia.collections.operations.calls import log_dispute, log_promise
from aldia.collections.operations.disputes import DisputeError, open_dispute
from aldia.collections.operations.promises import PromiseError
from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, Company, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

FRIDAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 18, tzinfo=UTC)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="llamadas")
    with company_scope(company.id):
        yield company


@pytest.fixture
def guera(company: Company) -> Customer:
    return make_customer(company)


@pytest.fixture
def other(company: Company) -> Customer:
    return make_customer(company, "Otra", "OTR010203AB2")


@pytest.fixture
def ana(company: Company) -> User:
    return make_user("ana@example.com", company, Role.COLLECTOR)


def call(customer: Customer, **fields: Any) -> Activity:
    values = {
        "kind": ActivityKind.CALL, "outcome": Outcome.TALKED, "key": uuid7(), "at": NOON, "today": FRIDAY,
        "actor": None,
    }  # fmt: skip
    return log(customer_id=customer.pk, **{**values, **fields})


def owes(customer: Customer, total: int = 100_000) -> Receivable:
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, "MXN"), issued_on=date(2026, 9, 15),
        due_on=date(2026, 10, 15), concept="Flete", key=uuid7(), actor=None,
    )  # fmt: skip


def events(activity: Activity) -> list[str]:
    rows = AuditEvent.objects.filter(object_type="activity", object_id=str(activity.pk)).order_by("seq")
    return list(rows.values_list("verb", flat=True))


def test_a_call_is_kept_with_who_when_and_what_comes_next(guera: Customer, ana: User) -> None:
    person = Contact.objects.create(company_id=guera.company_id, customer=guera, name="Lupe", phone="55 1234 5678")
    monday = FRIDAY + timedelta(days=3)
    made = call(
        guera, note=" Paga el lunes ", contact_id=person.pk, next_on=monday, next_note="Ver si llegó", actor=ana
    )
    row = Activity.objects.get(pk=made.pk)
    assert (row.on, row.at, row.note, row.by, row.contact) == (FRIDAY, NOON, "Paga el lunes", ana, person)
    assert (row.next_on, row.next_kind, row.next_note) == (monday, ActivityKind.CALL, "Ver si llegó")
    assert events(made) == ["collections.activity_logged"]


def test_the_same_key_is_the_same_call(guera: Customer) -> None:
    key = uuid7()
    assert call(guera, key=key).pk == call(guera, key=key).pk
    assert Activity.objects.count() == 1
    with pytest.raises(ActivityError, match="clave"):
        call(guera, key=key, outcome=Outcome.REFUSED)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "pigeon"}, "Elige qué se hizo"),
        ({"outcome": ""}, "Elige cómo terminó"),
        ({"outcome": "happy"}, "Elige cómo terminó"),
        ({"kind": "note", "outcome": "talked", "note": "x"}, "no tiene resultado"),
        ({"kind": "note", "outcome": "", "note": "  "}, "Escribe la nota"),
        ({"next_on": FRIDAY - timedelta(days=1)}, "en el pasado"),
        ({"next_on": FRIDAY + timedelta(days=400)}, "más de un año"),
        ({"next_on": FRIDAY, "next_kind": "pigeon"}, "Elige qué sigue"),
        ({"promise_id": uuid7()}, "Esa promesa"),
        ({"dispute_id": uuid7()}, "Esa disputa"),
        ({"contact_id": uuid7()}, "Esa persona"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-",
)
def test_what_makes_no_sense_is_refused_in_words(guera: Customer, fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ActivityError, match=why):
        call(guera, **fields)
    assert not Activity.objects.exists()
    assert not AuditEvent.objects.filter(object_type="activity").exists()


def test_nobody_elses_people_are_named(guera: Customer, other: Customer) -> None:
    person = Contact.objects.create(company_id=other.company_id, customer=other, name="Beto")
    with pytest.raises(ActivityError, match="Esa persona"):
        call(guera, contact_id=person.pk)


def test_a_call_ends_the_steps_that_are_due_and_leaves_those_to_come(guera: Customer, other: Customer) -> None:
    due = call(guera, next_on=FRIDAY, today=FRIDAY - timedelta(days=4))
    theirs = call(other, next_on=FRIDAY, today=FRIDAY - timedelta(days=4))
    call(guera, outcome=Outcome.NO_ANSWER)
    assert not open_steps(guera.pk).exists()
    assert Activity.objects.get(pk=due.pk).next_done_on == FRIDAY
    assert list(open_steps(other.pk)) == [theirs]
    later = call(guera, next_on=FRIDAY + timedelta(days=9))
    call(guera, outcome=Outcome.NO_ANSWER)
    assert list(open_steps(guera.pk)) == [later]


def test_a_new_next_step_takes_the_place_of_the_one_before(guera: Customer) -> None:
    call(guera, next_on=FRIDAY + timedelta(days=9))
    second = call(guera, next_on=FRIDAY + timedelta(days=2))
    assert list(open_steps(guera.pk)) == [second]


def test_a_note_is_no_contact_and_ends_nothing(guera: Customer) -> None:
    due = call(guera, next_on=FRIDAY, today=FRIDAY - timedelta(days=4))
    call(guera, kind=ActivityKind.NOTE, outcome="", note="Cambió de domicilio")
    assert list(open_steps(guera.pk)) == [due]


def test_taking_back_a_call_opens_the_steps_that_it_ended_and_no_others(guera: Customer) -> None:
    done = call(guera, next_on=FRIDAY, today=FRIDAY - timedelta(days=9))
    finish_next(activity_id=done.pk, today=FRIDAY - timedelta(days=1), actor=None)
    due = call(guera, next_on=FRIDAY, today=FRIDAY - timedelta(days=4))
    slip = call(guera)
    for _twice in range(2):
        withdraw(activity_id=slip.pk, now=NOON, today=FRIDAY, actor=None)
    assert Activity.objects.get(pk=slip.pk).withdrawn_at == NOON
    assert list(open_steps(guera.pk)) == [due]
    assert events(slip) == ["collections.activity_logged", "collections.activity_withdrawn"]


def test_the_step_of_a_call_that_was_taken_back_is_no_step(guera: Customer) -> None:
    made = call(guera, next_on=FRIDAY)
    withdraw(activity_id=made.pk, now=NOON, today=FRIDAY, actor=None)
    assert not open_steps(guera.pk).exists()
    with pytest.raises(ActivityError, match="siguiente paso"):
        finish_next(activity_id=made.pk, today=FRIDAY, actor=None)


def test_a_step_is_finished_once(guera: Customer) -> None:
    made = call(guera, next_on=FRIDAY)
    for _twice in range(2):
        finish_next(activity_id=made.pk, today=FRIDAY, actor=None)
    assert events(made) == ["collections.activity_logged", "collections.next_step_done"]
    for unknown in (finish_next, withdraw):
        more = {"now": NOON} if unknown is withdraw else {}
        with pytest.raises(ActivityError, match="no existe"):
            unknown(activity_id=uuid7(), today=FRIDAY, actor=None, **more)


def test_a_call_that_ends_in_a_promise_is_undone_with_it(guera: Customer, ana: User) -> None:
    row, key = owes(guera), uuid7()
    values: dict[str, Any] = {
        "customer_id": guera.pk, "receivable_ids": [row.pk], "amount": Money(40_000, "MXN"), "key": key, "at": NOON,
        "today": FRIDAY, "actor": ana, "due_on": FRIDAY + timedelta(days=5),
    }  # fmt: skip
    made = log_promise(**values)
    assert log_promise(**values).pk == made.pk
    promise = Promise.objects.get()
    assert (made.promise, made.outcome, promise.amount) == (promise, Outcome.PROMISED, 40_000)
    withdraw(activity_id=made.pk, now=NOON, today=FRIDAY, actor=ana)
    assert Promise.objects.get().withdrawn_on == FRIDAY


def test_a_call_that_ends_in_disputes_is_undone_with_them(guera: Customer, ana: User) -> None:
    rows = [owes(guera), owes(guera), owes(guera)]
    before = open_dispute(
        receivable_id=rows[2].pk, amount=None, reason="other", key=uuid7(), today=FRIDAY, actor=ana
    )  # fmt: skip
    values: dict[str, Any] = {
        "customer_id": guera.pk, "receivable_ids": [row.pk for row in rows[:2]], "reason": "amount", "key": uuid7(),
        "at": NOON, "today": FRIDAY, "actor": ana, "note": "El flete no era suyo",
    }  # fmt: skip
    made = log_dispute(**values)
    assert log_dispute(**values).pk == made.pk
    opened = Dispute.objects.exclude(pk=before.pk)
    assert {(each.receivable_id, each.amount, each.reason, each.note) for each in opened} == {
        (row.pk, row.balance, "amount", "El flete no era suyo") for row in rows[:2]
    }
    withdraw(activity_id=made.pk, now=NOON, today=FRIDAY, actor=ana)
    assert list(Dispute.objects.filter(resolved_on__isnull=True)) == [before]


def test_a_dispute_that_cannot_be_leaves_no_call_behind(guera: Customer, other: Customer) -> None:
    mine, theirs = owes(guera), owes(other)
    values: dict[str, Any] = {"customer_id": guera.pk, "key": uuid7(), "at": NOON, "today": FRIDAY, "actor": None}
    for ids, reason, why in (
        ([], "amount", "Marca"), ([mine.pk, theirs.pk], "amount", "Marca"), ([mine.pk], "nothing", "motivo"),
    ):  # fmt: skip
        with pytest.raises(DisputeError, match=why):
            log_dispute(receivable_ids=ids, reason=reason, **values)
    with pytest.raises(ActivityError, match="no puede estar en el pasado"):
        log_dispute(receivable_ids=[mine.pk], reason="amount", next_on=FRIDAY - timedelta(days=1), **values)
    assert not Dispute.objects.exists()
    assert not Activity.objects.exists()


def test_a_promise_that_was_there_before_stays_when_the_call_is_taken_back(guera: Customer) -> None:
    row = owes(guera)
    made = log_promise(
        customer_id=guera.pk, receivable_ids=[row.pk], amount=None, due_on=FRIDAY, key=uuid7(), at=NOON, today=FRIDAY,
        actor=None,
    )  # fmt: skip
    second = call(guera, promise_id=made.promise_id, outcome=Outcome.PROMISED)
    withdraw(activity_id=second.pk, now=NOON, today=FRIDAY, actor=None)
    assert Promise.objects.get().withdrawn_on is None


def test_a_promise_that_cannot_be_leaves_no_call_behind(guera: Customer, other: Customer) -> None:
    row = owes(other)
    values: dict[str, Any] = {"amount": None, "key": uuid7(), "at": NOON, "today": FRIDAY, "actor": None}
    with pytest.raises(PromiseError, match="pasado"):
        log_promise(customer_id=other.pk, receivable_ids=[row.pk], due_on=FRIDAY - timedelta(days=1), **values)
    with pytest.raises(ActivityError, match="Esa promesa"):
        log_promise(customer_id=guera.pk, receivable_ids=[row.pk], due_on=FRIDAY, **values)
    assert not Promise.objects.exists()
    assert not Activity.objects.exists()
