"""What planning looks at: a rule and its steps, a debt, what is known of its turns, and how the company sends.

Keys are ids of rows; days are days of the company's zone, amounts minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from uuid import UUID

from aldia.domain.reminders.words import State, When, Why

ERA = 1000  # cycles of one due date; moving it well into the future starts the steps again


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a rule. `days` before or after due; REPEAT: each `days` after the step before it, `times` at most
    (None: no limit) and not past `until_days` after due. `channels` in order of preference, or all of them."""

    key: UUID
    when: When
    days: int = 0
    times: int | None = None
    until_days: int | None = None
    channels: tuple[str, ...] = ("email",)
    every_channel: bool = False

    @property
    def outlets(self) -> tuple[str, ...]:
        """How many rows a turn has: one per channel where all are used, else one with the channel open ("")."""
        return self.channels if self.every_channel else ("",)


@dataclass(frozen=True, slots=True)
class Rule:
    """The steps that are on. Turns before `activated_on` are not made up for, but for the latest (None: inactive)."""

    key: UUID
    steps: tuple[Step, ...]
    activated_on: date | None
    min_balance: int = 0
    min_currency: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """When a company sends. `weekdays`: bank (bank days), weekdays or every. `transit_days`: bank days that a transfer
    may be under way before what fell due is chased. `merge_after_days`: how long a step that speaks of a day (on the
    due day, thanks for a payment) may wait and still make sense."""

    country: str = "MX"
    send_from: time = time(9)
    send_until: time = time(18)
    weekdays: str = "bank"
    min_days_between: int = 1
    max_per_week: int = 3
    transit_days: int = 1
    merge_after_days: int = 3


@dataclass(frozen=True, slots=True)
class Debt:
    """A receivable. `since`: the first day that it can be reminded of (when it came in, when its rule was assigned).
    `era`: how often its due date was moved far enough to begin again."""

    due_on: date
    balance: int
    currency: str = "MXN"
    since: date | None = None
    era: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a receivable is not asked for now, wholly or (`held` minor units of its balance) in part. `until`: the last
    day, where one is known."""

    why: Why
    until: date | None = None
    held: int | None = None

    def asked(self, balance: int) -> int:
        """What may still be asked for."""
        return 0 if self.held is None else max(0, balance - self.held)


Reach = Mapping[str, Why]  # channel -> why it does not reach the customer (Why.NOTHING: it does)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What surrounds a debt today: what holds it, which channels reach its customer (one that is not named does
    not), whether the customer was written to too recently (`domain.reminders.caps`)."""

    hold: Hold | None = None
    reach: Reach = field(default_factory=dict)
    is_capped: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One occasion of a step: the day it falls on (weekends not yet minded), and the last day it may still go."""

    step: Step
    cycle: int
    on: date
    last: date | None = None
    late: Why = Why.PASSED


@dataclass(frozen=True, slots=True)
class Past:
    """What is on file of one turn and channel: its state, the day it fell on, and the row that says so."""

    state: State
    why: Why = Why.NOTHING
    on: date | None = None
    row: UUID | None = None


History = Mapping[tuple[UUID, int, str], Past]  # (step key, cycle, channel)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a turn comes to today, and what was on file of it (None: nothing yet)."""

    turn: Turn
    channel: str
    state: State
    why: Why = Why.NOTHING
    past: Past | None = None

    @property
    def is_news(self) -> bool:
        """Whether it differs from what is on file."""
        return self.past is None or (self.past.state, self.past.why, self.past.on) != (
            self.state,
            self.why,
            self.turn.on,
        )
