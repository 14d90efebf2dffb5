"""Antigüedad de saldos in SQL: by customer, portfolio or currency, as of any day, with ranges of one's own.

What was owed at the end of a past day is what is owed now (for what was voided since, its total: nothing is applied to
a voided receivable) plus what was applied after that day. Sums are linear, so three grouped queries are added up, none
of which touches the allocations before that day. `domain.aging.age` is the reference that tests compare with. Ages are
those of the due dates in force today. A day still to come ages what is owed now.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.aging import Ranges
from aldia.receivables.models import Allocation, Receivable
from aldia.receivables.queries.sight import NO_PORTFOLIO, Sight, in_portfolio

CUSTOMER, PORTFOLIO, CURRENCY = "customer", "portfolio", "currency"
GROUPS = (CUSTOMER, PORTFOLIO, CURRENCY)
Sums = dict[tuple[uuid.UUID, str], list[int]]


@dataclass(frozen=True, slots=True)
class AgingRow:
    """One group in one currency: `key` names it in a drill-down ("none": customers in no portfolio)."""

    key: str
    label: str
    note: str
    currency: str
    buckets: tuple[int, ...]
    customers: int = 1

    @property
    def total(self) -> int:
        return sum(self.buckets)

    @property
    def overdue(self) -> int:
        return sum(self.buckets[1:])


@dataclass(frozen=True, slots=True)
class Aging:
    """Rows in order, and the total of each currency, the company's first."""

    as_of: date
    ranges: Ranges
    by: str
    rows: list[AgingRow]
    totals: list[AgingRow] = field(default_factory=list)

    def of(self, currency: str) -> list[AgingRow]:
        return [row for row in self.rows if row.currency == currency]

    def total(self, currency: str) -> AgingRow:
        """The total of a currency; zeros where nothing is owed in it."""
        empty = AgingRow(currency, currency, "", currency, (0,) * self.ranges.size, 0)
        return next((each for each in self.totals if each.currency == currency), empty)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to age: `portfolio` an id or "none"; "" and None ask nothing. `sort`: total, overdue or name."""

    currency: str = ""
    portfolio: str = ""
    customer: uuid.UUID | None = None
    sort: str = "total"


def aging(
    *,
    sight: Sight,
    as_of: date,
    today: date,
    home: str,
    ranges: Ranges,
    by: str = CUSTOMER,
    wanted: Wanted | None = None,
) -> Aging:
    """The aging of what the customers in sight owed at the end of `as_of`."""
    asked = wanted or Wanted()
    customers = _customers(sight, asked)
    sums = {
        key: buckets
        for key, buckets in bucket_sums(as_of=as_of, today=today, ranges=ranges, wanted=asked).items()
        if key[0] in customers and any(buckets)
    }
    rows = _grouped(sums, customers, by)
    order = {"name": lambda row: (row.label.casefold(), row.key), "overdue": lambda row: (-row.overdue, row.label)}
    rows.sort(key=order.get(asked.sort, lambda row: (-row.total, row.label, row.key)))
    rows.sort(key=lambda row: (row.currency != home, row.currency))
    return Aging(as_of, ranges, by, rows, _totals(rows, home))


def _customers(sight: Sight, wanted: Wanted) -> dict[uuid.UUID, Customer]:
    rows = sight.customers().select_related("portfolio")
    if wanted.customer:
        rows = rows.filter(pk=wanted.customer)
    rows = in_portfolio(rows, wanted.portfolio, "portfolio")
    shown = rows.only("legal_name", "trade_name", "tax_id", "portfolio__name")
    return {row.id: row for row in shown.iterator(chunk_size=5000)}


def bucket_sums(*, as_of: date, today: date, ranges: Ranges, wanted: Wanted) -> Sums:
    """(customer, currency) -> balance per bucket, for all customers whatever their switch."""
    plain: dict[str, Any] = {"customer": wanted.customer, "currency": wanted.currency}
    asked = {name: value for name, value in plain.items() if value}
    open_now = Receivable.objects.filter(balance__gt=0, **asked)
    if as_of >= today:
        return _added([_sums(open_now, "", "balance", as_of, ranges)])
    voided_since = Receivable.objects.filter(voided_on__gt=as_of, issued_on__lte=as_of, **asked)
    applied_since = Allocation.objects.filter(
        Q(receivable__voided_on__isnull=True) | Q(receivable__voided_on__gt=as_of),
        on__gt=as_of,
        receivable__issued_on__lte=as_of,
        **{f"receivable__{name}": value for name, value in asked.items()},
    )
    return _added(
        [
            _sums(open_now.filter(issued_on__lte=as_of), "", "balance", as_of, ranges),
            _sums(voided_since, "", "total", as_of, ranges),
            _sums(applied_since, "receivable__", "amount", as_of, ranges),
        ]
    )


def owed_by_due(*, sight: Sight, currency: str, as_of: date, today: date) -> dict[date, int]:
    """What the customers in sight owed at the end of a day in one currency, by due date: no row per customer."""
    open_now = Receivable.objects.filter(balance__gt=0, currency=currency)
    parts = [("", "balance", open_now if as_of >= today else open_now.filter(issued_on__lte=as_of))]
    if as_of < today:
        voided_since = Receivable.objects.filter(voided_on__gt=as_of, issued_on__lte=as_of, currency=currency)
        applied_since = Allocation.objects.filter(
            Q(receivable__voided_on__isnull=True) | Q(receivable__voided_on__gt=as_of),
            on__gt=as_of,
            receivable__issued_on__lte=as_of,
            receivable__currency=currency,
        )
        parts += [("", "total", voided_since), ("receivable__", "amount", applied_since)]
    found: dict[date, int] = defaultdict(int)
    for to, column, rows in parts:
        seen = sight.narrow(rows, f"{to}customer").order_by()
        for due_on, amount in seen.values_list(f"{to}due_on").annotate(Sum(column)):
            found[due_on] += int(amount)
    return found


def _sums(
    rows: QuerySet[Any], to: str, column: str, as_of: date, ranges: Ranges
) -> Iterable[tuple[tuple[uuid.UUID, str], list[int]]]:
    """One grouped query; `to` leads from the row to its receivable."""
    buckets = {
        f"b{bucket}": Sum(column, filter=_due_within(f"{to}due_on", *ranges.due_span(bucket, as_of)))
        for bucket in range(ranges.size)
    }
    grouped = rows.order_by().values_list(f"{to}customer_id", f"{to}currency").annotate(**buckets)
    for customer_id, currency, *sums in grouped.iterator(chunk_size=5000):
        yield (customer_id, currency), [int(each or 0) for each in sums]


def _due_within(column: str, first: date | None, last: date | None) -> Q:
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{column}__gte": first})
    return condition & Q(**{f"{column}__lte": last}) if last is not None else condition


def _added(parts: Iterable[Iterable[tuple[tuple[uuid.UUID, str], list[int]]]]) -> Sums:
    found: Sums = {}
    for part in parts:
        for key, buckets in part:
            there = found.get(key)
            found[key] = [a + b for a, b in zip(there, buckets, strict=True)] if there else buckets
    return found


def _grouped(sums: Sums, customers: Mapping[uuid.UUID, Customer], by: str) -> list[AgingRow]:
    if by == CUSTOMER:
        return [
            AgingRow(str(each.id), str(each), each.tax_id, currency, tuple(buckets))
            for (customer_id, currency), buckets in sums.items()
            for each in (customers[customer_id],)
        ]
    groups: dict[tuple[str, str, str], list[tuple[int, ...]]] = defaultdict(list)
    for (customer_id, currency), buckets in sums.items():
        portfolio = customers[customer_id].portfolio if by == PORTFOLIO else None
        key = (str(portfolio.id), portfolio.name) if portfolio else (NO_PORTFOLIO, _("Sin cartera"))
        groups[(*(key if by == PORTFOLIO else (currency, currency)), currency)].append(tuple(buckets))
    return [
        AgingRow(key, label, "", currency, tuple(map(sum, zip(*parts, strict=True))), len(parts))
        for (key, label, currency), parts in groups.items()
    ]


def _totals(rows: list[AgingRow], home: str) -> list[AgingRow]:
    found = []
    for currency in sorted({row.currency for row in rows}, key=lambda each: (each != home, each)):
        mine = [row for row in rows if row.currency == currency]
        buckets = tuple(map(sum, zip(*(row.buckets for row in mine), strict=True)))
        found.append(AgingRow(currency, currency, "", currency, buckets, sum(row.customers for row in mine)))
    return found
