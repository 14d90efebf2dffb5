"""Payments by provider with several processes and with processes that die: one posting, whatever happens (T22, §2b)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aldia.tenancy import crashpoints
from tests.support.house import House, demolish, finished, migrated_house

ROUNDS, PROCESSES = 12, 2

PEOPLE = """
import json, uuid
from datetime import UTC, date, datetime, timedelta
from aldia.domain.money import Money
from aldia.payments.models import CollectionAccount, PaymentAttempt, ProviderAccount, SandboxCharge
from aldia.payments.operations import attempts, collecting, looking, sandbox
from aldia.payments.operations.links import create_link
from aldia.payments.operations.provider_accounts import Details, create_account, make_issuer
from aldia.payments.operations.sandbox import Wish
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
NOW = datetime(2026, 9, 14, 18, 0, tzinfo=UTC)
TODAY = date(2026, 9, 14)
def company():
    return Company.objects.get(slug="carrera")
def owes(customer, number, total):
    return open_charge(customer_id=customer.pk, kind="charge_note", total=Money(total, "MXN"), issued_on=TODAY,
                       due_on=TODAY + timedelta(days=number), concept="", key=uuid.UUID(int=number), actor=None)
def begin(customer, account, amount, key, link=None):
    return attempts.start(customer_id=customer.pk, link_id=link, account_id=account.pk, method="card",
                          amount=Money(amount, "MXN"), chosen={}, key=uuid.UUID(int=key), return_url="https://a.example/",
                          base_url="https://a.example", now=NOW)
"""
SETUP = (
    PEOPLE
    + """
with company_scope(make_company(slug="carrera").pk):
    customer = make_customer(company())
    account = create_account(provider="sandbox", details=Details("Prueba"), actor=None)
    make_issuer(account_id=account.pk, version=1, actor=None)
"""
)
LINKED = (
    SETUP
    + """
    for number in range(1, {rounds} + 1):
        row = owes(customer, number, 100_00)
        link = create_link(customer_id=customer.pk, receivable_ids=[row.pk], policy="full", currency="MXN", now=NOW,
                           expires_at=NOW + timedelta(days=9), actor=None, key=uuid.UUID(int=1000 + number)).link
        for turn in range({each}):
            attempt = begin(customer, account, 100_00, 2000 + 10 * number + turn, link.pk)
            sandbox.act(provider_id=attempt.provider_id, wish=Wish("pay"), now=NOW)
"""
)
RACER = (
    PEOPLE
    + """
import time
from django.db import connection
from django.db.utils import DatabaseError
from aldia.payments.operations import settling
from aldia.receivables import posting
from aldia.tenancy.models import ChainHead
if {guards_off}:
    connection.settings_dict["OPTIONS"].pop("transaction_mode", None)
    connection.transaction_mode = None
    looking.locked = lambda pk: PaymentAttempt.objects.get(pk=pk)
    settling.lock_chain = posting.lock_chain = lambda name: ChainHead.objects.get(name=name)
plain = settling._first
def slowly(*args):
    time.sleep(0.003)  # between looking and posting
    return plain(*args)
settling._first = slowly
done = failed = 0
with company_scope(company().pk):
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    for number in range(1, {rounds} + 1):
        turn = {racer} if {each} > 1 else 0
        try:
            looking.refresh(attempt_id=uuid.UUID(int=2000 + 10 * number + turn), now=NOW)
            done += 1
        except (DatabaseError, looking.NotNow):
            failed += 1
print(done, failed)
"""
)
REPORT = (
    PEOPLE
    + """
from tests.support.paying import accounts, broken
with company_scope(company().pk):
    found = {"credits": sorted(Credit.objects.filter(reversed_on=None).values_list("amount", "remaining")),
             "attempts": sorted(PaymentAttempt.objects.values_list("state", "posted", "posted_fee", "review")),
             "owed": list(Receivable.objects.order_by("id").values_list("balance", flat=True)),
             "accounts": accounts(), "charges": SandboxCharge.objects.count(), "broken": broken(),
             "collection": list(CollectionAccount.objects.values_list("value", "sequence")),
             "refunded": list(SandboxCharge.objects.values_list("refunded", flat=True))}
