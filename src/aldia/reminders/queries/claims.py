"""What customers said and what they have in favour: promises, disputes, payments reported, unapplied credit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, Sum

from aldia.collections.models import Dispute, PromisedDebt
from aldia.domain.promises import held_parts, last_day
from aldia.domain.reminders import Sending
from aldia.payments.models import ReportedDebt, ReportState
from aldia.receivables.models import Credit
from aldia.reminders.queries.span import Span

LONGEST_TRANSIT = timedelta(days=60)  # a promise older than that is over, whatever the calendar


@dataclass(slots=True)
class Claims:
    """By receivable: what is promised and until when, what is disputed, whether a payment was reported. By customer
    and currency: what is in favour. Amounts in minor units."""

    promised: dict[uuid.UUID, tuple[int, date]] = field(default_factory=dict)
    disputed: dict[uuid.UUID, int] = field(default_factory=dict)
    reported: set[uuid.UUID] = field(default_factory=set)
    in_favour: dict[tuple[uuid.UUID, str], int] = field(default_factory=dict)


def claims_of(span: Span, *, today: date, sending: Sending) -> Claims:
    """The claims of some customers, each kind by one query."""
    disputes = Dispute.objects.filter(span.q("receivable__customer_id"), resolved_on__isnull=True)
    reports = ReportedDebt.objects.filter(span.q("report__customer_id"), report__state=ReportState.WAITING)
    return Claims(
        _promised(span, today, sending),
        dict(disputes.values_list("receivable_id", "amount")),
        set(reports.values_list("receivable_id", flat=True)),
        _in_favour(span),
    )


def _promised(span: Span, today: date, sending: Sending) -> dict[uuid.UUID, tuple[int, date]]:
    """What open promises speak for of each receivable, and the last day on which they hold it: the day promised, and
    the days of a transfer.

    A promise of less than is owed holds its part, the oldest due first; one that was kept (as much was paid of what it
    names as was promised) holds nothing any more.
    """
    rows = PromisedDebt.objects.filter(
        span.q("promise__customer_id"),
        promise__withdrawn_on__isnull=True,
        promise__due_on__gte=today - LONGEST_TRANSIT,
    )
    promises: dict[uuid.UUID, tuple[int, date]] = {}
    debts: dict[uuid.UUID, list[tuple[date, uuid.UUID, int, int]]] = {}
    columns = rows.values_list(
        "promise_id", "promise__amount", "promise__due_on", "receivable__due_on", "receivable_id", "balance_then",
        "receivable__balance",
    )  # fmt: skip
    for promise_id, amount, promised_for, *debt in columns:
        promises[promise_id] = (amount, promised_for)
        debts.setdefault(promise_id, []).append(tuple(debt))
    found: dict[uuid.UUID, tuple[int, date]] = {}
    for promise_id, (amount, promised_for) in promises.items():
        last = last_day(promised_for, country=sending.country, grace_days=sending.transit_days)
        if last < today:
            continue
        mine = sorted(debts[promise_id])
        held = held_parts(amount, [(then, now) for _due, _id, then, now in mine])
        for (_due, receivable_id, _then, _now), part in zip(mine, held, strict=True):
            if part:
                already, until = found.get(receivable_id, (0, last))
                found[receivable_id] = (already + part, max(last, until))
    return found


def _in_favour(span: Span) -> dict[tuple[uuid.UUID, str], int]:
    """What each customer has in favour: left of credits, less what is held for documents that are not on file."""
    rows = Credit.objects.filter(span.q("customer_id"), remaining__gt=0, reversed_on__isnull=True)
    sums = rows.order_by().values_list("customer_id", "currency").annotate(free=Sum(F("remaining") - F("held")))
    return {(customer, currency): free for customer, currency, free in sums if free > 0}


def cover(free: int, owed: Iterable[tuple[uuid.UUID, int]]) -> dict[uuid.UUID, int]:
    """How much of each receivable what is in favour would pay, in the order given."""
    found: dict[uuid.UUID, int] = {}
    for receivable_id, balance in owed:
        if free <= 0:
            break
        found[receivable_id] = min(free, balance)
        free -= found[receivable_id]
    return found
