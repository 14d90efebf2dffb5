"""Schedules turned by several processes at once, and by one that is killed: each date is issued exactly once."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aldia.tenancy import crashpoints
from tests.support.house import House, demolish, finished, migrated_house

SCHEDULES, RUNNERS = 5, 3

SETUP = """
from datetime import date
from aldia.customers.models import Contact
from aldia.domain.recurrence import Rule
from aldia.recurring.operations.schedules import Details, save
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
company = make_company(slug="rentas")
with company_scope(company.pk):
    for number in range({schedules}):
        customer = make_customer(company, f"C{{number}}", f"XYZ{{number:06}}AB1")
        Contact.objects.create(company=company, customer=customer, name="L", email=f"c{{number}}@x.example")
        save(details=Details(name="Renta", kind="charge_note", customer_id=customer.pk, rule=Rule(days=(2,)),
                             content={{"concept": "Renta de {{mes}}", "amount": 1000_00}}, currency="MXN",
                             starts_on=date(2026, 3, 2)), today=date(2026, 3, 2), actor=None)
"""
INVOICES = """
from datetime import date
from aldia.domain.fiscal.drafts import to_json
from aldia.domain.recurrence import Rule
from aldia.recurring.operations.schedules import Details, save
from aldia.tenancy.scope import company_scope
from tests.support.drafting import invoice, with_fiscal_profile, with_profile
from tests.support.issuer import issuing_company, receiving_customer
company = issuing_company(slug="rentas")
with company_scope(company.pk):
    with_profile()
    customer = receiving_customer(company)
    with_fiscal_profile(customer)
    for number in range({schedules}):
        save(details=Details(name=f"Renta {{number}}", kind="invoice", customer_id=customer.pk, rule=Rule(days=(2,)),
                             content=to_json(invoice()), currency="MXN", starts_on=date(2026, 3, 2)),
             today=date(2026, 3, 2), actor=None)
"""
RUNNER = """
import time, uuid
from datetime import UTC, date, datetime, timedelta
from aldia.recurring.models import Occurrence
from aldia.recurring.operations import issuing, turning
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from django.db.utils import DatabaseError
today = date(2026, 3, 2)
turn = issuing.Turn(today, datetime(2026, 3, 2, 16, tzinfo=UTC))
{patch}
def again(work):
    for _try in range(20):
        try:
            return work()
        except DatabaseError:
            time.sleep(0.05)
    raise RuntimeError("busy")

with company_scope(Company.objects.get(slug="rentas").pk):
    schedules = turning.due_schedules(today=today)
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    for each in schedules:
        again(lambda: turning.appear(schedule_id=each, today=today))
    waiting = issuing.waiting()
    time.sleep(max(0, {start} + {later} - time.time() - 0.05))
    while time.time() < {start} + {later}:
        pass
    print(sum(again(lambda: issuing.issue(occurrence_id=each, turn=turn)) is not None for each in waiting))
"""
REPORT = """
import json
from aldia.messaging.models import Message
from aldia.payments.models import PaymentLink
from aldia.receivables.models import Receivable
from aldia.receivables.verify import run_checks
from aldia.recurring.models import Occurrence
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="rentas").pk):
    broken = [check.name for check in run_checks() if check.violations]
    states = list(Occurrence.objects.order_by("state").values_list("state", flat=True))
    counts = [Receivable.objects.count(), PaymentLink.objects.count(), Message.objects.count()]
    print(json.dumps([states, counts, broken]))
"""
ISSUED = """
import json
from aldia.issuing.models import Issue
from aldia.recurring.models import Occurrence
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="rentas").pk):
    made = sorted(Issue.objects.values_list("state", "folio"), key=lambda each: int(each[1] or 0))
    named = Occurrence.objects.filter(issue__isnull=False).values("issue").distinct().count()
    print(json.dumps([[each[0] for each in made], [each[1] for each in made], named]))
"""
# Control: each runner has a name of its own for the date, so that the unique key does not hold them together.
OWN_DATE = """
plain = turning._occurrence
def named(row, due, state):
    found = plain(row, due, state)
    found.on -= timedelta(days={racer} + 1)
    return found
turning._occurrence = named
"""
# Control: nobody looks whether the date was issued already, and what is made has a key of its own.
NO_CLAIM = """
issuing.claim = lambda occurrence_id: Occurrence.objects.get(pk=occurrence_id)
issuing.key_of = lambda row: uuid.uuid4()
issuing._send_charge = lambda *about: ""  # the link's key comes from the receivable, and would be another too
"""
# Control: nobody looks whether the date has its invoice, and what is drafted has a key of its own.
NO_CLAIM_OF_INVOICES = """
def unclaimed(occurrence_id):
    row = Occurrence.objects.get(pk=occurrence_id)
    row.issue = None
    return row
