"""Forecasts of past runs against what happened since: what teaches the next ones, and what people are shown."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Sum

from aldia.domain.forecasting import judging
from aldia.domain.forecasting.judging import Said
from aldia.domain.forecasting.replay import EVERY, Week
from aldia.forecasts.models import CashForecast, InvoiceForecast, ModelRun
from aldia.forecasts.queries.book import MONEY, Subledger
from aldia.forecasts.stretches import WEEK
from aldia.receivables.models import Allocation

Rows = dict[uuid.UUID, int]
PAST_RUNS = 6
NEAR = timedelta(days=6)  # a run this close to the day asked for will do


def rows_of(ledger: Subledger) -> Rows:
    """Where each receivable stands in the subledger."""
    return {row: place for place, row in enumerate(ledger.ids)}


def run_near(day: date) -> ModelRun | None:
    """The newest run of a day or of the few before it."""
    rows = ModelRun.objects.filter(as_of__lte=day, as_of__gte=day - NEAR)
    return rows.order_by("-as_of", "-id").first()


def past_runs(as_of: date) -> list[ModelRun]:
    """Runs four weeks apart, the oldest first: each teaches something that the others do not."""
    found = [run_near(as_of - timedelta(days=EVERY * number)) for number in range(PAST_RUNS, 0, -1)]
    return [each for each in found if each is not None]


def said_in(run: ModelRun, ledger: Subledger, rows: Rows) -> Said | None:
    """What a run said, with what became of it; what is off or void by now is left out. None without anything."""
    columns = ("receivable_id", "quantiles", "low_on", "expected_on", "high_on", "buckets", "due_on")
    kept = [
        (rows[each[0]], each)
        for each in InvoiceForecast.objects.filter(run=run).order_by().values_list(*columns).iterator(chunk_size=5_000)
        if each[0] in rows and each[1]
    ]
    if not kept:
        return None
    places = np.array([place for place, _each in kept], dtype=np.int64)
    said = [each for _place, each in kept]
    due = np.array([each[6].toordinal() for each in said], dtype=np.int64)
    day = run.as_of.toordinal()
    part = ledger.book.rows(places)
    average, scatter = judging.averages(ledger.book.known(day), day, part)
    return Said(
        day,
        due,
        np.array([each[1] for each in said], dtype=float),
        np.array([_band(each, on) for each, on in zip(said, due, strict=True)], dtype=float),
        np.array([each[5] for each in said], dtype=float) / 1000,
        average,
        scatter,
        part.paid,
    )


def _band(said: Sequence[Any], due: int) -> tuple[float, float, float]:
    """Low, middle and high in days from due; a day that was not said lies beyond any."""
    days = [float("nan") if each is None else float(each.toordinal() - due) for each in said[2:5]]
    low, middle, high = (judging.BEYOND if np.isnan(each) else each for each in days)
    return low, middle, high


def weeks_in(run: ModelRun, today: date) -> dict[str, list[Week]]:
    """The money of a run's weeks that are over, by currency, beside what came in of what was owed then."""
    came = _came(run, today)
    found: dict[str, list[Week]] = {}
    for row in CashForecast.objects.filter(run=run, horizon=WEEK, last__lt=today).order_by("currency", "first"):
        actual = sum(
            amount for (code, on), amount in came.items() if code == row.currency and row.first <= on <= row.last
        )
        middle, half = row.raw["middle"], row.raw["half"]
        found.setdefault(row.currency, []).append(
            Week(
                row.first.toordinal(),
                float(row.expected),
                float(row.low_80),
                float(row.high_80),
                float(actual),
                float(actual - middle),
                float(half),
            )
        )
    return found


def _came(run: ModelRun, today: date) -> dict[tuple[str, date], int]:
    """Money by currency and day since a run, of receivables that were there then."""
    rows = Allocation.objects.filter(
        on__gte=run.as_of,
        on__lt=today,
        credit__kind__in=MONEY,
        reversal_of__isnull=True,
        reversal__isnull=True,
        receivable__issued_on__lte=run.as_of,
        receivable__customer__collecting=True,
        receivable__customer__generic=False,
    )
    sums = rows.order_by().values_list("receivable__currency", "on").annotate(total=Sum("amount"))
    return {(code, on): int(total) for code, on, total in sums}
