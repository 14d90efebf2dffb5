"""Jobs on the forecast: each night, and at once when history has come in or somebody asks."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django_tasks import task

from aldia.forecasts.operations.running import run_if_due, run_nightly
from aldia.forecasts.queries.current import latest_run
from aldia.queue.claiming import database_now
from aldia.receivables.models import Receivable
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id


@task(max_attempts=3)
def forecast_nightly() -> str:
    """Forecast the book of the company in its own day, unless that has been done; returns the run's id."""
    company = Company.objects.get(pk=current_company_id())
    today = database_now().astimezone(ZoneInfo(company.time_zone)).date()
    run = run_if_due(as_of=today, today=today)
    return str(run.pk) if run else ""


@task(max_attempts=2)
def forecast_first() -> str:
    """Soon after the first documents came in; afterwards the nights do it."""
    return "" if latest_run() is not None or not Receivable.objects.exists() else forecast_nightly.call()


@task(max_attempts=2)
def forecast_now(actor_id: str) -> str:
    """Forecast again because somebody asked; returns the run's id."""
    company = Company.objects.get(pk=current_company_id())
    today = database_now().astimezone(ZoneInfo(company.time_zone)).date()
    return str(run_nightly(as_of=today, today=today, actor=User.objects.filter(pk=actor_id).first()).pk)
