"""When something is issued again: the dates of a rule, the day that each is issued, and the period that it covers.

A rule repeats every so many days, weeks or months, counted from the day on which its schedule starts. In months its
days are days of the month (the 31st, and `LAST`, mean the last one where there is no such day); in weeks they are
weekdays, Monday 0. A date of the rule may fall on a day without banks: it keeps its name and is issued on another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from aldia.domain.calendars import add_bank_days, add_months, month_end
from aldia.domain.sentences import Refusal, gettext_noop

DAY, WEEK, MONTH = "day", "week", "month"
NONE, NEXT, PREVIOUS, WITHIN = "none", "next", "previous", "within"
BEFORE, CURRENT, AFTER = -1, 0, 1
LAST = 32
MOST_EVERY = {DAY: 366, WEEK: 52, MONTH: 60}
MAX_SHIFT = timedelta(days=14)  # no run of days without banks is longer: a date is issued this near to it
ONE_DAY = timedelta(days=1)


class RuleRefused(Refusal):
    """A rule that cannot be."""

    code = "recurrence"


class BadUnit(RuleRefused):
    code = "unit"
    template = gettext_noop("Elige cada cuánto se repite: días, semanas o meses.")


class BadEvery(RuleRefused):
    code = "every"
    template = gettext_noop("Puede repetirse cada 1 a %(most)s.")


class BadDays(RuleRefused):
    code = "days"
    template = gettext_noop("Elige en qué días se emite.")


class BadAdjust(RuleRefused):
    code = "adjust"
    template = gettext_noop("Elige qué pasa cuando la fecha cae en un día sin bancos.")


class BadCovers(RuleRefused):
    code = "covers"
    template = gettext_noop("Elige qué periodo se cobra: el anterior, el mismo o el siguiente.")


@dataclass(frozen=True, slots=True)
class Rule:
    """`days`: of the month (1–31, `LAST`) or of the week (0–6), none when the unit is days. `covers`: the period that
    each date bills, counted in periods from its own (-1: what has gone by)."""

    unit: str = MONTH
    every: int = 1
    days: tuple[int, ...] = (1,)
    adjust: str = NONE
    country: str = "MX"
    covers: int = CURRENT

    def __post_init__(self) -> None:
        if self.unit not in MOST_EVERY:
            raise BadUnit()
        if not 1 <= self.every <= MOST_EVERY[self.unit]:
            raise BadEvery(most=MOST_EVERY[self.unit])
        allowed = {DAY: range(0), WEEK: range(7), MONTH: range(1, LAST + 1)}[self.unit]
        if bool(self.days) == (self.unit == DAY) or any(day not in allowed for day in self.days):
            raise BadDays()
        if self.adjust not in (NONE, NEXT, PREVIOUS, WITHIN):
            raise BadAdjust()
        if self.covers not in (BEFORE, CURRENT, AFTER):
            raise BadCovers()
        object.__setattr__(self, "days", tuple(sorted(set(self.days))))


@dataclass(frozen=True, slots=True)
class Due:
    """One date of a rule, and the day on which it is issued."""

    on: date
    issue_on: date


def issue_day(rule: Rule, on: date) -> date:
    """The day on which a date is issued. `WITHIN`: the next bank day, or the one before where that is another month.

    Raises `calendars.NoCalendar` where banks of an unknown country are asked for.
    """
    if rule.adjust == NONE:
        return on
    after = add_bank_days(rule.country, on, 0)
    if after == on or rule.adjust == NEXT or (rule.adjust == WITHIN and after.month == on.month):
        return after
    return add_bank_days(rule.country, on, -1)


def dates(rule: Rule, starts_on: date, after: date | None = None) -> Iterator[date]:
    """The dates of the rule from `starts_on` on, later than `after`; endless but for the end of the calendar."""
    place = _period(rule, starts_on, max(after or starts_on, starts_on))
    while True:
        found = _dates_in(rule, starts_on, place)
        if found is None:
            return
        yield from (on for on in found if on >= starts_on and (after is None or on > after))
        place += 1


def upcoming(
    rule: Rule, starts_on: date, *, after: date | None = None, ends_on: date | None = None, left: int | None = None
) -> Iterator[Due]:
    """The dates still to come: after one, until the end (included), at most `left` of them."""
    for on in islice(dates(rule, starts_on, after), left):
        if ends_on is not None and on > ends_on:
            return
        yield Due(on, issue_day(rule, on))


def _period(rule: Rule, starts_on: date, on: date) -> int:
    """The place of the period in which a day falls, the one of `starts_on` being 0."""
    if rule.unit == MONTH:
        return ((on.year - starts_on.year) * 12 + on.month - starts_on.month) // rule.every
    if rule.unit == WEEK:
        return (on - _monday(starts_on)).days // (7 * rule.every)
    return (on - starts_on).days // rule.every


def _dates_in(rule: Rule, starts_on: date, place: int) -> list[date] | None:
    """The dates of one period, in order; None beyond the calendar."""
    try:
        if rule.unit == MONTH:
            first = add_months(starts_on.replace(day=1), place * rule.every)
            last = month_end(first).day
            return sorted({first.replace(day=min(day, last)) for day in rule.days})
        if rule.unit == WEEK:
            monday = _monday(starts_on) + timedelta(weeks=place * rule.every)
            return [monday + timedelta(days=day) for day in rule.days]
        return [starts_on + timedelta(days=place * rule.every)]
    except (ValueError, OverflowError):
        return None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


# The period that a date bills


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date


def billed(rule: Rule, on: date) -> Span:
    """The period that a date of the rule bills: whole months or weeks where it has one day in each.

    Several days in a month or week divide the time among them: the 15th and the last end theirs, the 1st and the 16th
    begin theirs.
    """
    if rule.unit == DAY:
        first = on + timedelta(days=rule.covers * rule.every)
        return Span(first, first + timedelta(days=rule.every - 1))
    if len(rule.days) > 1:
        return _divided(rule, on)
    if rule.unit == WEEK:
        first = _monday(on) + timedelta(weeks=rule.covers * rule.every)
        return Span(first, first + timedelta(days=7 * rule.every - 1))
    first = add_months(on.replace(day=1), rule.covers * rule.every)
    return Span(first, add_months(first, rule.every) - ONE_DAY)


def _divided(rule: Rule, on: date) -> Span:
    """The share of one of several days: up to it when the last of them ends the month (or is a Sunday), else from it.

    With several days the periods between are those of each month (week), also when only every other one is billed.
    """
    each = Rule(rule.unit, 1, rule.days)
    around = list(islice(dates(each, on - timedelta(days=93)), 200))
    here = around.index(on) + rule.covers
    ends = rule.days[-1] >= (28 if rule.unit == MONTH else 6)
    if ends:
        return Span(around[here - 1] + ONE_DAY, around[here])
    return Span(around[here], around[here + 1] - ONE_DAY)


# As JSON


def to_json(rule: Rule) -> dict[str, Any]:
    """The rule as it is kept."""
    return {
        "unit": rule.unit,
        "every": rule.every,
        "days": list(rule.days),
        "adjust": rule.adjust,
        "country": rule.country,
        "covers": rule.covers,
    }


def from_json(data: Mapping[str, Any]) -> Rule:
    """The rule that was kept. Raises `RuleRefused` for what never was one."""
    return Rule(
        unit=data.get("unit", ""),
        every=data.get("every", 0),
        days=tuple(data.get("days", ())),
        adjust=data.get("adjust", NONE),
        country=data.get("country", "MX"),
        covers=data.get("covers", CURRENT),
    )
