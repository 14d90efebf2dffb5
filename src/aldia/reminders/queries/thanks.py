"""Payments that a PAID step thanks for: each credit and receivable once.

Money that somebody saw: not what is presumed of a PUE document, not what was paid before the books began, not what was
taken back. Received since the rule is active, so that turning it on thanks nobody for the past.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, Max, OuterRef, QuerySet, Sum

from aldia.domain.reminders import Rule, Step, When
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Allocation, CreditKind
from aldia.receivables.operations.resizing import NET
from aldia.reminders.models import ReminderCandidate

LOOK_BACK = timedelta(days=31)  # nobody is thanked for an older payment


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of a receivable that nobody was thanked for yet."""

    credit_id: uuid.UUID
    receivable_id: uuid.UUID
    customer_id: uuid.UUID
    received_on: date
    recorded_on: date


def paid_step(rule: Rule | None) -> Step | None:
    """The step of a rule that thanks for payments, if there is one and the rule is active."""
    if rule is None or rule.activated_on is None:
        return None
    return next((step for step in rule.steps if step.when is When.PAID), None)


def unthanked(*, today: date, since: date, zone: ZoneInfo) -> list[Payment]:
    """Payments received since a day (so recorded since, too) that have no row yet."""
    thanked = ReminderCandidate.objects.filter(credit=OuterRef("credit_id"), receivable=OuterRef("receivable_id"))
    rows = _payments().exclude(credit__external_key__startswith=NET)  # what a refund left is no payment
    rows = rows.filter(
        ~Exists(thanked.filter(credit__isnull=False)),
        on__gte=max(since, today - LOOK_BACK),
        credit__received_on__gte=since,
    )
    found: dict[tuple[uuid.UUID, uuid.UUID], Payment] = {}
    paid: Counter[tuple[uuid.UUID, uuid.UUID]] = Counter()
    columns = rows.order_by("id").values_list(
        "credit_id", "receivable_id", "receivable__customer_id", "credit__received_on", "on", "created_at", "amount"
    )
    for credit, receivable, customer, received_on, on, created_at, amount in columns:
        recorded_on = min(today, max(on, created_at.astimezone(zone).date()))
        found.setdefault((credit, receivable), Payment(credit, receivable, customer, received_on, recorded_on))
        paid[credit, receivable] += amount
    return [payment for pair, payment in found.items() if paid[pair] > 0]


def _payments() -> QuerySet[Allocation]:
    """What payments that stand pay of receivables. What was taken back is a row of its own, below zero: of a credit
    and a receivable, the sum tells."""
    return Allocation.objects.filter(credit__kind=CreditKind.PAYMENT, credit__reversed_on__isnull=True)


def last_turns(receivable_ids: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    """The number of the last thanks of each receivable, by step."""
    found: dict[tuple[uuid.UUID, uuid.UUID], int] = {}
    for part in chunks(receivable_ids):
        rows = ReminderCandidate.objects.filter(receivable_id__in=part, credit__isnull=False).order_by()
        counted = rows.values_list("receivable_id", "step_id").annotate(last=Max("cycle"))
        found |= {(receivable, step): last for receivable, step, last in counted}
    return found


def taken_back(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Of (credit, receivable), those whose payment does not stand any more."""
    asked = set(pairs)
    standing: set[tuple[uuid.UUID, uuid.UUID]] = set()
    for part in chunks({credit for credit, _receivable in asked}):
        paid = _payments().filter(credit_id__in=part).order_by().values_list("credit_id", "receivable_id")
        standing.update((credit, debt) for credit, debt, paid in paid.annotate(paid=Sum("amount")) if paid > 0)
    return asked - standing
