"""Movements and money under fire: several people at once, imports meanwhile, and processes that die in between.

Each race has its control: with the locks taken away, what they avoid shows.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.house import House, demolish, finished, migrated_house

ROUNDS, PROCESSES = 10, 2

PEOPLE = """
import json, sys, time, uuid
from datetime import UTC, date, datetime
from pathlib import Path
from aldia.banking import verify
from aldia.banking.models import BankAccount, BankMovement, Match
from aldia.banking.operations import applying, booking, importing, movements, undoing
from aldia.banking.operations.movements import MatchError, Stale
from aldia.banking.plans import Line, Plan
from aldia.customers.models import Customer
from aldia.domain.statements.model import Movement
from aldia.receivables import posting
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.verify import run_checks
from aldia.tenancy.models import ChainHead, Company
from aldia.tenancy.scope import company_scope
from django.db import connection
from django.db.utils import DatabaseError
from tests.support.bank_window import Window, accounts, at, whole
def company():
    return Company.objects.get(slug="{slug}")
def apply(movement, row, key, amount=100_00):
    plan = Plan(row.customer_id, (Line(row.pk, amount),))
    return applying.apply_match(movement_id=movement.pk, plan=plan, how="manual", key=key, actor=None, now=at(),
                                is_distinct=True)
def rows(model):
    return list(model.objects.order_by("id" if model is BankMovement else "number"))
"""
SETUP = """
for slug, movements, rounds in {companies}:
    window = Window.open(slug)
    with company_scope(window.company.pk):
        for number in range(rounds):
            window.owes(100_00, number=f"N{number:03}")
            for _ in range(movements):
                window.moved(100_00)
"""
RACER = """
if {guards_off}:
    connection.settings_dict["OPTIONS"].pop("transaction_mode", None)  # SQLite: BEGIN without IMMEDIATE
    connection.transaction_mode = None
    posting.lock_chain = lambda name: ChainHead.objects.get(name=name)
    applying.lock_customers = undoing.lock_customers = lambda ids: None
    applying.locked = lambda movement_id, version=None: BankMovement.objects.get(pk=movement_id)
    undoing.locked_all = lambda ids, version=None: list(BankMovement.objects.filter(pk__in=ids).order_by("pk"))
plain = booking.Booking.run
def slowly(self, **named):
    time.sleep(0.004)  # between looking and writing
    return plain(self, **named)
booking.Booking.run = slowly
done = refused = failed = 0
with company_scope(company().pk):
    all_movements, receivables = rows(BankMovement), rows(Receivable)
    {wait}
    for number in range({rounds}):
        row = receivables[number]
        movement = {movement}
        try:
            {deed}
            done += 1
        except MatchError:
            refused += 1
        except DatabaseError:
            failed += 1
print(done, refused, failed)
"""
REPORT = """
with company_scope(company().pk):
    found = {
        "states": sorted(BankMovement.objects.values_list("state", "explained")),
        "live": Match.objects.filter(undone_at=None).count(),
        "undone": Match.objects.filter(undone_at__isnull=False).count(),
        "credits": sorted(Credit.objects.filter(reversed_on=None).values_list("amount", "remaining")),
        "owed": [row.balance for row in rows(Receivable)],
        "accounts": sorted([*name, amount] for name, amount in accounts().items()),
        "broken": [check.name for check in [*run_checks(), *verify.run_checks()] if check.violations],
    }
