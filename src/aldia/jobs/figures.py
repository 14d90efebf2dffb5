"""The job that makes a big company's figures before anybody comes in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.queue.claiming import database_now
from aldia.receivables.queries.sight import Sight
from aldia.receivables.queries.states import company_ranges
from aldia.reporting.operations.keeping import keep
from aldia.reporting.queries.figures import Asker, usual
from aldia.reporting.queries.kept import is_big, position
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@task(max_attempts=2)
def keep_figures() -> int:
    """Compute and keep what everybody sees of today; return how many figures. Small companies keep none."""
    if not is_big():
        return 0
    company, now = Company.objects.get(pk=current_company_id()), database_now()
    today = now.astimezone(ZoneInfo(company.time_zone)).date()
    asker = Asker(Sight(), today, company.currency, company.currency, company_ranges())
    made = 0
    for each in usual(asker):
        before = position()
        figures = each.compute()
        keep(kind=each.kind, key=each.key, on=today, position=before, figures=figures, now=now)
        made += 1
    return made
