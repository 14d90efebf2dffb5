"""Late interest and fixed fees: simple, never capitalised, on what was owed each day.

What a rule has charged up to a day is one function of the debt's history (`accrued`), and a period is charged the
difference between its end and the day before it began. So a period may be split in any way: the parts sum to the whole,
to the cent, and a cap or a minimum holds for the debt and not for each period.

A day is charged on what was owed when it began: a payment counts from the day after it. Who pays one day late owes one
day, who pays within the days of grace owes nothing.

Merchants who agreed on no rate owe 6 % a year from the day after due: Código de Comercio, art. 362
(https://www.diputados.gob.mx/LeyesBiblio/pdf/CCom.pdf). Default interest on a taxed sale is part of the value that is
taxed: Ley del IVA, art. 12 and 18 (https://www.diputados.gob.mx/LeyesBiblio/pdf/LIVA.pdf).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from aldia.domain.calendars import add_months

DAY = timedelta(days=1)
PER = ("month", "year", "day")
BASES = (360, 365)
ONCE, EACH_MONTH = "once", "month"
LEGAL_YEARLY = Decimal(6)
USURY_YEARLY, USURY_MONTHLY = Decimal(37), Decimal(3)


@dataclass(frozen=True, slots=True)
class LateTerms:
    """What is charged for being late.

    `rate`: percent per `per` (a month is a twelfth of a year), counted by actual days over `basis`. `since`: no day
    before it is charged. `minimum`: what is charged at least, once anything is; `cap_percent` of what was owed when it
    became late and `cap_amount`: at most, before tax. `fixed_fee` is due on the first late day, and with `fixed_each`
    "month" again on each month's day while anything is owed. `tax_percent`: IVA on the charge.
    """

    rate: Decimal
    per: str = "month"
    basis: int = 360
    grace_days: int = 0
    since: date = date.min
    minimum: int = 0
    cap_percent: Decimal | None = None
    cap_amount: int | None = None
    fixed_fee: int = 0
    fixed_each: str = ONCE
    tax_percent: Decimal = Decimal(0)

    @property
    def yearly(self) -> Decimal:
        """Percent a year; ValueError for a unit that is none."""
        return self.rate * {"month": 12, "year": 1, "day": self.basis}[self.per]


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed of one document. `closes`: (day, balance when it ended), ascending, where the balance changed."""

    due_on: date
    closes: tuple[tuple[date, int], ...]

    def owed_at_start(self, day: date) -> int:
        """The balance with which a day began; 0 before anything was owed."""
        place = bisect_left(self.closes, (day,))
        return self.closes[place - 1][1] if place else 0


