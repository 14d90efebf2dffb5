"""Job on collection accounts: providers are asked for those that were opened and have no answer yet."""

from __future__ import annotations

from django_tasks import task

from aldia.payments.operations.collecting import ask_providers
from aldia.payments.queries.collecting import never_asked
from aldia.queue.claiming import database_now
from aldia.queue.models import Job, JobState
from aldia.tenancy.scope import current_company_id

SLICE = 25


@task(max_attempts=5)
def ask_for_accounts() -> int:
    """Ask for some, and come back for the rest: the queue stays free for others in between."""
    count = ask_providers(now=database_now(), limit=SLICE)
    if count and never_asked().exists():
        ask_for_accounts.enqueue()
    return count


def enqueue_asking() -> None:
    """Have the providers of the company asked; twice is once."""
    ask_for_accounts.using(dedupe_key="asking").enqueue()


def is_asking() -> bool:
    """Whether providers are being asked."""
    jobs = Job.objects.filter(company_id=current_company_id(), task_path=ask_for_accounts.module_path)
    return jobs.filter(state__in=(JobState.READY, JobState.RUNNING)).exists()
