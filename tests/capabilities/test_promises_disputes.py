"""Promises and disputes: a story by date with its cast, refusals in words, the same key twice, two people at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from aldia.collections.models import Dispute, Promise, PromisedDebt
from aldia.collections.operations.disputes import DisputeError, open_dispute, resolve_dispute
from aldia.collections.operations.promises import PromiseError, record_promise, withdraw_promise
from aldia.collections.queries import disputes as dispute_queries
from aldia.collections.queries.promises import Judged, Patience, judged, of_customer, of_receivables, promises
from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge, void_receivable
from aldia.receivables.operations.payments import record_payment, reverse_credit, settle
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, Company, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

MONDAY = date(2026, 11, 2)
FRIDAY = date(2026, 11, 6)
PATIENCE = Patience("MX", 1)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="promesas")
    with company_scope(company.id):
        yield company


@pytest.fixture
def guera(company: Company) -> Customer:
    return make_customer(company)


@pytest.fixture
def ana(company: Company) -> User:
    return make_user("ana@example.com", company, Role.COLLECTOR)


def charge(customer: Customer, total: int = 100_000, currency: str = "MXN") -> Receivable:
    return open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(total, currency), issued_on=date(2026, 9, 15),
        due_on=date(2026, 10, 15), concept="Flete", key=uuid7(), actor=None,
    )  # fmt: skip


def pay(row: Receivable, amount: int, on: date) -> Credit:
    return record_payment(
        customer_id=row.customer_id, amount=Money(amount, row.currency), received_on=on, key=str(uuid7()), actor=None,
        today=on, named={row.pk: amount}, policy="", is_distinct=True,
    )  # fmt: skip


def promise(*rows: Receivable, amount: int | None = None, **fields: Any) -> Promise:
    money = None if amount is None else Money(amount, rows[0].currency)
    values = {"due_on": FRIDAY, "key": uuid7(), "today": MONDAY, "actor": None, **fields}
    return record_promise(receivable_ids=[row.pk for row in rows], amount=money, **values)


def seen(made: Promise, as_of: date) -> Judged:
    return judged(promises().filter(pk=made.pk), as_of=as_of, patience=PATIENCE)[0]


# ── promises ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_promise_kept_by_two_transfers(guera: Customer, ana: User) -> None:
    """Monday: pays 1,500 of two notes on Friday. 1,000 come on Thursday, 500 on Monday 9, which banks take."""
    first, second = charge(guera), charge(guera)
    made = promise(first, second, amount=150_000, actor=ana, note="Habló la dueña")
    assert seen(made, MONDAY).state == "open"
    pay(first, 100_000, FRIDAY - timedelta(days=1))
    assert (seen(made, FRIDAY).state, seen(made, FRIDAY).verdict.paid) == ("open", 100_000)
    assert seen(made, FRIDAY).last == date(2026, 11, 9)
    pay(second, 50_000, date(2026, 11, 9))
    assert seen(made, date(2026, 11, 9)).state == "kept"
    event = AuditEvent.objects.get(verb="collections.promise_recorded")
    assert (event.actor, event.object_id, event.detail["amount"]) == (ana, str(made.pk), "1500.00")


def test_a_promise_partly_kept_then_broken_when_the_money_bounces(guera: Customer) -> None:
    note = charge(guera)
    made = promise(note)
    assert made.amount == 100_000
    came = pay(note, 40_000, FRIDAY)
    late = FRIDAY + timedelta(days=10)
    assert seen(made, late).state == "partly"
    reverse_credit(credit_id=came.pk, on=late, reason="devuelto", actor=None)
    assert seen(made, late).state == "broken"


def test_what_is_forgiven_or_cancelled_is_not_broken(guera: Customer) -> None:
    first, second = charge(guera), charge(guera)
    made, other = promise(first), promise(second)
    settle(receivable_id=first.pk, kind="discount", amount=20_000, on=FRIDAY, reason="x", key="d", actor=None)
    pay(first, 80_000, FRIDAY)
    void_receivable(receivable_id=second.pk, on=FRIDAY, reason="se anuló", actor=None)
    late = FRIDAY + timedelta(days=20)
    assert (seen(made, late).state, seen(made, late).verdict.needed) == ("kept", 80_000)
    assert seen(other, late).state == "kept"


def test_a_withdrawn_promise_stands_no_more(guera: Customer, ana: User) -> None:
    made = promise(charge(guera))
    for _ in range(2):
        withdraw_promise(promise_id=made.pk, reason="Ya no puede", today=FRIDAY, actor=ana)
    assert seen(made, FRIDAY).state == "withdrawn"
    assert AuditEvent.objects.filter(verb="collections.promise_withdrawn").count() == 1


def test_the_same_form_sent_twice_is_one_promise(guera: Customer) -> None:
    note, key = charge(guera), uuid7()
    assert promise(note, key=key).pk == promise(note, key=key).pk
    assert (Promise.objects.count(), PromisedDebt.objects.count()) == (1, 1)
    pay(note, 100_000, MONDAY)  # the answer to the first was lost, the money is already there: still no refusal
    assert promise(note, key=key).pk == key
    with pytest.raises(PromiseError, match="Esa clave"):
        promise(note, key=key, amount=500)


def test_promises_that_cannot_be(guera: Customer, company: Company) -> None:
    note, dollars, other = charge(guera), charge(guera, currency="USD"), charge(make_customer(company, "Otro", "OTR1"))
    paid = charge(guera)
    pay(paid, 100_000, MONDAY)
    for words, made in {
        "pasado": lambda: promise(note, due_on=MONDAY - timedelta(days=1)),
        "más de un año": lambda: promise(note, due_on=MONDAY + timedelta(days=400)),
        "sola moneda": lambda: promise(note, dollars),
        "solo cliente": lambda: promise(note, other),
        "no debe nada": lambda: promise(paid),
        "no pasar de lo que se debe": lambda: promise(note, amount=100_001),
        "mayor que cero": lambda: promise(note, amount=0),
    }.items():
        with pytest.raises(PromiseError, match=words):
            made()
    with pytest.raises(PromiseError, match="Elige"):
        record_promise(receivable_ids=[], amount=None, due_on=FRIDAY, key=uuid7(), today=MONDAY, actor=None)
    with pytest.raises(PromiseError, match="no existe"):
        record_promise(receivable_ids=[uuid7()], amount=None, due_on=FRIDAY, key=uuid7(), today=MONDAY, actor=None)
    with pytest.raises(PromiseError, match="por qué"):
        withdraw_promise(promise_id=uuid7(), reason=" ", today=MONDAY, actor=None)
    with pytest.raises(PromiseError, match="no existe"):
        withdraw_promise(promise_id=uuid7(), reason="x", today=MONDAY, actor=None)
    assert not Promise.objects.exists()


def test_lists_by_customer_and_by_receivable(guera: Customer, company: Company) -> None:
    first, second = charge(guera), charge(guera)
    one, both = promise(first), promise(first, second)
    promise(charge(make_customer(company, "Otro", "OTR1")))
    assert set(of_customer(guera.pk)) == {one, both}
    assert list(of_receivables([second.pk])) == [both]
    assert [each.debts[0].receivable for each in judged([one], as_of=MONDAY, patience=PATIENCE)] == [first]


# ── disputes ──────────────────────────────────────────────────────────────────────────────────────────────────


def dispute(row: Receivable, amount: int | None = None, **fields: Any) -> Dispute:
    values = {"reason": "quality", "key": uuid7(), "today": MONDAY, "actor": None, **fields}
    return open_dispute(receivable_id=row.pk, amount=amount, **values)


def test_a_dispute_of_a_part_opens_and_ends(guera: Customer, ana: User) -> None:
    note = charge(guera)
    opened = dispute(note, 30_000, owner_id=ana.pk, answer_by=FRIDAY, note="Llegaron rotas")
    assert dispute_queries.open_among([note.pk]) == {note.pk: opened}
    assert not dispute_queries.disputes().filter(dispute_queries.late(FRIDAY)).exists()
    assert dispute_queries.disputes().filter(dispute_queries.late(FRIDAY + timedelta(days=1))).exists()
    for _ in range(2):
        resolve_dispute(dispute_id=opened.pk, resolution="Se hará nota de crédito", today=FRIDAY, actor=ana)
    assert dispute_queries.open_among([note.pk]) == {}
    verbs = list(AuditEvent.objects.filter(object_id=str(opened.pk)).order_by("seq").values_list("verb", flat=True))
    assert verbs == ["collections.dispute_opened", "collections.dispute_resolved"]
    assert dispute(note).amount == 100_000  # another may follow


def test_disputes_that_cannot_be(guera: Customer, company: Company) -> None:
    note, paid = charge(guera), charge(guera)
    pay(paid, 100_000, MONDAY)
    stranger = make_user("otra@example.com", make_company("Otra", "OTR010203AB1"))
    for words, made in {
        "motivo": lambda: dispute(note, reason="because"),
        "pasado": lambda: dispute(note, answer_by=MONDAY - timedelta(days=1)),
        "no debe nada": lambda: dispute(paid),
        "no pasar": lambda: dispute(note, 100_001),
        "mayor que cero": lambda: dispute(note, 0),
        "no está en la empresa": lambda: dispute(note, owner_id=stranger.pk),
    }.items():
        with pytest.raises(DisputeError, match=words):
            made()
    dispute(note)
    with pytest.raises(DisputeError, match="ya tiene una disputa"):
        dispute(note)
    with pytest.raises(DisputeError, match="cómo se resolvió"):
        resolve_dispute(dispute_id=uuid7(), resolution="", today=MONDAY, actor=None)


def test_the_same_form_sent_twice_is_one_dispute(guera: Customer) -> None:
    note, key = charge(guera), uuid7()
    assert dispute(note, 5_000, key=key).pk == dispute(note, 5_000, key=key).pk
    with pytest.raises(DisputeError, match="Esa clave"):
        dispute(note, 6_000, key=key)


def test_another_company_sees_nothing(guera: Customer) -> None:
    note = charge(guera)
    promise(note)
    opened = dispute(note)
    with company_scope(make_company("Otra", "OTR010203AB1").id):
        assert not promises().exists()
        assert not dispute_queries.disputes().exists()
        with pytest.raises(DisputeError, match="no existe"):
            dispute(note)
        with pytest.raises(DisputeError, match="no existe"):
            resolve_dispute(dispute_id=opened.pk, resolution="x", today=MONDAY, actor=None)
        with pytest.raises(PromiseError, match="no existe"):
            promise(note)
