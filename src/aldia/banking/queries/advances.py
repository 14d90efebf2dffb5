"""Bank money in favour of customers that waits for its invoice."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F

from aldia.banking.models import Match
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.payments import BANK


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is left of a payment, and what it could pay of the same customer (empty: nothing is owed).

    `arrived` are those of `owed` that came after the money was explained: the rest was there, and a person (or the
    engine) left it unpaid knowingly.
    """

    credit: Credit
    match: Match
    free: int
    owed: tuple[Receivable, ...]
    arrived: tuple[Receivable, ...]


def waiting(customer_ids: Collection[uuid.UUID] | None = None) -> list[Waiting]:
    """Bank money not applied, oldest first: what no rule could apply by itself is a person's to say."""
    live = Credit.objects.filter(source=BANK, remaining__gt=F("held"), reversed_on__isnull=True, kind="payment")
    if customer_ids is not None:
        live = live.filter(customer__in=customer_ids)
    credits = list(live.select_related("customer").order_by("received_on", "id"))
    if not credits:
        return []
    matches = Match.objects.filter(credit__in=credits, undone_at__isnull=True).select_related("movement")
    by_credit = {match.credit_id: match for match in matches}
    owed = _owed({credit.customer_id for credit in credits})
    return [
        _waiting(credit, by_credit[credit.id], owed.get((credit.customer_id, credit.currency), []))
        for credit in credits
        if credit.id in by_credit
    ]


def _waiting(credit: Credit, match: Match, owed: list[Receivable]) -> Waiting:
    arrived = tuple(row for row in owed if row.created_at > match.created_at)
    return Waiting(credit, match, credit.remaining - credit.held, tuple(owed), arrived)


def _owed(customer_ids: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, str], list[Receivable]]:
    found: dict[tuple[uuid.UUID, str], list[Receivable]] = {}
    rows = Receivable.objects.filter(customer__in=customer_ids, balance__gt=0)
    for row in rows.order_by("due_on", "issued_on", "number", "id"):
        found.setdefault((row.customer_id, row.currency), []).append(row)
    return found
