"""Sending by real processes to a real mail server: raced, and killed at every crash point and at random.

A reminder reaches each address at most once and what is not certain is unknown; each guard has a control without it.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from aldia.tenancy import crashpoints
from tests.integrations.channels.peers import Mailer, smtp_peer
from tests.support.house import House, demolish, finished, migrated_house

BEGIN = """
from datetime import date
from aldia.messaging.models import ChannelAccount
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.messaging.rendering import Rendered
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
company = Company.objects.create(slug="acme", legal_name="Acme", tax_id="AAA010101AAA")
with company_scope(company.pk):
    ChannelAccount.objects.create(company=company, channel="email", adapter="smtp", name="C", is_default=True,
        settings={{"host": "127.0.0.1", "port": "{port}", "security": "none"}}, sender_address="c@acme.example")
    for number in range({messages}):
        write_message(key=str(number), channel="email", purpose="after", customer_id=None, guarantee="{guarantee}",
            recipients=[Recipient(f"{{number}}{{who}}@x.example") for who in "ab"],
            rendered=Rendered("S", "<p>H</p>", "H"), on_day=date(2026, 11, 20))
"""
SENDER = """
import random, time
from datetime import timedelta
from pathlib import Path
from aldia.messaging.operations import delivering
from aldia.messaging.queries.messages import due_deliveries
from aldia.queue.claiming import database_now
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
delivering.MINUTES = delivering.LONG_MINUTES = (0,) * 50  # the next attempt at once
{patch}
while {gate!r} and not Path({gate!r}).exists():
    time.sleep(0.005)
with company_scope(Company.objects.get().pk):
    idle = 0
    while idle < {patience}:
        delivering.reap_expired(now=database_now())
        due = due_deliveries(now=database_now(), limit=500)
        {order}
        for each in due:
            delivering.deliver(delivery_id=each.delivery_id, now=database_now(), lease=timedelta(seconds={lease}))
        idle = 0 if due else idle + 0.1
        time.sleep(0.1 if not due else 0)
"""
REPORT = """
import json
from aldia.messaging.models import Delivery, Message
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get().pk):
    print(json.dumps([list(Delivery.objects.values_list("address", "state")),
                      list(Message.objects.values_list("state", flat=True))]))
"""
# Control: whether it is queued is looked at, and then it is taken: two can do that at once.
LOOK_THEN_TAKE = """
def look(delivery_id, now, lease):
    row = delivering.Delivery.objects.get(pk=delivery_id)
    if row.state != "queued":
        return None
    time.sleep(0.1)
    delivering.Delivery.objects.filter(pk=delivery_id).update(state="sending", fence=1)
    return 1