def debt_of(*, due_on: date, opened_on: date, total: int, paid: Iterable[tuple[date, int]]) -> Debt:
    """The history of a debt. `paid`: (day, amount), negative where something was taken back; in any order."""
    changes: dict[date, int] = {opened_on: total}
    for day, amount in paid:
        day = max(day, opened_on)
        changes[day] = changes.get(day, 0) - amount
    balance, closes = 0, []
    for day in sorted(changes):
        balance += changes[day]
        closes.append((day, max(balance, 0)))
    return Debt(due_on, tuple(closes))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row with the same balance."""

    first: date
    last: date
    base: int

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Accrued:
    """What a debt has come to on a day, since it became late. `charge`: before tax, after minimum and cap."""

    interest: int = 0
    fixed: int = 0
    charge: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        return self.charge + self.tax


@dataclass(frozen=True, slots=True)
class Charge:
    """What one period is charged. `charge` = interest + fixed + adjustment (a minimum adds, a cap takes off)."""

    first: date
    last: date
    interest: int
    fixed: int
    adjustment: int
    tax: int
    stretches: tuple[Stretch, ...]

    @property
    def charge(self) -> int:
        return self.interest + self.fixed + self.adjustment

    @property
    def total(self) -> int:
        return self.charge + self.tax

    @property
    def days(self) -> int:
        return sum(each.days for each in self.stretches)


def first_late_day(terms: LateTerms, debt: Debt) -> date:
    """The first day that may be charged: after due, grace, and the day on which the rule began."""
    return max(debt.due_on + (terms.grace_days + 1) * DAY, terms.since)


def stretches(debt: Debt, first: date, last: date) -> Iterator[Stretch]:
    """The days from first to last on which anything was owed, as they follow each other with one balance."""
    starts = [first, *(day + DAY for day, _balance in debt.closes if first < day + DAY <= last)]
    for place, start in enumerate(starts):
        end = starts[place + 1] - DAY if place + 1 < len(starts) else last
        base = debt.owed_at_start(start)
        if start <= end and base > 0:
            yield Stretch(start, end, base)


def accrued(terms: LateTerms, debt: Debt, on: date) -> Accrued:
    """What has been earned by the end of a day. Never falls as days pass; zero while nothing was owed late."""
    late = list(stretches(debt, first_late_day(terms, debt), on))
    if not late:
        return Accrued()
    interest = half_up(_daily(terms) * sum(each.base * each.days for each in late))
    fixed = terms.fixed_fee * _fixed_times(terms, debt, on)
    charge = interest + fixed
    if charge:
        charge = max(charge, terms.minimum)
    limit = _cap(terms, late[0].base)
    charge = charge if limit is None else min(charge, limit)
    return Accrued(interest, fixed, charge, half_up(Fraction(terms.tax_percent) / 100 * charge))


def charge_for(terms: LateTerms, debt: Debt, first: date, last: date) -> Charge:
    """What a period is charged: all until its end, less all until the day before it."""
    now, before = accrued(terms, debt, last), accrued(terms, debt, first - DAY)
    interest, fixed = now.interest - before.interest, now.fixed - before.fixed
    adjustment = now.charge - before.charge - interest - fixed
    late = tuple(stretches(debt, max(first, first_late_day(terms, debt)), last))
    return Charge(first, last, interest, fixed, adjustment, now.tax - before.tax, late)


def half_up(value: Fraction) -> int:
    """A positive quantity to whole units, halves up: how authorities here round by hand."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _daily(terms: LateTerms) -> Fraction:
    return Fraction(terms.yearly) / (100 * terms.basis)


def _fixed_times(terms: LateTerms, debt: Debt, on: date) -> int:
    """How often the fixed fee fell due: only on days since the rule began, on which anything was owed."""
    if not terms.fixed_fee:
        return 0
    start = debt.due_on + (terms.grace_days + 1) * DAY
    last = 0 if terms.fixed_each == ONCE else max(0, (on.year - start.year) * 12 + on.month - start.month)
    days = [add_months(start, months) for months in range(last + 1)]
    return sum(terms.since <= day <= on and debt.owed_at_start(day) > 0 for day in days)


def _cap(terms: LateTerms, principal: int) -> int | None:
    limits = [] if terms.cap_amount is None else [terms.cap_amount]
    if terms.cap_percent is not None:
        limits.append(half_up(Fraction(terms.cap_percent) / 100 * principal))
    return min(limits, default=None)


def is_usurious(terms: LateTerms) -> bool:
    """Above what courts here have let stand; judges reduce it by themselves.

    Convención Americana sobre Derechos Humanos, art. 21.3; SCJN, 1a./J. 46/2014 and 1a./J. 54/2016
    (https://sjf2.scjn.gob.mx).
    """
    return terms.yearly > USURY_YEARLY or (terms.per == "month" and terms.rate > USURY_MONTHLY)


def is_above_legal(terms: LateTerms) -> bool:
    """Above the rate that holds where none was agreed: it needs an agreement (Código de Comercio, art. 362)."""
    return terms.yearly > LEGAL_YEARLY


# Periods


MONTHLY, FORTNIGHTLY, WEEKLY = "month", "fortnight", "week"


def period_of(frequency: str, day: date) -> tuple[date, date]:
    """The calendar month, half month (to the 15th, from the 16th) or week (from Monday) in which a day is."""
    if frequency == WEEKLY:
        first = day - day.weekday() * DAY
        return first, first + 6 * DAY
    first = day.replace(day=1)
    last = add_months(first, 1) - DAY
    if frequency == MONTHLY:
        return first, last
    if frequency != FORTNIGHTLY:
        raise ValueError(f"no such frequency: {frequency}")
    middle = day.replace(day=15)
    return (first, middle) if day <= middle else (middle + DAY, last)


def closed_periods(frequency: str, since: date, until: date, today: date) -> Iterator[tuple[date, date]]:
    """The periods that ended before today, cut to the days from `since` to `until`."""
    day = since
    while day <= until:
        _first, last = period_of(frequency, day)
        last = min(last, until)
        if last >= today:
            return
        yield day, last
        day = last + DAY
