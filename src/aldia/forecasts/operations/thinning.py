"""Forecasts of invoices are many: old ones are kept as far as they are asked for again, and no further.

All of the last ten days; then one run a week for half a year, which is what calibrates and judges; then the first run
of each month. Runs themselves, money forecasts, scores and risks are kept for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from aldia.forecasts.models import InvoiceForecast, ModelRun

EVERYTHING, WEEKLY = timedelta(days=10), timedelta(days=190)
LOOK_BACK = timedelta(days=40)


def thin(*, as_of: date) -> int:
    """Take away the invoices of runs that have become too old for them; return how many runs that were."""
    edge, far = as_of - EVERYTHING, as_of - WEEKLY
    gone = [*_surplus(edge - LOOK_BACK, edge, _week), *_surplus(far - LOOK_BACK, far, _month)]
    for run in gone:
        InvoiceForecast.objects.filter(run=run).delete()
    return len(gone)


def _surplus(since: date, until: date, key: Callable[[date], tuple[int, int]]) -> list[ModelRun]:
    """The runs of those days that are not the first of their week (or month)."""
    seen: set[tuple[int, int]] = set()
    found = []
    for run in ModelRun.objects.filter(as_of__gte=since, as_of__lt=until).only("as_of").order_by("as_of", "id"):
        if key(run.as_of) in seen:
            found.append(run)
        seen.add(key(run.as_of))
    return found


def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month
