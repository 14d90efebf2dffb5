"""The seven steps of a receivable, from issued to in collection: in exactly one of them as of any day it is open.

    1 issued      it exists, and nothing says that the customer has it
    2 sent        a message with it left and did not bounce, or the customer saw it in the portal
    3 date set    the day was agreed: its due date was moved, a plan pays it, or the customer promised a day to come
    4 reminded    a reminder left that named the due date in force (a date that moves is reminded anew)
    5 fallen due  the due date passed
    6 reminded    a reminder left after it fell due
    7 collection  somebody works it: a person called, wrote or visited after it fell due, a certified letter went out,
                  it is disputed, promised late or paid by a plan in arrears, or it is `LONG_OVERDUE` days late

The furthest that applies is the one; 1 to 4 while it is not overdue, 5 to 7 while it is. It goes back when the facts
do: a due date that moves from the past into the future takes it from 5 to 3. 0 is outside: not yet issued, or nothing
owed any more.
Everything is a function of dated facts and a day, so that any past day can be asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

OUTSIDE, ISSUED, SENT, DATE_SET, REMINDED, FALLEN_DUE, REMINDED_AGAIN, IN_COLLECTION = range(8)
STEPS = (ISSUED, SENT, DATE_SET, REMINDED, FALLEN_DUE, REMINDED_AGAIN, IN_COLLECTION)
LONG_OVERDUE = 60  # days after the due date from which nobody's work is waited for
DAY = timedelta(days=1)


class Why(StrEnum):
    """What put it where it is: the first that applies, in this order within each step."""

    CLOSED = "closed"
    ISSUED = "issued"
    SENT = "sent"
    DATE_MOVED = "date_moved"
    PLAN = "plan"
    PROMISE = "promise"
    REMINDED = "reminded"
    FALLEN_DUE = "fallen_due"
    REMINDED_AFTER = "reminded_after"
    DISPUTED = "disputed"
    PLAN_LATE = "plan_late"
    WORKED = "worked"
    LETTER = "letter"
    PROMISED_LATE = "promised_late"
    LONG_OVERDUE = "long_overdue"


@dataclass(frozen=True, slots=True)
class Span:
    """Something that stands from `start` until the day before `end` (None: still)."""

    start: date
    end: date | None = None

    def holds(self, on: date) -> bool:
        return self.start <= on and (self.end is None or on < self.end)


@dataclass(frozen=True, slots=True)
class PromisedDay:
    """A promise given on `start` for `due_on`, withdrawn on `end`."""

    span: Span
    due_on: date


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of payments while it lives; `is_broken`: it ended because it was not kept."""

    span: Span
    is_broken: bool = False

    def is_late(self, on: date) -> bool:
        """Of an overdue receivable: it falls due with the next instalment, so a plan that lives is in arrears."""
        return self.span.holds(on) or (self.is_broken and self.span.end is not None and self.span.end <= on)


