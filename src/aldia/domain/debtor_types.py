"""What kind of debtor a customer looks like, by points for dated events: an aid for the next step, never a verdict.

Taxonomy: P. Brachfield, "Los seis grandes tipos de deudores" (https://perebrachfield.com). Nothing here is trained: the
points say how much each event speaks for each type, and who has not shown enough gets no type. Our own faults (an
invoice sent late, an unapplied payment) are for the caller to leave out before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class DebtorType(StrEnum):
    FORTUITOUS = "fortuitous"  # fortuito: wants to pay and cannot now
    DISORGANISED = "disorganised"  # desorganizado: can and forgets
    INTENTIONAL = "intentional"  # intencional: can and will not
    NEGLIGENT = "negligent"  # negligente: leaves it lying
    CIRCUMSTANTIAL = "circumstantial"  # circunstancial: disputes this debt, pays others


class Event(StrEnum):
    """What happened in an overdue episode."""

    PAID_SOON_AFTER_REMINDER = "paid_soon_after_reminder"  # within 3 days of the first or second
    PAID_AFTER_MANY_REMINDERS = "paid_after_many_reminders"  # only after the third or a later one
    PAID_AFTER_ULTIMATUM = "paid_after_ultimatum"  # only after a final notice or when supply stopped
    PROMISE_KEPT = "promise_kept"
    PROMISE_BROKEN = "promise_broken"
    PARTIAL_OR_PLAN = "partial_or_plan"
    ASKED_FOR_COPY = "asked_for_copy"  # the invoice again, a purchase order, a folio
    DISPUTE_OPENED = "dispute_opened"
    PAID_AFTER_DISPUTE = "paid_after_dispute"  # within 15 days of its solution
    DISPUTE_DISMISSED = "dispute_dismissed"
    NO_ANSWER = "no_answer"  # to three contacts or more
    KEEPS_ORDERING = "keeps_ordering"  # or pays newer invoices while the old one is open
    DELAY_GREW_WITH_SIZE = "delay_grew_with_size"  # or at the end of the month


_F, _D, _I, _N, _C = DebtorType
POINTS: dict[Event, tuple[int, int, int, int, int]] = {  # in the order of DebtorType
    Event.PAID_SOON_AFTER_REMINDER: (0, 3, -2, 0, -1),
    Event.PAID_AFTER_MANY_REMINDERS: (-1, -1, 1, 3, -1),
    Event.PAID_AFTER_ULTIMATUM: (-1, -2, 4, 1, -1),
    Event.PROMISE_KEPT: (2, 1, -2, -1, 0),
    Event.PROMISE_BROKEN: (1, 0, 3, 1, -1),
    Event.PARTIAL_OR_PLAN: (4, -1, -1, -1, -1),
    Event.ASKED_FOR_COPY: (-1, 3, 0, 0, 1),
    Event.DISPUTE_OPENED: (-2, -1, 0, -1, 3),
    Event.PAID_AFTER_DISPUTE: (-1, 0, -2, 0, 4),
    Event.DISPUTE_DISMISSED: (0, 0, 3, 0, -2),
    Event.NO_ANSWER: (-1, -1, 1, 3, -1),
    Event.KEEPS_ORDERING: (-2, 0, 3, 1, 1),
    Event.DELAY_GREW_WITH_SIZE: (2, 0, 0, -1, 0),
}
STRONG = 3  # points of one event that make it a strong sign
EPISODES, MOST_COUNTED = 6, 3
ENOUGH, AHEAD = 6, 3
OVERRIDE_FOR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Seen:
    """An event, on its day, in an overdue episode of the customer."""

    event: Event
    on: date


@dataclass(frozen=True, slots=True)
class Episode:
    """One time that something was overdue, from its due day on."""

    since: date
    events: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word, with a reason; it expires."""

    type: DebtorType
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`type` None: no type yet. `because`: the events that speak for it, latest first. `needs_person`: "signs of
    intent" become the type only when a person confirms. `source`: measured, dispute or person.
    """

    type: DebtorType | None
    points: dict[DebtorType, int]
    because: tuple[Seen, ...] = ()
    needs_person: bool = False
    source: str = "measured"


def judge(
    episodes: Sequence[Episode], *, today: date, has_open_dispute: bool = False, override: Override | None = None
) -> Verdict:
    """What the last episodes say. A person's word counts while it is fresh; an open dispute is a fact, not a guess."""
    seen = _counted(episodes)
    points = score(seen)
    if override is not None and today - override.on <= OVERRIDE_FOR:
        return Verdict(override.type, points, _because(seen, override.type), source="person")
    if has_open_dispute:
        return Verdict(_C, points, _because(seen, _C), source="dispute")
    best, second = sorted(points.values(), reverse=True)[:2]
    if best < ENOUGH or best - second < AHEAD:
        return Verdict(None, points)
    found = max(points, key=lambda each: points[each])
    because = _because(seen, found)
    if found is _I:
        strong = {each.event for each in because if _points(each.event, _I) >= STRONG}
        return Verdict(_I, points, because, needs_person=True) if len(strong) >= 2 else Verdict(None, points)
    return Verdict(found, points, because)


def score(seen: Iterable[Seen]) -> dict[DebtorType, int]:
    """The points of each type."""
    totals = dict.fromkeys(DebtorType, 0)
    for each in seen:
        for kind, value in zip(DebtorType, POINTS[each.event], strict=True):
            totals[kind] += value
    return totals


def _counted(episodes: Sequence[Episode]) -> list[Seen]:
    """The events of the last episodes, latest first, each kind at most three times."""
    latest = sorted(episodes, key=lambda each: each.since)[-EPISODES:]
    seen = sorted((event for each in latest for event in each.events), key=lambda each: each.on, reverse=True)
    counts: Counter[Event] = Counter()
    kept = []
    for each in seen:
        counts[each.event] += 1
        if counts[each.event] <= MOST_COUNTED:
            kept.append(each)
    return kept


def _because(seen: Iterable[Seen], kind: DebtorType) -> tuple[Seen, ...]:
    return tuple(each for each in seen if _points(each.event, kind) > 0)


def _points(event: Event, kind: DebtorType) -> int:
    return POINTS[event][list(DebtorType).index(kind)]
