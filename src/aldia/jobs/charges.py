"""Jobs on late fees: every night what closed is charged, once; rules say which days make a period."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.collections.queries.disputes import open_among
from aldia.queue.claiming import database_now
from aldia.receivables.operations.late_fees import run_due
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@task(max_attempts=5)
def charge_late_fees() -> dict[str, int]:
    """Charge the periods that closed, in the company's own day; end the fees that turned out not to be owed."""
    company = Company.objects.get(pk=current_company_id())
    today = database_now().astimezone(ZoneInfo(company.time_zone)).date()
    ran = run_due(today=today, disputed=in_dispute)
    return {"runs": len(ran.runs), "fees": ran.fees, "ended": ran.ended}


def in_dispute(receivable_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
    """Which of them somebody disputes now."""
    return open_among(receivable_ids).keys()
