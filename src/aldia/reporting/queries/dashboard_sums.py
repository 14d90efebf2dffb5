"""The sums of Inicio in five grouped queries, whose cost grows with what is open and with the last two months."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from aldia.customers.models import Customer
from aldia.domain.aging import Ranges
from aldia.domain.calendars import add_months, month_end
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.queries.sight import Sight
from aldia.receivables.queries.states import MONEY

TOP = 8
Pair = tuple[int, int]  # minor units, rows
NOTHING: Pair = (0, 0)


@dataclass(slots=True)
class Counted:
    """What one reading of the books says. `open`: per currency and due date. `top`: customer, then its buckets."""

    open: dict[str, dict[date, Pair]] = field(default_factory=dict)
    credits: dict[str, dict[date, Pair]] = field(default_factory=dict)  # "money" or "presumed", by day
    in_favour: dict[str, Pair] = field(default_factory=dict)
    top: list[tuple[uuid.UUID, str, str, tuple[int, ...]]] = field(default_factory=list)

    def owed(self, currency: str, first: date | None = None, last: date | None = None) -> Pair:
        """What is owed with a due date in a span (None: without a bound), and by how many documents."""
        return _within(self.open.get(currency, {}), first, last)

    def came_in(self, what: str, first: date, last: date) -> Pair:
        """Credits received in a span, both ends included."""
        return _within(self.credits.get(what, {}), first, last)

    def buckets(self, currency: str, ranges: Ranges, today: date) -> tuple[int, ...]:
        """What is owed in each range of age."""
        return tuple(self.owed(currency, *ranges.due_span(bucket, today))[0] for bucket in range(ranges.size))


def count_all(*, sight: Sight, today: date, currency: str, ranges: Ranges) -> Counted:
    """Read the books as of now."""
    return Counted(
        _open(sight), _credits(sight, today, currency), in_favour(sight), _top(sight, today, currency, ranges)
    )


def presumed_since(today: date) -> date:
    """Presumptions count from the last day of a month: those of this month are dated at the end of the one before."""
    return today.replace(day=1) - timedelta(days=1)


def _within(days: dict[date, Pair], first: date | None, last: date | None) -> Pair:
    found = [pair for day, pair in days.items() if (first is None or day >= first) and (last is None or day <= last)]
    return sum(amount for amount, _rows in found), sum(rows for _amount, rows in found)


def _open(sight: Sight) -> dict[str, dict[date, Pair]]:
    rows = sight.narrow(Receivable.objects.filter(balance__gt=0)).order_by()
    found: dict[str, dict[date, Pair]] = defaultdict(dict)
    for currency, due_on, amount, count in rows.values_list("currency", "due_on").annotate(Sum("balance"), Count("pk")):
        found[currency][due_on] = (int(amount), count)
    return dict(found)


def _credits(sight: Sight, today: date, currency: str) -> dict[str, dict[date, Pair]]:
    """Money and presumptions since the start of the month before, by day."""
    since = add_months(today.replace(day=1), -1)
    rows = sight.narrow(Credit.objects.filter(reversed_on__isnull=True, currency=currency)).order_by()
    rows = rows.filter(kind__in=(*MONEY, CreditKind.PRESUMED), received_on__gte=since, received_on__lte=today)
    found: dict[str, dict[date, Pair]] = {"money": {}, "presumed": {}}
    for kind, day, amount, count in rows.values_list("kind", "received_on").annotate(Sum("amount"), Count("pk")):
        days = found["presumed" if kind == CreditKind.PRESUMED else "money"]
        before = days.get(day, NOTHING)
        days[day] = (before[0] + int(amount), before[1] + count)
    return found


def in_favour(sight: Sight) -> dict[str, Pair]:
    """What can be applied now, per currency. The first condition is that of the index."""
    rows = Credit.objects.filter(remaining__gt=0, reversed_on__isnull=True).filter(remaining__gt=F("held"))
    grouped = sight.narrow(rows).order_by().values_list("currency")
    sums = grouped.annotate(free=Sum(F("remaining") - F("held")), count=Count("pk"))
    return {currency: (int(amount), count) for currency, amount, count in sums}


def _top(sight: Sight, today: date, currency: str, ranges: Ranges) -> list[tuple[uuid.UUID, str, str, tuple[int, ...]]]:
    """Who owes most overdue; then who owes most."""
    rows = sight.narrow(Receivable.objects.filter(balance__gt=0, currency=currency)).order_by()
    late = Coalesce(Sum("balance", filter=Q(due_on__lt=today)), 0)
    most = rows.values("customer_id").annotate(late=late, owed=Sum("balance")).order_by("-late", "-owed", "customer_id")
    ids = [row["customer_id"] for row in most[:TOP]]
    buckets: dict[Any, list[int]] = {customer_id: [0] * ranges.size for customer_id in ids}
    few = Receivable.objects.filter(balance__gt=0, currency=currency, customer_id__in=ids).order_by()
    for customer_id, due_on, amount in few.values_list("customer_id", "due_on").annotate(Sum("balance")):
        buckets[customer_id][ranges.bucket_of((today - due_on).days)] += int(amount)
    names = {row.id: row for row in Customer.objects.filter(id__in=ids).only("legal_name", "trade_name", "tax_id")}
    return [(each, str(names[each]), names[each].tax_id, tuple(buckets[each])) for each in ids]


def same_days_before(today: date) -> tuple[date, date, date]:
    """First day, the same day, and last day of the month before."""
    before = add_months(today.replace(day=1), -1)
    return before, min(before + timedelta(days=today.day - 1), month_end(before)), month_end(before)
