"""One receivable with its whole story: what opened it, what paid it and by which rule, what people changed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Q

from aldia.documents.models import ComplementPayment, DocumentRelation, FiscalDocument
from aldia.receivables.models import Allocation, Credit, DueDateChange, Receivable
from aldia.receivables.queries.sight import Sight
from aldia.tenancy.models import AuditEvent, User

# What rows of their own already tell
_TOLD = frozenset({"receivables.due_date_changed", "receivables.opened", "receivables.voided"})
_ORDER = {"opened": 0, "document": 1, "due_date": 2, "allocated": 3, "unallocated": 4, "audit": 5, "voided": 6}


@dataclass(frozen=True, slots=True)
class Event:
    """`kind`: opened, allocated, unallocated, due_date, document, voided or audit. `amount` in the currency of the row.

    `on` is the day it counts from, `at` when it was written down; `rule` says why an allocation was made; `detail`
    holds what the kind has of its own (old and new dates, the verb, the relation).
    """

    kind: str
    on: date
    at: datetime
    actor: User | None = None
    amount: int | None = None
    rule: str = ""
    credit: Credit | None = None
    document: FiscalDocument | None = None
    allocation: Allocation | None = None
    is_live: bool = True
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Detail:
    """`paid` = Σ live allocations; `raised_by` are the debit notes that add to it."""

    receivable: Receivable
    paid: int
    live: list[Allocation]
    raised_by: list[Receivable]
    timeline: list[Event]


def receivable_detail(receivable_id: uuid.UUID, sight: Sight | None = None) -> Detail | None:
    """The receivable, or None where there is no such row (in sight)."""
    rows = Receivable.objects.select_related(
        "customer__portfolio", "document", "credit_line", "raises", "created_by"
    ).filter(pk=receivable_id)
    row = (sight.narrow(rows) if sight else rows).first()
    if row is None:
        return None
    allocations = list(
        Allocation.objects.filter(receivable=row)
        .select_related("credit", "credit__document", "actor", "reversal")
        .order_by("on", "id")
    )
    live = [each for each in allocations if each.reversal_of_id is None and not hasattr(each, "reversal")]
    return Detail(
        receivable=row,
        paid=sum(each.amount for each in live),
        live=live,
        raised_by=list(Receivable.objects.filter(raises=row).order_by("issued_on", "id")),
        timeline=timeline(row, allocations),
    )


def timeline(row: Receivable, allocations: list[Allocation]) -> list[Event]:
    """All that happened to it, newest first; of one day, in the order of the road."""
    events = [_opened(row), *_allocated(allocations), *_due_changes(row), *_documents(row), *_audited(row)]
    if row.voided_on is not None:
        detail = {"code": row.void_code, "reason": row.void_reason}
        events.append(Event("voided", row.voided_on, _noon(row.voided_on), amount=-row.total, detail=detail))
    return sorted(events, key=lambda each: (each.on, _ORDER[each.kind], each.at), reverse=True)


def _opened(row: Receivable) -> Event:
    return Event("opened", row.issued_on, row.created_at, row.created_by, row.total, document=row.document)


def _allocated(allocations: list[Allocation]) -> Iterator[Event]:
    for each in allocations:
        yield Event(
            "allocated" if each.reversal_of_id is None else "unallocated",
            each.on,
            each.created_at,
            each.actor,
            -each.amount,
            each.rule,
            each.credit,
            each.credit.document,
            each,
            each.reversal_of_id is None and not hasattr(each, "reversal"),
        )


def _due_changes(row: Receivable) -> Iterator[Event]:
    for each in DueDateChange.objects.filter(receivable=row).select_related("changed_by"):
        detail = {"from": each.old_due_on, "to": each.new_due_on, "reason": each.reason}
        yield Event("due_date", each.created_at.date(), each.created_at, each.changed_by, detail=detail)


def _documents(row: Receivable) -> Iterator[Event]:
    """Documents on file that name it: relations, and complements of payment with what they say was paid."""
    if not row.key:
        return
    relations = DocumentRelation.objects.filter(to_key=row.key).select_related("document")
    for relation in relations:
        named_by = relation.document
        yield Event(
            "document", named_by.issued_on, named_by.issued_at, document=named_by, detail={"relation": relation.code}
        )
    payments = ComplementPayment.objects.filter(lines__to_key=row.key).select_related("document").distinct()
    for payment in payments:
        named_by = payment.document
        detail = {"relation": "pago", "paid_on": payment.paid_on}
        yield Event("document", named_by.issued_on, named_by.issued_at, document=named_by, detail=detail)


def _audited(row: Receivable) -> Iterator[Event]:
    own = Q(object_id=str(row.pk))
    together = Q(object_id="", detail__icontains=str(row.pk))
    events = AuditEvent.objects.filter(own | together, object_type="receivable").exclude(verb__in=_TOLD)
    for event in events.select_related("actor").order_by("seq")[:200]:
        detail = {"verb": event.verb, **event.detail}
        yield Event("audit", event.created_at.date(), event.created_at, event.actor, detail=detail)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
