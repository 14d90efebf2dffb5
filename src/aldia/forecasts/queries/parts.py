"""The forecast of a part of the book (a collector's portfolios, one customer), made again from what was kept.

Bands do not add up, so those of a part are simulated anew from the quantiles of its invoices; the scale that the run
had learnt for the whole book holds for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import QuerySet

from aldia.domain.forecasting.book import LAST, UNPAID, Book, Floats, Ints
from aldia.domain.forecasting.cash import Flow
from aldia.domain.forecasting.foresight import at_most_sure, pmf_of, share_within, slots
from aldia.forecasts.models import CashForecast, InvoiceForecast, ModelRun
from aldia.forecasts.stretches import HORIZON_DAYS, sides_of, stretches_from

MOST = 5_000  # invoices that are simulated while a person waits
CHUNK = 1_000
CERTAIN_WEEKS = 20
FARTHEST = timedelta(days=2 * LAST)  # of a stretch of days; anybody may ask for centuries
CALIBRATION = {50: 0.5, 80: 0.8, 95: 0.95}
COLUMNS = ("receivable__customer_id", "due_on", "balance", "quantiles", "never_permille", "receivable_id", "currency")


class TooMany(Exception):
    """More invoices than are simulated while a person waits."""


def cash_of(run: ModelRun, rows: QuerySet[InvoiceForecast], currency: str, horizon: str) -> list[CashForecast]:
    """Money expected of some of a run's invoices, as rows that are not kept. Raises `TooMany`."""
    found = list(rows.filter(currency=currency).order_by("receivable_id").values_list(*COLUMNS)[: MOST + 1])
    if len(found) > MOST:
        raise TooMany
    found = [row for row in found if row[3]]
    if not found:
        return []
    book, quantiles, never = _columns(found)
    day = run.as_of.toordinal()
    tide = np.append(_tide(run, currency), 1.0)
    flow = Flow(day, days=HORIZON_DAYS, customers=book.customers, seed=day)
    for start in range(0, len(book), CHUNK):
        which = np.arange(start, min(start + CHUNK, len(book)))
        part = book.rows(which)
        pmf = pmf_of(quantiles[which], never[which], day - part.due)
        flow.add(pmf * tide[slots(part, day, HORIZON_DAYS)], part)
    wanted = [each for each in stretches_from(run.as_of) if each.horizon == horizon]
    sums = flow.stretches([(each.first.toordinal() - day, each.last.toordinal() - day + 1) for each in wanted])
    scale = float(run.calibration.get("cash", 1.0))
    bands = {share: sums.band(level, scale) for share, level in CALIBRATION.items()}
    made = []
    for place, each in enumerate(wanted):
        expected = round(float(sums.expected[place]))
        made.append(
            CashForecast(
                run=run,
                currency=currency,
                horizon=horizon,
                first=each.first,
                last=each.last,
                expected=expected,
                is_provisional=run.calibration.get("weeks", 0) < CERTAIN_WEEKS,
                **sides_of(bands, place, expected),
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class Share:
    """What one invoice adds to the money of a stretch: its chance of being paid in it times its balance."""

    receivable_id: uuid.UUID
    permille: int
    amount: int

    @property
    def percent(self) -> str:
        return "< 1 %" if self.permille < 5 else f"{(self.permille + 5) // 10} %"


def shares_of(
    run: ModelRun, rows: QuerySet[InvoiceForecast], first: date, last: date, most: int
) -> tuple[list[Share], int, int]:
    """The invoices that add the most to a stretch of days, how much all of them add, and how many those are.

    `rows`: of one currency. The whole book adds up to what was kept for the same days, to a unit or two.
    """
    first, last = max(first, run.as_of), min(last, run.as_of + FARTHEST)
    found = [row for row in rows.order_by().values_list(*COLUMNS).iterator(chunk_size=5_000) if row[3]]
    if not found or first > last:
        return [], 0, 0
    book, quantiles, never = _columns(found)
    day, currency = run.as_of.toordinal(), found[0][6]
    tide = np.append(_tide(run, currency), 1.0)
    ahead = np.arange(first.toordinal(), last.toordinal() + 1) - day
    weight = tide[np.where((ahead >= 0) & (ahead < HORIZON_DAYS), ahead, HORIZON_DAYS)]
    chance = share_within(quantiles, never, day - book.due, first.toordinal() - book.due, weight)
    chance = at_most_sure(chance, book.amount)
    amount = _rounded(chance * book.amount)
    order = np.argsort(-amount, kind="stable")[:most]
    shares = [
        Share(found[row][5], round(1000 * float(chance[row])), int(amount[row])) for row in order if amount[row] > 0
    ]
    return shares, int(amount.sum()), int((amount > 0).sum())


def _rounded(amount: Floats) -> Ints:
    """Whole minor units that add up to the whole rounded once: the largest remainders are rounded up."""
    found = np.floor(amount).astype(np.int64)
    missing = round(float(amount.sum())) - int(found.sum())
    found[np.argsort(found - amount, kind="stable")[:missing]] += 1
    return found


def _tide(run: ModelRun, currency: str) -> Floats:
    """What each day weighs beside what quantiles say of it; nothing was kept of it by older runs."""
    kept = run.calibration.get("tides", {}).get(currency) or [1.0] * HORIZON_DAYS
    return np.array(kept, dtype=float)


def _columns(found: Sequence[tuple[Any, ...]]) -> tuple[Book, np.ndarray, np.ndarray]:
    """Amounts are minor units here."""
    people = sorted({row[0] for row in found})
    place = {customer: number for number, customer in enumerate(people)}
    due = np.array([row[1].toordinal() for row in found], dtype=np.int64)
    book = Book(
        customer=np.array([place[row[0]] for row in found], dtype=np.int64),
        issued=due,
        due=due,
        amount=np.array([row[2] for row in found], dtype=np.float64),
        paid=np.full(len(found), UNPAID),
        names=tuple(map(str, people)),
    )
    quantiles = np.minimum(np.array([row[3] for row in found], dtype=float), LAST + 1)
    return book, quantiles, np.array([row[4] for row in found], dtype=float) / 1000
