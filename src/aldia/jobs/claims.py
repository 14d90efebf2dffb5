"""Jobs on what customers say: each morning people hear of promises that broke, disputes to answer, plans in arrears."""

from __future__ import annotations

from django_tasks import task

from aldia.jobs.reminders import enqueue_sending
from aldia.queue.claiming import database_now
from aldia.reminders.operations.claims import tell_claims as tell
from aldia.reminders.rounds import Round
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@task(max_attempts=5)
def tell_claims() -> int:
    """Write to whoever answers for each; return how many people that were."""
    written = tell(turn=Round.at(Company.objects.get(pk=current_company_id()), database_now()))
    enqueue_sending()
    return len(written)
