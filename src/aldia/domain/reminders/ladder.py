"""The turns of a rule's steps for a due date. Days follow from the due date alone, so that nothing drifts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from aldia.domain.reminders.days import chased_from, sending_day
from aldia.domain.reminders.facts import ERA, Rule, Sending, Step, Turn
from aldia.domain.reminders.words import When, Why

ORDER = {When.BEFORE: 0, When.ON: 1, When.AFTER: 2, When.REPEAT: 3, When.PAID: 4}
LONGEST = ERA - 1  # turns of one repeated step


def turns(rule: Rule, due_on: date, era: int, sending: Sending, *, until: date) -> list[Turn]:
    """The turns that fall on `until` or before, in the order of their days; thanks for payments are not among them."""
    found: list[Turn] = []
    anchor = 0  # days after due of the step that a repetition follows
    for step in sorted(rule.steps, key=_place):
        if step.when is When.PAID:
            continue
        if step.when is When.REPEAT:
            found += _repeated(step, anchor, due_on, sending, until)
            anchor = _last_day(step, anchor)
        else:
            found.append(_single(step, due_on, sending))
            anchor = max(anchor, step.days) if step.when is When.AFTER else anchor
    kept = [turn for turn in found if turn.on <= until]
    kept.sort(key=lambda turn: turn.on)
    if not era:
        return kept
    return [Turn(turn.step, era * ERA + turn.cycle, turn.on, turn.last, turn.late) for turn in kept]


def _place(step: Step) -> tuple[int, int]:
    return ORDER[step.when], -step.days if step.when is When.BEFORE else step.days


def _single(step: Step, due_on: date, sending: Sending) -> Turn:
    days = timedelta(days=step.days)
    if step.when is When.BEFORE:
        return Turn(step, 0, due_on - days, due_on - timedelta(days=1))
    if step.when is When.ON:
        last = sending_day(sending, due_on) + timedelta(days=sending.merge_after_days)
        return Turn(step, 0, due_on, last)
    return Turn(step, 0, max(due_on + days, chased_from(sending, due_on)))


def _repeated(step: Step, anchor: int, due_on: date, sending: Sending, until: date) -> Iterator[Turn]:
    """Turn 1 comes `days` after the step before, and so on; the limit of days counts from the due date."""
    first = chased_from(sending, due_on)
    last = None
    if step.until_days is not None:
        last = sending_day(sending, max(first, due_on + timedelta(days=step.until_days)))
    every = max(1, step.days)
    for number in range(1, min(step.times or LONGEST, LONGEST) + 1):
        days = anchor + number * every
        on = max(first, due_on + timedelta(days=days))
        if on > until or (step.until_days is not None and days > step.until_days):
            return
        yield Turn(step, number, on, last, Why.UNTIL)


def _last_day(step: Step, anchor: int) -> int:
    """Where a repetition ends, in days after due: what a later one follows."""
    every = max(1, step.days)
    by_times = anchor + every * min(step.times or LONGEST, LONGEST)
    if step.until_days is None or step.until_days <= anchor:
        return by_times
    return min(by_times, anchor + (step.until_days - anchor) // every * every)
