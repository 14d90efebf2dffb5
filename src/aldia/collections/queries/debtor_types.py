"""What kind of debtor a customer looks like, read each time from what is on file: payments, promises, disputes, calls.

Reminders belong to a capability above this one: whoever asks hands in how they are read (`reminded`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import F, Min, Q, Sum

from aldia.collections.keys import dispute_key
from aldia.collections.models import (
    Activity,
    ActivityKind,
    CreditHold,
    DebtorTypeOverride,
    Dispute,
    DisputeOutcome,
    Outcome,
)
from aldia.collections.queries.promises import Patience, judged, of_customer
from aldia.domain.debtor_episodes import Contact, Debt, Fault, Happening, Reminder, episodes_of
from aldia.domain.debtor_types import DebtorType, Episode, Event, Override, Verdict, judge
from aldia.domain.promises import PromiseState
from aldia.issuing.models import Issue, IssueKind, IssueState
from aldia.messaging.models import Message, Purpose
from aldia.receivables.models import Allocation, Credit, PaymentPlan, Receivable, ReceivableKind
from aldia.receivables.queries.states import MONEY

MOST_DEBTS, MOST_SAID = 200, 200
LOOK_BACK = timedelta(days=3 * 366)
SOLVED = timedelta(days=15)
UNANSWERED = frozenset({Outcome.NO_ANSWER, Outcome.LEFT_MESSAGE})
OF_PROMISES = {
    PromiseState.KEPT: Event.PROMISE_KEPT,
    PromiseState.PARTLY: Event.PARTIAL_OR_PLAN,
    PromiseState.BROKEN: Event.PROMISE_BROKEN,
}
Reminded = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, Sequence[Reminder]]]


@dataclass(frozen=True, slots=True)
class Debtor:
    """The verdict with what it rests on. `override`: a person's word in force; `left_out`: documents that say nothing
    because it was us, by number."""

    verdict: Verdict
    episodes: tuple[Episode, ...]
    override: DebtorTypeOverride | None
    left_out: tuple[tuple[str, uuid.UUID, Fault], ...]


def debtor_of(customer_id: uuid.UUID, *, today: date, patience: Patience, reminded: Reminded) -> Debtor:
    """What a customer looks like today, as far as its last episodes say."""
    rows = _rows(customer_id, today)
    debts = _debts(customer_id, rows, reminded)
    contested = _contested(customer_id)
    told = [
        *_promised(customer_id, today, patience), *_disputed(contested, {debt.key: debt for debt in debts}),
        *_planned(rows), *_said(customer_id),
    ]  # fmt: skip
    episodes = tuple(episodes_of(debts, told, _contacts(customer_id), today=today))
    override = override_of(customer_id, today=today)
    word = None
    if override is not None:
        word = Override(DebtorType(override.type), override.on, override.reason)
    is_contested = any(each.resolved_on is None for each in contested)
    verdict = judge(episodes, today=today, has_open_dispute=is_contested, override=word)
    numbers = {row.pk: row.number for row in rows}
    left_out = tuple(
        (numbers[row.pk], row.pk, debt.fault) for row, debt in zip(rows, debts, strict=True)
        if debt.fault is not None and debt.is_overdue_since(today)
    )  # fmt: skip
    return Debtor(verdict, episodes, override, left_out)


def override_of(customer_id: uuid.UUID, *, today: date) -> DebtorTypeOverride | None:
    """The latest word of a person that nobody took back; `judge` says whether it is still fresh."""
    rows = DebtorTypeOverride.objects.filter(customer_id=customer_id, on__lte=today)
    rows = rows.filter(Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=today))
    return rows.select_related("created_by").order_by("-on", "-id").first()


def _rows(customer_id: uuid.UUID, today: date) -> list[Receivable]:
    rows = Receivable.objects.filter(
        customer_id=customer_id, voided_on__isnull=True, issued_on__lte=today, due_on__gte=today - LOOK_BACK
    ).exclude(kind=ReceivableKind.LATE_FEE)
    return list(rows.order_by("-due_on", "-id")[:MOST_DEBTS])


def _debts(customer_id: uuid.UUID, rows: Sequence[Receivable], reminded: Reminded) -> list[Debt]:
    """The documents with what came of each, our own faults marked."""
    ids = [row.pk for row in rows]
    money, ended = _paid(ids)
    asked = reminded(ids)
    plans = PaymentPlan.objects.filter(receivable_id__in=ids).order_by("-accepted_on")
    first_due = dict(plans.values_list("receivable_id", "original_due_on"))
    stops = [Reminder(on, True) for on in _holds(customer_id)]
    faults = _faults(customer_id, rows)
    found = []
    for row in rows:
        debt = Debt(
            row.pk, row.issued_on, first_due.get(row.pk, row.due_on), row.total, tuple(money.get(row.pk, ())),
            None if row.balance else ended.get(row.pk, row.due_on), row.currency,
            (*asked.get(row.pk, ()), *stops), faults.get(row.pk),
        )  # fmt: skip
        found.append(_not_asked(debt, row))
    return found


def _not_asked(debt: Debt, row: Receivable) -> Debt:
    """A balance carried in on a day says nothing of the time before."""
    return replace(debt, fault=Fault.CARRIED_IN) if row.opening_on and row.opening_on > debt.due_on else debt


def _paid(ids: Sequence[uuid.UUID]) -> tuple[dict[uuid.UUID, list[tuple[date, int]]], dict[uuid.UUID, date]]:
    """The money of each, by the day on which we had it, and the day on which the last of each debt was gone."""
    money: dict[uuid.UUID, list[tuple[date, int]]] = {}
    ended: dict[uuid.UUID, date] = {}
    live = Allocation.objects.filter(receivable_id__in=ids, reversal_of__isnull=True, reversal__isnull=True)
    for receivable_id, kind, received_on, on, amount in live.order_by("on", "id").values_list(
        "receivable_id", "credit__kind", "credit__received_on", "on", "amount"
    ):
        day = min(received_on, on) if kind in MONEY else on
        if kind in MONEY:
            money.setdefault(receivable_id, []).append((day, amount))
        ended[receivable_id] = max(day, ended.get(receivable_id, day))
    return money, ended


def _faults(customer_id: uuid.UUID, rows: Sequence[Receivable]) -> dict[uuid.UUID, Fault]:
    """Documents of which the delay was ours, each with its first reason."""
    right = Dispute.objects.filter(
        receivable__customer_id=customer_id, outcome__in=(DisputeOutcome.ACCEPTED, DisputeOutcome.PARTLY)
    )
    was_right = set(right.values_list("receivable_id", flat=True))
    sent = _first_sent(customer_id)
    free = _in_favour(customer_id)
    waiting = _late_complements(customer_id)
    found: dict[uuid.UUID, Fault] = {}
    for row in sorted(rows, key=lambda each: (each.due_on, each.pk)):
        on = sent.get(row.key) if row.key else None
        if on is not None and on > row.due_on:
            found[row.pk] = Fault.SENT_LATE
        elif row.pk in was_right:
            found[row.pk] = Fault.CUSTOMER_WAS_RIGHT
        elif 0 < row.balance <= free.get(row.currency, 0):
            free[row.currency] -= row.balance
            found[row.pk] = Fault.UNAPPLIED
        elif any(due < row.due_on and (stamped is None or stamped > row.due_on) for due, stamped in waiting):
            found[row.pk] = Fault.NO_COMPLEMENT
    return found


def _first_sent(customer_id: uuid.UUID) -> dict[str, date]:
    """The first day on which each document of ours was sent, by its UUID."""
    rows = Message.objects.filter(customer_id=customer_id, purpose=Purpose.DOCUMENT).exclude(state="cancelled")
    found: dict[str, date] = {}
    for facts, on in rows.order_by("on_day").values_list("facts", "on_day")[:MOST_DEBTS]:
        found.setdefault(str(facts.get("document", "")), on)
    return found


def _in_favour(customer_id: uuid.UUID) -> dict[str, int]:
    """Money of the customer's that is on no document, by currency."""
    rows = Credit.objects.filter(customer_id=customer_id, remaining__gt=0, reversed_on__isnull=True, kind__in=MONEY)
    return dict(rows.order_by().values_list("currency").annotate(free=Sum(F("remaining") - F("held"))))


