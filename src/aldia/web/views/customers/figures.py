"""The figures of one customer, per currency: owed, overdue, by range of days late, in favour, credit used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum
from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.aging import Owed, Ranges, age
from aldia.receivables.models import Receivable
from aldia.receivables.queries.balances import LineUse, Position, credit_line_use, owed_by_customer
from aldia.receivables.queries.states import company_ranges


@dataclass(frozen=True, slots=True)
class Bucket:
    """One range of days late; `width` and `x` are hundredths of the bar, `tone` its colour."""

    index: int
    label: str
    amount: int
    x: str
    width: str
    tone: str


@dataclass(frozen=True, slots=True)
class CurrencyFigures:
    """How the customer stands in one currency."""

    position: Position
    buckets: tuple[Bucket, ...]

    @property
    def not_due(self) -> int:
        return self.position.owed - self.position.overdue


@dataclass(frozen=True, slots=True)
class Figures:
    """Currencies with the company's own first (always there), and the credit lines with their use."""

    currencies: tuple[CurrencyFigures, ...]
    lines: Sequence[LineUse]

    @property
    def home(self) -> CurrencyFigures:
        return self.currencies[0]

    @property
    def exceeded(self) -> list[LineUse]:
        return [line for line in self.lines if line.is_exceeded]

    @property
    def owes(self) -> bool:
        return any(each.position.owed for each in self.currencies)


def figures_of(customer: Customer, today: date, home: str) -> Figures:
    """All figures of a customer in a handful of queries."""
    positions = owed_by_customer([customer.pk], today).get(customer.pk, {})
    ordered = [home, *sorted(positions.keys() - {home})]
    ranges = company_ranges()
    aged = _aged(customer, today, ranges)
    currencies = tuple(
        CurrencyFigures(positions.get(code, Position(code)), _buckets(aged.get(code, (0,) * ranges.size), ranges))
        for code in ordered
    )
    return Figures(currencies, credit_line_use([customer.pk]).get(customer.pk, []))


def _aged(customer: Customer, today: date, ranges: Ranges) -> dict[str, tuple[int, ...]]:
    unpaid = Receivable.objects.filter(customer=customer, balance__gt=0).order_by()
    rows = unpaid.values_list("currency", "due_on").annotate(Sum("balance"))
    aged = age([Owed("", currency, due_on, balance) for currency, due_on, balance in rows], today, ranges)
    return {currency: buckets for (_group, currency), buckets in aged.items()}


def _buckets(amounts: tuple[int, ...], ranges: Ranges) -> tuple[Bucket, ...]:
    whole = sum(amounts)
    found: list[Bucket] = []
    start = 0
    for index, (label, amount) in enumerate(zip(ranges.labels, amounts, strict=True)):
        x, width = _hundredths(start, whole), _hundredths(amount, whole)
        found.append(Bucket(index, _(label), amount, x, width, f"c{min(index, 5)}"))
        start += amount
    return tuple(found)


def _hundredths(part: int, whole: int) -> str:
    """Per cent with two decimals, by whole arithmetic: "33.33"."""
    if not whole:
        return "0"
    units, cents = divmod(part * 10_000 // whole, 100)
    return f"{units}.{cents:02d}"
