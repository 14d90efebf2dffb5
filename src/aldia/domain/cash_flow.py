"""Cash by week, fortnight, month, quarter or half-year: how what is forecast day by day falls into periods.

A period is a stretch of the forecast with a margin of its own; margins do not add up. Where a period holds part of a
stretch (the forecast is of some days ago), it has that share of its money and of its margin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from aldia.domain.calendars import add_months, month_end
from aldia.domain.sentences import Refusal, gettext_noop

WEEK, FORTNIGHT, MONTH, QUARTER, HALF = "week", "fortnight", "month", "quarter", "half"
STEPS = {WEEK: 12, FORTNIGHT: 8, MONTH: 6, QUARTER: 3, HALF: 2}  # and how many of each are shown
_MONTHS = {MONTH: 1, QUARTER: 3, HALF: 6}
ONE_DAY = timedelta(days=1)


class BadStep(Refusal):
    """A period that there is not."""

    code = "step"
    template = gettext_noop("Elige cómo se agrupa: semana, quincena, mes, trimestre o semestre.")


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is forecast for days in a row: minor units, with the bounds of what will hold 80 times in 100."""

    first: date
    last: date
    expected: int
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Inflow:
    """What is expected in a period. `is_whole`: the forecast reaches to its end."""

    expected: int
    low: int
    high: int
    is_whole: bool = True


def spans(step: str, start: date, count: int = 0) -> list[Span]:
    """The periods from a day on, the first from that day to its own end. Weeks begin on Mondays.

    A fortnight is a quincena: to the 15th, and from the 16th to the end of the month.
    """
    if step not in STEPS:
        raise BadStep()
    found: list[Span] = []
    while len(found) < (count or STEPS[step]):
        first = found[-1].last + ONE_DAY if found else start
        found.append(Span(first, _end(step, first)))
    return found


def _end(step: str, first: date) -> date:
    if step == WEEK:
        return first + timedelta(days=6 - first.weekday())
    if step == FORTNIGHT:
        return first.replace(day=15) if first.day <= 15 else month_end(first)
    months = _MONTHS[step]
    start = first.replace(day=1, month=(first.month - 1) // months * months + 1)
    return add_months(start, months) - ONE_DAY


def inflows(periods: Sequence[Span], days: Iterable[Stretch], stretches: Iterable[Stretch]) -> list[Inflow | None]:
    """What is expected in each period; None for those that begin after the forecast ends.

    `days` say how a stretch falls on its days; one without them falls evenly on its own.
    """
    parts = sorted(stretches, key=lambda each: each.first)
    daily = {each.first: each.expected for each in days}
    for part in parts:
        _fill(daily, part)
    if not parts:
        return [None for _each in periods]
    return [_inflow(period, daily, parts, parts[-1].last) for period in periods]


def _days(part: Stretch) -> list[date]:
    return [part.first + timedelta(days=place) for place in range((part.last - part.first).days + 1)]


def _fill(daily: dict[date, int], part: Stretch) -> None:
    """Put on the days of a stretch that have no forecast of their own what those that have leave of it, evenly."""
    every = _days(part)
    bare = [day for day in every if day not in daily]
    left = part.expected - sum(daily[day] for day in every if day in daily)
    for place, day in enumerate(bare):
        daily[day] = left * (place + 1) // len(bare) - left * place // len(bare)


def _inflow(period: Span, daily: dict[date, int], parts: Sequence[Stretch], end: date) -> Inflow | None:
    if period.first > end:
        return None
    expected = low = high = 0
    for part in parts:
        share, whole = _overlap(period, part, daily)
        expected += part.expected * share // whole
        low += part.low * share // whole
        high += -(-part.high * share // whole)
    return Inflow(expected, min(low, expected), max(high, expected), period.last <= end)


def _overlap(period: Span, part: Stretch, daily: dict[date, int]) -> tuple[int, int]:
    """How much of a stretch falls in a period: of its money, or of its days where no money is expected."""
    every = _days(part)
    inside = [day for day in every if period.holds(day)]
    if len(inside) in (0, len(every)):
        return int(bool(inside)), 1
    whole = sum(daily[day] for day in every)
    if whole <= 0:
        return len(inside), len(every)
    return max(0, min(whole, sum(daily[day] for day in inside))), whole