print(json.dumps(found))
"""
)


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def race(house: House, *, each: int, guards_off: bool = False) -> tuple[list[list[int]], dict[str, object]]:
    house.run(LINKED.replace("{rounds}", str(ROUNDS)).replace("{each}", str(each)))
    values = {"rounds": ROUNDS, "each": each, "guards_off": guards_off, "start": time.time() + 6}
    racers = []
    for racer in range(PROCESSES):
        code = RACER
        for name, value in {**values, "racer": racer}.items():
            code = code.replace(f"{{{name}}}", str(value))
        racers.append(house.spawn(code))
    counts = [[int(word) for word in finished(racer).split()] for racer in racers]
    return counts, json.loads(house.run(REPORT))


def test_two_processes_that_see_one_payment_post_it_once(house: House) -> None:
    counts, end = race(house, each=1)
    assert counts == [[ROUNDS, 0]] * PROCESSES
    assert end["credits"] == [[100_00, 0]] * ROUNDS
    assert end["owed"] == [0] * ROUNDS
    assert end["broken"] == []


def test_two_payments_of_one_link_at_once_pay_it_once_and_the_other_stays_in_favour(house: House) -> None:
    _counts, end = race(house, each=2)
    assert end["credits"] == [[100_00, 0]] * ROUNDS + [[100_00, 100_00]] * ROUNDS
    assert end["owed"] == [0] * ROUNDS
    assert end["broken"] == []
    reviews = [row[3] for row in end["attempts"]]  # type: ignore[attr-defined]
    assert sorted(reviews) == [""] * ROUNDS + ["paid_twice"] * ROUNDS


SAME_FORM = (
    PEOPLE
    + """
import time
with company_scope(company().pk):
    customer, account = Receivable.objects.first().customer, ProviderAccount.objects.get()
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    for number in range(1, {rounds} + 1):
        link = create_link(customer_id=customer.pk, receivable_ids=[uuid.UUID(int=number)], policy="full",
                           currency="MXN", now=NOW, expires_at=NOW + timedelta(days=9), actor=None,
                           key=uuid.UUID(int=5000 + number)).link
        begin(customer, account, 100_00, 6000 + number, link.pk)
"""
)


def test_a_form_sent_twice_at_once_is_one_link_and_one_payment(house: House) -> None:
    house.run(LINKED.replace("{rounds}", str(ROUNDS)).replace("{each}", "0"))
    code = SAME_FORM.replace("{rounds}", str(ROUNDS)).replace("{start}", str(time.time() + 6))
    for racer in [house.spawn(code) for _racer in range(PROCESSES)]:
        finished(racer)  # none of them was refused
    end = json.loads(house.run(REPORT))
    assert end["attempts"] == [["pending", 0, 0, ""]] * ROUNDS
    assert end["charges"] == ROUNDS


def test_without_the_locks_the_race_shows(house: House) -> None:
    """The control: the next walls (unique key of a credit, chain, locked database) stop what the locks avoid."""
    counts, end = race(house, each=1, guards_off=True)
    failed = sum(count[1] for count in counts)
    assert failed > 0 or end["broken"] or end["credits"] != [[100_00, 0]] * ROUNDS


STORY = (
    PEOPLE
    + """
with company_scope(company().pk):
    from aldia.customers.models import Customer
    customer, account = Customer.objects.get(), ProviderAccount.objects.get()
    owes(customer, 1, 60_00)
    owes(customer, 2, 40_00)
    attempt = begin(customer, account, 100_00, 7)
    if SandboxCharge.objects.get().state != "succeeded" and not SandboxCharge.objects.get().refunded:
        sandbox.act(provider_id=attempt.provider_id, wish=Wish("pay"), now=NOW)
    looking.refresh(attempt_id=attempt.pk, now=NOW)
    attempts.refund(attempt_id=attempt.pk, amount=30_00, key=uuid.UUID(int=8), actor=None, now=NOW)
    collecting.open_for(customer_ids=[customer.pk], account_id=account.pk, actor=None, now=NOW)
    collecting.ask_providers(now=NOW)
"""
)
PLACES = [f"{name}:{turn}" for name in sorted(crashpoints.PAYING) for turn in ((1, 2) if "settle" in name else (1,))]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: pytest.FixtureRequest) -> dict[str, object]:
    """How the story ends when nobody dies."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        house = migrated_house(tmp_path_factory.mktemp("clean") / "house")
        try:
            end: dict[str, object] = json.loads(house.run(SETUP + STORY + REPORT))
        finally:
            demolish(house)
    return end


def test_the_story_ends_as_it_should(clean: dict[str, object]) -> None:
    assert clean["credits"] == [[70_00, 0]]
    assert clean["owed"] == [0, 30_00]
    assert (clean["charges"], clean["refunded"], clean["broken"]) == (1, [30_00], [])


@pytest.mark.parametrize("place", PLACES)
def test_a_process_killed_anywhere_and_run_again_ends_the_same(
    house: House, clean: dict[str, object], place: str
) -> None:
    victim = house.spawn(SETUP + STORY, CRASH_AT=place)
    victim.communicate(timeout=120)
    assert victim.returncode == -9, f"{place} was never passed"
    end = json.loads(house.run(STORY + REPORT))
    assert {**end, "collection": ""} == {**clean, "collection": ""}
    assert [row[1] for row in end["collection"]] == [1]
