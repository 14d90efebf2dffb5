"""Days that count: bank days, ends of months, and dates as people here write them."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache

from dateutil.easter import easter  # type: ignore[import-untyped]

from aldia.domain.sentences import Refusal, gettext_noop

MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")


class NoCalendar(Refusal):
    """We hold no bank calendar of that country: said aloud rather than guessed."""

    code = "no_calendar"
    template = gettext_noop("No hay calendario bancario de «%(country)s».")


def _nth_monday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7 + 7 * (nth - 1))


def _mexico(year: int) -> set[date]:
    """Days on which CNBV orders banks to close (Ley de Instituciones de Crédito, art. 95).

    https://www.diputados.gob.mx/LeyesBiblio/pdf/LIC.pdf; the list of each year appears in the DOF in December before
    (of 2026: DOF 2025-12-10). Labour-law calendars lack Holy Thursday and Friday, 2 November and 12 December.
    1 October only in the years in which the presidency changes hands (Constitución, art. 83), since 2024.
    """
    sunday: date = easter(year)
    fixed = {date(year, *day) for day in ((1, 1), (5, 1), (9, 16), (11, 2), (12, 12), (12, 25))}
    moved = {_nth_monday(year, 2, 1), _nth_monday(year, 3, 3), _nth_monday(year, 11, 3)}
    holy = {sunday - timedelta(days=3), sunday - timedelta(days=2)}
    inauguration = {date(year, 10, 1)} if year >= 2024 and (year - 2024) % 6 == 0 else set()
    return fixed | moved | holy | inauguration


_RULES = {"MX": _mexico}


@lru_cache(maxsize=256)
def bank_holidays(country: str, year: int) -> frozenset[date]:
    """Days other than weekends on which banks close (some fall on a weekend). Raises `NoCalendar`."""
    try:
        rule = _RULES[country]
    except KeyError:
        raise NoCalendar(country=country) from None
    return frozenset(rule(year))


def is_bank_day(country: str, day: date) -> bool:
    """Whether banks work that day. Raises `NoCalendar`."""
    holidays = bank_holidays(country, day.year)
    return day.weekday() < 5 and day not in holidays


def add_bank_days(country: str, day: date, days: int) -> date:
    """The nth bank day after `day` (before it, when negative). 0: `day` itself, or the next bank day if it is none."""
    step = timedelta(days=-1 if days < 0 else 1)
    left = abs(days)
    if left == 0:
        while not is_bank_day(country, day):
            day += step
    while left:
        day += step
        left -= is_bank_day(country, day)
    return day


def month_end(day: date) -> date:
    """Last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """Same day `months` later (earlier, when negative); the last of the month where there is no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last))


def short_date(day: date) -> str:
    """As "21 nov 2026", without locale libraries: a table of 50 rows spent a third of its time in date filters."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