def _late_complements(customer_id: uuid.UUID) -> list[tuple[date, date | None]]:
    """Complements that the customer had to wait for: until when it was due, and when it was stamped."""
    rows = Issue.objects.filter(customer_id=customer_id, kind=IssueKind.COMPLEMENT, due_on__isnull=False)
    rows = rows.exclude(state__in=(IssueState.DISCARDED, IssueState.CANCELLED))
    pairs = rows.order_by("due_on").values_list("due_on", "stamped_at")[:MOST_DEBTS]
    days = [(due, stamped.date() if stamped else None) for due, stamped in pairs]
    return [(due, stamped) for due, stamped in days if due is not None and (stamped is None or stamped > due)]


def _holds(customer_id: uuid.UUID) -> list[date]:
    return list(CreditHold.objects.filter(customer_id=customer_id).values_list("placed_on", flat=True))


def _promised(customer_id: uuid.UUID, today: date, patience: Patience) -> Iterator[Happening]:
    made = of_customer(customer_id).filter(promised_on__lte=today)[:MOST_SAID]
    for each in judged(made, as_of=today, patience=patience):
        if each.state in OF_PROMISES and each.verdict.needed:
            keys = tuple(debt.receivable_id for debt in each.debts)
            yield Happening(OF_PROMISES[each.state], min(each.last, today), keys)


