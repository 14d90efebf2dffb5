"""Several processes edit the same customers and bring the same new ones: one edit is kept, one customer is made."""

from __future__ import annotations

import json
import time

import pytest

from tests.support.house import House, demolish, finished, migrated_house

ROUNDS, PROCESSES = 40, 4

SETUP = """
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
company = make_company(slug="carrera")
with company_scope(company.pk):
    for number in range({rounds}):
        make_customer(company, f"Cliente {{number:03}}", f"CLI010101{{number:03}}")
"""
RACER = """
import time
from datetime import date
from django.db.utils import DatabaseError
from aldia.customers.models import Customer
from aldia.customers.operations import customers, intake, versions
from aldia.customers.operations.customers import Details
from aldia.domain.fiscal.document import Party
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope

if {guards_off}:
    customers.take = lambda model, pk, version: model.objects.get(pk=pk)

TODAY = date(2026, 11, 21)
saved = stale = failed = 0
with company_scope(Company.objects.get(slug="carrera").pk):
    ids = list(Customer.objects.filter(tax_id__startswith="CLI").order_by("tax_id").values_list("pk", flat=True))
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    for pk in ids:
        try:
            details = Details("Nombre {racer}")
            customers.update_customer(customer_id=pk, version=1, details=details, today=TODAY, actor=None)
            saved += 1
        except versions.Stale:
            stale += 1
        except DatabaseError:
            failed += 1
    for first in range(0, {rounds}, 10):
        parties = [Party(f"NVO010101{{n:03}}", f"Nuevo {{n}}") for n in range(first, first + 10)]
        if {racer} % 2:
            parties.reverse()
        found = intake.match_or_create(parties=parties)
        assert len(found) == 10
print(saved, stale, failed)
"""
REPORT = """
import json
from aldia.customers.models import Customer
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="carrera").pk):
    new = Customer.objects.filter(tax_id__startswith="NVO").count()
    told = sum(len(each.detail["customers"]) for each in AuditEvent.objects.filter(verb="customers.appeared"))
    edited = Customer.objects.filter(tax_id__startswith="CLI", version=2).count()
print(json.dumps([new, told, edited]))
"""


@pytest.fixture
def house(tmp_path, db):
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def race(house: House, *, guards_off: bool) -> tuple[list[int], list[int]]:
    """What the racers did together (saved, stale, failed), and what is in the tables afterwards."""
    house.run(SETUP.format(rounds=ROUNDS))
    start = time.time() + 4
    racers = [
        house.spawn(RACER.format(rounds=ROUNDS, racer=n, start=start, guards_off=guards_off)) for n in range(PROCESSES)
    ]
    counts = [[int(each) for each in finished(racer).split()] for racer in racers]
    return [sum(column) for column in zip(*counts, strict=True)], json.loads(house.run(REPORT))


def test_of_the_edits_of_one_form_one_is_saved_and_new_customers_are_made_once(house):
    counts, (new, told, edited) = race(house, guards_off=False)
    assert counts == [ROUNDS, ROUNDS * (PROCESSES - 1), 0]
    assert (new, told, edited) == (ROUNDS, ROUNDS, ROUNDS)


def test_without_the_version_the_last_edit_wins_in_silence(house):
    (saved, stale, _failed), (_new, _told, _edited) = race(house, guards_off=True)
    assert saved > ROUNDS
    assert stale == 0
