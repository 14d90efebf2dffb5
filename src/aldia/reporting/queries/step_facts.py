"""What is on record of receivables, as the facts from which `domain.steps` says where each is on any day.

A message counts on the day it was written for, when at least one of its deliveries left and came not back.
"""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from aldia.collections.models import Activity, ActivityKind, Dispute, PromisedDebt
from aldia.domain.steps import Facts, Move, Plan, PromisedDay, Reminder, Span
from aldia.messaging.models import Channel, DeliveryState, Message, Purpose
from aldia.payments.models import PortalPass
from aldia.receivables.charge_models import PlanEnd
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Allocation, DueDateChange, PaymentPlan, Receivable
from aldia.reminders.models import MessageDebt

LEFT = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.OPENED, DeliveryState.COMPLAINED)
REMINDS = (Purpose.BEFORE, Purpose.ON_DAY, Purpose.AFTER, Purpose.DIRECT)
WORK = (ActivityKind.CALL, ActivityKind.MESSAGE, ActivityKind.VISIT)
Ids = Sequence[uuid.UUID]
CHUNK = 1000


@dataclass(slots=True)
class _Found:
    """What was read of a chunk of receivables, by receivable or by customer."""

    applied: dict[uuid.UUID, list[tuple[date, int]]] = field(default_factory=lambda: defaultdict(list))
    moves: dict[uuid.UUID, list[Move]] = field(default_factory=lambda: defaultdict(list))
    mentions: dict[uuid.UUID, list[date]] = field(default_factory=lambda: defaultdict(list))
    reminders: dict[uuid.UUID, list[Reminder]] = field(default_factory=lambda: defaultdict(list))
    plans: dict[uuid.UUID, list[Plan]] = field(default_factory=lambda: defaultdict(list))
    promises: dict[uuid.UUID, list[PromisedDay]] = field(default_factory=lambda: defaultdict(list))
    disputes: dict[uuid.UUID, list[Span]] = field(default_factory=lambda: defaultdict(list))
    worked: dict[uuid.UUID, list[date]] = field(default_factory=lambda: defaultdict(list))
    shown: dict[uuid.UUID, list[date]] = field(default_factory=lambda: defaultdict(list))
    documents: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))


def facts_of(receivable_ids: Collection[uuid.UUID], *, zone: ZoneInfo) -> dict[uuid.UUID, Facts]:
    """The facts of the receivables; `zone` is the company's, whose days they are."""
    found: dict[uuid.UUID, Facts] = {}
    for part in chunks(receivable_ids, CHUNK):
        rows = list(Receivable.objects.filter(pk__in=part))
        read = _read([row.pk for row in rows], sorted({row.customer_id for row in rows}), zone)
        found |= {row.pk: _facts(row, read) for row in rows}
    return found


def facts_in(zone: ZoneInfo) -> Callable[[Collection[uuid.UUID]], dict[uuid.UUID, Facts]]:
    """`facts_of` for a company's days: what `collections.operations.steps.follow` asks for."""
    return partial(facts_of, zone=zone)


def _facts(row: Receivable, read: _Found) -> Facts:
    own = [*read.mentions.get(row.pk, ()), *read.documents.get(row.key or str(row.pk), ())]
    first = _first_from(read.shown.get(row.customer_id, ()), row.issued_on)
    sent = min([*own, *([first] if first else [])], default=None)
    return Facts(
        issued_on=row.issued_on,
        due_on=row.due_on,
        total=row.total,
        applied=tuple(read.applied.get(row.pk, ())),
        voided_on=row.voided_on,
        moves=tuple(read.moves.get(row.pk, ())),
        sent=(sent,) if sent else (),
        reminders=tuple(read.reminders.get(row.pk, ())),
        plans=tuple(read.plans.get(row.pk, ())),
        promises=tuple(read.promises.get(row.pk, ())),
        disputes=tuple(read.disputes.get(row.pk, ())),
        worked=tuple(read.worked.get(row.customer_id, ())),
    )


