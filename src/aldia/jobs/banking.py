"""Jobs on reconciliation: movements that came in, what changed in the books, and the full pass of the night."""

from __future__ import annotations

from dataclasses import asdict
from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.banking.models import BankAccount
from aldia.banking.operations.advancing import apply_advances
from aldia.banking.operations.deciding import reconcile
from aldia.banking.operations.undoing import reopen_stale
from aldia.jobs.reminders import enqueue_thanks
from aldia.queue.claiming import database_now
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@task(max_attempts=3)
def reconcile_movements() -> dict[str, int]:
    """Decide what came in or what a change in the books concerns; apply what is certain."""
    return _round(full=False)


@task(max_attempts=3)
def reconcile_everything() -> dict[str, int]:
    """The safety net of the night: the whole queue again. It changes nothing, or something was forgotten."""
    return _round(full=True)


def _round(*, full: bool) -> dict[str, int]:
    if not BankAccount.objects.exists():
        return {}
    now = database_now()
    company = Company.objects.get(pk=current_company_id())
    reopen_stale(now=now)
    advances = apply_advances(today=now.astimezone(ZoneInfo(company.time_zone)).date())
    done = reconcile(now=now, full=full)
    if done.applied:
        enqueue_thanks()
    return {**asdict(done), "advances": advances}


def enqueue_reconcile() -> None:
    """Have the movements of the company in scope that wait decided soon; twice is once. Without a bank, nothing is."""
    if BankAccount.objects.exists():
        reconcile_movements.using(dedupe_key="reconcile").enqueue()
