"""What a blind reviewer chooses from: everything that a match could have been, without saying what it was."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from aldia.banking.models import Match, MatchLine, ReviewState
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.queries.sight import Sight

MOST = 60
MOST_LIKE = 6
NEAR_DAYS = 15


@dataclass(frozen=True, slots=True)
class Choice:
    """A document that was open, with what it owed before the match."""

    receivable: Receivable
    owed: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """The choices, and the answer that the page does not show before the reviewer gives one."""

    documents: list[Choice]
    payments: list[Credit]
    answer_documents: frozenset[uuid.UUID]
    answer_payments: frozenset[uuid.UUID]

    def is_same(self, documents: Iterable[uuid.UUID], payments: Iterable[uuid.UUID]) -> bool:
        return frozenset(documents) == self.answer_documents and frozenset(payments) == self.answer_payments


def waiting() -> list[Match]:
    """Matches that wait for review, the oldest first."""
    rows = Match.objects.filter(review=ReviewState.WAITING, undone_at__isnull=True)
    return list(rows.select_related("movement", "movement__account").order_by("applied_at", "id")[:200])


def sealed(match: Match, sight: Sight) -> Sealed:
    """What was open for the customer then, documents of others by the same amount, and payments that look alike: of
    the customers that the reviewer sees.
    """
    lines = list(MatchLine.objects.filter(match=match).select_related("receivable", "known"))
    paid = {line.receivable_id: line.amount + line.difference for line in lines if line.receivable_id}
    known = {line.known_id for line in lines if line.known_id}
    documents = [Choice(row, row.balance + paid.get(row.pk, 0)) for row in _documents(match, set(paid), sight)]
    payments = list(_payments(match, known, sight)) if known else []
    return Sealed(
        sorted(documents, key=lambda each: (str(each.receivable.customer), each.receivable.due_on, each.receivable.pk)),
        payments, frozenset(paid), frozenset(known),
    )  # fmt: skip


def _documents(match: Match, paid: set[uuid.UUID], sight: Sight) -> list[Receivable]:
    movement = match.movement
    rows = sight.narrow(Receivable.objects.filter(currency=movement.currency).select_related("customer"))
    until = Q(issued_on__lte=movement.booked_on)
    found = {row.pk: row for row in rows.filter(pk__in=paid)}
    if match.customer_id:
        own = rows.filter(until, customer=match.customer_id, balance__gt=0)
        found |= {row.pk: row for row in own.order_by("due_on", "id")[:MOST]}
    alike = rows.filter(until, balance=movement.amount).exclude(pk__in=found)
    found |= {row.pk: row for row in alike.order_by("due_on", "id")[:MOST_LIKE]}
    return list(found.values())


def _payments(match: Match, known: set[uuid.UUID], sight: Sight) -> Iterable[Credit]:
    movement = match.movement
    near = (movement.booked_on - timedelta(days=NEAR_DAYS), movement.booked_on + timedelta(days=NEAR_DAYS))
    owners = Credit.objects.filter(pk__in=known).values("customer")
    money = Q(kind__in=(CreditKind.PAYMENT, CreditKind.ADVANCE), received_on__range=near, customer__in=owners)
    rows = Credit.objects.filter(Q(pk__in=known) | money, currency=movement.currency, reversed_on__isnull=True)
    return sight.narrow(rows.select_related("customer")).order_by("received_on", "id")[:MOST]
