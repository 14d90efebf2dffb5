from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.calendars import (
    NoCalendar,
    add_bank_days,
    add_months,
    bank_holidays,
    is_bank_day,
    month_end,
    short_date,
)

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))

# As CNBV published them, in the DOF of each December before
PUBLISHED = {
    2024: "1-1 2-5 3-18 3-28 3-29 5-1 9-16 10-1 11-2 11-18 12-12 12-25",
    2025: "1-1 2-3 3-17 4-17 4-18 5-1 9-16 11-2 11-17 12-12 12-25",
    2026: "1-1 2-2 3-16 4-2 4-3 5-1 9-16 11-2 11-16 12-12 12-25",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_mexican_bank_holidays_are_those_published(year: int) -> None:
    published = {date(year, *map(int, day.split("-"))) for day in PUBLISHED[year].split()}
    assert bank_holidays("MX", year) == published


# Of each country as its government publishes them, weekends included
ELSEWHERE = {
    ("CL", 2024): "1-1 3-29 3-30 5-1 5-21 6-20 6-29 7-16 8-15 9-18 9-19 9-20 10-12 10-31 11-1 12-8 12-25 12-31",
    ("CL", 2025): "1-1 4-18 4-19 5-1 5-21 6-20 6-29 7-16 8-15 9-18 9-19 10-12 10-31 11-1 12-8 12-25 12-31",
    ("CL", 2026): "1-1 4-3 4-4 5-1 5-21 6-21 6-29 7-16 8-15 9-18 9-19 10-12 10-31 11-1 12-8 12-25 12-31",
    ("CL", 2023): "1-1 1-2 4-7 4-8 5-1 5-21 6-21 6-26 7-16 8-15 9-18 9-19 10-9 10-27 11-1 12-8 12-25 12-31",
    ("CO", 2024): "1-1 1-8 3-25 3-28 3-29 5-1 5-13 6-3 6-10 7-1 7-20 8-7 8-19 10-14 11-4 11-11 12-8 12-25",
    ("CO", 2025): "1-1 1-6 3-24 4-17 4-18 5-1 6-2 6-23 6-30 7-20 8-7 8-18 10-13 11-3 11-17 12-8 12-25",
    ("CO", 2026): "1-1 1-12 3-23 4-2 4-3 5-1 5-18 6-8 6-15 6-29 7-13 7-20 8-7 8-17 10-12 11-2 11-16 12-8 12-25",
    ("ES", 2024): "1-1 1-6 3-29 4-1 5-1 8-15 10-12 11-1 12-6 12-8 12-25 12-26",
    ("ES", 2025): "1-1 1-6 4-18 4-21 5-1 8-15 10-12 11-1 12-6 12-8 12-25 12-26",
    ("ES", 2026): "1-1 1-6 4-3 4-6 5-1 8-15 10-12 11-1 12-6 12-8 12-25 12-26",
}


@pytest.mark.parametrize(("country", "year"), ELSEWHERE)
def test_bank_holidays_of_every_country_of_the_product(country: str, year: int) -> None:
    published = {date(year, *map(int, day.split("-"))) for day in ELSEWHERE[country, year].split()}
    assert bank_holidays(country, year) == published


@pytest.mark.parametrize("country", ["MX", "CL", "CO", "ES"])
def test_a_year_has_as_many_bank_days_as_ever(country: str) -> None:
    for year in range(2020, 2046):
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
        assert 239 <= sum(is_bank_day(country, day) for day in days) <= 256


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 4, 1), True),
        (date(2026, 4, 2), False),  # Maundy Thursday
        (date(2026, 4, 4), False),  # Saturday
        (date(2026, 4, 6), True),
        (date(2026, 5, 5), True),  # a holiday of CNBV's own office, not of the banks
        (date(2026, 12, 31), True),
        (date(2025, 10, 1), True),
        (date(2030, 10, 1), False),
        (date(2018, 12, 1), False),  # Saturday
        (date(2018, 10, 1), True),  # the presidency changed hands in December until 2018
    ],
)
def test_bank_days(day: date, works: bool) -> None:
    assert is_bank_day("MX", day) is works


@pytest.mark.parametrize(
    ("day", "days", "then"),
    [
        (date(2026, 4, 1), 1, date(2026, 4, 6)),
        (date(2026, 4, 6), -1, date(2026, 4, 1)),
        (date(2026, 4, 2), 0, date(2026, 4, 6)),
        (date(2026, 4, 6), 0, date(2026, 4, 6)),
        (date(2026, 11, 13), 3, date(2026, 11, 19)),
        (date(2025, 12, 31), 1, date(2026, 1, 2)),
    ],
)
def test_counting_bank_days(day: date, days: int, then: date) -> None:
    assert add_bank_days("MX", day, days) == then


@given(DAYS, st.integers(1, 40))
def test_as_many_bank_days_pass_as_were_added(day: date, days: int) -> None:
    then = add_bank_days("MX", day, days)
    between = [day + timedelta(days=n) for n in range(1, (then - day).days + 1)]
    assert sum(is_bank_day("MX", each) for each in between) == days
    assert is_bank_day("MX", then)
    assert add_bank_days("MX", then, -days) <= day or not is_bank_day("MX", day)


def test_a_country_without_calendar_is_refused() -> None:
    with pytest.raises(NoCalendar, match="«FR»"):
        is_bank_day("FR", date(2026, 4, 4))


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 29), date(2028, 2, 29)),
        (date(2100, 2, 1), date(2100, 2, 28)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_end_of_month(day: date, end: date) -> None:
    assert month_end(day) == end


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 5, 10), 0, date(2026, 5, 10)),
    ],
)
def test_adding_months(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


@given(DAYS, st.integers(-600, 600))
def test_months_added_are_months_on_the_calendar(day: date, months: int) -> None:
    then = add_months(day, months)
    assert (then.year - day.year) * 12 + then.month - day.month == months
    assert then.day == day.day or (then.day < day.day and then == month_end(then))


@pytest.mark.parametrize(
    ("day", "text"),
    [(date(2026, 11, 21), "21 nov 2026"), (date(2026, 1, 1), "1 ene 2026"), (date(2026, 9, 9), "9 sep 2026")],
)
def test_short_dates(day: date, text: str) -> None:
    assert short_date(day) == text
