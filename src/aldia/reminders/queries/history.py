"""What was sent and what was not: of one receivable or one customer, newest first, each with its reason.

A message that names several receivables stands in the history of each; a step that was skipped, merged or still waits
stands beside them, so that "why did nobody write to them?" has its answer in the same list.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, Q, QuerySet

from aldia.domain.money import Money
from aldia.messaging.models import Delivery, Message
from aldia.reminders.models import CandidateState, MessageDebt, ReminderCandidate

PAGE = 50


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a message and what became of it."""

    delivery_id: uuid.UUID
    name: str
    address: str
    is_copy: bool
    state: str
    at: datetime | None
    opened_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a message said of one receivable, as it was frozen."""

    receivable_id: uuid.UUID
    number: str
    due_on: date
    asked: Money


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: a message (`message_id`), or a step that became none (`candidate_id`, `why`)."""

    on: date
    at: datetime
    channel: str
    purpose: str
    state: str
    message_id: uuid.UUID | None = None
    candidate_id: uuid.UUID | None = None
    subject: str = ""
    why: str = ""
    detail: str = ""
    addresses: tuple[Address, ...] = ()
    debts: tuple[Said, ...] = ()


def history_of_receivable(receivable_id: uuid.UUID, *, limit: int = PAGE, offset: int = 0) -> list[Entry]:
    """Messages that named the receivable and the steps that did not become one, newest first."""
    messages = Message.objects.filter(debts__receivable_id=receivable_id)
    return _entries(messages, Q(receivable_id=receivable_id), limit, offset)


def history_of_customer(customer_id: uuid.UUID, *, limit: int = PAGE, offset: int = 0) -> list[Entry]:
    """Everything that left for the customer, and every step that did not become a message, newest first."""
    return _entries(Message.objects.filter(customer_id=customer_id), Q(customer_id=customer_id), limit, offset)


def candidates_of_message(message_id: uuid.UUID) -> list[ReminderCandidate]:
    """The steps that a message stands for, those that went into another step's words included."""
    rows = ReminderCandidate.objects.filter(message_id=message_id).select_related("step__rule", "receivable")
    return list(rows.order_by("due_on", "id"))


def _entries(messages: QuerySet[Message], whose: Q, limit: int, offset: int) -> list[Entry]:
    """The newest `offset + limit` of both kinds, put in order, less the first `offset`."""
    wanted = offset + limit
    debts = Prefetch("debts", MessageDebt.objects.select_related("receivable").order_by("due_on", "id"))
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("is_copy", "id"))
    sent = messages.order_by("-created_at", "-id").prefetch_related(debts, deliveries)[:wanted]
    silent = ReminderCandidate.objects.filter(whose).exclude(state=CandidateState.DONE)
    steps = silent.select_related("step").order_by("-decided_on", "-id")[:wanted]
    found = [_of_message(each) for each in sent] + [_of_candidate(each) for each in steps]
    found.sort(key=lambda each: (each.on, each.at), reverse=True)
    return found[offset:wanted]


def _of_message(message: Message) -> Entry:
    return Entry(
        on=message.on_day,
        at=message.created_at,
        channel=message.channel,
        purpose=message.purpose,
        state=message.state,
        message_id=message.pk,
        subject=message.subject,
        why=message.cancel_reason,
        detail=message.reason,
        addresses=_addresses(list(message.deliveries.all())),
        debts=tuple(
            Said(each.receivable_id, each.receivable.number, each.due_on, Money(each.balance, each.currency))
            for each in message.debts.all()
        ),
    )


def _addresses(deliveries: Sequence[Delivery]) -> tuple[Address, ...]:
    return tuple(
        Address(
            delivery_id=each.pk,
            name=each.name,
            address=each.address,
            is_copy=each.is_copy,
            state=each.state,
            at=each.sent_at,
            opened_at=each.opened_at,
            error=each.error,
        )
        for each in deliveries
    )


def _of_candidate(row: ReminderCandidate) -> Entry:
    return Entry(
        on=row.decided_on,
        at=row.created_at,
        channel=row.channel,
        purpose=row.step.when,
        state=row.state,
        candidate_id=row.pk,
        why=row.why,
        detail=row.detail,
    )
