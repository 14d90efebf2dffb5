"""The subledger as a forecast reads it: what was owed as of a morning, and when what is settled was paid.

Of customers that are switched on and are somebody. A payment is money (or an advance) applied and not taken back, on
the day that it was applied; the invoice counts as paid on the day of the last of them. What a credit note or a
discount took off was never to be paid: where that is all of it, the invoice tells nothing and is left out, as is what
is only presumed paid. What was written off stays unpaid. Part payments leave the rest open with its due day.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Max, Q, QuerySet, Sum

from aldia.domain.calendars import NoCalendar, bank_holidays
from aldia.domain.currencies import exponent
from aldia.domain.forecasting.book import UNPAID, Book, Floats, Ints
from aldia.receivables.models import Allocation, CreditKind, Receivable
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

MONEY = (CreditKind.PAYMENT, CreditKind.ADVANCE)
MOST_CLOSED = 150_000  # the newest: facts fade with a half-life of 240 days
CHUNK = 5_000
YEARS_OF_FACTS = 6  # older ones have faded to nothing


@dataclass(frozen=True, slots=True)
class Subledger:
    """Columns as in `book`, which is in order of issue. `balance` was open on the morning; minor units, as `total`."""

    book: Book
    ids: list[uuid.UUID]
    customers: list[uuid.UUID]
    currency: Ints
    codes: tuple[str, ...]
    balance: Ints
    total: Ints

    @property
    def open_rows(self) -> Ints:
        return np.flatnonzero(self.balance > 0)


@dataclass(slots=True)
class _Paid:
    """What was applied to a receivable before a morning."""

    applied: int = 0
    money: int = 0
    lost: int = 0
    presumed: int = 0
    last: date | None = None


def subledger(*, as_of: date, today: date) -> Subledger:
    """What was known in the morning of `as_of`; of today, with what has been entered since."""
    before = as_of if as_of < today else today + timedelta(days=1)
    rows = _receivables(as_of, before)
    paid = _paid([row[0] for row in rows], before)
    kept, days = [], []
    for row in rows:
        day = _settled(row, paid.get(row[0], _Paid()), is_today=as_of >= today)
        if day is not None:
            kept.append(row)
            days.append(day)
    return _columns(kept, days, as_of)


def _receivables(as_of: date, before: date) -> list[tuple[Any, ...]]:
    """(id, customer, issued, due, total, balance, currency): everything open, and the newest of what is settled."""
    known = Receivable.objects.filter(
        customer__collecting=True, customer__generic=False, voided_on__isnull=True, issued_on__lte=as_of
    )
    columns = ("id", "customer_id", "issued_on", "due_on", "total", "balance", "currency")
    still = known.filter(balance__gt=0).order_by().values_list(*columns)
    settled = known.filter(balance=0).order_by("-issued_on", "-id").values_list(*columns)[:MOST_CLOSED]
    return [*still.iterator(chunk_size=CHUNK), *settled.iterator(chunk_size=CHUNK)]


def _paid(ids: list[uuid.UUID], before: date) -> dict[uuid.UUID, _Paid]:
    """By receivable, what was applied and stands: one grouped query where most have something, else by ids."""
    applied = Allocation.objects.filter(on__lt=before).order_by()
    if len(ids) > 4 * CHUNK:
        return _summed(applied)
    found: dict[uuid.UUID, _Paid] = {}
    for start in range(0, len(ids), CHUNK):
        found.update(_summed(applied.filter(receivable_id__in=ids[start : start + CHUNK])))
    return found


def _summed(rows: QuerySet[Allocation]) -> dict[uuid.UUID, _Paid]:
    """What was taken back has its negative in the sums; its day is told apart by itself, for those few receivables.

    A join on reversals would say the same: SQLite has no good plan for that one.
    """
    is_money = Q(credit__kind__in=MONEY)
    grouped = rows.values_list("receivable_id").annotate(
        applied=Sum("amount"),
        money=Sum("amount", filter=is_money),
        lost=Sum("amount", filter=Q(credit__kind=CreditKind.WRITE_OFF)),
        presumed=Sum("amount", filter=Q(credit__kind=CreditKind.PRESUMED)),
        last=Max("on", filter=is_money),
    )
    found = {
        row: _Paid(int(applied), int(money or 0), int(lost or 0), int(presumed or 0), last)
        for row, applied, money, lost, presumed, last in grouped.iterator(chunk_size=CHUNK)
    }
    undone = dict(rows.filter(reversal_of__isnull=False).values_list("reversal_of_id", "receivable_id"))
    for row, last in _last_days(rows, undone).items():
        found[row].last = last
    return found


def _last_days(rows: QuerySet[Allocation], undone: dict[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, date | None]:
    """The last day on which money came that stands, of the receivables from which some was taken back."""
    found: dict[uuid.UUID, date | None] = dict.fromkeys(undone.values())
    ids = list(found)
    for start in range(0, len(ids), CHUNK):
        money = rows.filter(
            receivable_id__in=ids[start : start + CHUNK], credit__kind__in=MONEY, reversal_of__isnull=True
        )
        for pk, row, on in money.values_list("id", "receivable_id", "on"):
            if pk not in undone:
                found[row] = max(on, found[row] or on)
    return found


def _settled(row: tuple[Any, ...], paid: _Paid, *, is_today: bool) -> tuple[int, int] | None:
    """(balance then, day paid or `UNPAID`) of a receivable; None where it tells nothing."""
    total, balance = row[4], row[5]
    left = balance if is_today else total - paid.applied
    if left > 0:
        return left, UNPAID
    if paid.lost:
        return 0, UNPAID
    if paid.presumed or paid.last is None:
        return None
    return 0, paid.last.toordinal()


def _columns(rows: list[tuple[Any, ...]], settled: list[tuple[int, int]], as_of: date) -> Subledger:
    order = sorted(range(len(rows)), key=lambda place: (rows[place][2], rows[place][0]))
    rows, settled = [rows[place] for place in order], [settled[place] for place in order]
    customers = sorted({row[1] for row in rows})
    place_of = {customer: place for place, customer in enumerate(customers)}
    codes = tuple(sorted({row[6] for row in rows}))
    currency = np.array([codes.index(row[6]) for row in rows], dtype=np.int64)
    issued = np.array([row[2].toordinal() for row in rows], dtype=np.int64)
    paid = np.array([day for _balance, day in settled], dtype=np.int64)
    book = Book(
        customer=np.array([place_of[row[1]] for row in rows], dtype=np.int64),
        issued=issued,
        due=np.array([row[3].toordinal() for row in rows], dtype=np.int64),
        amount=_comparable(np.array([row[4] for row in rows], dtype=np.float64), currency, codes),
        paid=np.maximum(paid, issued),
        names=tuple(str(each) for each in customers),
        closed=_closed(as_of.year - YEARS_OF_FACTS, as_of.year + 2),
    )
    balance = np.array([left for left, _day in settled], dtype=np.int64)
    total = np.array([row[4] for row in rows], dtype=np.int64)
    return Subledger(book, [row[0] for row in rows], customers, currency, codes, balance, total)


def _closed(first: int, last: int) -> Ints:
    """The days of some years on which the banks of the company's country do not open, weekends aside."""
    country = Company.objects.values_list("country", flat=True).get(pk=current_company_id())
    try:
        found = [day.toordinal() for year in range(first, last + 1) for day in bank_holidays(country, year)]
    except NoCalendar:
        found = []
    return np.array(sorted(found), dtype=np.int64)


def _comparable(total: Floats, currency: Ints, codes: tuple[str, ...]) -> Floats:
    """Totals as a measure of size: whole units, each currency brought to the median of the one with most invoices.

    No rate of exchange is needed to say that an invoice is large among its like.
    """
    if not len(total):
        return total
    units = np.array([10.0 ** exponent(code) for code in codes])
    plain = total / units[currency]
    counts = np.bincount(currency, minlength=len(codes))
    medians = np.array([np.median(plain[currency == place]) for place in range(len(codes))])
    return np.asarray(plain * (medians[counts.argmax()] / medians)[currency])
