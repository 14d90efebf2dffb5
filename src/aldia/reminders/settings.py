"""How and when the company in scope reminds."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from aldia.domain.reminders import Sending
from aldia.reminders.models import ReminderSettings
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id


def reminder_settings() -> ReminderSettings:
    """The company's settings; the defaults, unsaved, where it never changed them."""
    return ReminderSettings.objects.first() or ReminderSettings(
        company_id=current_company_id(), send_from=time(9), send_until=time(18)
    )


def sending_of(company: Company) -> Sending:
    """The settings of the company in scope as the domain takes them, with the calendar of its country."""
    row = reminder_settings()
    return Sending(
        country=company.country,
        send_from=row.send_from,
        send_until=row.send_until,
        weekdays=row.weekdays,
        min_days_between=row.min_days_between,
        max_per_week=row.max_per_week,
        transit_days=row.transit_days,
        merge_after_days=row.merge_after_days,
    )


def local_time(company: Company, as_of: datetime) -> datetime:
    """The moment as the clock on the company's wall shows it."""
    return as_of.astimezone(ZoneInfo(company.time_zone))
