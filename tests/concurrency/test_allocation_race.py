"""Several people pay the same documents at once: each is paid once, and without the lock that is not so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, finished, migrated_house

ROUNDS, PROCESSES = 15, 4

SETUP = """
import uuid
from datetime import date
from aldia.domain.money import Money
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
company = make_company(slug="carrera")
with company_scope(company.pk):
    customer = make_customer(company)
    for number in range({rounds}):
        open_charge(customer_id=customer.pk, kind="charge_note", total=Money(100_00, "MXN"), issued_on=date(2026, 1, 1),
                    due_on=date(2026, 1, 1), concept="", key=uuid.UUID(int=number + 1), actor=None)
"""
RACER = """
import sys, time, uuid
from datetime import date
from aldia.domain.money import Money
from aldia.receivables import desk, posting
from aldia.receivables.operations.payments import PaymentError, record_payment
from aldia.tenancy.models import ChainHead, Company
from aldia.tenancy.scope import company_scope
from django.db import connection
from django.db.utils import DatabaseError

if {guards_off}:
    connection.settings_dict["OPTIONS"].pop("transaction_mode", None)  # SQLite: BEGIN without IMMEDIATE
    connection.transaction_mode = None
    posting.lock_chain = lambda name: ChainHead.objects.get(name=name)

plain = desk.Desk.apply
def slowly(self, *args, **named):
    time.sleep(0.001)  # between reading a balance and writing it
    return plain(self, *args, **named)
desk.Desk.apply = slowly

company = Company.objects.get(slug="carrera")
paid = refused = failed = 0
with company_scope(company.pk):
    from aldia.customers.models import Customer
    customer = Customer.objects.get().pk
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    for number in range({rounds}):
        row = uuid.UUID(int=number + 1)
        try:
            record_payment(customer_id=customer, amount=Money(100_00, "MXN"), received_on=date(2026, 2, 1),
                           key=f"{racer}-{{number}}", actor=None, today=date(2026, 2, 1), policy="",
                           named={{row: 100_00}}, is_distinct=True)
            paid += 1
        except PaymentError:
            refused += 1
        except DatabaseError:
            failed += 1
print(paid, refused, failed)
"""
REPORT = """
import json
from aldia.receivables.models import Receivable
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="carrera").pk):
    open_rows = Receivable.objects.exclude(balance=0).count()
    broken = [check.name for check in run_checks() if check.violations]
print(json.dumps([open_rows, broken]))
"""


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def race(house: House, *, guards_off: bool) -> tuple[list[int], int, list[str]]:
    """What all racers did together (paid, refused, failed), rows still open, checks broken."""
    import time

    house.run(SETUP.format(rounds=ROUNDS))
    start = time.time() + 4
    racers = [
        house.spawn(RACER.format(rounds=ROUNDS, racer=n, start=start, guards_off=guards_off)) for n in range(PROCESSES)
    ]
    counts = [[int(each) for each in finished(racer).split()] for racer in racers]
    open_rows, broken = json.loads(house.run(REPORT))
    return [sum(column) for column in zip(*counts, strict=True)], open_rows, broken


def test_each_document_is_paid_exactly_once(house: House) -> None:
    (paid, refused, failed), open_rows, broken = race(house, guards_off=False)
    assert (paid, refused, failed) == (ROUNDS, ROUNDS * (PROCESSES - 1), 0)
    assert (open_rows, broken) == (0, [])


def test_without_the_lock_the_race_shows(house: House) -> None:
    """The control: the next walls (unique chain, balances within bounds, locked database) stop what the lock avoids."""
    (paid, _refused, failed), _open_rows, broken = race(house, guards_off=True)
    assert failed > 0 or broken or paid != ROUNDS
