"""Reminders: rule + receivable + history + what holds it + a day -> what is due now, or why not."""

from aldia.domain.reminders.caps import is_capped
from aldia.domain.reminders.days import is_open, is_sending_day, next_opening, sending_day
from aldia.domain.reminders.facts import (
    Circumstances,
    Debt,
    Decision,
    History,
    Hold,
    Past,
    Reach,
    Rule,
    Sending,
    Step,
    Turn,
)
from aldia.domain.reminders.planning import choose_channel, decide, plan, stray, why_unreached
from aldia.domain.reminders.words import SENTENCES, State, When, Why, sentence

__all__ = [
    "SENTENCES",
    "Circumstances",
    "Debt",
    "Decision",
    "History",
    "Hold",
    "Past",
    "Reach",
    "Rule",
    "Sending",
    "State",
    "Step",
    "Turn",
    "When",
    "Why",
    "choose_channel",
    "decide",
    "is_capped",
    "is_open",
    "is_sending_day",
    "next_opening",
    "plan",
    "sending_day",
    "sentence",
    "stray",
    "why_unreached",
]
