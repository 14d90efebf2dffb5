"""The safety gate: what stands between a receivable and a reminder. Asked when planning, and again when sending."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from aldia.customers.models import Customer
from aldia.domain.reminders import Hold, Sending, Why
from aldia.domain.reminders.caps import horizon
from aldia.domain.reminders.facts import Reach
from aldia.messaging.models import Message, MessageState, Purpose
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Receivable
from aldia.receivables.queries.plans import not_due_yet
from aldia.reminders.models import CustomerPause
from aldia.reminders.queries.claims import Claims, claims_of, cover
from aldia.reminders.queries.contacts import People, Suppressed, people_of, reach_of
from aldia.reminders.queries.on_file import as_date, as_moment, as_uuid, raw_rows
from aldia.reminders.queries.span import Span
from aldia.reminders.settings import sending_of
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

CHASING = (Purpose.BEFORE, Purpose.ON_DAY, Purpose.AFTER)
BY_HAND = (Purpose.DIRECT, Purpose.STATEMENT, Purpose.ORDER)
PROMISED = "promise-due:"  # how keys of messages that remind of a promise begin: they count as the day's reminder


@dataclass(frozen=True, slots=True)
class Row:
    """What is needed of a receivable here: a plain row, because planning looks at a hundred thousand."""

    id: uuid.UUID
    customer_id: uuid.UUID
    currency: str
    balance: int
    due_on: date
    voided_on: date | None
    paused_on: date | None
    paused_until: date | None
    created_at: Any  # as the engine gives it: asked for one in many

    def entered_on(self, zone: ZoneInfo) -> date:
        """The day on which it came in, in the company's zone."""
        return as_moment(self.created_at).astimezone(zone).date()


