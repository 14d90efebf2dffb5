"""The one place where pages read the clock: today in the company's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from aldia.tenancy.models import Company


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def today(company: Company) -> date:
    """The date on the company's calendar."""
    return now().astimezone(ZoneInfo(company.time_zone)).date()
