"""What customers owe, what is overdue, what they have in favour, and how much of their credit lines is used."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from aldia.customers.models import CreditLine
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Credit, Receivable


@dataclass(frozen=True, slots=True)
class Position:
    """How one customer stands in one currency, in minor units.

    `in_favour` can be applied now; `held` belongs to documents that are not on file or waits for a person.
    """

    currency: str
    owed: int = 0
    overdue: int = 0
    documents: int = 0
    oldest_due_on: date | None = None
    in_favour: int = 0
    held: int = 0

    @property
    def net(self) -> int:
        return self.owed - self.in_favour


Positions = dict[uuid.UUID, dict[str, Position]]


def owed_by_customer(ids: Collection[uuid.UUID] | None, today: date) -> Positions:
    """Position per currency of each customer that owes or has something in favour (None: of all customers)."""
    found: Positions = {}
    for part in [None] if ids is None else chunks(ids):
        owed = {(row["customer_id"], row["currency"]): row for row in _owed(part, today)}
        favour = {(row["customer_id"], row["currency"]): row for row in _favour(part)}
        for customer_id, currency in sorted(owed.keys() | favour.keys()):
            open_row, credit_row = owed.get((customer_id, currency)), favour.get((customer_id, currency))
            found.setdefault(customer_id, {})[currency] = Position(
                currency,
                *(
                    (open_row["owed"], open_row["overdue"], open_row["documents"], open_row["oldest"])
                    if open_row
                    else ()
                ),
                **({"in_favour": credit_row["free"], "held": credit_row["kept"]} if credit_row else {}),
            )
    return found


def _owed(ids: Collection[uuid.UUID] | None, today: date) -> Iterable[dict[str, Any]]:
    rows = _of(Receivable.objects.filter(balance__gt=0), ids)
    found: Iterable[dict[str, Any]] = rows.values("customer_id", "currency").annotate(
        owed=Sum("balance"),
        overdue=Coalesce(Sum("balance", filter=Q(due_on__lt=today)), 0),
        documents=Count("pk"),
        oldest=Min("due_on"),
    )
    return found


def _favour(ids: Collection[uuid.UUID] | None) -> Iterable[dict[str, Any]]:
    rows = _of(Credit.objects.filter(remaining__gt=0, reversed_on__isnull=True), ids)
    sums = {"free": Sum(F("remaining") - F("held")), "kept": Sum("held")}
    found: Iterable[dict[str, Any]] = rows.values("customer_id", "currency").annotate(**sums)
    return found


def _of(rows: QuerySet[Any], ids: Collection[uuid.UUID] | None) -> QuerySet[Any]:
    return rows.order_by() if ids is None else rows.filter(customer_id__in=ids).order_by()


@dataclass(frozen=True, slots=True)
class LineUse:
    """A credit line and what is owed on it, in its currency; `available` is negative when it is exceeded."""

    line: CreditLine
    used: int

    @property
    def available(self) -> int:
        return self.line.limit_minor - self.used

    @property
    def is_exceeded(self) -> bool:
        return self.available < 0

    @property
    def percent(self) -> int:
        """Whole per cent used, rounded down; 100 for any use of a line of zero."""
        if self.line.limit_minor:
            return self.used * 100 // self.line.limit_minor
        return 100 if self.used else 0


def credit_line_use(customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[LineUse]]:
    """Lines of each customer with their use, default first. What has no line counts on the default one."""
    found: dict[uuid.UUID, list[LineUse]] = {}
    for part in chunks(customer_ids):
        sums: dict[tuple[uuid.UUID, uuid.UUID | None, str], int] = {
            (row["customer_id"], row["credit_line_id"], row["currency"]): row["owed"]
            for row in Receivable.objects.filter(customer_id__in=part, balance__gt=0)
            .order_by()
            .values("customer_id", "credit_line_id", "currency")
            .annotate(owed=Sum("balance"))
        }
        for line in CreditLine.objects.filter(customer_id__in=part).order_by("-is_default", "id"):
            used = sums.get((line.customer_id, line.id, line.currency), 0)
            if line.is_default:
                used += sums.get((line.customer_id, None, line.currency), 0)
            found.setdefault(line.customer_id, []).append(LineUse(line, used))
    return found


def exceeded_lines(customer_ids: Collection[uuid.UUID]) -> Iterator[LineUse]:
    """The lines on which more is owed than their limit."""
    for lines in credit_line_use(customer_ids).values():
        yield from (each for each in lines if each.is_exceeded)