delivering._claim = look
"""
LOCAL = {"ALDIA_PRIVATE_NETWORKS": "127.0.0.0/8"}


@dataclass
class Moody(Mailer):
    """A server that takes its time and, now and then, keeps a message and hangs up before it says so."""

    seconds: float = 0.02
    slow_at: str = "data"
    hangs_up: float = 0
    dice: random.Random = field(default_factory=lambda: random.Random(5))

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        if self.dice.random() < self.hangs_up and server.transport is not None:
            server.transport.abort()
        return answer

    @property
    def received(self) -> Counter[str]:
        return Counter(to for _sender, recipients, _mail in self.taken for to in recipients)

    @property
    def names(self) -> set[tuple[str, str]]:
        return {(recipients[0], str(mail["Message-ID"])) for _sender, recipients, mail in self.taken}


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def sending(*, patch: str = "", order: str = "", patience: float = 0.5, lease: float = 5, gate: Path | str = "") -> str:
    """Code of a process that sends until nothing has been due for a while."""
    return SENDER.format(patch=patch, order=order, patience=patience, lease=lease, gate=str(gate))


def report(printed: str) -> tuple[dict[str, str], Counter[str]]:
    """The state of each address, and how many messages are in each state."""
    rows, messages = json.loads(printed.splitlines()[-1])
    return dict(rows), Counter(messages)


def race(house: House, folder: Path, patch: str = "") -> tuple[Moody, dict[str, str], Counter[str]]:
    """Three that begin at the same moment, with the same."""
    mailer, gate = Moody(), folder / "go"
    with smtp_peer(mailer) as port:
        house.run(BEGIN.format(port=port, messages=20, guarantee="at_most"))
        crew = [house.spawn(sending(patch=patch, gate=gate), **LOCAL) for _sender in range(3)]
        until(lambda: all(each.poll() is None for each in crew))
        time.sleep(1)  # all of them have got as far as the gate, or nearly
        gate.touch()
        for each in crew:
            finished(each)
    return mailer, *report(house.run(REPORT))


def test_three_senders_send_each_once(house: House, tmp_path: Path) -> None:
    mailer, states, messages = race(house, tmp_path)
    assert mailer.received == Counter(dict.fromkeys(states, 1))
    assert len(states) == 40
    assert set(states.values()) == {"sent"}
    assert messages == Counter({"done": 20})


def test_looking_before_taking_would_double(house: House, tmp_path: Path) -> None:
    """Control of the test above: the conditional claim is what keeps it single."""
    mailer, _states, _messages = race(house, tmp_path, LOOK_THEN_TAKE)
    assert max(mailer.received.values()) > 1


@pytest.mark.parametrize(
    ("guarantee", "point", "state", "received"),
    [
        ("at_most", "after_claim", "unknown", 0),
        ("at_most", "before_network", "unknown", 0),
        ("at_most", "after_network", "unknown", 1),
        ("at_most", "after_result", "sent", 1),
        ("at_least", "before_network", "sent", 0),
        ("at_least", "after_network", "sent", 1),
    ],
)
def test_killed_at_a_crash_point(house: House, guarantee: str, point: str, state: str, received: int) -> None:
    """A reminder is unknown and not repeated; a receipt is repeated under the same Message-ID until it is sent."""
    mailer = Moody()
    with smtp_peer(mailer) as port:
        begin = BEGIN.format(port=port, messages=1, guarantee=guarantee)
        killed = house.spawn(begin + sending(lease=0.3), **LOCAL, CRASH_AT=f"{point}:1")
        killed.communicate(timeout=120)
        assert killed.returncode == -signal.SIGKILL, f"{point} was not passed"
        assert sum(mailer.received.values()) == received
        time.sleep(0.5)
        states, messages = report(house.run(sending() + REPORT, **LOCAL))
    assert messages == Counter({"done": 1})
    assert sorted(states.values()) == sorted([state, "sent"])
    doubled = guarantee == "at_least" and received
    assert (
        sum(mailer.received.values())
        == list(states.values()).count("sent") + (state == "unknown" and received) + doubled
    )
    assert len(mailer.names) == len(mailer.received)  # one Message-ID an address, however often


def test_every_crash_point_is_tried() -> None:
    assert {"after_claim", "before_network", "after_network", "after_result"} == crashpoints.DELIVERING


KILLS = 4


def under_fire(house: House, folder: Path, guarantee: str) -> tuple[Moody, dict[str, str], Counter[str]]:
    """Three senders, of which one after another is killed in the midst of its work and replaced; the server hangs up on
    one in ten."""
    mailer, dice = Moody(hangs_up=0.1), random.Random(11)
    gates = [folder / f"go{turn}" for turn in range(3 + KILLS)]
    with smtp_peer(mailer) as port:
        house.run(BEGIN.format(port=port, messages=40, guarantee=guarantee))
        crew = [
            house.spawn(sending(order="random.shuffle(due)", lease=0.6, patience=3, gate=gate) + REPORT, **LOCAL)
            for gate in gates
        ]
        for gate in gates[:3]:
            gate.touch()
        for turn in range(KILLS):
            goal = len(mailer.taken) + 8
            until(lambda goal=goal: len(mailer.taken) >= goal or idle(crew))
            time.sleep(dice.uniform(0, 0.05))
            crew[turn].send_signal(signal.SIGKILL)
            crew[turn].communicate()
            gates[3 + turn].touch()
        for each in crew[KILLS:]:
            finished(each)
    return mailer, *report(house.run(REPORT))


def idle(crew: list[subprocess.Popen[str]]) -> bool:
    return any(each.poll() is not None and each.returncode == 0 for each in crew)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not done():
        assert time.monotonic() < deadline, "nothing happens"
        time.sleep(0.005)


def test_killed_at_random_nobody_is_reminded_twice(house: House, tmp_path: Path) -> None:
    mailer, states, messages = under_fire(house, tmp_path, "at_most")
    assert len(states) == 80
    assert max(mailer.received.values()) == 1
    assert set(states.values()) == {"sent", "unknown"}  # some died in between, and the server hung up on some
    unknown = {address for address, state in states.items() if state == "unknown"}
    assert set(states) - set(mailer.received) <= unknown  # whoever got nothing is on the list for a person
    assert messages == Counter({"done": 40})


def test_trying_again_what_may_have_gone_doubles(house: House, tmp_path: Path) -> None:
    """Control of the test above: «send, then mark; again when the lease is over» reaches all, and some twice."""
    mailer, states, _messages = under_fire(house, tmp_path, "at_least")
    assert set(states.values()) == {"sent"}
    assert set(mailer.received) == set(states)
    assert max(mailer.received.values()) > 1
    assert len(mailer.names) == len(states)