def _contested(customer_id: uuid.UUID) -> list[Dispute]:
    """Its disputes but those opened by a slip: by an activity that was taken back, and never answered."""
    rows = list(Dispute.objects.filter(receivable__customer_id=customer_id).order_by("opened_on", "id"))
    slips = Activity.objects.filter(customer_id=customer_id, dispute__isnull=False, withdrawn_at__isnull=False)
    undone = set(slips.values_list("pk", flat=True)) if rows else set()
    return [
        row for row in rows
        if row.outcome is not None or all(dispute_key(each, row.receivable_id) != row.pk for each in undone)
    ]  # fmt: skip


def _disputed(contested: Sequence[Dispute], debts: Mapping[object, Debt]) -> Iterator[Happening]:
    for row in contested:
        keys = (row.receivable_id,)
        yield Happening(Event.DISPUTE_OPENED, row.opened_on, keys)
        if row.resolved_on is None:
            continue
        if row.outcome == DisputeOutcome.DISMISSED:
            yield Happening(Event.DISPUTE_DISMISSED, row.resolved_on, keys)
        debt = debts.get(row.receivable_id)
        paid = debt.ended_on if debt is not None and debt.money else None
        if paid is not None and row.resolved_on <= paid <= row.resolved_on + SOLVED:
            yield Happening(Event.PAID_AFTER_DISPUTE, paid, keys)


def _planned(rows: Sequence[Receivable]) -> Iterator[Happening]:
    plans = PaymentPlan.objects.filter(receivable_id__in=[row.pk for row in rows])
    for receivable_id, on in plans.values_list("receivable_id").annotate(on=Min("accepted_on")):
        yield Happening(Event.PARTIAL_OR_PLAN, on, (receivable_id,))


def _said(customer_id: uuid.UUID) -> Iterator[Happening]:
    events = {Outcome.ASKED_COPY: Event.ASKED_FOR_COPY, Outcome.ASKED_TIME: Event.PARTIAL_OR_PLAN}
    rows = Activity.objects.filter(customer_id=customer_id, withdrawn_at__isnull=True, outcome__in=list(events))
    for outcome, on in rows.order_by("-on", "-id").values_list("outcome", "on")[:MOST_SAID]:
        yield Happening(events[Outcome(outcome)], on)


def _contacts(customer_id: uuid.UUID) -> list[Contact]:
    """Calls, visits and messages that a person made; a wrong number is no silence of the customer's."""
    rows = Activity.objects.filter(customer_id=customer_id, withdrawn_at__isnull=True)
    rows = rows.exclude(kind=ActivityKind.NOTE).exclude(outcome__in=("", Outcome.WRONG_CONTACT))
    pairs = rows.order_by("-on", "-id").values_list("on", "outcome")[:MOST_SAID]
    return [Contact(on, Outcome(outcome) not in UNANSWERED) for on, outcome in reversed(list(pairs))]
