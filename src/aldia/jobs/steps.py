"""Jobs on the seven steps: what moved until yesterday is written down each night, and once history has come in."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.collections.models import StepMove
from aldia.collections.operations.steps import follow
from aldia.queue.claiming import database_now
from aldia.reporting.queries.step_facts import facts_in
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@task(max_attempts=5)
def follow_steps() -> int:
    """The days that are over, in the company's own calendar."""
    zone = ZoneInfo(Company.objects.get(pk=current_company_id()).time_zone)
    yesterday = database_now().astimezone(zone).date() - timedelta(days=1)
    return follow(on=yesterday, facts_of=facts_in(zone))


@task(max_attempts=5)
def follow_first() -> int:
    """Soon after the first documents came in; afterwards the nights do it."""
    return 0 if StepMove.objects.exists() else follow_steps.call()
