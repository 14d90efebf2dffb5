"""Planners at once, and planners that die: each turn is on file once, with what an undisturbed round says of it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aldia.tenancy import crashpoints
from tests.support.house import House, demolish, finished, migrated_house

DEBTS, PLANNERS = 40, 3

SETUP = f"""
import uuid
from datetime import date, timedelta
from aldia.customers.models import Contact
from aldia.domain.money import Money
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.reminders.operations.rules import (
    RuleWords, StepWords, activate_rule, ensure_default_rule, update_rule,
)
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
company = make_company(slug="carrera")
with company_scope(company.pk):
    rule = ensure_default_rule()
    steps = (StepWords("before", 5), StepWords("on"), StepWords("after", 1), StepWords("repeat", 2, times=5),
             StepWords("paid"))
    rule = update_rule(rule_id=rule.pk, version=rule.version, words=RuleWords(rule.name, steps), actor=None)
    activate_rule(rule_id=rule.pk, version=rule.version, today=date(2026, 1, 2), actor=None)
    people = [make_customer(company, f"Cliente {{n}}", f"AAA010101{{n:03d}}") for n in range(4)]
    for number, customer in enumerate(people):
        Contact.objects.create(company=company, customer=customer, email=f"c{{number}}@example.com", is_primary=True)
    for number in range({DEBTS}):
        key = uuid.UUID(int=number + 1)
        open_charge(customer_id=people[number % 4].pk, kind="charge_note", total=Money(100_00, "MXN"),
                    issued_on=date(2026, 1, 1), due_on=date(2026, 3, 1) + timedelta(days=number % 9), concept="",
                    key=key, actor=None)
        if number % 5 == 0:
            record_payment(customer_id=people[number % 4].pk, amount=Money(40_00, "MXN"), received_on=date(2026, 3, 9),
                           key=str(number), actor=None, today=date(2026, 3, 9), policy="", named={{key: 40_00}},
                           is_distinct=True)
"""
PLAN = """
import sys, time
from datetime import UTC, date, datetime
from aldia.reminders.operations import moving, planning, thanking
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
planning.SPAN = 12
thanking.PART = 3

def rounds():
    company = Company.objects.get(slug="carrera")
    with company_scope(company.pk):
        for day in (9, 10, 11):
            planning.plan_company(as_of=datetime(2026, 3, day, 18, tzinfo=UTC), today=date(2026, 3, day))
"""
RACER = (
    PLAN
    + """
from django.db import connection
from aldia.reminders.models import ReminderSettings
if {guards_off}:
    connection.settings_dict["OPTIONS"].pop("transaction_mode", None)  # SQLite: BEGIN without IMMEDIATE
    connection.transaction_mode = None
    for module in (planning, thanking):
        module.lock_planning = lambda: ReminderSettings.objects.first()
    plain = moving.insert_new
    def beside_the_key(rows):
        time.sleep(0.02)  # between reading what is on file and writing
        for row in rows:
            row.channel = "{racer}"
        plain(rows)
    planning.insert_new = thanking.insert_new = beside_the_key
time.sleep(max(0, {start} - time.time() - 0.05))
while time.time() < {start}:
    pass
from django.db.utils import DatabaseError
for attempt in range(20):
    try:
        rounds()
        break
    except DatabaseError:
        if not {guards_off}:
            raise
        time.sleep(0.05)
"""
)
SNAPSHOT = """
import json
from collections import Counter
from aldia.reminders.models import ReminderCandidate
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="carrera").pk):
    rows = ReminderCandidate.objects.values_list(
        "receivable_id", "step__when", "cycle", "credit__external_key", "due_on", "state", "why", "channel")
    found = sorted([str(each) for each in row] for row in rows)
    turns = Counter(tuple(row[:2] + ([row[3]] if row[3] != "None" else [row[2]])) for row in found)
thanks = sum(row[3] != "None" for row in found)
print(json.dumps({"rows": found, "twice": sum(n > 1 for n in turns.values()), "thanks": thanks}))
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    house.run(SETUP)
    yield house
    demolish(house)


@pytest.fixture(scope="module")
def clean(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What one planner leaves when nothing disturbs it."""
    with django_db_blocker.unblock():
        house = migrated_house(tmp_path_factory.mktemp("clean") / "house")
        found = json.loads(house.run(SETUP + PLAN + "rounds()\n" + SNAPSHOT))
        demolish(house)
    assert found["twice"] == 0
    assert found["thanks"] == DEBTS // 5
    assert len(found["rows"]) > DEBTS
    return without_turns_of_thanks(found)


def snapshot(house: House) -> Any:
    return json.loads(house.run(SNAPSHOT))


def without_turns_of_thanks(found: Any) -> Any:
    """Thanks are numbered as they come; which payment came first is no matter."""
    rows = [row if row[3] == "None" else [*row[:2], "", *row[3:]] for row in found["rows"]]
    return {**found, "rows": sorted(rows)}


def race(house: House, *, guards_off: bool) -> Any:
    start = time.time() + 4
    racers = [house.spawn(RACER.format(guards_off=guards_off, racer=number, start=start)) for number in range(PLANNERS)]
    for racer in racers:
        finished(racer)
    return snapshot(house)


@pytest.mark.django_db(transaction=True)
def test_three_planners_at_once_write_each_turn_once(house: House, clean: Any) -> None:
    assert without_turns_of_thanks(race(house, guards_off=False)) == clean


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_and_the_key_the_same_race_writes_turns_twice(house: House) -> None:
    assert race(house, guards_off=True)["twice"] > 0


POINTS = [f"{name}:1" for name in sorted(crashpoints.PLANNING)]
POINTS += ["after_candidates:3", "after_new_thanks:2"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_planner_leaves_nothing_that_a_clean_one_would_not(house: House, clean: Any, point: str) -> None:
    killed = house.spawn(PLAN + "rounds()\n", CRASH_AT=point)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL, f"{point} was not passed"
    found = json.loads(house.run(PLAN + "rounds()\n" + SNAPSHOT))
    assert without_turns_of_thanks(found) == clean
