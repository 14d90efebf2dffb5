"""Planners of a company take turns, and so do those who change what is planned by: rules, pauses, settings."""

from __future__ import annotations

from aldia.reminders.models import ReminderSettings
from aldia.tenancy.scope import current_company_id


def lock_planning() -> ReminderSettings:
    """Lock (creating it if need be) the settings of the company in scope, inside the caller's transaction."""
    row = ReminderSettings.objects.select_for_update().first()
    if row is None:
        new = ReminderSettings(company_id=current_company_id())
        ReminderSettings.all_companies.bulk_create([new], ignore_conflicts=True)
        row = ReminderSettings.objects.select_for_update().get()
    return row
