"""On which days something goes out regularly: every bank day, on a day of each week, or on a day of each month."""

from __future__ import annotations

from datetime import date, timedelta

from aldia.domain.calendars import NoCalendar, is_bank_day, month_end
from aldia.domain.sentences import Refusal, gettext_noop

DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
MOST_DAY = {DAILY: 31, WEEKLY: 7, MONTHLY: 31}
ONE_DAY = timedelta(days=1)
SATURDAY = 5


class BadFrequency(Refusal):
    """A rhythm that there is not."""

    code = "frequency"
    template = gettext_noop("Elige cada cuándo: cada día hábil, cada semana o cada mes.")


class BadDay(Refusal):
    """A day that the rhythm does not have."""

    code = "day"
    template = gettext_noop("Elige un día del 1 al %(most)s.")


def check(frequency: str, day: int) -> None:
    """Raise `BadFrequency` or `BadDay` for a rhythm that cannot be."""
    if frequency not in MOST_DAY:
        raise BadFrequency()
    if not 1 <= day <= MOST_DAY[frequency]:
        raise BadDay(most=MOST_DAY[frequency])


def first_on(frequency: str, day: int, *, since: date, country: str) -> date:
    """The first day of the rhythm that is `since` or later.

    `day`: of the week, Monday 1; of the month, where 29 to 31 mean the last one of a shorter month.
    """
    check(frequency, day)
    found = since
    while not _is_on(found, frequency, day, country):
        found += ONE_DAY
    return found


def next_on(frequency: str, day: int, *, after: date, country: str) -> date:
    """The first day of the rhythm that is later than `after`."""
    return first_on(frequency, day, since=after + ONE_DAY, country=country)


def _is_on(on: date, frequency: str, day: int, country: str) -> bool:
    if frequency == WEEKLY:
        return on.isoweekday() == day
    if frequency == MONTHLY:
        return on.day == min(day, month_end(on).day)
    try:
        return is_bank_day(country, on)
    except NoCalendar:
        return on.weekday() < SATURDAY