@dataclass(frozen=True, slots=True)
class Move:
    """A due date moved on a day."""

    on: date
    old: date
    new: date


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that left, and the due date that it named. `is_letter`: certified mail."""

    on: date
    due_on: date
    is_letter: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one receivable. `due_on` is the one in force now; `moves` in the order they were made.

    `applied`: (day, minor units) of everything that ever lowered it, what was taken back as negative. `worked`: days on
    which a person dealt with its customer.
    """

    issued_on: date
    due_on: date
    total: int
    applied: tuple[tuple[date, int], ...] = ()
    voided_on: date | None = None
    moves: tuple[Move, ...] = ()
    sent: tuple[date, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    plans: tuple[Plan, ...] = ()
    promises: tuple[PromisedDay, ...] = ()
    disputes: tuple[Span, ...] = ()
    worked: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A step and what put the receivable in it."""

    step: int
    why: Why


@dataclass(frozen=True, slots=True)
class Passage:
    """From one step to another at the end of a day, with what was owed then (leaving: what was owed before)."""

    on: date
    from_step: int
    to_step: int
    balance: int


def owed(facts: Facts, on: date) -> int:
    """Minor units owed at the end of a day; nothing before it was issued or after it was voided."""
    if on < facts.issued_on or (facts.voided_on is not None and facts.voided_on <= on):
        return 0
    return facts.total - sum(amount for day, amount in facts.applied if day <= on)


def due_in_force(facts: Facts, on: date) -> date:
    """The due date as it was at the end of a day."""
    return next((move.old for move in facts.moves if move.on > on), facts.due_on)


def standing(facts: Facts, on: date) -> Standing:
    """Where the receivable is at the end of a day."""
    if owed(facts, on) <= 0:
        return Standing(OUTSIDE, Why.CLOSED)
    due = due_in_force(facts, on)
    return _overdue(facts, on, due) if due < on else _current(facts, on, due)


def step_of(facts: Facts, on: date) -> int:
    """The step alone."""
    return standing(facts, on).step


def _current(facts: Facts, on: date, due: date) -> Standing:
    if any(each.on <= on and each.due_on == due for each in facts.reminders):
        return Standing(REMINDED, Why.REMINDED)
    if any(plan.span.holds(on) for plan in facts.plans):
        return Standing(DATE_SET, Why.PLAN)
    if facts.moves and facts.moves[0].on <= on and facts.moves[0].old != due:
        return Standing(DATE_SET, Why.DATE_MOVED)
    if any(each.span.holds(on) and each.due_on >= on for each in facts.promises):
        return Standing(DATE_SET, Why.PROMISE)
    if any(day <= on for day in facts.sent) or any(each.on <= on for each in facts.reminders):
        return Standing(SENT, Why.SENT)
    return Standing(ISSUED, Why.ISSUED)


def _overdue(facts: Facts, on: date, due: date) -> Standing:
    reasons = (
        (Why.DISPUTED, any(each.holds(on) for each in facts.disputes)),
        (Why.PLAN_LATE, any(plan.is_late(on) for plan in facts.plans)),
        (Why.WORKED, any(due < day <= on for day in facts.worked)),
        (Why.LETTER, any(each.is_letter and due < each.on <= on for each in facts.reminders)),
        (Why.PROMISED_LATE, any(each.span.start > due and each.span.holds(on) for each in facts.promises)),
        (Why.LONG_OVERDUE, on - due > timedelta(days=LONG_OVERDUE)),
    )
    if why := next((reason for reason, holds in reasons if holds), None):
        return Standing(IN_COLLECTION, why)
    if any(due < each.on <= on for each in facts.reminders):
        return Standing(REMINDED_AGAIN, Why.REMINDED_AFTER)
    return Standing(FALLEN_DUE, Why.FALLEN_DUE)


def passages(facts: Facts, *, start: int, after: date, until: date) -> list[Passage]:
    """Every change of step at the ends of the days in (`after`, `until`], coming from step `start`.

    Nothing changes but on a day that the facts name, so only those are looked at, and the first: facts that were not
    known when `start` was written may have put it elsewhere since.
    """
    found: list[Passage] = []
    step = start
    for on in sorted({day for day in (after + DAY, *_days(facts)) if after < day <= until}):
        now = step_of(facts, on)
        if now != step:
            found.append(Passage(on, step, now, owed(facts, on) if now else _owed_before(facts, on)))
            step = now
    return found


def _owed_before(facts: Facts, on: date) -> int:
    """What was owed when something was last owed before a day."""
    days = sorted((day for day in _days(facts) if day < on), reverse=True)
    return next((left for day in (on - DAY, *days) if (left := owed(facts, day)) > 0), facts.total)


def since(facts: Facts, on: date) -> date:
    """The day from which it has been in the step that it is in at the end of `on`."""
    walked = passages(facts, start=OUTSIDE, after=facts.issued_on - DAY, until=on)
    return walked[-1].on if walked else facts.issued_on


def _days(facts: Facts) -> Iterator[date]:
    """The days at whose end the step may be another."""
    yield facts.issued_on
    yield from _ends([facts.due_on, *(each.old for each in facts.moves), *(each.new for each in facts.moves)])
    if facts.voided_on is not None:
        yield facts.voided_on
    yield from (day for day, _amount in facts.applied)
    yield from (each.on for each in facts.moves)
    yield from facts.sent
    yield from (each.on for each in facts.reminders)
    yield from facts.worked
    agreed = (*(plan.span for plan in facts.plans), *(promise.span for promise in facts.promises))
    for span in (*facts.disputes, *agreed):
        yield span.start
        if span.end is not None:
            yield span.end
    yield from (each.due_on + DAY for each in facts.promises)


def _ends(due_dates: Iterable[date]) -> Iterator[date]:
    for due in due_dates:
        yield due + DAY
        yield due + timedelta(days=LONG_OVERDUE + 1)
