"""Planning the reminders of 100,000 open receivables of one company: the first day, a tick, the next day."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.db import connection

from aldia.customers.models import Contact, Customer
from aldia.reminders.models import ReminderCandidate, When
from aldia.reminders.operations.planning import plan_company
from aldia.reminders.operations.rules import (
    RuleWords,
    StepWords,
    activate_rule,
    ensure_default_rule,
    update_rule,
)
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope, transaction
from benchmarks._books import Figures, load, measure

CLEAR, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
DAY = date(2026, 11, 23)  # a Monday after the day of the books
STEPS = (
    StepWords(When.BEFORE, 7),
    StepWords(When.BEFORE, 3),
    StepWords(When.ON_DAY),
    StepWords(When.AFTER, 2),
    StepWords(When.REPEAT, 7, times=12),
    StepWords(When.PAID),
)


def run(size: int = 100_000) -> dict[str, object]:
    """Seconds of each round and how many rows it wrote; the peak of memory of the process."""
    company, seconds = load(size)
    with company_scope(company.pk):
        _prepare(company)
        figures: Figures = {"engine": connection.vendor, "open_receivables": size, "load_seconds": round(seconds, 1)}
        _forget_peak()
        _round(figures, "activation", DAY)
        _round(figures, "tick_after", DAY)
        ReminderCandidate.objects.filter(state="planned", why="").update(state="done")
        _round(figures, "next_day", DAY + timedelta(days=1))
        _round(figures, "next_tick", DAY + timedelta(days=1))
        figures["peak_mb"] = _peak()
        figures["rows"] = ReminderCandidate.objects.count()
    return figures


def _prepare(company: Company) -> None:
    """Contacts for all customers, and the general rule active since a year."""
    people = list(Customer.objects.values_list("pk", flat=True))
    rows = [
        Contact(company=company, customer_id=each, name="Cobranza", email=f"c{number}@example.com", is_primary=True)
        for number, each in enumerate(people)
    ]
    with transaction():
        Contact.objects.bulk_create(rows, batch_size=500)
    rule = ensure_default_rule()
    rule = update_rule(rule_id=rule.pk, version=rule.version, words=RuleWords(rule.name, STEPS), actor=None)
    activate_rule(rule_id=rule.pk, version=rule.version, today=date(2026, 11, 1), actor=None)


def _round(figures: Figures, name: str, day: date) -> None:
    moment = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    counted: dict[str, int] = {}

    def act() -> None:
        counts = plan_company(as_of=moment, today=day).counts
        counted.update({" ".join(key).strip(): value for key, value in counts.items() if value})

    start = time.perf_counter()
    measure(figures, name, act, 1)
    figures[f"{name}_per_second"] = round(int(str(figures["open_receivables"])) / (time.perf_counter() - start))
    figures[f"{name}_rows"] = counted


def _forget_peak() -> None:
    """Begin to measure memory here: making the books takes more than planning does (Linux only)."""
    if CLEAR.exists():
        CLEAR.write_text("5")


def _peak() -> int:
    """Peak resident memory of the process since it was last forgotten, in MB."""
    lines = STATUS.read_text().splitlines() if STATUS.exists() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)
