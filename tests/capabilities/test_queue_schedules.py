"""Schedules: local times over changes of the clocks, one run per slot, only the latest missed slot."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from aldia.queue import schedules
from aldia.queue.models import Job, Schedule, ScheduleRun
from aldia.queue.schedules import Rule, latest_slot, moment_of, tick
from aldia.queue.worker import Worker
from aldia.tenancy.models import Company
from tests.support import queue_tasks

NOTE = "tests.support.queue_tasks.note"

# zone, day, local time, the moment in UTC, worked out by hand from the official changes of the clocks
MOMENTS = [
    ("America/Mexico_City", "2026-04-05", "02:30", "2026-04-05T08:30"),  # no summer time since 2022
    ("America/Mexico_City", "2022-04-03", "02:30", "2022-04-03T08:00"),  # gap 02:00-03:00: at 03:00 CDT
    ("America/Mexico_City", "2022-10-30", "01:30", "2022-10-30T06:30"),  # twice: the first, still CDT
    ("America/Tijuana", "2026-03-08", "02:30", "2026-03-08T10:00"),  # gap 02:00-03:00 PST: at 03:00 PDT
    ("America/Tijuana", "2026-03-08", "02:00", "2026-03-08T10:00"),
    ("America/Tijuana", "2026-03-08", "03:00", "2026-03-08T10:00"),
    ("America/Tijuana", "2026-03-08", "01:59", "2026-03-08T09:59"),
    ("America/Tijuana", "2026-11-01", "01:30", "2026-11-01T08:30"),  # twice: the first, still PDT
    ("America/Tijuana", "2026-11-01", "02:00", "2026-11-01T10:00"),
    ("Europe/Madrid", "2026-03-29", "02:30", "2026-03-29T01:00"),  # gap 02:00-03:00: at 03:00 CEST
    ("Europe/Madrid", "2026-10-25", "02:30", "2026-10-25T00:30"),  # twice: the first, still CEST
    ("Europe/Madrid", "2026-10-25", "03:00", "2026-10-25T02:00"),
    ("Europe/Madrid", "2026-06-15", "08:00", "2026-06-15T06:00"),
]


@pytest.mark.parametrize(("zone", "day", "local", "expected"), MOMENTS)
def test_a_local_time_over_changes_of_the_clocks(zone: str, day: str, local: str, expected: str) -> None:
    moment = moment_of(date.fromisoformat(day), time.fromisoformat(local), ZoneInfo(zone))
    assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ["America/Mexico_City", "America/Tijuana", "Europe/Madrid", "Pacific/Auckland"])
@pytest.mark.parametrize("local", ["00:00", "01:30", "02:30", "23:59"])
def test_each_day_of_a_year_has_its_slot_once_never_early(zone: str, local: str) -> None:
    place, wanted = ZoneInfo(zone), time.fromisoformat(local)
    now, names = datetime(2026, 1, 1, 12, tzinfo=UTC), []
    while now < datetime(2027, 1, 2, 12, tzinfo=UTC):
        slot = latest_slot(local_time=wanted, every_minutes=None, zone=place, now=now)
        assert slot.moment <= now
        assert (
            slot.moment.astimezone(place).time() >= wanted
            or slot.moment.astimezone(place).date().isoformat() > slot.name
        )
        if not names or names[-1] != slot.name:
            names.append(slot.name)
        now += timedelta(minutes=30)
    days = [date.fromisoformat(name) for name in names]
    assert all((after - before).days == 1 for before, after in pairwise(days))


def test_repeating_slots_are_whole_multiples_in_utc_whatever_the_clocks_do() -> None:
    now = datetime(2026, 10, 25, 0, 44, 59, tzinfo=UTC)
    slot = latest_slot(local_time=None, every_minutes=15, zone=ZoneInfo("Europe/Madrid"), now=now)
    assert (slot.name, slot.moment) == ("2026-10-25T00:30Z", datetime(2026, 10, 25, 0, 30, tzinfo=UTC))


@pytest.fixture
def company(db: None) -> Company:
    queue_tasks.SEEN.clear()
    return Company.objects.create(slug="acme", legal_name="Acme", tax_id="AAA010101AAA", time_zone="America/Tijuana")


def schedule(company: Company | None, made: datetime, **fields: object) -> Schedule:
    values = {"name": "s", "task_path": NOTE, "payload": {"value": "tick"}, "local_time": time(8), **fields}
    row = Schedule.objects.create(company=company, **values)
    Schedule.objects.filter(pk=row.pk).update(created_at=made)
    return row


def test_a_slot_runs_once_in_the_companys_scope(company: Company) -> None:
    schedule(company, datetime(2026, 3, 1, tzinfo=UTC))
    eight = datetime(2026, 3, 7, 16, tzinfo=UTC)
    for _ in range(3):
        tick(now=eight)
    Worker().drain()
    assert [(company.pk, "tick")] == queue_tasks.SEEN
    assert tick(now=eight + timedelta(hours=22, minutes=59)) == 0
    assert tick(now=eight + timedelta(hours=23)) == 1  # the clocks went forward that night


def test_the_hour_that_happens_twice_runs_once(company: Company) -> None:
    schedule(company, datetime(2026, 10, 1, tzinfo=UTC), local_time=time(1, 30))
    now, runs = datetime(2026, 11, 1, 8, tzinfo=UTC), 0
    tick(now=now)  # the slot of the day before
    while now < datetime(2026, 11, 1, 12, tzinfo=UTC):
        now += timedelta(minutes=5)
        runs += tick(now=now)
    assert runs == 1


def test_after_an_outage_only_the_latest_slot_runs(company: Company) -> None:
    row = schedule(company, datetime(2026, 3, 1, tzinfo=UTC))
    assert tick(now=datetime(2026, 3, 20, 20, tzinfo=UTC)) == 1
    assert list(ScheduleRun.objects.filter(schedule=row).values_list("slot", flat=True)) == ["2026-03-20"]


def test_a_slot_that_is_too_late_is_given_up(company: Company) -> None:
    schedule(company, datetime(2026, 3, 1, tzinfo=UTC), late_minutes=60)
    assert tick(now=datetime(2026, 3, 20, 16, 1, tzinfo=UTC)) == 0
    assert tick(now=datetime(2026, 3, 20, 16, 0, tzinfo=UTC)) == 1


def test_no_slot_from_before_the_schedule_and_none_when_off(company: Company) -> None:
    schedule(company, datetime(2026, 3, 20, 15, 30, tzinfo=UTC))
    schedule(None, datetime(2026, 3, 1, tzinfo=UTC), active=False)
    assert tick(now=datetime(2026, 3, 20, 15, 31, tzinfo=UTC)) == 0  # eight o'clock was at 15:00
    assert tick(now=datetime(2026, 3, 21, 15, 0, tzinfo=UTC)) == 1


def test_slot_and_job_are_one_transaction(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule(company, datetime(2026, 3, 1, tzinfo=UTC))
    monkeypatch.setattr(schedules, "_enqueue", lambda schedule: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tick(now=datetime(2026, 3, 20, 20, tzinfo=UTC))
    assert not ScheduleRun.objects.exists()


def test_declaring_adds_changes_and_switches_off(company: Company) -> None:
    daily, often = Rule("daily", NOTE, local_time=time(8)), Rule("often", NOTE, every_minutes=15)
    schedules.declare(rules=[daily, often], company_id=company.pk)
    schedules.declare(rules=[daily, often], company_id=company.pk)
    assert Schedule.objects.count() == 2
    Schedule.objects.filter(name="often").update(active=False)  # a person's choice
    schedules.declare(rules=[Rule("daily", NOTE, local_time=time(9)), often], company_id=company.pk)
    assert Schedule.objects.get(name="daily").local_time == time(9)
    assert not Schedule.objects.get(name="often").active
    schedules.declare(rules=[often], company_id=company.pk)
    assert not Schedule.objects.get(name="daily").active
    schedules.declare(rules=[daily], company_id=None)
    schedules.declare(rules=[daily], company_id=None)
    assert Schedule.objects.filter(company=None).count() == 1
    assert not Job.objects.exists()
