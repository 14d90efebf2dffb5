"""A portfolio where size and term only count together: what no sum of parts can say."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from aldia.domain.forecasting.book import Record

LATER = 20  # days, of big invoices with a short term and of small ones with a long term


def together(*, seed: int = 3, invoices: int = 3_600, customers: int = 40, days: int = 660) -> list[Record]:
    """Big or small, short or long: two of the four are paid late, and each half by itself is as late as the other."""
    random = np.random.default_rng(seed)
    place = random.normal(5, 4, customers)
    who, when = random.integers(0, customers, invoices), random.integers(0, days, invoices)
    is_big, is_long = random.random(invoices) < 0.5, random.random(invoices) < 0.5
    amount = np.exp(random.normal(7, 0.3, invoices) + 2 * is_big)
    delay = place[who] + LATER * (is_big != is_long) + random.normal(0, 4, invoices)
    return [
        _record(date(2024, 1, 1) + timedelta(int(when[n])), 60 if is_long[n] else 15, int(delay[n]), str(who[n]),
                float(amount[n]))
        for n in range(invoices)
    ]  # fmt: skip


def _record(issued: date, term: int, delay: int, customer: str, amount: float) -> Record:
    due = issued + timedelta(term)
    return Record(customer, issued, due, amount, max(due + timedelta(delay), issued + timedelta(1)))
