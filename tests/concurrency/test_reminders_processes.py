"""The whole tick by real processes to a real mail server: three schedulers at once, and kill -9 at every crash point.

Each reminder leaves at most once, none is forgotten, and what nobody knows is listed; the race has its control.
"""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aldia.tenancy import crashpoints
from tests.integrations.channels.peers import Mailer, smtp_peer
from tests.support.house import House, demolish, finished, migrated_house

CUSTOMERS, SCHEDULERS = 12, 3

SETUP = """
import uuid
from datetime import date
from aldia.customers.models import Contact
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.reminders.models import ReminderSettings, When
from aldia.reminders.operations.rule_words import RuleWords, StepWords
from aldia.reminders.operations.rules import activate_rule, create_rule
from aldia.reminders.operations.following import assign_rule
from aldia.reminders.operations.running import run_company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user
from datetime import UTC, datetime
company = make_company(slug="carrera")
with company_scope(company.pk):
    make_user("marisol@tresrios.example", company)
    ReminderSettings.objects.create(company=company, transit_days=0, receipts=True, weekdays="every")
    steps = (StepWords(When.AFTER, 1), StepWords(When.PAID))
    rule = create_rule(words=RuleWords("R", steps, attach_pdf=False, attach_xml=False), actor=None)
    activate_rule(rule_id=rule.pk, version=rule.version, today=date(2026, 3, 1), actor=None)
    customers = []
    for number in range({customers}):
        customer = make_customer(company, f"C{{number}}", f"XYZ{{number:06}}AB1")
        Contact.objects.create(company=company, customer=customer, name="L", email=f"c{{number}}@x.example")
        customers.append(customer.pk)
        open_charge(customer_id=customer.pk, kind="charge_note", total=Money(100_00, "MXN"), issued_on=date(2026, 3, 1),
                    due_on=date(2026, 3, 2), concept="", key=uuid.uuid4(), actor=None, number=f"L-{{number}}")
    assign_rule(rule_id=rule.pk, customer_ids=customers, today=date(2026, 3, 1), actor=None)
    run_company(as_of=datetime(2026, 3, 2, 12, tzinfo=UTC))  # receipts are wanted from here on
    payer = make_customer(company, "Paga", "PAG010101AB1")
    assign_rule(rule_id=rule.pk, customer_ids=[payer.pk], today=date(2026, 3, 2), actor=None)
    Contact.objects.create(company=company, customer=payer, name="P", email="paga@x.example")
    row = open_charge(customer_id=payer.pk, kind="charge_note", total=Money(50_00, "MXN"), issued_on=date(2026, 3, 2),
                      due_on=date(2026, 5, 2), concept="", key=uuid.uuid4(), actor=None, number="P-1")
    record_payment(customer_id=payer.pk, amount=Money(50_00, "MXN"), received_on=date(2026, 3, 3), key="k", actor=None,
                   today=date(2026, 3, 3), policy="", named={{row.pk: 50_00}})
"""
SCHEDULER = """
import sys, time, uuid
from datetime import UTC, datetime
from aldia.messaging.models import Delivery
from aldia.messaging.operations.delivering import reap_expired
from aldia.queue.claiming import database_now
from aldia.reminders import drafting
from aldia.reminders.operations import composing
from aldia.reminders.operations.running import run_company
from aldia.reminders.operations.sending import send_due
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
{patch}
while time.time() < {start}:
    time.sleep(0.005)
with company_scope(Company.objects.get(slug="carrera").pk):
    for hour, minute in {clocks}:
        as_of = datetime(2026, 3, 3, hour + 6, minute, tzinfo=UTC)  # Mexico City
        run_company(as_of=as_of)
        send_due(as_of=as_of)
"""
# After a kill: the lease of what was being sent is over, and the next ticks go on.
RESUME = """
    from datetime import timedelta
    Delivery.objects.filter(state="sending").update(lease_until=database_now() - timedelta(minutes=1))
    reap_expired(now=database_now())
    Delivery.objects.filter(state="queued").update(try_after=None)
    send_due(as_of=as_of)
"""
REPORT = """
import json
from aldia.messaging.models import Delivery, Message
from aldia.reminders.models import ReminderCandidate
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="carrera").pk):
    print(json.dumps({
        "deliveries": list(Delivery.objects.values_list("address", "state")),
        "messages": list(Message.objects.values_list("purpose", "state")),
        "steps": list(ReminderCandidate.objects.values_list("state", "why")),
    }))
"""
# Control: what is due was read before the lock, and neither key nor cap stops a second message.
STALE = """
kept, plain = {}, composing.due_of
def stale(ids):
    if tuple(ids) not in kept:
        kept[tuple(ids)] = plain(ids)
        time.sleep(0.5)
    return kept[tuple(ids)]
composing.due_of = stale
drafting.is_capped = lambda *_: False
drafting.Draft.key = lambda self, today: f"reminder:{uuid.uuid4()}"
"""
REMINDED = {f"c{number}@x.example" for number in range(CUSTOMERS)}


