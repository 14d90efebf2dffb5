"""The days of what goes out regularly: worked examples, and what holds of any rhythm."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.calendars import is_bank_day, month_end
from aldia.domain.regular import DAILY, MONTHLY, WEEKLY, BadDay, BadFrequency, first_on, next_on

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("frequency", "day", "since", "expected"),
    [
        (DAILY, 1, date(2026, 3, 2), date(2026, 3, 2)),
        (DAILY, 1, date(2026, 3, 14), date(2026, 3, 17)),  # a Saturday; the Monday is the holiday of Juárez
        (DAILY, 1, date(2026, 12, 12), date(2026, 12, 14)),
        (WEEKLY, 1, date(2026, 3, 2), date(2026, 3, 2)),
        (WEEKLY, 1, date(2026, 3, 3), date(2026, 3, 9)),
        (WEEKLY, 7, date(2026, 3, 2), date(2026, 3, 8)),
        (MONTHLY, 1, date(2026, 3, 2), date(2026, 4, 1)),
        (MONTHLY, 31, date(2026, 2, 1), date(2026, 2, 28)),
        (MONTHLY, 30, date(2028, 2, 1), date(2028, 2, 29)),
        (MONTHLY, 31, date(2026, 4, 30), date(2026, 4, 30)),
    ],
)
def test_the_first_day(frequency: str, day: int, since: date, expected: date) -> None:
    assert first_on(frequency, day, since=since, country="MX") == expected


def test_a_country_without_a_calendar_has_its_weekdays() -> None:
    assert first_on(DAILY, 1, since=date(2026, 3, 14), country="ZZ") == date(2026, 3, 16)


@given(DAYS, st.integers(1, 31))
def test_each_month_has_exactly_one_of_its_days(start: date, day: int) -> None:
    found, months = start, []
    for _turn in range(14):
        found = next_on(MONTHLY, day, after=found, country="MX")
        months.append((found.year, found.month))
        assert found.day == min(day, month_end(found).day)
    assert len(set(months)) == 14
    assert months == sorted(months)


@given(DAYS)
def test_no_bank_day_is_left_out(start: date) -> None:
    found = next_on(DAILY, 1, after=start, country="MX")
    assert is_bank_day("MX", found)
    between = [start + timedelta(days=each) for each in range(1, (found - start).days)]
    assert not any(is_bank_day("MX", day) for day in between)


def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    with pytest.raises(BadFrequency, match="Elige cada cuándo"):
        first_on("hourly", 1, since=date(2026, 3, 2), country="MX")
    with pytest.raises(BadDay, match="del 1 al 7"):
        first_on(WEEKLY, 8, since=date(2026, 3, 2), country="MX")
    with pytest.raises(BadDay, match="del 1 al 31"):
        first_on(MONTHLY, 0, since=date(2026, 3, 2), country="MX")
