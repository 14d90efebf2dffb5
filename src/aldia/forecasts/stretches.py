"""The stretches of days that money is forecast for. The first of each kind begins on the morning, and may be short."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from aldia.domain.calendars import add_months, month_end
from aldia.domain.forecasting.book import Floats

DAY, WEEK, HALF_MONTH, MONTH, QUARTER, HALF_YEAR = "day", "week", "half_mon", "month", "quarter", "halfyear"
HORIZON_DAYS = 182  # what is open now is due within months, and no curve reaches further than 200 days after that
DAYS = 56


@dataclass(frozen=True, slots=True)
class Stretch:
    """Both days included. `horizon` is one of the names above."""

    horizon: str
    first: date
    last: date


def stretches_from(as_of: date) -> list[Stretch]:
    """Days (eight weeks), calendar weeks from Monday, halves of months, months, quarters and halves of years.

    What reaches beyond the horizon ends with it.
    """
    end = as_of + timedelta(days=HORIZON_DAYS - 1)
    found = [Stretch(DAY, day, day) for day in (as_of + timedelta(days=number) for number in range(DAYS))]
    for horizon, last_of in _ENDS.items():
        found += [Stretch(horizon, first, last) for first, last in _cut(as_of, end, last_of)]
    return found


def sides_of(bands: Mapping[int, tuple[Floats, Floats]], place: int, expected: int) -> dict[str, int]:
    """The bounds of one stretch as columns: they hold what is expected, and the wider hold the narrower.

    Of what hardly anybody pays the mean may lie beyond a quantile, and the middles of bands apart from each other.
    """
    found: dict[str, int] = {}
    least = most = expected
    for share, (low, high) in sorted(bands.items()):
        least, most = min(round(float(low[place])), least), max(round(float(high[place])), most)
        found |= {f"low_{share}": least, f"high_{share}": most}
    return found


def _cut(first: date, end: date, last_of: Callable[[date], date]) -> Iterator[tuple[date, date]]:
    while first <= end:
        last = min(last_of(first), end)
        yield first, last
        first = last + timedelta(days=1)


def _half_month(day: date) -> date:
    return day.replace(day=15) if day.day <= 15 else month_end(day)


def _months(count: int) -> Callable[[date], date]:
    """The last day of the stretch of so many months, counted from January, that a day lies in."""
    return lambda day: month_end(add_months(day.replace(day=1), count - 1 - (day.month - 1) % count))


_ENDS: dict[str, Callable[[date], date]] = {
    WEEK: lambda day: day + timedelta(days=6 - day.weekday()),
    HALF_MONTH: _half_month,
    MONTH: month_end,
    QUARTER: _months(3),
    HALF_YEAR: _months(6),
}
