"""Jobs on the subledger."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.queue.claiming import database_now
from aldia.receivables.operations.presuming import presume_due
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@task(max_attempts=5)
def presume_pue() -> int:
    """The daily round of presumptions, in the company's own day."""
    company = Company.objects.get(pk=current_company_id())
    return presume_due(today=database_now().astimezone(ZoneInfo(company.time_zone)).date())