print(json.dumps(found))
"""
ONE_MOVEMENT = {"movement": "all_movements[number]", "deed": "apply(movement, row, f'{racer}-{number}')"}
ONE_INVOICE = {
    "movement": "all_movements[{processes} * number + {racer}]",
    "deed": "apply(movement, row, f'{racer}-{number}')",
}
UNDO_AND_APPLY = {
    "movement": "all_movements[number]",
    "deed": "[undoing.undo_many(match_ids=list(Match.objects.filter(movement=movement, undone_at=None)"
    ".values_list('pk', flat=True)), reason='x', actor=None, now=at()) if turn % 2 == {racer} else "
    "apply(movement, row, f'{racer}-{number}-{turn}') for turn in range(6)]",
}


RACES = {"uno": 1, "dos": PROCESSES, "tres": 1, "cuatro": 1, "control": 1}  # movements for each document
POINTS = ["in_match:1", "in_match:3", "after_match:2", "in_undo:1", "in_undo:2", "after_undo:1", "after_undo:2"]
KILLED = {point: f"k-{point}".replace(":", "-").replace("_", "-") for point in ["", *POINTS]}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[House]:
    """One house for all: every test has a company of its own in it."""
    house = migrated_house(tmp_path_factory.mktemp("bank") / "house")
    companies = [(slug, movements, ROUNDS) for slug, movements in RACES.items()]
    companies += [(slug, 1, 4) for slug in KILLED.values()]
    house.run(filled(PEOPLE + SETUP, slug="", companies=companies))
    yield house
    demolish(house)


def filled(code: str, **values: Any) -> str:
    for _ in range(2):  # a deed has places of its own
        for name, value in values.items():
            code = code.replace(f"{{{name}}}", str(value))
    return code


def race(house: House, slug: str, *programs: str) -> tuple[list[list[int]], dict[str, Any]]:
    """Let the programs go at the same moment: what each counted (done, refused, failed), and how it ended."""
    go = house.data / f"{slug}-go"
    runners, ready = [], []
    for number, program in enumerate(programs):
        ready.append(house.data / f"{slug}-{number}")
        wait = f"Path({str(ready[-1])!r}).touch()\n    while not Path({str(go)!r}).exists(): time.sleep(0.0005)"
        values = {"wait": wait, "racer": number, "rounds": ROUNDS, "processes": PROCESSES, "slug": slug}
        runners.append(house.spawn(filled(PEOPLE + program, **values)))
    until = time.time() + 100
    while time.time() < until and not all(path.exists() for path in ready):
        time.sleep(0.05)
    go.touch()
    counts = [[int(word) for word in finished(runner).split()] for runner in runners]
    return counts, json.loads(house.run(filled(PEOPLE, slug=slug) + REPORT))


def racers(words: dict[str, str], *, guards_off: bool = False) -> list[str]:
    return [filled(RACER, **words, guards_off=guards_off)] * PROCESSES


def together(counts: list[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*counts, strict=True)]


def test_two_people_explain_one_movement_and_one_of_them_does(house: House) -> None:
    counts, end = race(house, "uno", *racers(ONE_MOVEMENT))
    assert together(counts) == [ROUNDS, ROUNDS * (PROCESSES - 1), 0]
    assert end["states"] == [["reconciled", 100_00]] * ROUNDS
    assert (end["live"], end["owed"], end["broken"]) == (ROUNDS, [0] * ROUNDS, [])
    assert end["accounts"] == [["bank", "MXN", ROUNDS * 100_00], ["income", "MXN", -ROUNDS * 100_00]]


def test_two_movements_for_one_invoice_pay_it_once(house: House) -> None:
    counts, end = race(house, "dos", *racers(ONE_INVOICE))
    assert together(counts) == [ROUNDS, ROUNDS * (PROCESSES - 1), 0]
    assert end["states"] == [["pending", 0]] * ROUNDS + [["reconciled", 100_00]] * ROUNDS
    assert (end["credits"], end["owed"], end["broken"]) == ([[100_00, 0]] * ROUNDS, [0] * ROUNDS, [])


def test_undoing_while_others_apply_ends_with_books_that_hold(house: House) -> None:
    _counts, end = race(house, "tres", *racers(UNDO_AND_APPLY))
    assert end["broken"] == []
    assert end["undone"] > 0
    assert end["live"] == sum(state == "reconciled" for state, _amount in end["states"]) == end["owed"].count(0)


def test_without_the_locks_the_races_show(house: House) -> None:
    """The control: the next walls (unique chain, balances within bounds, locked database) stop what locks avoid."""
    counts, end = race(house, "control", *racers(ONE_MOVEMENT, guards_off=True))
    done, _refused, failed = together(counts)
    assert failed > 0 or end["broken"] or done != ROUNDS


IMPORTER = """
with company_scope(company().pk):
    account = BankAccount.objects.get()
    {wait}
    for number in range({rounds}):
        found = [Movement(booked_on=date(2026, 11, 20), amount=amount + 1, currency="MXN", text=f"DEP {amount}",
                          text_key=f"DEP {amount}", line=amount + 1)
                 for amount in range(number, number + 3)]
        importing.bring_in(account_id=account.pk, statement=found, source="push",
                           feed_ids=[each.text for each in found], actor=None, now=at())
print({rounds}, 0, 0)
"""


def test_an_import_meanwhile_loses_nothing_and_stops_nobody(house: House) -> None:
    counts, end = race(house, "cuatro", racers(ONE_MOVEMENT)[0], IMPORTER, IMPORTER)
    assert counts == [[ROUNDS, 0, 0]] * 3
    assert end["states"] == [["pending", 0]] * (ROUNDS + 2) + [["reconciled", 100_00]] * ROUNDS
    assert (end["broken"], end["owed"]) == ([], [0] * ROUNDS)


# -- kill -9 -----------------------------------------------------------------------------------------------------------

WORK = """
with company_scope(company().pk):
    all_movements, receivables = rows(BankMovement), rows(Receivable)
    for number in range(4):
        try:
            match = apply(all_movements[number], receivables[number], f"k{number}")
        except Stale:  # applied and undone before the process died
            continue
        if number % 2:
            undoing.undo_match(match_id=match.pk, reason="x", actor=None, now=at())
"""
ALL = """
import io, contextlib
ends = {{}}
for slug in {slugs}:
    out = io.StringIO()
    def company():
        return Company.objects.get(slug=slug)
    with contextlib.redirect_stdout(out):
{body}
    ends[slug] = json.loads(out.getvalue())
print(json.dumps(ends))
"""


def of_all(house: House, code: str, slugs: list[str]) -> dict[str, Any]:
    """What a program prints for each of several companies, in one process."""
    body = "\n".join(f"        {line}" for line in code.splitlines())
    program = PEOPLE.replace("{slug}", "") + ALL.format(slugs=slugs, body=body)
    found: dict[str, Any] = json.loads(house.run(program))
    return found


def test_a_killed_process_leaves_nothing_half_done(house: House) -> None:
    """Right after the death the books hold as they are; run again, the work ends as if nothing had happened."""
    for point in POINTS:
        killed = house.spawn(filled(PEOPLE + WORK, slug=KILLED[point]), CRASH_AT=point)
        killed.communicate(timeout=120)
        assert killed.returncode == -signal.SIGKILL, f"{point} was not passed"
    for dead in of_all(house, REPORT, [KILLED[point] for point in POINTS]).values():
        assert dead["broken"] == []
        assert sum(amount for _state, amount in dead["states"]) == 100_00 * dead["live"]
    ends = of_all(house, WORK + REPORT, list(KILLED.values()))
    clean = ends[KILLED[""]]
    assert clean["states"] == [["pending", 0]] * 2 + [["reconciled", 100_00]] * 2
    assert (clean["live"], clean["undone"], clean["broken"]) == (2, 2, [])
    for point in POINTS:
        assert ends[KILLED[point]] == clean, point
