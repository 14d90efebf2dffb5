"""When the next reminders of a receivable will leave, as far as is known today: what calendars of sends show.

An estimate: what the customer pays, promises or is told by hand in between changes it, and the days between messages
to one customer are minded for the first one only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from aldia.domain.reminders.caps import free_on
from aldia.domain.reminders.days import ONE_DAY, sending_day
from aldia.domain.reminders.facts import Circumstances, Debt, Decision, History, Rule, Sending, Turn
from aldia.domain.reminders.ladder import turns
from aldia.domain.reminders.planning import decide, is_too_little, on_file, waits_for
from aldia.domain.reminders.words import State, Why

A_WHILE = 400  # days within which the next reminder is looked for


@dataclass(frozen=True, slots=True)
class NextTurn:
    """A turn and the day on which it will leave. Without a day it waits for somebody (`why`: for what); with both, it
    leaves that day because `why` ends before."""

    turn: Turn
    on: date | None
    why: Why = Why.NOTHING


def forecast(
    *,
    rule: Rule,
    debt: Debt,
    past: History,
    around: Circumstances,
    sending: Sending,
    today: date,
    days: int,
    first: date | None = None,
    reminded_on: Collection[date] = (),
) -> list[NextTurn]:
    """The reminders that will leave from today to `days` later, and what waits without a day, in order.

    `first`: the first day on which something can leave still (tomorrow, once today's hours are over).
    """
    if rule.activated_on is None:
        return []
    ladder = turns(rule, debt.due_on, debt.era, sending, until=today + timedelta(days=days))
    return foresee(ladder, rule, debt, past, around, sending, today, first or today, reminded_on)


def next_turn(
    *,
    rule: Rule,
    debt: Debt,
    past: History,
    around: Circumstances,
    sending: Sending,
    today: date,
    first: date | None = None,
    reminded_on: Collection[date] = (),
) -> NextTurn | None:
    """The next reminder of a receivable; None when its rule has none left for it."""
    found = forecast(
        rule=rule,
        debt=debt,
        past=past,
        around=around,
        sending=sending,
        today=today,
        days=A_WHILE,
        first=first,
        reminded_on=reminded_on,
    )
    return found[0] if found else None


def foresee(
    ladder: Sequence[Turn],
    rule: Rule,
    debt: Debt,
    past: History,
    around: Circumstances,
    sending: Sending,
    today: date,
    first: date,
    reminded_on: Collection[date],
) -> list[NextTurn]:
    """`forecast` for turns worked out before, up to the last day that is asked for."""
    due = [turn for turn in ladder if turn.on <= today]
    decided = decide(due, rule=rule, debt=debt, past=past, around=around, today=today)
    waiting = [each for each in decided if each.state is State.PLANNED]
    found: list[NextTurn] = []
    for turn in [*(each.turn for each in _one_each(waiting)), *(turn for turn in ladder if turn.on > today)]:
        known = on_file(past, turn, turn.step.outlets[0])
        if known is not None and known.state is not State.PLANNED:
            continue
        coming = _coming(turn, rule, debt, around, sending, today, first, reminded_on)
        if coming is None:
            continue
        if found and coming.on == found[-1].on:
            found.pop()  # merged into the later one
        found.append(coming)
    return found


def _one_each(decided: Sequence[Decision]) -> list[Decision]:
    """One decision per turn, however many channels it leaves by."""
    return list({(each.turn.step.key, each.turn.cycle): each for each in decided}.values())


def _coming(
    turn: Turn,
    rule: Rule,
    debt: Debt,
    around: Circumstances,
    sending: Sending,
    today: date,
    first: date,
    reminded_on: Collection[date],
) -> NextTurn | None:
    """When one turn will leave; None if it will not."""
    why = waits_for(turn.step, turn.step.outlets[0], debt, around)
    day = max(turn.on, first)
    if why is Why.FREQUENCY or why is Why.NOTHING:
        if is_too_little(rule, debt, around):
            return None
        if turn.on <= today:
            day = free_on(sending, reminded_on, day)
    elif around.hold is not None and around.hold.why is why and around.hold.until is not None:
        day = max(day, around.hold.until + ONE_DAY)
    else:
        return NextTurn(turn, None, why)
    day = sending_day(sending, day)
    if turn.last is not None and day > turn.last:
        return None
    return NextTurn(turn, day, Why.NOTHING if day == max(turn.on, first) else why)
