"""How well a company collects, each figure with its formula. Exact fractions; None where the figure is not defined.

Amounts are minor units of ONE currency. Definitions: Credit Research Foundation, as quoted in the Encyclopedia of
Credit, http://www.encyclopediaofcredit.com (performance measures), and, for `collected_percent`, the one that our
users know as "rotación". Sales are credit sales, taxes included, as receivables are; returns are taken off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Period:
    """Credit sales of a stretch of `days` days (a month, usually)."""

    sales: int
    days: int


def dso_days(receivable: int, credit_sales: int, days: int) -> Fraction | None:
    """Days sales outstanding, simple: receivable at the end ÷ credit sales of the period × days of the period.

    None without sales. Moves with sales even if customers pay as ever; count-back does not.
    """
    return Fraction(receivable * days, credit_sales) if credit_sales > 0 else None


def countback_dso_days(receivable: int, latest_first: Iterable[Period]) -> Fraction | None:
    """DSO, count-back: days of sales, from the newest back, that the receivable at the end is made of.

    Whole periods are taken off while the rest covers them; of the last one, its days in proportion. A period without
    (or with negative) sales counts its days and takes nothing off. None when the receivable is more than all sales
    given: there is not enough history to say.
    """
    left, counted = receivable, 0
    for period in latest_first:
        if left <= 0:
            break
        if period.sales > left:
            return counted + Fraction(left * period.days, period.sales)
        counted += period.days
        left -= max(period.sales, 0)
    return Fraction(counted) if left <= 0 else None


def best_possible_dso_days(current: int, credit_sales: int, days: int) -> Fraction | None:
    """DSO if nobody paid late: the receivable that is not yet due ÷ credit sales × days. None without sales."""
    return dso_days(current, credit_sales, days)


def average_days_delinquent(receivable: int, current: int, credit_sales: int, days: int) -> Fraction | None:
    """ADD: days that late payers add, DSO − best possible DSO. None without sales."""
    return dso_days(receivable - current, credit_sales, days)


def cei_percent(opening: int, credit_sales: int, closing: int, closing_current: int) -> Fraction | None:
    """Collection effectiveness index: of what could be collected in the period, the percentage that was.

    (opening + sales − closing) ÷ (opening + sales − closing not yet due) × 100, all receivables of the period.
    None when nothing could be collected.
    """
    available = opening + credit_sales
    collectable = available - closing_current
    return Fraction(100 * (available - closing), collectable) if collectable > 0 else None


def collected_percent(collected: int, credit_sales: int) -> Fraction | None:
    """Rotación as our users define it: collected in the period ÷ credit sales of the period × 100. None without sales.

    It passes 100 when old debts are collected.
    """
    return Fraction(100 * collected, credit_sales) if credit_sales > 0 else None


def turnover_times(credit_sales: int, opening: int, closing: int) -> Fraction | None:
    """Receivables turnover of the textbook: credit sales ÷ average of opening and closing receivable, in times.

    None when nothing was receivable at either end.
    """
    return Fraction(2 * credit_sales, opening + closing) if opening + closing > 0 else None


@dataclass(frozen=True, slots=True)
class Amounts:
    """What goes into the indicators of a period of `days` days. `sales` before `returns` are taken off."""

    opening: int
    sales: int
    returns: int
    collected: int
    closing: int
    current: int
    days: int

    @property
    def net_sales(self) -> int:
        return self.sales - self.returns


def all_of(amounts: Amounts, latest_first: Iterable[Period]) -> dict[str, Fraction | None]:
    """Every indicator of a period by its key; `latest_first` are the months that count-back goes over."""
    sales, days = amounts.net_sales, amounts.days
    closing, current = amounts.closing, amounts.current
    return {
        "dso": dso_days(closing, sales, days),
        "countback": countback_dso_days(closing, latest_first),
        "best_dso": best_possible_dso_days(current, sales, days),
        "add": average_days_delinquent(closing, current, sales, days),
        "cei": cei_percent(amounts.opening, sales, closing, current),
        "rotation": collected_percent(amounts.collected, sales),
        "turnover": turnover_times(sales, amounts.opening, closing),
    }


def shown(value: Fraction, places: int = 1) -> Decimal:
    """For people: rounded once, half up, to `places` decimals."""
    scaled = value * 10**places
    whole = abs(scaled.numerator) * 2 // scaled.denominator
    rounded = (whole + 1) // 2 * (-1 if scaled < 0 else 1)
    return Decimal(rounded).scaleb(-places)