def _first_from(days: Sequence[date], since: date) -> date | None:
    """The first of the days (in order) that is not before a day."""
    at = bisect_left(days, since)
    return days[at] if at < len(days) else None


def _read(ids: Ids, customers: Ids, zone: ZoneInfo) -> _Found:
    found = _Found()
    for key, on, amount in Allocation.objects.filter(receivable_id__in=ids).values_list(
        "receivable_id", "on", "amount"
    ):
        found.applied[key].append((on, amount))
    _read_dates(ids, zone, found)
    _read_words(ids, customers, found)
    _read_messages(ids, customers, found)
    _read_shown(customers, zone, found)
    return found


def _read_dates(ids: Ids, zone: ZoneInfo, found: _Found) -> None:
    changes = DueDateChange.objects.filter(receivable_id__in=ids).order_by("created_at", "id")
    for each in changes:
        on = each.created_at.astimezone(zone).date()
        found.moves[each.receivable_id].append(Move(on, each.old_due_on, each.new_due_on))
    for plan in PaymentPlan.objects.filter(receivable_id__in=ids):
        span = Span(plan.accepted_on, plan.ended_on)
        found.plans[plan.receivable_id].append(Plan(span, plan.end_code == PlanEnd.BROKEN))


def _read_words(ids: Ids, customers: Ids, found: _Found) -> None:
    promised = PromisedDebt.objects.filter(receivable_id__in=ids).values_list(
        "receivable_id", "promise__promised_on", "promise__withdrawn_on", "promise__due_on"
    )
    for key, start, end, due_on in promised:
        found.promises[key].append(PromisedDay(Span(start, end), due_on))
    disputes = Dispute.objects.filter(receivable_id__in=ids).values_list("receivable_id", "opened_on", "resolved_on")
    for key, start, end in disputes:
        found.disputes[key].append(Span(start, end))
    worked = Activity.objects.filter(customer_id__in=customers, kind__in=WORK, withdrawn_at__isnull=True)
    for key, on in worked.values_list("customer_id", "on").distinct():
        found.worked[key].append(on)


def _read_messages(ids: Ids, customers: Ids, found: _Found) -> None:
    """Messages that speak of the receivables: with a frozen balance, or because they carry the document itself."""
    debts = MessageDebt.objects.filter(receivable_id__in=ids, message__deliveries__state__in=LEFT).values_list(
        "receivable_id", "message__on_day", "due_on", "message__channel", "message__purpose"
    )
    for key, on, due_on, channel, purpose in debts.distinct():
        found.mentions[key].append(on)
        if purpose in REMINDS:
            found.reminders[key].append(Reminder(on, due_on, channel == Channel.LETTER))
    carried = Message.objects.filter(
        customer_id__in=customers, purpose__in=(Purpose.DOCUMENT, Purpose.ORDER), deliveries__state__in=LEFT
    )
    for on, facts in carried.values_list("on_day", "facts"):
        found.documents[str(facts.get("document") or facts.get("order") or "")].append(on)


def _read_shown(customers: Ids, zone: ZoneInfo, found: _Found) -> None:
    """Days on which a customer was sent its statement, or acted in the portal: it saw all that was there by then."""
    sent = Message.objects.filter(
        customer_id__in=customers, purpose=Purpose.STATEMENT, deliveries__state__in=LEFT
    ).values_list("customer_id", "on_day")
    _add(found.shown, sent)
    passes = PortalPass.objects.filter(customer_id__in=customers, last_used_at__isnull=False)
    for key, *moments in passes.values_list("customer_id", "first_used_at", "last_used_at"):
        _add(found.shown, ((key, at.astimezone(zone).date()) for at in moments if at is not None))
    for days in found.shown.values():
        days.sort()


def _add(to: Mapping[uuid.UUID, list[date]], pairs: Iterable[tuple[uuid.UUID | None, date]]) -> None:
    for key, on in pairs:
        if key is not None:
            to[key].append(on)
