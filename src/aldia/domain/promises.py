"""Whether a promise to pay was kept: a function of what was promised, what fell of the debts it names, and a day.

Only money keeps a promise. What else lowers the debt (a credit note, a write-off, a cancellation) lowers what was asked
for: nobody breaks a promise to pay what is not owed any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from aldia.domain.calendars import add_bank_days


class PromiseState(StrEnum):
    """`PARTLY`: the day passed and some of it came in time. `BROKEN`: nothing did."""

    OPEN = "open"
    KEPT = "kept"
    PARTLY = "partly"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PromisedPart:
    """A debt that a promise names, in minor units of its currency: owed then and now, and the money applied since.

    `money` are (day, amount) of payments that still stand.
    """

    owed_then: int
    owed_now: int
    money: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`paid` in time, `late` after the last day, `needed` to keep it: never more than was promised."""

    state: PromiseState
    paid: int
    late: int
    needed: int


def last_day(due_on: date, *, country: str, grace_days: int) -> date:
    """The last day on which money keeps a promise: its day, and the bank days that a transfer takes.

    What is promised for a day without banks may come on the next that has them. Raises `NoCalendar`.
    """
    if not grace_days:
        return due_on
    return add_bank_days(country, add_bank_days(country, due_on, 0), grace_days)


def judge(
    amount: int,
    parts: Iterable[PromisedPart],
    *,
    promised_on: date,
    last: date,
    as_of: date,
    is_withdrawn: bool = False,
) -> Verdict:
    """The state of a promise of `amount` as of a day; balances are those of now, so `as_of` is today or later.

    Money counts from `promised_on` until `last`, both included.
    """
    owed_then = in_time = late = other = 0
    for part in parts:
        fall = max(0, part.owed_then - part.owed_now)
        timely = min(fall, sum(paid for on, paid in part.money if promised_on <= on <= last and on <= as_of))
        tardy = min(fall - timely, sum(paid for on, paid in part.money if last < on <= as_of))
        owed_then += part.owed_then
        in_time += timely
        late += tardy
        other += fall - timely - tardy
    needed = max(0, min(amount, owed_then - other))
    return Verdict(_state(in_time, needed, last, as_of, is_withdrawn), in_time, late, needed)


def held_parts(amount: int, parts: Sequence[tuple[int, int]]) -> list[int]:
    """What of each debt an open promise of `amount` still speaks for: only that is not asked for meanwhile.

    `parts` are (owed then, owed now), the oldest first: what is left of the promise covers them in that order.
    """
    left = amount - sum(max(0, then - now) for then, now in parts)
    held = []
    for _then, now in parts:
        held.append(min(max(left, 0), now))
        left -= held[-1]
    return held


def _state(paid: int, needed: int, last: date, as_of: date, is_withdrawn: bool) -> PromiseState:
    if is_withdrawn:
        return PromiseState.WITHDRAWN
    if paid >= needed:
        return PromiseState.KEPT
    if as_of <= last:
        return PromiseState.OPEN
    return PromiseState.PARTLY if paid else PromiseState.BROKEN