@dataclass
class Found:
    """What arrived (by address), the Message-IDs of each, and what the tables say."""

    received: Counter[str]
    header_ids: dict[str, set[str]]
    states: dict[str, str]
    messages: Counter[tuple[str, str]]
    steps: Counter[tuple[str, str]]


@pytest.fixture
def mailer() -> Iterator[Mailer]:
    mailer = Mailer()
    with smtp_peer(mailer) as mailer.port:  # type: ignore[attr-defined]
        yield mailer


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    house.run(SETUP.format(customers=CUSTOMERS))
    yield house
    demolish(house)


def mail_env(mailer: Mailer) -> dict[str, str]:
    return {
        "ALDIA_EMAIL_URL": f"smtp://127.0.0.1:{mailer.port}",  # type: ignore[attr-defined]
        "ALDIA_FROM": "Aldía <avisos@aldia.example>",
    }


def found(house: House, mailer: Mailer) -> Found:
    report = json.loads(house.run(REPORT))
    received: Counter[str] = Counter()
    header_ids: dict[str, set[str]] = {}
    for _sender, to, mail in mailer.taken:
        for address in to:
            received[address] += 1
            header_ids.setdefault(address, set()).add(str(mail["Message-ID"]))
    return Found(
        received,
        header_ids,
        dict(report["deliveries"]),
        Counter(map(tuple, report["messages"])),
        Counter(map(tuple, report["steps"])),
    )


def race(house: House, mailer: Mailer, *, patch: str = "") -> Found:
    start = time.time() + 6
    code = SCHEDULER.format(start=start, patch=patch, clocks=[(9, 0), (9, 15)])
    for scheduler in [house.spawn(code, **mail_env(mailer)) for _ in range(SCHEDULERS)]:
        finished(scheduler)
    return found(house, mailer)


def test_three_schedulers_at_once_write_to_each_once(house: House, mailer: Mailer) -> None:
    after = race(house, mailer)
    assert after.received == Counter(REMINDED | {"paga@x.example"})
    assert after.messages == {("after", "done"): CUSTOMERS, ("receipt", "done"): 1}
    assert after.steps == {("done", ""): CUSTOMERS + 1}  # and thanks, that went with the receipt


def test_without_the_guards_somebody_is_written_to_twice(house: House, mailer: Mailer) -> None:
    """The control of the race."""
    after = race(house, mailer, patch=STALE)
    assert max(after.received.values()) > 1


KILLS = sorted(crashpoints.PLANNING | crashpoints.COMPOSING | crashpoints.DELIVERING)


@pytest.mark.parametrize("point", KILLS)
def test_killed_anywhere_it_writes_at_most_once_and_forgets_nobody(house: House, mailer: Mailer, point: str) -> None:
    env = mail_env(mailer)
    code = SCHEDULER.format(start=0, patch="", clocks=[(9, 0)])
    killed = house.spawn(code, CRASH_AT=point, **env)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL, f"{point} was not passed"
    resumed = SCHEDULER.format(start=0, patch="", clocks=[(9, 15), (9, 30)]) + RESUME
    house.run(resumed, **env)
    after = found(house, mailer)
    unknown = {address for address, state in after.states.items() if state == "unknown"}
    assert all(after.received[address] == 1 for address in REMINDED - unknown)  # none forgotten, none twice
    assert all(after.received[address] <= 1 for address in unknown)  # and nobody repeats what nobody knows
    assert len(unknown) <= 1
    assert after.received["paga@x.example"] >= 1  # a receipt at least once,
    assert len(after.header_ids["paga@x.example"]) == 1  # always under the same Message-ID
    assert after.messages["after", "done"] == CUSTOMERS
    assert after.steps == {("done", ""): CUSTOMERS + 1}  # and thanks, that went with the receipt
