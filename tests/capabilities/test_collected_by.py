"""Collected by collector and by portfolio: every peso of the period once, with its rows, to who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from aldia.customers.models import Customer, Portfolio
from aldia.domain.money import Money
from aldia.receivables.models import Credit
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import drill
from aldia.reporting.queries.collectors import COLLECTOR, PORTFOLIO, Collected, collected_by
from aldia.reporting.queries.drill import Drill
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user
from tests.support.books import TODAY, Books

FIRST, LAST = date(2026, 11, 1), TODAY


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.id):
        yield company


@pytest.fixture
def beto(company: Company) -> User:
    return make_user("beto@tresrios.example", company)


def owes(customer: Customer, pesos: int, due_on: date) -> None:
    open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(pesos * 100, "MXN"), issued_on=date(2026, 9, 1),
        due_on=due_on, concept="", key=uuid7(), actor=None,
    )  # fmt: skip


def pays(customer: Customer, pesos: int, on: date) -> Credit:
    return record_payment(
        customer_id=customer.id, amount=Money(pesos * 100, "MXN"), received_on=on, key=uuid7().hex, actor=None,
        today=TODAY, policy="oldest_due", is_distinct=True,
    )  # fmt: skip


def collected(by: str = COLLECTOR, sight: Sight | None = None) -> list[Collected]:
    return collected_by(sight=sight or Sight(), currency="MXN", first=FIRST, last=LAST, by=by)


def play(company: Company, beto: User) -> None:
    north = Portfolio.objects.create(company=company, name="Norte", collector=beto)
    south = Portfolio.objects.create(company=company, name="Sur", collector=beto)
    loose = Portfolio.objects.create(company=company, name="De nadie")
    one = make_customer(company, "Uno", "UNO010203AB1", portfolio=north)
    two = make_customer(company, "Dos", "DOS010203AB1", portfolio=south)
    three = make_customer(company, "Tres", "TRE010203AB1", portfolio=loose)
    four = make_customer(company, "Cuatro", "CUA010203AB1")
    owes(one, 300, date(2026, 10, 1))  # late when it is paid
    owes(one, 200, date(2026, 11, 20))
    pays(one, 450, date(2026, 11, 10))
    owes(two, 100, date(2026, 11, 10))  # paid on its day: not late
    pays(two, 160, date(2026, 11, 10))
    pays(three, 40, date(2026, 11, 1))
    pays(four, 7, date(2026, 11, 21))
    pays(four, 1000, date(2026, 10, 31))  # the month before
    gone = pays(four, 500, date(2026, 11, 5))
    reverse_credit(credit_id=gone.id, on=date(2026, 11, 6), reason="rebotó", actor=None)


def test_who_collected_what_and_of_which_documents(company: Company, beto: User) -> None:
    play(company, beto)
    found = {
        each.label: (each.amount, each.on_time, each.late, each.free, each.payments, each.customers)
        for each in collected()
    }
    assert found == {"beto": (61_000, 25_000, 30_000, 6_000, 2, 2), "": (4_700, 0, 0, 4_700, 2, 2)}
    assert [(each.label, each.amount) for each in collected(PORTFOLIO)] == [
        ("Norte", 45_000),
        ("Sur", 16_000),
        ("De nadie", 4_000),
        ("", 700),
    ]


@pytest.mark.parametrize("by", [COLLECTOR, PORTFOLIO])
def test_the_rows_of_each_sum_to_it(company: Company, beto: User, by: str) -> None:
    play(company, beto)
    Books(company, 8).live_on(50)
    found = collected(by)
    for each in found:
        assert drill.figure(Drill.read(each.drill.params), sight=Sight(), today=TODAY) == each.amount
    whole = drill.figure(Drill(drill.COLLECTED, "MXN", first=FIRST, last=LAST), sight=Sight(), today=TODAY)
    assert sum(each.amount for each in found) == whole > 0


def test_a_collector_sees_the_own_money(company: Company, beto: User) -> None:
    play(company, beto)
    other = make_user("eva@tresrios.example", company)
    assert [each.label for each in collected(sight=Sight(collector=beto.id))] == ["beto"]
    assert collected(sight=Sight(collector=other.id)) == []


def test_a_period_without_money_has_no_rows(company: Company) -> None:
    last = TODAY - timedelta(days=300)
    assert collected_by(sight=Sight(), currency="MXN", first=last, last=last) == []
