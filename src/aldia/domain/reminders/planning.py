"""What is due of one receivable today, or why not.

Of all turns that came due, the latest speaks for the receivable; earlier ones that did not go are merged into it. So a
long outage, a pause, or a rule activated late ends in one reminder, never in a burst. A turn that waits (paused,
promised, nobody to write to) goes when the reason ends, as long as it is the latest and still makes sense.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date

from aldia.domain.reminders.facts import (
    ERA,
    Circumstances,
    Debt,
    Decision,
    History,
    Past,
    Reach,
    Rule,
    Sending,
    Step,
    Turn,
)
from aldia.domain.reminders.ladder import turns
from aldia.domain.reminders.words import State, Why

SOFT = (Why.NOTHING, Why.FREQUENCY)  # not a reason that a person would look for when a step's day is over


def plan(
    *, rule: Rule, debt: Debt, past: History, around: Circumstances, sending: Sending, today: date
) -> list[Decision]:
    """Each turn that is due and not final on file, with what it comes to today; [] if the rule is inactive.

    Of the turns of a channel at most one is to be sent: PLANNED without a reason. Thanks for payments are planned by
    `domain.reminders.thanks`.
    """
    if rule.activated_on is None:
        return []
    due = turns(rule, debt.due_on, debt.era, sending, until=today)
    return decide(due, rule=rule, debt=debt, past=past, around=around, today=today)


def decide(
    due: Sequence[Turn], *, rule: Rule, debt: Debt, past: History, around: Circumstances, today: date
) -> list[Decision]:
    """`plan` for turns worked out before: those of a due date are the same for all receivables that share it."""
    if not due or rule.activated_on is None:
        return []
    latest = [_latest(due[-1], channel, rule, debt, past, around, today) for channel in due[-1].step.outlets]
    skipped = next((each for each in latest if each.state is State.SKIPPED), None)
    since = max(rule.activated_on, debt.since) if debt.since else rule.activated_on
    earlier = [each for turn in _unsettled(due, past, since) for each in _superseded(turn, past, since, today, skipped)]
    return earlier + [each for each in latest if each.past is None or each.past.state is State.PLANNED]


def _unsettled(due: Sequence[Turn], past: History, since: date) -> Sequence[Turn]:
    """The earlier turns that may have something left to say: older ones only if some row waits."""
    first = 0
    if len(due) > 1 and due[0].on < since and not any(known.state is State.PLANNED for known in past.values()):
        first = bisect_left(due, since, key=lambda turn: turn.on)
    return due[first:-1]


def _latest(
    turn: Turn, channel: str, rule: Rule, debt: Debt, past: History, around: Circumstances, today: date
) -> Decision:
    """The turn that speaks for the receivable; what is final on file stays."""
    known = on_file(past, turn, channel)
    if known is not None and known.state is not State.PLANNED:
        return Decision(turn, channel, known.state, known.why, known)
    state, why = outcome(turn, channel, rule=rule, debt=debt, around=around, today=today)
    return Decision(turn, channel, state, why, known)


def _superseded(turn: Turn, past: History, since: date, today: date, skipped: Decision | None) -> Iterator[Decision]:
    """An earlier turn that did not go: merged into the latest, or not sent for the reason that it is not."""
    for channel in turn.step.outlets:
        known = on_file(past, turn, channel)
        if known.state is not State.PLANNED if known is not None else turn.on < since:
            continue
        state, why = State.MERGED, Why.NOTHING
        if turn.last is not None and today > turn.last:
            state, why = State.SKIPPED, turn.late if known is None or known.why in SOFT else known.why
        elif skipped is not None:
            state, why = State.SKIPPED, skipped.why
        yield Decision(turn, channel, state, why, known)


def outcome(
    turn: Turn, channel: str, *, rule: Rule, debt: Debt, around: Circumstances, today: date
) -> tuple[State, Why]:
    """What a turn that speaks for its receivable comes to on a channel ("": the first of the step that reaches)."""
    why = waits_for(turn.step, channel, debt, around)
    if turn.last is not None and today > turn.last:
        return State.SKIPPED, turn.late if why in SOFT else why
    if why in SOFT and is_too_little(rule, debt, around):
        return State.SKIPPED, Why.BELOW_MINIMUM
    return State.PLANNED, why


def is_too_little(rule: Rule, debt: Debt, around: Circumstances) -> bool:
    """Whether what may be asked for is under the rule's minimum, which speaks of one currency only."""
    asked = around.hold.asked(debt.balance) if around.hold else debt.balance
    return debt.currency == rule.min_currency and asked < rule.min_balance


def waits_for(step: Step, channel: str, debt: Debt, around: Circumstances) -> Why:
    """What a step that is due waits for: NOTHING, or the first reason in the order in which they are asked."""
    if around.hold is not None and not around.hold.asked(debt.balance):
        return around.hold.why
    unreached = why_unreached((channel,) if channel else step.channels, around.reach)
    if unreached is not Why.NOTHING:
        return unreached
    return Why.FREQUENCY if around.is_capped else Why.NOTHING


def why_unreached(channels: Sequence[str], reach: Reach) -> Why:
    """NOTHING if one of the channels reaches the customer, else why the first one does not."""
    reasons = [reach.get(channel, Why.NO_CONTACT) for channel in channels]
    if not reasons:
        return Why.NO_CONTACT
    return Why.NOTHING if Why.NOTHING in reasons else reasons[0]


def choose_channel(channels: Sequence[str], reach: Reach) -> str:
    """The first channel that reaches the customer; "" if none does."""
    return next((channel for channel in channels if reach.get(channel, Why.NO_CONTACT) is Why.NOTHING), "")


def on_file(past: History, turn: Turn, channel: str) -> Past | None:
    """What is on file of a turn on a channel. A step that used one channel and now uses all of them (or the reverse)
    has gone all the same."""
    if not past:
        return None
    key, cycle = turn.step.key, turn.cycle
    known = past.get((key, cycle, channel))
    if known is not None:
        return known
    if channel:
        return past.get((key, cycle, ""))
    return next((past[key, cycle, other] for other in turn.step.channels if (key, cycle, other) in past), None)


def stray(past: History, due: Sequence[Turn], rule: Rule, debt: Debt) -> list[tuple[Past, State, Why]]:
    """What waits on file but is not due: its day moved (it waits for the new one), it began again with the due date,
    or its step is no longer one of the rule's."""
    waiting = [(key, known) for key, known in past.items() if known.state is State.PLANNED]
    if not waiting:
        return []
    is_due = {(turn.step.key, turn.cycle) for turn in due}
    steps = {step.key for step in rule.steps}
    found = []
    for (key, cycle, _channel), known in waiting:
        if (key, cycle) in is_due:
            continue
        if key not in steps:
            found.append((known, State.SKIPPED, Why.OTHER_RULE))
        elif cycle // ERA != debt.era:
            found.append((known, State.SKIPPED, Why.MOVED))
        else:
            found.append((known, State.PLANNED, Why.MOVED))
    return [each for each in found if (each[1], each[2]) != (each[0].state, each[0].why)]
