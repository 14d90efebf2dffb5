"""Thanks for a payment: once per payment and receivable, soon, or not at all."""

from __future__ import annotations

from datetime import date, timedelta

from aldia.domain.reminders.days import sending_day
from aldia.domain.reminders.facts import Reach, Sending, Step
from aldia.domain.reminders.planning import why_unreached
from aldia.domain.reminders.words import State, Why


def thank(
    *,
    step: Step,
    channel: str,
    recorded_on: date,
    customer_hold: Why,
    reach: Reach,
    is_written_to: bool,
    is_taken_back: bool,
    sending: Sending,
    today: date,
) -> tuple[State, Why]:
    """What thanks for a payment come to today on a channel ("": the first of the step that reaches).

    `customer_hold`: why the customer is left alone altogether. `is_written_to`: another message leaves today (or did);
    thanks wait for the next day rather than be the second, and what has to be asked for is never held up by them.
    """
    if is_taken_back:
        return State.SKIPPED, Why.REVERSED
    why = customer_hold or why_unreached((channel,) if channel else step.channels, reach)
    if today > sending_day(sending, recorded_on) + timedelta(days=sending.merge_after_days):
        return State.SKIPPED, why or Why.OLD
    if why is Why.NOTHING and is_written_to:
        return State.PLANNED, Why.FREQUENCY
    return State.PLANNED, why