issuing.claim = unclaimed
issuing.origin_key = lambda row: str(uuid.uuid4())
"""


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def report(house: House) -> tuple[list[str], list[int], list[str]]:
    """The states of the dates; how many receivables, links and messages; and what the proof of the money finds."""
    states, counts, broken = json.loads(house.run(REPORT).splitlines()[-1])
    return states, counts, broken


def issued(house: House) -> tuple[list[str], list[str], int]:
    """The states and folios of the invoices, and how many of them a date names."""
    states, folios, named = json.loads(house.run(ISSUED).splitlines()[-1])
    return states, folios, named


def race(house: House, patch: str = "", setup: str = SETUP) -> int:
    """Let the runners go at once; how many dates they say they issued."""
    house.run(setup.format(schedules=SCHEDULES))
    start = time.time() + 15
    crew = [
        house.spawn(RUNNER.format(start=start, later=6, patch=patch.format(racer=number))) for number in range(RUNNERS)
    ]
    return sum(int(finished(each).split()[-1]) for each in crew)


@pytest.mark.django_db(transaction=True)
def test_each_date_is_issued_once_by_however_many_runners(house: House) -> None:
    assert race(house) == SCHEDULES
    assert report(house) == (["done"] * SCHEDULES, [SCHEDULES] * 3, [])


@pytest.mark.django_db(transaction=True)
def test_without_the_key_of_the_date_each_runner_issues_it(house: House) -> None:
    assert race(house, OWN_DATE) > SCHEDULES
    states, counts, broken = report(house)
    assert counts[0] == len(states) > SCHEDULES
    assert broken == []


@pytest.mark.django_db(transaction=True)
def test_without_the_claim_of_the_date_it_is_issued_again_and_again(house: House) -> None:
    assert race(house, NO_CLAIM) > SCHEDULES
    states, counts, _broken = report(house)
    assert len(states) == SCHEDULES < counts[0]


@pytest.mark.django_db(transaction=True)
def test_each_date_has_one_invoice_with_one_folio_by_however_many_runners(house: House) -> None:
    assert race(house, setup=INVOICES) == SCHEDULES
    assert issued(house) == (["queued"] * SCHEDULES, ["1", "2", "3", "4", "5"], SCHEDULES)


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_without_the_claim_of_the_date_it_has_several_invoices(house: House) -> None:
    assert race(house, NO_CLAIM_OF_INVOICES, INVOICES) > SCHEDULES
    states, _folios, named = issued(house)
    assert len(states) > SCHEDULES == named


KILLS = ("after_occurrence:1", "after_occurrence:3", "after_issue:1", "after_issue:2", "after_issue:5")


@pytest.mark.django_db(transaction=True)
def test_a_runner_killed_anywhere_leaves_nothing_out_and_nothing_twice(house: House) -> None:
    """Killed at one point after another over the same dates, and then left alone."""
    house.run(SETUP.format(schedules=SCHEDULES))
    code = RUNNER.format(start=0, later=0, patch="")
    for point in KILLS:
        killed = house.spawn(code, CRASH_AT=point)
        killed.communicate(timeout=120)
        assert killed.returncode == -signal.SIGKILL, point
        states, counts, broken = report(house)
        assert counts[0] == states.count("done")
        assert broken == []
    finished(house.spawn(code))
    assert report(house) == (["done"] * SCHEDULES, [SCHEDULES] * 3, [])
    assert house.run(RUNNER.format(start=0, later=0, patch="")).split()[-1] == "0"


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_runner_killed_among_invoices_leaves_nothing_out_and_nothing_twice(house: House) -> None:
    house.run(INVOICES.format(schedules=SCHEDULES))
    code = RUNNER.format(start=0, later=0, patch="")
    for point in KILLS:
        killed = house.spawn(code, CRASH_AT=point)
        killed.communicate(timeout=120)
        assert killed.returncode == -signal.SIGKILL, point
        states, folios, named = issued(house)
        assert states == ["queued"] * named
        assert folios == [str(number + 1) for number in range(named)]
    finished(house.spawn(code))
    assert issued(house) == (["queued"] * SCHEDULES, ["1", "2", "3", "4", "5"], SCHEDULES)


def test_every_point_is_killed_at() -> None:
    assert {point.partition(":")[0] for point in KILLS} == crashpoints.RECURRING
