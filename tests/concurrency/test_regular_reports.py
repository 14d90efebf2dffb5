"""A report that is due, sent by several processes at once and by one that is killed on the way: one mail for the day.

The mail server is a real one. Killed after it took the mail and before that was written down, the outbox tries again
under the same Message-ID: the only place where the wire may carry it twice.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aldia.tenancy import crashpoints
from tests.integrations.channels.peers import Mailer, smtp_peer
from tests.support.house import House, demolish, finished, migrated_house

RUNNERS = 3
LOCAL = {"ALDIA_PRIVATE_NETWORKS": "127.0.0.0/8"}
SETUP = """
from datetime import UTC, date, datetime, time
from aldia.messaging.models import ChannelAccount
from aldia.reporting.operations.schedules import Words, write_schedule
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user
from aldia.domain.money import Money
from aldia.receivables.operations.charges import open_charge
import uuid
company = make_company(slug="reportes")
owner = make_user("marisol@reportes.example", company)
with company_scope(company.pk):
    ChannelAccount.objects.create(company=company, channel="email", adapter="smtp", name="C", is_default=True,
        settings={{"host": "127.0.0.1", "port": "{port}", "security": "none"}}, sender_address="c@reportes.example")
    guera = make_customer(company)
    open_charge(customer_id=guera.pk, kind="charge_note", total=Money(100_00, "MXN"), issued_on=date(2026, 2, 1),
                due_on=date(2026, 2, 2), concept="X", key=uuid.uuid4(), actor=None, number="F-1")
    write_schedule(words=Words(report="overdue", name="Vencidos", options={{}}, format="xlsx", frequency="daily", day=1,
                     at=time(8), people=[str(owner.pk)]), now=datetime(2026, 3, 2, 13, tzinfo=UTC), actor=owner)
"""
RUNNER = """
import time, uuid
from datetime import UTC, date, datetime, timedelta
from django.db.utils import DatabaseError
from aldia.messaging.operations import delivering
from aldia.messaging.queries.messages import due_deliveries
from aldia.queue.claiming import database_now
from aldia.reporting.operations import sendings
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
delivering.LONG_MINUTES = (0,) * 50
NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
{patch}
def again(work):
    for _try in range(40):
        try:
            return work()
        except DatabaseError:
            time.sleep(0.05)
    raise RuntimeError("busy")

with company_scope(Company.objects.get(slug="reportes").pk):
    found = sendings.due(now=NOW)
    time.sleep(max(0, {start} - time.time() - 0.05))
    while time.time() < {start}:
        pass
    sent = [again(lambda: sendings.send_due(schedule_id=each, now=NOW)) for each in found * 2]
    delivering.reap_expired(now=database_now())
    for each in due_deliveries(now=database_now()):
        again(lambda: delivering.deliver(delivery_id=each.delivery_id, now=database_now(),
                                         lease=timedelta(seconds={lease})))
    print(sum(each is not None for each in sent))
"""
REPORT = """
import json
from aldia.messaging.models import Delivery, Message
from aldia.reporting.models import ReportSchedule, ReportSending
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get(slug="reportes").pk):
    print(json.dumps([ReportSending.objects.count(), Message.objects.count(),
                      list(Delivery.objects.values_list("state", flat=True)),
                      str(ReportSchedule.objects.get().next_on)]))
"""
DONE = [1, 1, ["sent"], "2026-03-03"]
# Control: a day has a name of its own in each process, so no unique key holds them together; nobody looks again either.
NO_KEYS = """
plain = sendings._day
sendings._day = lambda now: plain(now) - timedelta(days={racer} + 1)
sendings._still_due = lambda row, now: row
"""


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


@pytest.fixture
def house(tmp_path: Path, db: None, mailer: Mailer) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    with smtp_peer(mailer) as port:
        house.run(SETUP.format(port=port))
        yield house
    demolish(house)


def report(house: House) -> list[object]:
    found: list[object] = json.loads(house.run(REPORT).splitlines()[-1])
    return found


def race(house: House, patch: str = "") -> int:
    """Let the runners go at once; how many say that they sent it."""
    start = time.time() + 12
    crew = [
        house.spawn(RUNNER.format(start=start, lease=60, patch=patch.format(racer=number)), **LOCAL)
        for number in range(RUNNERS)
    ]
    return sum(int(finished(each).split()[-1]) for each in crew)


@pytest.mark.django_db(transaction=True)
def test_however_many_send_it_one_mail_goes(house: House, mailer: Mailer) -> None:
    assert race(house) == 1
    assert report(house) == DONE
    assert len(mailer.taken) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_keys_each_sends_its_own(house: House, mailer: Mailer) -> None:
    assert race(house, NO_KEYS) > 1
    assert len(mailer.taken) > 1


# where it is killed, and how many mails the wire then carried in all (the outbox's other points: test_delivery_kills)
KILLS = {"after_report_files": 1, "after_report_sending": 1, "after_network": 2}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", list(KILLS))
def test_killed_anywhere_the_next_round_ends_it(house: House, mailer: Mailer, point: str) -> None:
    code = RUNNER.format(start=0, lease=0, patch="")
    killed = house.spawn(code, CRASH_AT=point, **LOCAL)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    house.run(code, **LOCAL)
    assert report(house) == DONE
    assert len(mailer.taken) == KILLS[point]
    assert len({mail["Message-ID"] for _sender, _to, mail in mailer.taken}) == 1


def test_every_point_of_reports_is_killed_at() -> None:
    assert set(KILLS) >= crashpoints.REPORTING
