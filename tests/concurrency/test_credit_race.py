"""Several people sell to one customer at once: together they keep the limit, and without the lock they do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, finished, migrated_house

SALES, PROCESSES = 8, 3  # notes that fit in the limit; each process tries as many

SETUP = """
from aldia.collections.operations import credit_policy
from aldia.collections.queries import credit
from aldia.customers.operations.credit_lines import Terms, add_credit_line
from aldia.domain.credit import Policy
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
company = make_company(slug="limites")
with company_scope(company.pk):
    customer = make_customer(company)
    add_credit_line(customer_id=customer.pk, terms=Terms("General", "MXN", {sales} * 100_00), actor=None)
    credit_policy.save_policy(policy=Policy(True, None, 0), version=credit.policy_of().version, actor=None)
"""
RACER = """
import time, uuid
from datetime import date
from aldia.collections.operations import selling
from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope

DAY, AMOUNT = date(2026, 11, 20), Money(100_00, "MXN")


def looked_before(*, customer_id, total, key, today, **charge):
    selling.check(customer_id=customer_id, adding=total, today=today)  # and lets go of the customer
    time.sleep(0.05)
    open_charge(customer_id=customer_id, kind="charge_note", total=total, key=key, **charge)


sell = looked_before if {loose} else selling.open_note
with company_scope(Company.objects.get(slug="limites").pk):
    customer = Customer.objects.get()
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    sold = 0
    for _each in range({sales}):
        try:
            sell(customer_id=customer.pk, total=AMOUNT, key=uuid.uuid4(), today=DAY, issued_on=DAY, due_on=DAY,
                 concept="", actor=None)
            sold += 1
        except selling.CreditHeld:
            pass
print(sold)
"""
REPORT = """
import json
from aldia.receivables.models import Receivable
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="limites").pk):
    print(json.dumps(Receivable.objects.count()))
"""


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def race(house: House, *, loose: bool) -> tuple[int, int]:
    """How many sales the processes say they made, and how many there are."""
    import time

    house.run(SETUP.format(sales=SALES))
    start = time.time() + 8
    code = RACER.format(loose=loose, start=start, sales=SALES)
    racers = [house.spawn(code) for _number in range(PROCESSES)]
    said = sum(int(finished(racer).split()[-1]) for racer in racers)
    return said, json.loads(house.run(REPORT).splitlines()[-1])


@pytest.mark.django_db(transaction=True)
def test_together_they_sell_up_to_the_limit(house: House) -> None:
    assert race(house, loose=False) == (SALES, SALES)


@pytest.mark.django_db(transaction=True)
def test_without_holding_the_customer_they_sell_more(house: House) -> None:
    said, there = race(house, loose=True)
    assert said == there > SALES
