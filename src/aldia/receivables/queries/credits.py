"""The list of payments and other credits: filters, totals, and the rows of one credit."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from aldia.customers.models import Customer
from aldia.domain.folding import fold
from aldia.receivables.models import Allocation, Credit
from aldia.receivables.queries.lists import MAX_MATCHES
from aldia.receivables.queries.sight import Sight, in_portfolio

APPLIED, IN_FAVOUR, HELD, REVIEW, REVERSED = "applied", "in_favour", "held", "review", "reversed"
LIVE = Q(reversed_on__isnull=True)
NEEDS_PERSON = LIVE & ~Q(review="")
STATES: dict[str, Callable[[], Q]] = {
    APPLIED: lambda: LIVE & Q(remaining=0),
    IN_FAVOUR: lambda: LIVE & Q(remaining__gt=0) & Q(remaining__gt=F("held")),
    HELD: lambda: LIVE & Q(remaining__gt=0) & Q(held__gt=0),
    REVIEW: lambda: NEEDS_PERSON,
    REVERSED: lambda: Q(reversed_on__isnull=False),
}


@dataclass(frozen=True, slots=True)
class WantedCredits:
    """What the list is asked for; "" or None asks nothing. Without a state the reversed ones are left out."""

    text: str = ""
    kind: str = ""
    state: str = ""
    received_from: date | None = None
    received_to: date | None = None
    customer: uuid.UUID | None = None
    portfolio: str = ""
    currency: str = ""
    source: str = ""
    amount_from: int | None = None
    amount_to: int | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> WantedCredits:
        """From values already read; names that it does not know are left out."""
        return cls(**{name: value for name, value in values.items() if name in cls.__dataclass_fields__})


def credits(sight: Sight) -> QuerySet[Credit]:
    """All credits in sight, each with its customer."""
    return sight.narrow(Credit.objects.select_related("customer"))


def filtered(rows: QuerySet[Credit], wanted: WantedCredits) -> QuerySet[Credit]:
    """Narrow the list."""
    rows = rows.filter(STATES[wanted.state]() if wanted.state in STATES else LIVE)
    bounds: dict[str, Any] = {
        "received_on__gte": wanted.received_from,
        "received_on__lte": wanted.received_to,
        "amount__gte": wanted.amount_from,
        "amount__lte": wanted.amount_to,
        "kind": wanted.kind or None,
        "customer": wanted.customer,
        "currency": wanted.currency or None,
        "source": wanted.source or None,
    }
    rows = rows.filter(**{name: value for name, value in bounds.items() if value is not None})
    rows = in_portfolio(rows, wanted.portfolio)
    return rows.filter(_named(wanted.text)) if wanted.text else rows


def _named(text: str) -> Q:
    customers = Customer.objects.all()
    for word in fold(text).split()[:10]:
        customers = customers.filter(search__contains=word)
    found = Q(reference__icontains=text) | Q(document__key=text.upper())
    if fold(text):
        found |= Q(customer_id__in=list(customers.values_list("id", flat=True)[:MAX_MATCHES]))
    return found


@dataclass(frozen=True, slots=True)
class CreditTotal:
    """Of one currency, in minor units."""

    currency: str
    count: int
    amount: int
    in_favour: int
    held: int


def totals(rows: QuerySet[Credit], home: str) -> list[CreditTotal]:
    """Totals of the whole filtered set, the company's currency (`home`) first."""
    sums = (
        rows.order_by()
        .values("currency")
        .annotate(count=Count("pk"), sum=Sum("amount"), free=Sum(F("remaining") - F("held")), kept=Sum("held"))
    )
    found = [CreditTotal(row["currency"], row["count"], row["sum"], row["free"], row["kept"]) for row in sums]
    return sorted(found, key=lambda each: (each.currency != home, each.currency))


def allocations_of(credit: Credit) -> list[Allocation]:
    """What a credit pays and what was taken back, oldest first, each with its receivable."""
    rows = Allocation.objects.filter(credit=credit).select_related("receivable", "actor", "reversal")
    return list(rows.order_by("on", "id"))
