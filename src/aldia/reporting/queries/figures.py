"""Which figures are kept: under which key, and how they are computed. Pages read them; a job makes them at dawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from aldia.domain.aging import Ranges
from aldia.domain.calendars import add_months, month_end
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import dashboard, history, indicators, work
from aldia.reporting.queries.kept import key_of

MONTHS, MOST_MONTHS = 12, 24


@dataclass(frozen=True, slots=True)
class Keepable:
    """`compute` gives what can be written as JSON."""

    kind: str
    key: str
    compute: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose figures, as of which day: in `currency`, with the company's ranges."""

    sight: Sight
    today: date
    home: str
    currency: str
    ranges: Ranges


def periods(today: date) -> dict[str, tuple[date, date]]:
    """The periods that pages offer, each with its first and last day."""
    start = today.replace(day=1)
    before = add_months(start, -1)
    return {
        "month": (start, today),
        "last_month": (before, month_end(before)),
        "quarter": (add_months(today, -3) + timedelta(days=1), today),
        "year": (add_months(today, -12) + timedelta(days=1), today),
    }


def of_home(asker: Asker) -> Keepable:
    """The figures of Inicio and what waits there."""

    def compute() -> dict[str, Any]:
        common = {"sight": asker.sight, "today": asker.today, "home": asker.home}
        found = dashboard.dashboard(**common, currency=asker.currency, ranges=asker.ranges)
        return {"board": dashboard.as_kept(found), "work": work.as_kept(work.work(**common))}

    return Keepable("home", key_of(asker.sight, asker.currency, ranges=asker.ranges), compute)


def of_chart(asker: Asker) -> Keepable:
    """The ages at the end of the last months."""

    def compute() -> list[list[Any]]:
        found = dashboard.history(sight=asker.sight, today=asker.today, currency=asker.currency, ranges=asker.ranges)
        return [[end.isoformat(), list(buckets)] for end, buckets in found]

    return Keepable("home_chart", key_of(asker.sight, asker.currency, ranges=asker.ranges), compute)


def of_indicators(asker: Asker, first: date, last: date) -> Keepable:
    """The indicators of a period."""

    def compute() -> dict[str, Any]:
        return indicators.as_kept(
            indicators.indicators_of(
                sight=asker.sight, currency=asker.currency, first=first, last=last, today=asker.today
            )
        )

    return Keepable("indicators", key_of(asker.sight, asker.currency, first, last), compute)


def of_months(asker: Asker, until: date, months: int = MONTHS) -> Keepable:
    """The months that had ended by a day."""

    def compute() -> list[dict[str, Any]]:
        found = history.months_of(
            sight=asker.sight, currency=asker.currency, until=until, today=asker.today, ranges=asker.ranges,
            months=months,
        )  # fmt: skip
        return history.as_kept(found)

    key = key_of(asker.sight, asker.currency, history.last_month(until), months, ranges=asker.ranges)
    return Keepable("history", key, compute)


def usual(asker: Asker) -> Iterator[Keepable]:
    """What people look at, from Inicio to the last tab."""
    yield of_home(asker)
    yield of_chart(asker)
    for first, last in periods(asker.today).values():
        yield of_indicators(asker, first, last)
    for months in (MONTHS, MOST_MONTHS):
        yield of_months(asker, asker.today, months)
