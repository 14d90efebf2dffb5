"""Jobs on customers: switching many of them on, a slice at a time, so that no writer waits long."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.queue.claiming import database_now
from aldia.receivables.operations.switching import switch_on
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id

SLICE = 100


@task(max_attempts=5)
def switch_customers_on(customer_ids: list[str], actor_id: str) -> int:
    """Switch some customers on; safe to repeat. Returns how many receivables opened."""
    company = Company.objects.get(pk=current_company_id())
    today = database_now().astimezone(ZoneInfo(company.time_zone)).date()
    actor = User.objects.filter(pk=actor_id).first()
    return switch_on(customer_ids=[UUID(each) for each in customer_ids], today=today, actor=actor).receivables


def enqueue_switch(*, customer_ids: Sequence[UUID], actor: User) -> int:
    """Put the customers in the queue of their company, in slices; return how many jobs that made."""
    slices = [customer_ids[start : start + SLICE] for start in range(0, len(customer_ids), SLICE)]
    for each in slices:
        switch_customers_on.enqueue([str(customer_id) for customer_id in each], str(actor.pk))
    return len(slices)
