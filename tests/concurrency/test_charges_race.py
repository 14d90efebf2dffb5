"""Several runners charge the same month at once: each document is charged once, and without the key it is not so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, finished, migrated_house

DEBTS, PROCESSES = 12, 3

SETUP = """
import uuid
from datetime import date
from decimal import Decimal
from aldia.domain.money import Money
from aldia.receivables.models import LateFeeRule
from aldia.receivables.operations.charge_rules import LateDetails, Whom, save_late_rule, switch_on
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
company = make_company(slug="recargos")
with company_scope(company.pk):
    customer = make_customer(company)
    for number in range({debts}):
        open_charge(customer_id=customer.pk, kind="charge_note", total=Money(1000_00, "MXN"),
                    issued_on=date(2026, 9, 1), due_on=date(2026, 9, 30), concept="",
                    key=uuid.UUID(int=number + 1), actor=None)
    rule = save_late_rule(whom=Whom("Moratorios"), details=LateDetails(rate=Decimal(3)), actor=None)
    start = date(2026, 10, 1)
    switch_on(model=LateFeeRule, rule_id=rule.pk, starts_on=start, today=start, actor=None)
"""
RACER = """
import time
from datetime import date, timedelta
from aldia.receivables.operations import late_fees
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from django.db.utils import DatabaseError

if {keyless}:  # each runner gives the month a key of its own: what the unique keys and the look under the lock go by
    late_fees.closed_periods = lambda *asked: [(date(2026, 10, 1) - timedelta(days={racer} + 1), date(2026, 10, 31))]

with company_scope(Company.objects.get(slug="recargos").pk):
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    charged = 0
    for _again in range(3):
        try:
            charged += late_fees.run_due(today=date(2026, 11, 1)).fees
        except DatabaseError:
            pass
print(charged)
"""
REPORT = """
import json
from aldia.receivables.models import LateFee, Receivable
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="recargos").pk):
    fees = Receivable.objects.filter(kind="late_fee").count()
    broken = [check.name for check in run_checks() if check.violations]
    print(json.dumps([fees, LateFee.objects.count(), broken]))
"""


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def race(house: House, *, keyless: bool) -> tuple[int, int, int, list[str]]:
    """How many fees the runners say they made, how many there are, and what the proof of the money finds."""
    import time

    house.run(SETUP.format(debts=DEBTS))
    start = time.time() + 12
    racers = [house.spawn(RACER.format(keyless=keyless, racer=number, start=start)) for number in range(PROCESSES)]
    said = sum(int(finished(racer).split()[-1]) for racer in racers)
    receivables, rows, broken = json.loads(house.run(REPORT).splitlines()[-1])
    return said, receivables, rows, broken


@pytest.mark.django_db(transaction=True)
def test_a_month_is_charged_once_by_however_many_runners(house: House) -> None:
    assert race(house, keyless=False) == (DEBTS, DEBTS, DEBTS, [])


@pytest.mark.django_db(transaction=True)
def test_without_the_key_of_the_period_it_is_charged_by_each(house: House) -> None:
    said, receivables, rows, broken = race(house, keyless=True)
    assert said == receivables == rows == DEBTS * PROCESSES
    assert broken == []
