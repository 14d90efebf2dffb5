"""Schedules for tests: a rent every month, and the clock that walks over its dates."""

from __future__ import annotations

from datetime import date
from typing import Any

from aldia.customers.models import Customer
from aldia.domain.recurrence import Rule
from aldia.recurring.models import Occurrence, Schedule, ScheduleKind
from aldia.recurring.operations import following, issuing, turning
from aldia.recurring.operations.schedules import Details, save
from tests.support.stage import Stage

RENT = {"concept": "Renta de {mes} de {año}", "amount": 12_000_00}


def details(customer: Customer, **more: Any) -> Details:
    values: dict[str, Any] = {
        "name": "Renta", "kind": ScheduleKind.CHARGE_NOTE, "customer_id": customer.pk, "rule": Rule(),
        "content": RENT, "currency": "MXN", "starts_on": date(2026, 3, 1),
    }  # fmt: skip
    return Details(**{**values, **more})


def rent(stage: Stage, customer: Customer, **more: Any) -> Schedule:
    return save(details=details(customer, **more), today=stage.today, actor=stage.owner)


def turn(stage: Stage, clock: str = "09:00") -> list[Occurrence]:
    """One round of the clock, as the job does it; what it issued (or failed to)."""
    moment = issuing.Turn(stage.today, stage.at(clock))
    for schedule_id in turning.due_schedules(today=stage.today):
        turning.appear(schedule_id=schedule_id, today=stage.today)
    for occurrence_id in following.to_follow():
        following.follow(occurrence_id=occurrence_id, now=moment.now)
    found = [issuing.issue(occurrence_id=each, turn=moment) for each in issuing.waiting()]
    return [row for row in found if row is not None]


def states(schedule: Schedule) -> dict[str, str]:
    """What became of each date, as {"03-01": "done"}."""
    rows = Occurrence.objects.filter(schedule=schedule).order_by("on")
    return {f"{row.on:%m-%d}": row.state for row in rows}
