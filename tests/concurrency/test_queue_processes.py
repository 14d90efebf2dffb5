"""Workers as real processes: nothing runs twice, nothing is lost, whoever is killed whenever."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, demolish, finished, migrated_house

WORK = """
from aldia.queue.worker import Worker
import threading
worker = Worker(lease_seconds={lease})
worker.heartbeat.start()
idle = 0
while idle < {patience}:
    if worker.work_once():
        idle = 0
        threading.Event().wait(0.003)
    else:
        idle += 0.05
        worker._reap_at = 0
        threading.Event().wait(0.05)
"""
ENQUEUE = """
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.support import queue_tasks
company = Company.objects.create(slug="acme", legal_name="Acme", tax_id="AAA010101AAA")
with company_scope(company.pk):
    for number in range({jobs}):
        queue_tasks.{task}.enqueue(str(number), {seconds})
"""
REPORT = """
import json
from aldia.queue.models import Job
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.scope import company_scope
with company_scope(Company.objects.get().pk):
    rows = list(StoredFile.objects.values_list("name", "sha256"))
print(json.dumps({"rows": rows, "jobs": list(Job.objects.values_list("state", "attempts"))}))
"""


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    house = migrated_house(tmp_path / "house")
    yield house
    demolish(house)


def report(house: House) -> tuple[Counter[str], set[str], Counter[tuple[str, int]]]:
    """Rows per job, the processes that wrote them, and how the jobs ended."""
    found = json.loads(house.run(REPORT))
    names = Counter(name for name, _pid in found["rows"])
    return names, {pid for _name, pid in found["rows"]}, Counter((state, tries) for state, tries in found["jobs"])


def test_two_workers_share_the_work_and_double_nothing(house: House) -> None:
    house.run(ENQUEUE.format(jobs=200, task="effect", seconds=0.005))
    workers = [house.spawn(WORK.format(lease=30, patience=2)) for _ in range(2)]
    for worker in workers:
        finished(worker)
    names, processes, jobs = report(house)
    assert names == Counter({str(number): 1 for number in range(200)})
    assert len(processes) == 2
    assert jobs == Counter({("done", 1): 200})


def test_killed_in_the_middle_of_atomic_jobs_loses_and_doubles_nothing(house: House, tmp_path: Path) -> None:
    house.run(ENQUEUE.format(jobs=8, task="exact", seconds=0.6))  # long enough to die in
    kills = 0
    for turn in range(5):
        marker = tmp_path / f"marker{turn}"
        worker = house.spawn(WORK.format(lease=0.5, patience=1.2), ALDIA_TEST_MARKER=str(marker))
        wait_for(marker)
        time.sleep(0.05 * turn)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        kills += worker.returncode == -signal.SIGKILL
    assert kills == 5
    finished(house.spawn(WORK.format(lease=5, patience=1.5)))
    names, _processes, jobs = report(house)
    assert names == Counter({str(number): 1 for number in range(8)})
    assert {state for state, _attempts in jobs} == {"done"}
    assert sum(attempts * count for (_state, attempts), count in jobs.items()) > 8  # some ran again


def test_a_long_job_keeps_its_lease_by_heartbeat(house: House) -> None:
    """A job of three leases' length is not taken from a living worker by another that reaps all the time."""
    house.run(ENQUEUE.format(jobs=1, task="effect", seconds=2.5))
    workers = [house.spawn(WORK.format(lease=0.8, patience=3)) for _ in range(2)]
    for worker in workers:
        finished(worker)
    names, _processes, jobs = report(house)
    assert names == Counter({"0": 1})
    assert jobs == Counter({("done", 1): 1})


def test_without_heartbeat_the_long_job_is_taken_away(house: House) -> None:
    """Control of the test above."""
    house.run(ENQUEUE.format(jobs=1, task="effect", seconds=1.2))
    silent = WORK.replace("worker.heartbeat.start()", "")
    workers = [house.spawn(silent.format(lease=0.4, patience=2)) for _ in range(2)]
    for worker in workers:
        finished(worker)
    names, _processes, _jobs = report(house)
    assert names["0"] > 1


def test_ticking_from_two_processes_enqueues_each_slot_once(house: House) -> None:
    code = """
from datetime import UTC, datetime, time, timedelta
from aldia.queue.models import Schedule
from aldia.queue.schedules import tick
now = datetime(2026, 3, 1, tzinfo=UTC)
for _ in range(60):
    now += timedelta(minutes=15)
    tick(now=now)
"""
    house.run(
        "from aldia.queue.models import Schedule\n"
        "Schedule.objects.create(name='s', task_path='tests.support.queue_tasks.note', payload={'value': 1},"
        " every_minutes=15, created_at='2026-01-01T00:00Z')"
    )
    for process in [house.spawn(code) for _ in range(3)]:
        finished(process)
    assert (
        house.run("from aldia.queue.models import *\nprint(Job.objects.count(), ScheduleRun.objects.count())")
        == "60 60\n"
    )


def wait_for(marker: Path) -> None:
    deadline = time.monotonic() + 30
    while not marker.exists():
        assert time.monotonic() < deadline, "the worker never began"
        time.sleep(0.005)
