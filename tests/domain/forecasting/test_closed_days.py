"""Days on which banks do not open: what the payments say of them, and what a forecast expects on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from aldia.domain.calendars import bank_holidays
from aldia.domain.forecasting import grid
from aldia.domain.forecasting.book import UNPAID, Book, Record, book_of
from aldia.domain.forecasting.habits import habits_of
from aldia.domain.forecasting.model import learn

FIRST, TODAY = date(2024, 1, 1), date(2026, 9, 1)
INDEPENDENCE = date(2026, 9, 16)  # a Wednesday on which Mexico's banks do not open
CLOSED = np.array(sorted(day.toordinal() for year in range(2024, 2028) for day in bank_holidays("MX", year)))


def history(*, heeds: bool, every: int = 2, until: date = TODAY) -> Book:
    """Invoices of 30 days of three customers, paid one to nine days late; `heeds`: on the next day where banks open."""
    rng, closed, records = np.random.default_rng(7), set(CLOSED.tolist()), []
    day = FIRST
    while day < until:
        due = day + timedelta(days=30)
        paid = due + timedelta(days=int(rng.integers(1, 10)))
        while heeds and (paid.toordinal() in closed or paid.weekday() > 4):
            paid += timedelta(days=1)
        records.append(Record(f"C{rng.integers(3)}", day, due, 100.0, paid if paid < until else None))
        day += timedelta(days=1) if rng.integers(every) else timedelta(0)
    return book_of(records)


def told(book: Book) -> float:
    return habits_of(book.known(TODAY.toordinal()), TODAY.toordinal()).when_closed


def on_day(book: Book, day: date) -> tuple[float, float]:
    """What a forecast of an invoice due three days before gives that day, and the sum of all its days."""
    due = np.array([day.toordinal() - 3])
    wanted = replace(
        book, customer=np.array([0]), issued=due - 30, due=due, amount=np.array([100.0]), paid=np.array([UNPAID])
    )
    morning = TODAY.toordinal()
    (pmf,) = learn(book, morning).score(book, morning, wanted)
    return float(pmf[grid.DAYS == 3][0]), float(pmf.sum())


def test_nothing_is_expected_when_banks_do_not_open() -> None:
    plain = history(heeds=True)
    book = replace(plain, closed=CLOSED)
    assert told(book) < 0.4
    (share, whole), (before, whole_before) = on_day(book, INDEPENDENCE), on_day(plain, INDEPENDENCE)
    assert share < 0.45 * before
    assert whole == pytest.approx(whole_before), "when, not whether"
    thursday = INDEPENDENCE + timedelta(days=8)
    assert on_day(book, thursday)[0] == pytest.approx(on_day(plain, thursday)[0], rel=0.1)


def test_who_pays_on_any_day_is_expected_on_any_day() -> None:
    book = replace(history(heeds=False), closed=CLOSED)
    assert 0.7 < told(book) < 1.4


def test_without_a_calendar_nothing_is_said_of_such_days() -> None:
    assert told(history(heeds=True)) == 1.0


def test_a_few_payments_say_little_of_such_days() -> None:
    book = replace(history(heeds=True, until=FIRST + timedelta(days=60)), closed=CLOSED)
    assert told(book) > 0.75


def test_a_closed_day_is_not_compared_with_another() -> None:
    """New Year's Day is a week after Christmas: each is held against the other side only."""
    days = [date(2025, 12, 11) + timedelta(days=back) for back in range(0, 36, 7)]  # Thursdays, both holidays too
    closed = np.array([date(2025, 12, 25).toordinal(), date(2026, 1, 1).toordinal()])
    records = [
        Record("C", day - timedelta(days=9), day, 1.0, day)
        for day in days
        for _each in range(20)
        if day.toordinal() not in closed
    ]
    book = replace(book_of(records), closed=closed)
    morning = date(2026, 1, 20).toordinal()
    weight = 0.5 ** ((morning - book.due) / 240)
    beside = sum(weight[book.paid == day.toordinal()].sum() for day in (date(2025, 12, 18), date(2026, 1, 8)))
    assert habits_of(book.known(morning), morning).when_closed == pytest.approx(5 / (5 + beside))
