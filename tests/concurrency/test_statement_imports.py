"""Statements that come in at the same time: the same file twice is one, two that overlap are their union; kill -9."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, finished, migrated_house

ROUNDS, START = 6, 5
SETUP = """
from aldia.banking.operations.accounts import Details, create_account
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
company = make_company(slug="carrera")
with company_scope(company.pk):
    for number in range({rounds}):
        create_account(details=Details(f"Cuenta {{number}}", "MXN"), actor=None)
"""
RACER = """
import sys, time
from datetime import UTC, date, datetime, timedelta
from django.db import connection
from django.db.utils import DatabaseError
from aldia.banking.models import BankAccount
from aldia.banking.operations import importing, statements
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.support.statements import csv_of

if {guards_off}:
    connection.settings_dict["OPTIONS"].pop("transaction_mode", None)  # SQLite: BEGIN without IMMEDIATE
    connection.transaction_mode = None
    importing.lock_account = lambda account_id: BankAccount.objects.get(pk=account_id)
plain = importing._compare
def slowly(*args):
    found = plain(*args)
    time.sleep(0.03)  # between looking at what is there and writing
    return found
importing._compare = slowly

LINES = [(date(2026, 11, 2) + timedelta(days=at), f"PAGO {{at % 3}}", 100_00) for at in range(12)]
company = Company.objects.get(slug="carrera")
new = failed = 0
with company_scope(company.pk):
    accounts = list(BankAccount.objects.order_by("name").values_list("pk", flat=True))
    data = csv_of(LINES[{first}:{last}], opening={first} * 100_00)
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    for account in accounts:
        try:
            file = statements.upload(data=data, name="x.csv", account_id=account, actor=None)
            done = statements.import_file(file_id=file.pk, part=0, account_id=account, is_confirmed=True, actor=None,
                                          now=datetime.now(UTC))
            new += done.new
        except DatabaseError:
            failed += 1
print(new, failed)
"""
REPORT = """
import json
from django.db.models import Count
from aldia.banking.models import BankAccount, BankMovement, StatementImport
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="carrera").pk):
    counts = sorted(BankAccount.objects.annotate(n=Count("movements")).values_list("n", flat=True))
    days = BankMovement.objects.values("account", "booked_on").annotate(n=Count("pk")).filter(n__gt=1).count()
    orders = [list(BankMovement.objects.filter(account=each).order_by("booked_on", "seq")
              .values_list("booked_on", "balance")) for each in BankAccount.objects.all()]
    tied = all(two[1] - one[1] == 100_00 for rows in orders for one, two in zip(rows, rows[1:]))
    read = [list(row) for row in StatementImport.objects.values_list("new", "known", "doubtful")]
print(json.dumps([counts, days, tied, read]))
"""


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def race(house: House, *slices: tuple[int, int], guards_off: bool = False) -> tuple[int, int, list]:
    """Import these slices of twelve days at once, into each account; what was new, what failed, what is there."""
    house.run(SETUP.format(rounds=ROUNDS))
    start = time.time() + START
    running = [
        house.spawn(RACER.format(first=first, last=last, start=start, guards_off=guards_off)) for first, last in slices
    ]
    results = [tuple(map(int, finished(each).split())) for each in running]
    report = json.loads(house.run(REPORT))
    return sum(new for new, _failed in results), sum(failed for _new, failed in results), report


def test_the_same_file_twice_at_once_is_one(house: House) -> None:
    new, failed, (counts, twice, tied, _read) = race(house, (0, 12), (0, 12), (0, 12))
    assert (new, failed, twice) == (12 * ROUNDS, 0, 0)
    assert counts == [12] * ROUNDS
    assert tied


def test_files_that_overlap_at_once_are_their_union(house: House) -> None:
    new, failed, (counts, twice, tied, _read) = race(house, (0, 7), (4, 12), (2, 9))
    assert (new, failed, twice) == (12 * ROUNDS, 0, 0)
    assert counts == [12] * ROUNDS
    assert tied


def test_control_without_the_lock_they_are_not(house: House) -> None:
    """Either rows come in twice, or the key in the database stops an import: a file is lost."""
    new, failed, (_counts, twice, _tied, _read) = race(house, (0, 12), (0, 12), (0, 12), guards_off=True)
    assert failed or twice or new != 12 * ROUNDS


KILLED = """
from datetime import UTC, date, datetime, timedelta
from aldia.banking.models import BankAccount, StatementFile
from aldia.banking.operations import statements
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.support.statements import csv_of
with company_scope(Company.objects.get(slug="carrera").pk):
    account = BankAccount.objects.get()
    data = csv_of([(date(2026, 11, 2) + timedelta(days=at), f"PAGO {at}", 100_00) for at in range(12)], opening=0)
    file = StatementFile.objects.first() or statements.upload(data=data, name="x.csv", actor=None)
    done = statements.import_file(file_id=file.pk, part=0, account_id=account.pk, is_confirmed=True, actor=None,
                                  now=datetime.now(UTC))
    print(done.new, done.known)
"""
TRAIL = """
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope
from aldia.tenancy.verify import audit_chain
with company_scope(Company.objects.get(slug="carrera").pk):
    print(AuditEvent.objects.filter(verb="banking.statement_imported").count(), audit_chain().violations)
"""


@pytest.mark.parametrize(("point", "after"), [("in_statement", "12 0"), ("after_statement", "0 12")])
def test_a_killed_import_is_whole_or_not_at_all(house: House, point: str, after: str) -> None:
    house.run(SETUP.format(rounds=1))
    killed = house.spawn(KILLED, CRASH_AT=point)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL, f"{point} was not passed"
    counts, *_rest = json.loads(house.run(REPORT))
    assert counts == ([0] if point == "in_statement" else [12])
    assert house.run(KILLED).strip() == after
    counts, twice, tied, read = json.loads(house.run(REPORT))
    assert (counts, twice, tied, read) == ([12], 0, True, [[12, 0, 0]])
    assert house.run(TRAIL).strip() == "1 0"
