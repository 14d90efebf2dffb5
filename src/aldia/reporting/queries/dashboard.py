"""The figures of Inicio: what is owed, what falls due, what came in, who owes most, and where it came from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.domain.aging import Ranges
from aldia.domain.book_history import bucket_amounts
from aldia.receivables.models import Receivable
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import drill
from aldia.reporting.queries.aging import AgingRow, owed_by_due
from aldia.reporting.queries.dashboard_sums import NOTHING, Pair, count_all, presumed_since, same_days_before
from aldia.reporting.queries.drill import Drill
from aldia.reporting.queries.history import months_of

HISTORY_MONTHS = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount of one currency in minor units, how many rows it has, and the rows."""

    amount: int
    drill: Drill
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Of one currency; `totals` has the others too."""

    currency: str
    today: date
    totals: Sequence[AgingRow]
    owed: Figure
    overdue: Figure
    due_7: Figure
    due_30: Figure
    collected: Figure
    collected_before: Figure
    collected_same_days: Figure
    presumed: Figure
    in_favour: Figure
    top: Sequence[AgingRow]
    ranges: Ranges

    @property
    def overdue_percent(self) -> int:
        """Of what is owed, in thousandths (0 when nothing is)."""
        return 1000 * self.overdue.amount // self.owed.amount if self.owed.amount else 0


def dashboard(*, sight: Sight, today: date, home: str, currency: str, ranges: Ranges) -> Dashboard:
    """The figures of a currency as of today."""
    found = count_all(sight=sight, today=today, currency=currency, ranges=ranges)
    start, yesterday = today.replace(day=1), today - timedelta(days=1)
    before, same_day, end = same_days_before(today)

    def due_within(days: int) -> Figure:
        last = today + timedelta(days=days)
        return _figure(found.owed(currency, today, last), Drill(drill.OWED, currency, due_from=today, due_to=last))

    def came_in(what: str, kind: str, first: date, last: date) -> Figure:
        return _figure(found.came_in(kind, first, last), Drill(what, currency, first=first, last=last))

    totals = [
        AgingRow(each, each, "", each, found.buckets(each, ranges, today), 0)
        for each in sorted(found.open, key=lambda each: (each != home, each))
    ]
    return Dashboard(
        currency=currency,
        today=today,
        totals=totals,
        owed=_figure(found.owed(currency), Drill(drill.OWED, currency)),
        overdue=_figure(found.owed(currency, None, yesterday), Drill(drill.OWED, currency, due_to=yesterday)),
        due_7=due_within(7),
        due_30=due_within(30),
        collected=came_in(drill.COLLECTED, "money", start, today),
        collected_before=came_in(drill.COLLECTED, "money", before, end),
        collected_same_days=came_in(drill.COLLECTED, "money", before, same_day),
        presumed=came_in(drill.PRESUMED, "presumed", presumed_since(today), today),
        in_favour=_figure(found.in_favour.get(currency, NOTHING), Drill(drill.IN_FAVOUR, currency)),
        top=[AgingRow(str(key), label, note, currency, buckets) for key, label, note, buckets in found.top],
        ranges=ranges,
    )


def _figure(pair: Pair, rows: Drill) -> Figure:
    return Figure(pair[0], rows, pair[1])


def as_kept(found: Dashboard) -> dict[str, Any]:
    """As JSON, to be kept (`operations.keeping`)."""
    return {
        "today": found.today.isoformat(),
        "bounds": list(found.ranges.bounds),
        "totals": [[row.currency, list(row.buckets)] for row in found.totals],
        "figures": {name: [each.amount, each.count, each.drill.params] for name, each in _figures(found)},
        "top": [[row.key, row.label, row.note, list(row.buckets)] for row in found.top],
    }


def from_kept(figures: dict[str, Any], currency: str) -> Dashboard:
    """What `as_kept` wrote; its links lead to the rows of the day it was computed on."""
    return Dashboard(
        currency=currency,
        today=date.fromisoformat(figures["today"]),
        totals=[AgingRow(each, each, "", each, tuple(buckets), 0) for each, buckets in figures["totals"]],
        top=[AgingRow(key, label, note, currency, tuple(buckets)) for key, label, note, buckets in figures["top"]],
        ranges=Ranges(tuple(figures["bounds"])),
        **{
            name: Figure(amount, Drill.read(params), count)
            for name, (amount, count, params) in figures["figures"].items()
        },
    )


def _figures(found: Dashboard) -> list[tuple[str, Figure]]:
    values = [(each.name, getattr(found, each.name)) for each in fields(found)]
    return [(name, value) for name, value in values if isinstance(value, Figure)]


def history(
    *, sight: Sight, today: date, currency: str, ranges: Ranges, months: int = HISTORY_MONTHS
) -> list[tuple[date, tuple[int, ...]]]:
    """Aging at the end of each of the last months, the current one as of today, oldest first."""
    yesterday = today.replace(day=1) - timedelta(days=1)
    ended = months_of(sight=sight, currency=currency, until=yesterday, today=today, ranges=ranges, months=months - 1)
    now = bucket_amounts(owed_by_due(sight=sight, currency=currency, as_of=today, today=today), ranges, today)
    return [*((month.last, month.buckets) for month in ended), (today, now)]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a new company got: the three steps of the first day."""

    has_documents: bool
    has_customers_on: bool
    has_receivables: bool

    @property
    def is_new(self) -> bool:
        return not self.has_receivables


def progress() -> Progress:
    """Where the company stands in its first steps."""
    has_receivables = Receivable.objects.exists()
    return Progress(
        has_documents=has_receivables or FiscalDocument.objects.exists(),
        has_customers_on=Customer.objects.filter(collecting=True).exists(),
        has_receivables=has_receivables,
    )


def customer_id(row: AgingRow) -> uuid.UUID:
    """The customer of a row of the aging by customer."""
    return uuid.UUID(row.key)
