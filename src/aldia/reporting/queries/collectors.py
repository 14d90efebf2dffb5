"""Collected by collector: the money of a period by who had the customer on the day it came in, or by portfolio.

Who passes a customer on keeps what came in until then. Portfolios are those of today.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from aldia.customers.models import Portfolio
from aldia.customers.queries import collector_on
from aldia.receivables.models import Allocation, Credit
from aldia.receivables.queries.sight import NO_PORTFOLIO, Sight
from aldia.receivables.queries.states import MONEY
from aldia.reporting.queries import drill
from aldia.reporting.queries.drill import Drill
from aldia.tenancy.models import User

COLLECTOR, PORTFOLIO = "collector", "portfolio"
GROUPS = (COLLECTOR, PORTFOLIO)


@dataclass(frozen=True, slots=True)
class Collected:
    """`on_time` and `late` are what of it was applied to documents before (or on) their due date and after;
    the rest waits to be applied. `label` is "" for what nobody collects."""

    key: str
    label: str
    amount: int
    payments: int
    customers: int
    on_time: int
    late: int
    drill: Drill

    @property
    def free(self) -> int:
        return self.amount - self.on_time - self.late


def collected_by(*, sight: Sight, currency: str, first: date, last: date, by: str = COLLECTOR) -> list[Collected]:
    """The money of one currency that came in from `first` to `last`, the most first."""
    span = {"received_on__gte": first, "received_on__lte": last, "currency": currency}
    money = Credit.objects.filter(kind__in=MONEY, reversed_on__isnull=True, **span)
    grouped = _grouped(sight.narrow(money), by)
    sums = grouped.annotate(Sum("amount"), Count("pk"), Count("customer", distinct=True))
    applied = _applied(sight, span, by)
    rows = list(sums)
    names = _names(by, [key for key, *_rest in rows if key])
    found = [
        Collected(
            key=str(key or NO_PORTFOLIO),
            label=names.get(key, ""),
            amount=int(amount),
            payments=payments,
            customers=customers,
            on_time=applied.get(key, (0, 0))[0],
            late=applied.get(key, (0, 0))[1],
            drill=Drill(drill.COLLECTED, currency, first=first, last=last, **{by: str(key or NO_PORTFOLIO)}),
        )
        for key, amount, payments, customers in rows
    ]
    return sorted(found, key=lambda each: (-each.amount, each.label, each.key))


def _grouped(rows: QuerySet[Any], by: str, credit: str = "") -> QuerySet[Any, Any]:
    """By the key of a group; `credit`: the path from a row to its payment."""
    if by == PORTFOLIO:
        return rows.order_by().values_list(f"{credit}customer__portfolio")
    who = collector_on(f"{credit}received_on", f"{credit}customer")
    return rows.order_by().annotate(who=who).values_list("who")


def _applied(sight: Sight, span: dict[str, Any], by: str) -> dict[uuid.UUID | None, tuple[int, int]]:
    """What of the money was applied to documents that were not late, and to those that were."""
    rows = Allocation.objects.filter(credit__kind__in=MONEY, credit__reversed_on__isnull=True)
    rows = rows.filter(**{f"credit__{name}": value for name, value in span.items()})
    grouped = _grouped(sight.narrow(rows, "credit__customer"), by, "credit__")
    timely = Q(credit__received_on__lte=F("receivable__due_on"))
    sums = grouped.annotate(
        timely=Coalesce(Sum("credit_amount", filter=timely), 0), tardy=Coalesce(Sum("credit_amount", filter=~timely), 0)
    )
    return {key: (int(on_time), int(late)) for key, on_time, late in sums}


def _names(by: str, keys: list[uuid.UUID]) -> dict[uuid.UUID | None, str]:
    if by == PORTFOLIO:
        return {row.pk: row.name for row in Portfolio.objects.filter(pk__in=keys)}
    return {user.pk: user.name or user.email for user in User.objects.filter(pk__in=keys)}
