"""Jobs on collecting: the list of the day, made in the morning after the forecast."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.collections.operations.worklist import rebuild
from aldia.collections.queries.promises import Patience
from aldia.queue.claiming import database_now
from aldia.reminders.queries.claims import claims_of
from aldia.reminders.queries.followers import paused_customers
from aldia.reminders.queries.span import Span
from aldia.reminders.settings import sending_of
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


@task(max_attempts=3)
def make_worklist() -> int:
    """Make the list of the company's day; return how many are on it."""
    company = Company.objects.get(pk=current_company_id())
    return worklist_of(company, database_now().astimezone(ZoneInfo(company.time_zone)).date())


def worklist_of(company: Company, on: date) -> int:
    """Make the list of a day of the company in scope, from what reminders know of claims and pauses."""
    sending = sending_of(company)
    items = rebuild(
        on=on,
        currency=company.currency,
        claims=claims_of(Span(), today=on, sending=sending),
        paused=paused_customers(on),
        patience=Patience(company.country, sending.transit_days),
    )
    return len(items)


def enqueue_worklist() -> None:
    """Ask for the list of today, once however often it is asked for."""
    make_worklist.using(dedupe_key="worklist").enqueue()  # type: ignore[attr-defined]
