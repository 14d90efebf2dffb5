"""On which days and at which hours of the company's zone messages leave."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from aldia.domain.calendars import add_bank_days, is_bank_day
from aldia.domain.reminders.facts import Sending

BANK, WEEKDAYS, EVERY_DAY = "bank", "weekdays", "every"
ONE_DAY = timedelta(days=1)


def is_sending_day(sending: Sending, day: date) -> bool:
    """Whether messages leave on that day. Raises `calendars.NoCalendar` for bank days of an unknown country."""
    if sending.weekdays == EVERY_DAY:
        return True
    return day.weekday() < 5 if sending.weekdays == WEEKDAYS else is_bank_day(sending.country, day)


@lru_cache(maxsize=4096)
def sending_day(sending: Sending, day: date) -> date:
    """The day itself, or the next one on which messages leave."""
    while not is_sending_day(sending, day):
        day += ONE_DAY
    return day


def is_open(sending: Sending, local: datetime) -> bool:
    """Whether messages may leave at that moment, `local` being the clock on the company's wall.

    Only the wall counts: an hour that a clock change skips or repeats moves nothing.
    """
    return sending.send_from <= local.time() < sending.send_until and is_sending_day(sending, local.date())


def next_opening(sending: Sending, local: datetime) -> datetime:
    """When messages may leave next, on the company's wall (the moment itself, if they may now)."""
    if is_open(sending, local):
        return local
    day = local.date() if local.time() < sending.send_from else local.date() + ONE_DAY
    return datetime.combine(sending_day(sending, day), sending.send_from, tzinfo=local.tzinfo)


@lru_cache(maxsize=4096)
def chased_from(sending: Sending, due_on: date) -> date:
    """The first day on which what fell due may be chased: a transfer of the last day has had time to arrive.

    What falls due on a day without banks is paid on the next that has them.
    """
    if not sending.transit_days:
        return due_on + ONE_DAY
    return add_bank_days(sending.country, add_bank_days(sending.country, due_on, 0), sending.transit_days)
