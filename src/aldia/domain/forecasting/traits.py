"""What is known of an invoice and its customer on a morning, as columns for the regression.

`groups` says which columns a reason given to a person takes together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aldia.domain.forecasting.book import LAST, Book, Floats, Ints
from aldia.domain.forecasting.habits import Habits

RECENT = 90
USUAL_WEEK = 7
GROUPS = {
    "habit": ("mean_delay", "spread", "late_share", "very_late_share", "least_delay", "most_delay", "paid_count"),
    "trend": ("last_delay", "last_three", "since_payment"),
    "size": ("amount", "amount_vs_usual"),
    "terms": ("terms", "due_monday", "due_friday", "due_weekend", "due_month_end", "due_month_start",
              "issued_month_end"),
    "exposure": ("open_count", "open_amount", "overdue_count", "overdue_amount", "oldest_overdue", "since_invoice",
                 "tenure"),
    "climate": ("portfolio_delay", "portfolio_late"),
}  # fmt: skip
NAMES = tuple(name for names in GROUPS.values() for name in names)


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures by customer as of a morning; the last row is of somebody without history."""

    columns: dict[str, Floats]
    usual: Floats  # log of the usual amount


def traits_of(customers: Figures, wanted: Book) -> Floats:
    """One row per invoice of `wanted`, columns as in `NAMES`."""
    who = wanted.customer
    columns = {name: values[who] for name, values in customers.columns.items()}
    amount = np.log1p(np.maximum(wanted.amount, 0))
    due = wanted.due % USUAL_WEEK  # an ordinal's 1 is a Monday
    until_end, from_start = _month_places(wanted.due)
    columns |= {
        "amount": amount,
        "amount_vs_usual": amount - customers.usual[who],
        "terms": np.log1p(np.maximum(wanted.due - wanted.issued, 0)),
        "due_monday": (due == 1) * 1.0,
        "due_friday": (due == 5) * 1.0,
        "due_weekend": ((due == 6) | (due == 0)) * 1.0,
        "due_month_end": (until_end <= 3) * 1.0,
        "due_month_start": (from_start <= 5) * 1.0,
        "issued_month_end": (_month_places(wanted.issued)[0] <= 3) * 1.0,
    }
    return np.column_stack([columns[name] for name in NAMES])


def figures_of(book: Book, habits: Habits, day: int) -> Figures:
    """The figures of every customer; `book` is what is known in the morning of the day."""
    size = book.customers + 1
    who, is_paid = book.customer, book.delay <= LAST
    paid = np.flatnonzero(is_paid)
    paid = paid[np.argsort(book.paid[paid], kind="stable")]
    delay = book.delay[paid].astype(float)
    count = np.bincount(who[paid], minlength=size).astype(float)
    is_open = ~is_paid
    late_by = np.maximum(day - book.due, 0)
    is_overdue = is_open & (late_by > 0)
    settled, open_rows, overdue = who[paid], who[is_open], who[is_overdue]
    near = paid[book.paid[paid] >= day - RECENT]
    near_delay = book.delay[near].astype(float)
    everybody = float(habits.mean[-1])
    last, last_three = _latest(settled, delay, count, habits.mean)
    issued = np.bincount(who, minlength=size)
    columns = {
        "mean_delay": habits.mean,
        "spread": np.log(habits.spread),
        "late_share": (np.bincount(settled, delay > 0, size) + 1.0) / (count + 2.0),
        "very_late_share": (np.bincount(settled, delay > 30, size) + 0.2) / (count + 2.0),
        "least_delay": _extreme(settled, delay, size, habits.mean, np.minimum),
        "most_delay": _extreme(settled, delay, size, habits.mean, np.maximum),
        "paid_count": np.log1p(count),
        "last_delay": last,
        "last_three": last_three,
        "since_payment": np.log1p(np.minimum(day - _latest_day(settled, book.paid[paid], size, day - 365), 365)),
        "open_count": np.log1p(np.bincount(open_rows, minlength=size)),
        "open_amount": np.log1p(np.bincount(open_rows, np.maximum(book.amount[is_open], 0), size)),
        "overdue_count": np.log1p(np.bincount(overdue, minlength=size)),
        "overdue_amount": np.log1p(np.bincount(overdue, np.maximum(book.amount[is_overdue], 0), size)),
        "oldest_overdue": np.log1p(_largest(overdue, late_by[is_overdue], size)),
        "since_invoice": np.log1p(np.minimum(day - _latest_day(who, book.issued, size, day - 365), 365)),
        "tenure": np.log1p(np.maximum(day - _earliest_day(who, book.issued, size, day), 0)),
        "portfolio_delay": np.full(size, near_delay.mean() if len(near) else everybody),
        "portfolio_late": np.full(size, (near_delay > 0).mean() if len(near) else 0.5),
    }
    logs = np.log1p(np.maximum(book.amount, 0))
    usual = (np.bincount(who, logs, size) + 3 * (logs.mean() if len(logs) else 0.0)) / (issued + 3)
    return Figures(columns, usual)


def _latest(who: Ints, delay: Floats, count: Floats, otherwise: Floats) -> tuple[Floats, Floats]:
    """The last delay, and the mean of the last three, of each customer; in order of payment."""
    last, recent = otherwise.copy(), otherwise.copy()
    last[who] = delay  # the latest wins
    if len(who):
        order = np.argsort(who, kind="stable")
        rank = np.arange(len(who)) - np.searchsorted(who[order], who[order])  # 0 is the oldest of its customer
        from_end = count[who[order]] - 1 - rank
        chosen = order[from_end < 3]
        sums = np.bincount(who[chosen], delay[chosen], len(otherwise))
        recent = np.where(count > 0, sums / np.maximum(np.minimum(count, 3), 1), otherwise)
    return last, recent


def _extreme(who: Ints, delay: Floats, size: int, otherwise: Floats, which: np.ufunc) -> Floats:
    found = np.where(np.bincount(who, minlength=size) > 0, np.inf if which is np.minimum else -np.inf, otherwise)
    which.at(found, who, delay)
    return found


def _latest_day(who: Ints, days: Ints, size: int, otherwise: int) -> Ints:
    found = np.full(size, otherwise)
    np.maximum.at(found, who, days)
    return found


def _earliest_day(who: Ints, days: Ints, size: int, otherwise: int) -> Ints:
    found = np.full(size, otherwise)
    np.minimum.at(found, who, days)
    return found


def _largest(who: Ints, values: Ints, size: int) -> Floats:
    found = np.zeros(size)
    np.maximum.at(found, who, values.astype(float))
    return found


def _month_places(days: Ints) -> tuple[Ints, Ints]:
    """Days until the end of the month, and from its start (1 is the first)."""
    stamps = days.astype("datetime64[D]") - np.datetime64("1970-01-01") + np.datetime64("0001-01-01") - 1
    months = stamps.astype("datetime64[M]")
    start = (stamps - months.astype("datetime64[D]")).astype(int) + 1
    end = ((months + 1).astype("datetime64[D]") - stamps).astype(int) - 1
    return end, start
