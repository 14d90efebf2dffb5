"""Schedules: which slot of a schedule is due, and who claims it.

A slot has a name (the local date of a daily schedule, the UTC minute of a repeating one) that exists once in the
table of claims. Hence no leader: anybody may tick, at any rate, and each slot still runs once. A local time that a
change of the clocks skips runs at the first moment after the gap; one that happens twice runs the first time only.
Catching up: after an outage only the latest missed slot runs, older ones are given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django_tasks.base import Task

from aldia.queue.backend import task_at
from aldia.queue.models import Schedule, ScheduleRun
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, transaction


@dataclass(frozen=True)
class Slot:
    """One turn of a schedule: its name, and the moment (UTC) from which it is due."""

    name: str
    moment: datetime


@dataclass(frozen=True)
class Rule:
    """A schedule as the code declares it: `path` of the task, and one of `local_time` and `every_minutes`."""

    name: str
    path: str
    local_time: time | None = None
    every_minutes: int | None = None
    late_minutes: int | None = None


def moment_of(day: date, local_time: time, zone: ZoneInfo) -> datetime:
    """When a local time of a day comes, in UTC: in a gap, the first valid moment; if it comes twice, the first."""
    local = datetime.combine(day, local_time, tzinfo=zone)  # fold=0: the first of two
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    before = local.utcoffset() or timedelta()
    after = local.replace(fold=1).utcoffset() or timedelta()
    return _end_of_gap(moment - abs(after - before), moment, zone)


def latest_slot(*, local_time: time | None, every_minutes: int | None, zone: ZoneInfo, now: datetime) -> Slot:
    """The last slot whose moment is not after `now` (aware)."""
    if every_minutes is not None:
        minutes = int(now.timestamp()) // 60 // every_minutes * every_minutes
        moment = datetime.fromtimestamp(minutes * 60, UTC)
        return Slot(moment.strftime("%Y-%m-%dT%H:%MZ"), moment)
    if local_time is None:
        raise ValueError("a schedule has a local time or an interval")
    day = now.astimezone(zone).date()
    while (moment := moment_of(day, local_time, zone)) > now:
        day -= timedelta(days=1)
    return Slot(day.isoformat(), moment)


def tick(*, now: datetime) -> int:
    """Enqueue the job of each schedule whose latest slot nobody has claimed yet; return how many."""
    companies = dict(Company.objects.values_list("pk", "time_zone"))
    count = 0
    for schedule in Schedule.objects.filter(active=True).order_by("pk"):
        zone = ZoneInfo(companies[schedule.company_id]) if schedule.company_id else ZoneInfo("UTC")
        slot = latest_slot(local_time=schedule.local_time, every_minutes=schedule.every_minutes, zone=zone, now=now)
        if is_due(schedule, slot, now) and run_slot(schedule, slot):
            count += 1
    return count


def is_due(schedule: Schedule, slot: Slot, now: datetime) -> bool:
    """Whether a slot may still run: not from before the schedule was made, not later than it bears."""
    if slot.moment < schedule.created_at:
        return False
    return schedule.late_minutes is None or now - slot.moment <= timedelta(minutes=schedule.late_minutes)


def run_slot(schedule: Schedule, slot: Slot) -> bool:
    """Claim a slot and enqueue its job, in one transaction; False when somebody else has it."""
    with transaction():
        run = ScheduleRun(id=uuid7(), schedule=schedule, slot=slot.name)
        ScheduleRun.objects.bulk_create([run], ignore_conflicts=True)
        if not ScheduleRun.objects.filter(pk=run.pk).exists():
            return False
        _enqueue(schedule)
    return True


def declare(*, rules: list[Rule], company_id: UUID | None) -> None:
    """Bring the schedules of a company (None: of the house) in line with what the code declares.

    Those that the code no longer names are switched off. What a person switched off stays off.
    """
    ours = Q(company__isnull=True) if company_id is None else Q(company_id=company_id)
    known = {row.name: row for row in Schedule.objects.filter(ours)}
    fresh = [_as_row(rule, company_id) for rule in rules if rule.name not in known]
    Schedule.objects.bulk_create(fresh, ignore_conflicts=True)
    for rule in rules:
        if (row := known.get(rule.name)) and _values(rule) != _values_of(row):
            Schedule.objects.filter(pk=row.pk).update(**_values(rule))
    gone = ~Q(name__in=[rule.name for rule in rules])
    Schedule.objects.filter(ours, gone, active=True).update(active=False)


def _enqueue(schedule: Schedule) -> None:
    task: Task[..., object] = task_at(schedule.task_path)
    if schedule.company_id is None:
        task.enqueue(**schedule.payload)
        return
    with company_scope(schedule.company_id):
        task.enqueue(**schedule.payload)


def _values(rule: Rule) -> dict[str, object]:
    return {
        "task_path": rule.path,
        "local_time": rule.local_time,
        "every_minutes": rule.every_minutes,
        "late_minutes": rule.late_minutes,
    }


def _values_of(row: Schedule) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("task_path", "local_time", "every_minutes", "late_minutes")}


def _as_row(rule: Rule, company_id: UUID | None) -> Schedule:
    return Schedule(id=uuid7(), company_id=company_id, name=rule.name, **_values(rule))


def _end_of_gap(start: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two (UTC) at which the zone's offset changes, to the second."""
    offset = start.astimezone(zone).utcoffset()
    while end - start > timedelta(seconds=1):
        middle = (start + (end - start) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            start = middle
        else:
            end = middle
    return end
