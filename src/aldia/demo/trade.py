"""The story told day by day: orders by season and customer, and all that follows from them, in order of date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from aldia.demo.books import Books
from aldia.demo.cast import HISTORY_MONTHS
from aldia.demo.issued import Issued
from aldia.demo.people import DemoCast, DemoCustomer
from aldia.demo.sales import handle_global, handle_order
from aldia.domain.calendars import bank_holidays

# Orders by month, per cent of an average one: January is slow, Christmas is not.
_SEASON = (78, 86, 97, 96, 108, 101, 98, 97, 95, 106, 116, 128)
_SATURDAY, _WEEKDAY = 45, 100
# How many documents an order brings in the long run (itself, its complements and notes), per thousand.
DOCUMENTS_PER_ORDER = 1_780
# A customer that stopped paying is sold to for this long before the company notices.
_PATIENCE = timedelta(days=70)


def tell(books: Books, documents: int) -> Iterator[Issued]:
    """About `documents` issued ones, from the first day to the last, by date of issue."""
    cast = books.cast
    orders = max((documents - HISTORY_MONTHS) * 1000 // DOCUMENTS_PER_ORDER, 1)  # a global one each month
    for day, count in _orders_by_day(cast, orders):
        for at in _hours(day, count, books.rng):
            yield from books.run_until(at)
            customer = _who_orders(books, day)
            if customer is not None:
                yield from handle_order(books, at, customer)
        if (day + timedelta(days=1)).day == 1:
            books.plan(datetime.combine(day, time(20, 30)), handle_global)
    yield from books.run_until(datetime.combine(cast.last_day, time(23, 59)))


def _orders_by_day(cast: DemoCast, orders: int) -> Iterator[tuple[date, int]]:
    """Each day with its orders: the total is exact, the rounding spread evenly."""
    days = [cast.first_day + timedelta(days=n) for n in range((cast.last_day - cast.first_day).days + 1)]
    weights = [_weight(day, n) for n, day in enumerate(days)]
    total, told, done = sum(weights), 0, 0
    for day, weight in zip(days, weights, strict=True):
        told += weight
        count = orders * told // total - done
        done += count
        yield day, count


def _weight(day: date, place: int) -> int:
    if day.weekday() == 6 or day in bank_holidays("MX", day.year):
        return 0
    usual = _SATURDAY if day.weekday() == 5 else _WEEKDAY
    return usual * _SEASON[day.month - 1] * (1000 + place // 3)  # it grows by a tenth in a year


def _hours(day: date, count: int, rng: Random) -> list[datetime]:
    seconds = sorted(rng.randrange(9 * 3600, 19 * 3600) for _ in range(count))
    return [datetime.combine(day, time()) + timedelta(seconds=second) for second in seconds]


def _who_orders(books: Books, day: date) -> DemoCustomer | None:
    for customer in books.rng.choices(books.cast.customers, cum_weights=books.shares, k=4):
        stops_on = customer.behaviour.stops_on
        if stops_on is None or day <= stops_on + _PATIENCE:
            return customer
    return None
