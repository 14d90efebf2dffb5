"""Discounts for paying early and instalment plans, by date: given, taken back, followed, broken."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Q

from aldia.customers.models import Customer, Portfolio
from aldia.domain.charges.plans import Part
from aldia.domain.money import Money
from aldia.receivables.charge_models import ChargeScope
from aldia.receivables.models import Credit, DiscountRule, DueDateChange, Receivable
from aldia.receivables.operations.allocating import allocate_credit, unallocate
from aldia.receivables.operations.charge_rules import (
    DiscountDetails,
    RuleRefused,
    Whom,
    next_version,
    save_discount,
    switch_off,
    switch_on,
)
from aldia.receivables.operations.charges import open_charge, revive_receivable, void_receivable
from aldia.receivables.operations.discounts import allow_discount, offer_discount, refuse_discount
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import live_allocations, record_payment, reverse_credit, settle
from aldia.receivables.operations.plans import PlanError, accept_plan, break_plan, cancel_plan
from aldia.receivables.queries.discounts import discount_for, given_on, promise_of
from aldia.receivables.queries.plans import not_due_yet, plan_list, plans_of
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import Company
from tests.cast import Papers, make_customer

ISSUED = date(2026, 11, 1)
TEN = ISSUED + timedelta(days=10)
TWO_TEN = DiscountDetails(((10, Decimal(2)),))


def discount(details: DiscountDetails = TWO_TEN, *, on: date = date(2026, 10, 1), **whom: Any) -> DiscountRule:
    row = save_discount(whom=Whom("Pronto pago", **whom), details=details, actor=None)
    return switch_on(model=DiscountRule, rule_id=row.pk, starts_on=on, today=on, actor=None)


def owes(customer: Customer, total: int = 1_000_00, issued_on: date = ISSUED) -> Receivable:
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, "MXN"), issued_on=issued_on,
        due_on=issued_on + timedelta(days=30), concept="Flete", key=uuid.uuid4(), actor=None,
    )  # fmt: skip


def pays(row: Receivable, amount: int, on: date) -> Credit:
    return record_payment(
        customer_id=row.customer_id, amount=Money(amount, "MXN"), received_on=on, key=uuid.uuid4().hex,
        actor=None, today=date(2027, 12, 1), policy="", named={row.pk: amount}, is_distinct=True,
    )  # fmt: skip


def balance(row: Receivable) -> int:
    row.refresh_from_db()
    return row.balance


def given(row: Receivable) -> int:
    return given_on([row.pk]).get(row.pk, 0)


def assert_clean() -> None:
    assert [check for check in run_checks() if check.violations] == []


# Discounts


def test_who_pays_the_net_in_time_owes_nothing(customer: Customer) -> None:
    row, late = owes(customer), owes(customer)
    discount()
    offer = discount_for(row, TEN)
    assert offer is not None
    assert (offer.net, offer.discount, offer.last_on) == (980_00, 20_00, TEN)
    assert discount_for(row, TEN + timedelta(days=1)) is None
    pays(row, offer.net, TEN)
    pays(late, 980_00, TEN + timedelta(days=1))
    assert (balance(row), given(row)) == (0, 20_00)
    assert (balance(late), given(late)) == (20_00, 0)
    assert_clean()


def test_the_discount_goes_with_the_payment_and_comes_back_with_it(customer: Customer) -> None:
    row = owes(customer)
    discount()
    credit = pays(row, 980_00, TEN)
    unallocate(allocation_id=live_allocations(credit)[0].pk, on=date(2026, 11, 20), actor=None)
    assert (balance(row), given(row)) == (1_000_00, 0)
    allocate_credit(credit_id=credit.pk, named={row.pk: 980_00}, on=date(2026, 11, 25), actor=None)
    assert (balance(row), given(row)) == (0, 20_00)  # the money was there in time
    reverse_credit(credit_id=credit.pk, on=date(2026, 11, 28), reason="rebotó", actor=None)
    assert (balance(row), given(row)) == (1_000_00, 0)
    assert_clean()


def test_a_person_who_takes_it_off_is_obeyed(customer: Customer) -> None:
    row = owes(customer)
    discount()
    pays(row, 980_00, TEN)
    refuse_discount(receivable_id=row.pk, on=date(2026, 11, 15), reason="No era de ese acuerdo", actor=None)
    assert (balance(row), discount_for(row, TEN)) == (20_00, None)
    pays(row, 5_00, date(2026, 11, 16))
    assert (balance(row), given(row)) == (15_00, 0)
    allow_discount(receivable_id=row.pk, actor=None)
    pays(row, 1_00, date(2026, 11, 17))
    assert (balance(row), given(row)) == (0, 14_00)
    found = promise_of(row, TEN)
    assert found is not None
    assert (found.given, found.is_refused) == (14_00, False)
    assert_clean()


def test_undoing_the_credit_of_a_discount_is_taking_it_off(customer: Customer) -> None:
    row = owes(customer)
    discount()
    pays(row, 980_00, TEN)
    credit = Credit.objects.get(kind="discount")
    reverse_credit(credit_id=credit.pk, on=date(2026, 11, 15), reason="no procede", actor=None)
    assert (balance(row), given(row)) == (20_00, 0)
    found = promise_of(row, TEN)
    assert found is not None
    assert found.is_refused
    assert_clean()


def test_in_proportion_to_what_came_in_time(customer: Customer) -> None:
    row = owes(customer)
    discount(DiscountDetails(((10, Decimal(2)),), pro_rata=True))
    pays(row, 490_00, TEN)
    assert (balance(row), given(row)) == (500_00, 10_00)
    pays(row, 500_00, date(2026, 12, 1))
    assert (balance(row), given(row)) == (0, 10_00)
    assert_clean()


def test_tiers_give_less_as_days_pass(customer: Customer) -> None:
    rows = [owes(customer) for _each in range(3)]
    discount(DiscountDetails(((10, Decimal(3)), (20, Decimal(1)))))
    days = [TEN, ISSUED + timedelta(days=20), ISSUED + timedelta(days=21)]
    offers = [discount_for(row, day) for row, day in zip(rows, days, strict=True)]
    assert [offer and offer.net for offer in offers] == [970_00, 990_00, None]
    for row, day, net in zip(rows, days, (970_00, 990_00, 1_000_00), strict=True):
        pays(row, net, day)
        assert balance(row) == 0
    assert [given(row) for row in rows] == [30_00, 10_00, 0]


def test_withholdings_lower_the_base(customer: Customer) -> None:
    row = owes(customer)
    discount()
    settle(receivable_id=row.pk, kind="withholding", amount=100_00, on=ISSUED, reason="Retención", key="r", actor=None)
    row.refresh_from_db()
    offer = discount_for(row, TEN)
    assert offer is not None
    assert (offer.net, offer.discount) == (882_00, 18_00)
    pays(row, 882_00, TEN)
    assert balance(row) == 0
    assert_clean()


def test_what_is_issued_while_it_is_on_keeps_its_promise(customer: Customer) -> None:
    made = discount()
    before, during = owes(customer, issued_on=date(2026, 9, 30)), owes(customer)
    switch_off(model=DiscountRule, rule_id=made.pk, today=date(2026, 11, 5), actor=None)
    after = owes(customer, issued_on=date(2026, 11, 6))
    assert discount_for(before, date(2026, 10, 5)) is None
    assert discount_for(during, TEN) is not None
    assert discount_for(after, date(2026, 11, 7)) is None


def test_a_new_version_gives_to_what_is_issued_from_its_day(customer: Customer) -> None:
    made = discount()
    draft = next_version(model=DiscountRule, rule_id=made.pk, actor=None)
    details = DiscountDetails(((10, Decimal(5)),))
    save_discount(whom=Whom("Pronto pago"), details=details, rule_id=draft.pk, actor=None)
    start = date(2026, 11, 5)
    switch_on(model=DiscountRule, rule_id=draft.pk, starts_on=start, today=start, actor=None)
    old, new = owes(customer), owes(customer, issued_on=start)
    offers = [discount_for(row, start) for row in (old, new)]
    assert [offer and offer.percent for offer in offers] == [Decimal(2), Decimal(5)]


def test_the_most_specific_discount_wins(company: Company, customer: Customer) -> None:
    north = Portfolio.objects.create(company=company, name="Norte")
    there = make_customer(company, "Norteña", "BBB010101AA1", portfolio=north)
    special = make_customer(company, "Especial", "CCC010101AA1", portfolio=north)
    discount()
    discount(DiscountDetails(((10, Decimal(3)),)), scope=ChargeScope.PORTFOLIO, portfolio_id=north.pk)
    discount(DiscountDetails(((10, Decimal(4)),)), scope=ChargeScope.CUSTOMERS, customer_ids=(special.pk,))
    rows = [owes(each) for each in (customer, there, special)]
    offer_discount(receivable_id=rows[0].pk, percent=Decimal(7), until_on=TEN, today=ISSUED, actor=None)
    assert [discount_for(row, TEN).percent for row in rows] == [7, 3, 4]  # type: ignore[union-attr]


def test_a_credit_note_takes_the_place_of_the_discount(company: Company, customer: Customer, papers: Papers) -> None:
    """In Mexico the discount is documented by a CFDI of its own, which must not come on top of it."""
    discount()
    invoice = papers.invoice(1_000_00, ISSUED)
    apply_documents(keys=[invoice.key], today=ISSUED, actor=None)
    row = Receivable.objects.get(key=invoice.key)
    pays(row, 980_00, TEN)
    assert (balance(row), given(row)) == (0, 20_00)
    note = papers.note(20_00, date(2026, 11, 15), invoice)
    for _again in range(2):
        apply_documents(keys=[note.key], today=date(2026, 11, 15), actor=None)
        assert (balance(row), given(row)) == (0, 0)
        credit = Credit.objects.get(kind="credit_note", reversed_on__isnull=True)
        assert (credit.remaining, credit.held) == (0, 0)
    assert_clean()


def test_a_complement_that_says_when_it_was_paid_earns_it(customer: Customer, papers: Papers) -> None:
    discount()
    invoice = papers.invoice(1_000_00, ISSUED)
    complement = papers.complement(date(2026, 11, 20), 980_00, (invoice, 980_00))
    complement.payments.update(paid_on=TEN)
    apply_documents(keys=[invoice.key], today=date(2026, 11, 21), actor=None)
    row = Receivable.objects.get(key=invoice.key)
    assert (balance(row), given(row)) == (0, 20_00)
    assert_clean()


def test_voiding_and_reviving(customer: Customer) -> None:
    row = owes(customer)
    discount()
    pays(row, 980_00, TEN)
    void_receivable(receivable_id=row.pk, on=date(2026, 11, 20), reason="error", actor=None)
    assert given(row) == 0
    revive_receivable(receivable_id=row.pk, on=date(2026, 11, 21), actor=None)
    assert balance(row) == 1_000_00
    assert_clean()


@pytest.mark.parametrize(
    ("tiers", "until", "sentence"),
    [
        ((), None, "uno a cinco"),
        (((10, Decimal(0)),), None, "de más de 0"),
        (((10, Decimal(100)),), None, "menos de 100"),
        (((10, Decimal(1)), (20, Decimal(2))), None, "menos descuento"),
        (((10, Decimal(2)), (10, Decimal(1))), None, "menos descuento"),
        (((400, Decimal(2)),), None, "365"),
        (((1, Decimal(2)), (2, Decimal(1))), TEN, "un solo"),
        (((10, Decimal("NaN")),), None, "de más de 0|porcentaje"),
    ],
)
def test_a_discount_that_cannot_be(company: Company, tiers: Any, until: date | None, sentence: str) -> None:
    with pytest.raises(RuleRefused, match=sentence):
        save_discount(whom=Whom("Mala"), details=DiscountDetails(tiers, until), actor=None)


# Plans

PARTS = [Part(date(2026, 11, 16), 300_00), Part(date(2026, 12, 15), 300_00), Part(date(2027, 1, 15), 400_00)]


def plan(row: Receivable, parts: list[Part] = PARTS, **more: Any) -> Any:
    more = {"today": ISSUED, "actor": None, "key": uuid.uuid4(), **more}
    return accept_plan(receivable_id=row.pk, parts=parts, **more)


def due(row: Receivable) -> date:
    row.refresh_from_db()
    return row.due_on


def test_the_due_date_follows_the_plan(customer: Customer) -> None:
    row = owes(customer)
    plan(row)
    assert due(row) == date(2026, 11, 16)
    first = pays(row, 300_00, date(2026, 11, 14))
    assert due(row) == date(2026, 12, 15)
    pays(row, 500_00, date(2026, 12, 20))
    assert due(row) == date(2027, 1, 15)
    reverse_credit(credit_id=first.pk, on=date(2026, 12, 28), reason="rebotó", actor=None)
    assert due(row) == date(2026, 12, 15)
    (view,) = plans_of(row, date(2026, 12, 28))
    assert [(each.state, each.left) for each in view.standing.parts] == [
        ("paid", 0),
        ("due", 100_00),
        ("coming", 400_00),
    ]
    assert [change.reason for change in DueDateChange.objects.order_by("id")] == [
        "Plan de pagos: pago 1 de 3",
        "Plan de pagos: pago 2 de 3",
        "Plan de pagos: pago 3 de 3",
        "Plan de pagos: pago 2 de 3",
    ]
    assert_clean()


def test_what_the_plan_leaves_for_later_is_not_asked_for(customer: Customer) -> None:
    row = owes(customer)
    plan(row)
    assert not_due_yet(Q(), date(2026, 11, 10)) == {row.pk: 700_00}
    assert not_due_yet(Q(), date(2026, 12, 15)) == {row.pk: 400_00}
    assert not_due_yet(Q(), date(2027, 1, 15)) == {}


def test_a_broken_plan_is_a_persons_decision(customer: Customer) -> None:
    row = owes(customer)
    made = plan(row, grace_days=5)
    for day, late in ((date(2026, 11, 16), False), (date(2026, 11, 21), False), (date(2026, 11, 22), True)):
        (view,) = plan_list(today=day)
        assert view.standing.is_broken is late
    with pytest.raises(PlanError, match="no está incumplido"):
        break_plan(plan_id=made.pk, today=date(2026, 11, 21), reason="No pagó", actor=None)
    break_plan(plan_id=made.pk, today=date(2026, 11, 22), reason="No pagó", actor=None)
    assert due(row) == date(2026, 12, 1)  # as it was without the plan
    assert plan_list(today=date(2026, 11, 22)) == []
    assert plan(
        row, today=date(2026, 11, 23), parts=[Part(date(2026, 11, 30), 1_00), Part(TEN.replace(month=12), 999_00)]
    )
    assert_clean()


def test_a_plan_is_made_once_and_cancelled(customer: Customer) -> None:
    row, key = owes(customer), uuid.uuid4()
    made = plan(row, key=key)
    assert plan(row, key=key).pk == made.pk
    with pytest.raises(PlanError, match="ya tiene un plan"):
        plan(row)
    cancel_plan(plan_id=made.pk, today=date(2026, 11, 5), reason="Se arrepintió", actor=None)
    cancel_plan(plan_id=made.pk, today=date(2026, 11, 5), reason="otra vez", actor=None)
    assert due(row) == date(2026, 12, 1)
    (view,) = plans_of(row, date(2026, 11, 6))
    assert view.state == "plan_cancelled"


def test_a_plan_that_was_paid(customer: Customer) -> None:
    row = owes(customer)
    made = plan(row)
    pays(row, 1_000_00, date(2026, 11, 10))
    row.refresh_from_db()
    (view,) = plans_of(row, date(2026, 11, 10))
    assert (view.state, due(row)) == ("plan_kept", date(2027, 1, 15))
    with pytest.raises(PlanError, match="ya se pagó"):
        cancel_plan(plan_id=made.pk, today=date(2026, 11, 11), reason="x", actor=None)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([Part(TEN, 1_000_00)], "de 2 a 60"),
        ([Part(TEN, 1_00), Part(TEN + timedelta(days=1), 1_00)], "no suman"),
        ([Part(TEN, 500_00), Part(TEN, 500_00)], "una después de otra"),
        ([Part(date(2026, 10, 1), 500_00), Part(TEN, 500_00)], "en el pasado"),
        ([Part(TEN, 1_001_00), Part(TEN + timedelta(days=1), -1_00)], "mayor que cero"),
    ],
)
def test_a_plan_that_cannot_be(customer: Customer, parts: list[Part], sentence: str) -> None:
    with pytest.raises(PlanError, match=sentence):
        plan(owes(customer), parts)


def test_a_discount_and_a_plan_live_together(customer: Customer) -> None:
    row = owes(customer)
    discount()
    plan(row)
    pays(row, 980_00, TEN)
    row.refresh_from_db()
    (view,) = plans_of(row, TEN)
    assert (balance(row), view.state) == (0, "plan_kept")
    assert_clean()
