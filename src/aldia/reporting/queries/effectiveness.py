"""Effectiveness of reminders: what was paid in the days after each, against documents of the same age without one.

A reminder is a document in a message that left. Only those whose days are over count. Each group (a step, a channel, a
tone) is compared with the documents that, as many days from their due date as the group's middle reminder, were owed
and had no reminder yet nor got one in those days.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery

from aldia.domain.effectiveness import Change, Tally, Verdict, compare, middle, owed_at, paid_within
from aldia.messaging.models import Delivery
from aldia.receivables.models import Allocation, Receivable
from aldia.receivables.queries.sight import Sight
from aldia.receivables.queries.states import MONEY
from aldia.reminders.models import CandidateState, MessageDebt, ReminderCandidate, When

STEP, CHANNEL, TONE = "step", "channel", "tone"
GROUPS = (STEP, CHANNEL, TONE)
LONGEST_AFTER = 120  # days from due: older landmarks have nobody to be compared with


@dataclass(frozen=True, slots=True)
class Exposure:
    """A document on the day it was reminded (or on which it could have been): what was owed, what was paid after."""

    receivable_id: uuid.UUID
    on: date
    from_due: int
    owed: int
    paid: int
    step: tuple[str, int] = ("", 0)
    channel: str = ""
    tone: str = ""

    def group(self, by: str) -> str:
        """The key of its group."""
        if by == STEP:
            return f"{self.step[0]}:{self.step[1]}"
        return self.channel if by == CHANNEL else self.tone


@dataclass(frozen=True, slots=True)
class Effect:
    """A group, and who was not reminded; `from_due` is the middle day from due of its reminders."""

    key: str
    from_due: int
    reminded: Tally
    others: Tally
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Wanted:
    """Reminders from `first` to `last`, in one currency; what came in the `days` days after each; groups `by`."""

    first: date
    last: date
    currency: str
    days: int = 7
    by: str = STEP

    def until(self, today: date) -> date:
        """The last day whose days are over."""
        return min(self.last, today - timedelta(days=self.days))


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """Groups in order, and how many reminders of the period are too recent to count."""

    wanted: Wanted
    effects: list[Effect]
    running: int


def effectiveness(*, sight: Sight, wanted: Wanted, today: date) -> Effectiveness:
    """Of the reminders of a period, each group beside who had none."""
    reminded = reminded_exposures(sight=sight, wanted=wanted, today=today)
    groups: dict[str, list[Exposure]] = defaultdict(list)
    for each in reminded:
        groups[each.group(wanted.by)].append(each)
    landmarks = {key: middle([each.from_due for each in found]) for key, found in groups.items()}
    others = unreminded_exposures(sight=sight, wanted=wanted, today=today, landmarks=set(landmarks.values()))
    effects = [_effect(key, landmarks[key], found, others[landmarks[key]]) for key, found in groups.items()]
    effects.sort(key=lambda each: (each.from_due, each.key))
    recent = _sent(sight, wanted.currency).filter(
        message__on_day__gt=wanted.until(today), message__on_day__lte=wanted.last, message__on_day__gte=wanted.first
    )
    return Effectiveness(wanted, effects, recent.count())


def _effect(key: str, from_due: int, found: list[Exposure], others: list[Exposure]) -> Effect:
    reminded = Tally.of((each.owed, each.paid) for each in found)
    rest = Tally.of((each.owed, each.paid) for each in others)
    return Effect(key, from_due, reminded, rest, compare(reminded, rest))


def reminded_exposures(*, sight: Sight, wanted: Wanted, today: date) -> list[Exposure]:
    """Each document of each reminder of the period whose days are over."""
    rows = _sent(sight, wanted.currency).filter(
        message__on_day__gte=wanted.first, message__on_day__lte=wanted.until(today)
    )
    asked = MessageDebt.objects.filter(message=OuterRef("message"), receivable=OuterRef("receivable"))
    columns = (
        "receivable_id", "message__on_day", "receivable__due_on", "step__when", "step__days", "message__channel",
        "step__tone",
    )  # fmt: skip
    found = list(rows.annotate(owed=Subquery(asked.values("balance")[:1])).values_list(*columns, "owed"))
    changes = _changes(rows.values("receivable"), wanted.first)
    exposures = []
    for receivable_id, on, due_on, when, step_days, channel, tone, owed in found:
        if not owed:
            continue
        paid = paid_within(owed, changes.get(receivable_id, ()), on, wanted.days)
        exposures.append(Exposure(receivable_id, on, (on - due_on).days, owed, paid, (when, step_days), channel, tone))
    return exposures


def unreminded_exposures(
    *, sight: Sight, wanted: Wanted, today: date, landmarks: set[int]
) -> dict[int, list[Exposure]]:
    """For each landmark (days from due): the documents that were owed then and had no reminder until its days ended."""
    usable = {each for each in landmarks if each <= LONGEST_AFTER}
    found: dict[int, list[Exposure]] = {each: [] for each in landmarks}
    until = wanted.until(today)
    if not usable or until < wanted.first:
        return found
    span = {
        "due_on__gte": wanted.first - timedelta(days=max(usable)),
        "due_on__lte": until - timedelta(days=min(usable)),
    }
    rows = sight.narrow(Receivable.objects.filter(currency=wanted.currency, voided_on__isnull=True, **span))
    changes = _changes(rows.values("pk"), wanted.first)
    first_reminder = _first_reminders(sight, wanted.currency, span)
    for receivable_id, issued_on, due_on, balance in rows.order_by().values_list(
        "pk", "issued_on", "due_on", "balance"
    ):
        mine, reminded = changes.get(receivable_id, ()), first_reminder.get(receivable_id, date.max)
        for landmark in usable:
            on = due_on + timedelta(days=landmark)
            if not wanted.first <= on <= until or issued_on > on or reminded <= on + timedelta(days=wanted.days):
                continue
            owed = owed_at(balance, mine, on)
            if owed > 0:
                paid = paid_within(owed, mine, on, wanted.days)
                found[landmark].append(Exposure(receivable_id, on, landmark, owed, paid))
    return found


def _sent(sight: Sight, currency: str) -> QuerySet[ReminderCandidate]:
    """Documents of reminders that left, of any day. Thanks are no reminders."""
    left = Delivery.objects.filter(message=OuterRef("message"), sent_at__isnull=False)
    rows = ReminderCandidate.objects.filter(state=CandidateState.DONE, message__isnull=False)
    rows = rows.filter(Exists(left), receivable__currency=currency).exclude(step__when=When.PAID)
    return sight.narrow(rows).order_by()


def _first_reminders(sight: Sight, currency: str, span: dict[str, Any]) -> dict[uuid.UUID, date]:
    """When each document that fell due in a span was reminded first."""
    rows = _sent(sight, currency).filter(**{f"receivable__{name}": value for name, value in span.items()})
    return dict(rows.values_list("receivable_id").annotate(Min("message__on_day")))


def _changes(receivables: Any, since: date) -> dict[uuid.UUID, list[Change]]:
    """What was applied to some receivables from a day on."""
    found: dict[uuid.UUID, list[Change]] = defaultdict(list)
    rows = Allocation.objects.filter(on__gte=since, receivable__in=receivables).order_by()
    for receivable_id, on, amount, kind in rows.values_list("receivable_id", "on", "amount", "credit__kind"):
        found[receivable_id].append(Change(on, amount, kind in MONEY))
    return found


def receivables_of(exposures: Iterable[Exposure]) -> dict[uuid.UUID, Receivable]:
    """The documents of a page of exposures, with their customers."""
    ids = [each.receivable_id for each in exposures]
    return {row.pk: row for row in Receivable.objects.filter(Q(pk__in=ids)).select_related("customer")}
