"""How often one customer is written to, over all rules and channels.

Counted are days on which the customer was reminded, not messages: a rule that sends one message per document writes
several on a day, by its owner's choice. What a person sends by hand is never held up and does not count, except that
on a day on which a person wrote nothing else goes out by itself: at most one message a day unless a person sends it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from aldia.domain.reminders.facts import Sending

WEEK = 7


def is_capped(sending: Sending, reminded_on: Collection[date], today: date) -> bool:
    """Whether the customer has to be left alone today. A clock that went back sees days ahead of it: they count."""
    if any(day >= today for day in reminded_on):
        return True
    if not reminded_on:
        return False
    if max(reminded_on) + timedelta(days=sending.min_days_between) > today:
        return True
    in_week = {day for day in reminded_on if day + timedelta(days=WEEK) > today}
    return len(in_week) >= sending.max_per_week > 0


def free_on(sending: Sending, reminded_on: Collection[date], day: date) -> date:
    """The first day from `day` on which the cap lets a reminder go."""
    while is_capped(sending, reminded_on, day):
        day += timedelta(days=1)
    return day


def horizon(sending: Sending, today: date) -> date:
    """The first day of which `is_capped` wants to know whether the customer was reminded."""
    return today - timedelta(days=max(WEEK, sending.min_days_between))
