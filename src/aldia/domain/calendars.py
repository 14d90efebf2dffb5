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


def _chile(year: int) -> set[date]:
    """Public holidays of Chile, and 31 December, when banks do not open to the public.

    Ley 2.977 (https://www.bcn.cl/leychile/navegar?idNorma=23639) and those that moved or added days: 19.668 (29 June
    and 12 October go to a Monday), 20.299 (31 October to a Friday), 20.215 and 20.983 (days beside 18 and 19
    September, 2 January), 21.357 (winter solstice). 31 December: Ley 12.051, as Ley 21.791 has it again
    (https://www.bcn.cl/leychile/navegar?idNorma=1219578).
    """
    sunday: date = easter(year)
    fixed = {(1, 1), (5, 1), (5, 21), (7, 16), (8, 15), (9, 18), (9, 19), (11, 1), (12, 8), (12, 25), (12, 31)}
    days = {date(year, *day) for day in fixed} | {sunday - timedelta(days=2), sunday - timedelta(days=1)}
    days |= {_chilean_monday(date(year, 6, 29)), _chilean_monday(date(year, 10, 12)), _reformation(year)}
    days |= {day for day in (date(year, 9, 17),) if day.weekday() in (0, 4)}
    days |= {day for day in (date(year, 9, 20),) if day.weekday() == 4}
    days |= {day for day in (date(year, 1, 2),) if day.weekday() == 0}
    if year >= 2021:
        # the solstice in Chilean time: the 20th in leap years and the year after, until the middle of the century
        days.add(date(year, 6, 20 if year > 2021 and year % 4 < 2 else 21))
    return days


def _chilean_monday(day: date) -> date:
    """Ley 19.668: Tuesday to Thursday go to the Monday before, Friday to the Monday after."""
    shift = {1: -1, 2: -2, 3: -3, 4: 3}.get(day.weekday(), 0)
    return day + timedelta(days=shift)


def _reformation(year: int) -> date:
    """Ley 20.299: 31 October on a Tuesday goes to the Friday before, on a Wednesday to the Friday after."""
    day = date(year, 10, 31)
    return day + timedelta(days={1: -4, 2: 2}.get(day.weekday(), 0))


def _colombia(year: int) -> set[date]:
    """Public holidays of Colombia (Ley 51 de 1983, "Ley Emiliani": most go to the next Monday).

    https://www.funcionpublica.gov.co/eva/gestornormativo/norma.php?i=4954; 9 July by Ley 2578 de 2026.
    """
    sunday: date = easter(year)
    fixed = {date(year, *day) for day in ((1, 1), (5, 1), (7, 20), (8, 7), (12, 8), (12, 25))}
    moved = {date(year, *day) for day in ((1, 6), (3, 19), (6, 29), (8, 15), (10, 12), (11, 1), (11, 11))}
    moved |= {date(year, 7, 9)} if year >= 2026 else set()
    # Ascension, Corpus Christi and the Sacred Heart are on the Monday after their day
    movable = {sunday + timedelta(days=days) for days in (-3, -2, 43, 64, 71)}
    return fixed | movable | {day + timedelta(days=-day.weekday() % 7) for day in moved}


def _spain(year: int) -> set[date]:
    """National holidays of Spain, and the days on which transfers in euros are not settled.

    Real Decreto 2001/1983, art. 45 (https://www.boe.es/buscar/act.php?id=BOE-A-1983-20906); T2 is closed on Good
    Friday, Easter Monday and 26 December, too (https://www.ecb.europa.eu/ecb/contacts/working-hours/html/index.en.html).
    Holidays of one community or town are not in it.
    """
    sunday: date = easter(year)
    fixed = ((1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25), (12, 26))
    return {date(year, *day) for day in fixed} | {sunday - timedelta(days=2), sunday + timedelta(days=1)}


_RULES = {"MX": _mexico, "CL": _chile, "CO": _colombia, "ES": _spain}


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