COLUMNS = tuple(Row.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How some customers stand today: those that are off or generic, paused until when, their claims, whom they are
    reached by, and the days on which they were reminded."""

    off: dict[uuid.UUID, Why]
    paused: dict[uuid.UUID, date | None]
    claims: Claims
    people: People
    reminded_on: dict[uuid.UUID, set[date]]
    planned: dict[uuid.UUID, int] = field(default_factory=dict)  # what a plan leaves for later, by receivable

    def reach(self, customer_id: uuid.UUID) -> Reach:
        return reach_of(self.people.get(customer_id))


def standing_of(span: Span, *, today: date, sending: Sending, suppressed: Suppressed | None = None) -> Standing:
    """The facts of the gate for some customers: as many queries for one as for thousands."""
    is_off = Q(collecting=False) | Q(generic=True)
    off = Customer.objects.filter(span.q("pk"), is_off).values_list("pk", "generic")
    return Standing(
        {customer: Why.GENERIC if generic else Why.OFF for customer, generic in off},
        _paused(span, today),
        claims_of(span, today=today, sending=sending),
        people_of(span, suppressed),
        reminded_days(span, today=today, sending=sending),
        not_due_yet(span.q("receivable__customer_id"), today),
    )


def _paused(span: Span, today: date) -> dict[uuid.UUID, date | None]:
    lasting = Q(until__isnull=True) | Q(until__gte=today)
    rows = CustomerPause.objects.filter(span.q("customer_id"), lasting, ended_on__isnull=True, starts_on__lte=today)
    return dict(rows.values_list("customer_id", "until"))


def reminded_days(span: Span, *, today: date, sending: Sending) -> dict[uuid.UUID, set[date]]:
    """The days on which each customer was reminded, as far back as the caps look; and today, if anything but a
    receipt went out by itself or a person wrote."""
    messages = Message.objects.filter(span.q("customer_id")).exclude(state=MessageState.CANCELLED)
    chasing = Q(purpose__in=CHASING, on_day__gte=horizon(sending, today))
    chasing |= Q(purpose=Purpose.DIRECT, key__startswith=PROMISED, on_day__gte=horizon(sending, today))
    that_day = Q(purpose=Purpose.PAID, on_day=today) | Q(purpose__in=BY_HAND, on_day=today, created_by__isnull=False)
    found: dict[uuid.UUID, set[date]] = {}
    for customer, day in messages.filter(chasing | that_day).values_list("customer_id", "on_day").distinct():
        found.setdefault(customer, set()).add(day)
    return found


def hold_rows(rows: Sequence[Row], standing: Standing, *, today: date) -> dict[uuid.UUID, Hold]:
    """What holds each receivable; those that nothing holds are left out.

    `rows` must be all open receivables of their customers: what is in favour covers the oldest due first.
    """
    covered = _covered(rows, standing.claims)
    found: dict[uuid.UUID, Hold] = {}
    for row in rows:
        hold = _hold(row, standing, covered.get(row.id, 0), today)
        if hold is not None:
            found[row.id] = hold
    return found


def _hold(row: Row, standing: Standing, covered: int, today: date) -> Hold | None:
    """The first reason in the order in which a person would want to know it."""
    claims, customer = standing.claims, row.customer_id
    if row.voided_on is not None or row.balance == 0:
        return Hold(Why.VOIDED if row.voided_on else Why.PAID)
    if customer in standing.off:
        return Hold(standing.off[customer])
    if customer in standing.paused:
        return Hold(Why.CUSTOMER_PAUSED, standing.paused[customer])
    if row.paused_on is not None and (row.paused_until is None or today <= row.paused_until):
        return Hold(Why.PAUSED, row.paused_until)
    promised, until = claims.promised.get(row.id, (0, None))
    if promised >= row.balance:
        return Hold(Why.PROMISE, until)
    if row.id in claims.reported:
        return Hold(Why.REPORTED)
    parts = {
        Why.PROMISE: promised,
        Why.DISPUTED: claims.disputed.get(row.id, 0),
        Why.COVERED: covered,
        Why.PLANNED: standing.planned.get(row.id, 0),
    }
    if any(parts.values()):
        return Hold(max(parts, key=lambda why: parts[why]), held=min(row.balance, sum(parts.values())))
    return None


def _covered(rows: Iterable[Row], claims: Claims) -> dict[uuid.UUID, int]:
    if not claims.in_favour:
        return {}
    owed: dict[tuple[uuid.UUID, str], list[Row]] = {}
    for row in rows:
        if (row.customer_id, row.currency) in claims.in_favour:
            owed.setdefault((row.customer_id, row.currency), []).append(row)
    found: dict[uuid.UUID, int] = {}
    for whose, theirs in owed.items():
        theirs.sort(key=lambda row: (row.due_on, row.id))
        uncontested = [(row.id, row.balance - claims.disputed.get(row.id, 0)) for row in theirs]
        found |= cover(claims.in_favour[whose], [each for each in uncontested if each[1] > 0])
    return found


def holds_of(
    *,
    today: date,
    receivable_ids: Collection[uuid.UUID] | None = None,
    customer_ids: Collection[uuid.UUID] | None = None,
) -> dict[uuid.UUID, Hold | None]:
    """What holds each of the receivables (or each open one of the customers) now; None: nothing does.

    A `Hold` with `held` takes only that part off what is asked for: `hold.asked(balance)`.
    """
    if customer_ids is None:
        customer_ids = set()
        for part in chunks(receivable_ids or ()):
            named = Receivable.objects.filter(id__in=part)
            customer_ids.update(named.values_list("customer_id", flat=True))
    found: dict[uuid.UUID, Hold | None] = {}
    sending = sending_of(Company.objects.get(pk=current_company_id()))
    for part in chunks(customer_ids):
        span = Span.of(part)
        rows = rows_of(span)
        holds = hold_rows(rows, standing_of(span, today=today, sending=sending), today=today)
        found |= {row.id: holds.get(row.id) for row in rows}
    if receivable_ids is None:
        return found
    return _closed(set(receivable_ids) - found.keys()) | {each: found[each] for each in receivable_ids if each in found}


def rows_of(span: Span) -> list[Row]:
    """All open receivables of some customers."""
    rows = Receivable.objects.filter(span.q("customer_id"), balance__gt=0)
    customers: dict[Any, uuid.UUID] = {}
    days: dict[Any, date | None] = {None: None}
    found = []
    for key, customer, currency, balance, due, voided, paused, until, created in raw_rows(rows.values_list(*COLUMNS)):
        for day in (due, voided, paused, until):
            if day not in days:
                days[day] = as_date(day)
        customer_id = customers.get(customer) or customers.setdefault(customer, as_uuid(customer))
        due_on = days[due]
        assert due_on is not None  # noqa: S101
        row = Row(
            as_uuid(key), customer_id, currency, balance, due_on, days[voided], days[paused], days[until], created
        )
        found.append(row)
    return found


def _closed(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Hold | None]:
    """Why nothing is asked for what is not open any more."""
    found: dict[uuid.UUID, Hold | None] = {}
    for part in chunks(ids):
        rows = Receivable.objects.filter(id__in=part).values_list("id", "voided_on")
        found |= {each: Hold(Why.VOIDED if voided_on else Why.PAID) for each, voided_on in rows}
    return found
