"""How long and how much credit a customer's own behaviour supports: an aid with its reasons, never a decision.

Term: as it is for who pays well, a step shorter for who pays late; nobody is offered longer than they have, that is a
commercial choice. Limit: what the customer usually buys a month × the days its money is out, more or less by its risk
(how trade credit managers size a line: the highest balance that normal buying and normal paying would ever need).
Amounts are minor units of one currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

TERMS = (0, 7, 15, 30, 45, 60, 90)  # the steps that a term is moved by
LEAST_PAID = 3  # payments known: three tell a customer from the portfolio (measured; see the forecast's design)
LATE_DAYS, VERY_LATE_SHARE = 15, 250  # days late in median; per mille of invoices over 30 days late
PERCENT_OF_NEED = {"A": 150, "B": 125, "C": 100, "D": 50, "E": 0}
STEPS_DOWN = {"A": 0, "B": 0, "C": 0, "D": 1, "E": len(TERMS)}
NEAR_PERCENT = 10  # a limit this close to the one in force is left as it is


class Because(StrEnum):
    """What the advice rests on, each with figures of `Behaviour`."""

    LITTLE_HISTORY = "little_history"
    PAYS_ON_TIME = "pays_on_time"
    PAYS_LATE = "pays_late"
    OFTEN_VERY_LATE = "often_very_late"
    RISK = "risk"
    OWES_LATE_NOW = "owes_late_now"
    PURCHASES = "purchases"
    NO_PURCHASES = "no_purchases"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A year of a customer. `monthly`: usual purchases a month; `delays`: days after the due day on which invoices were
    paid, and of those that are overdue the days so far (`still_late` of them). `score`, `band`: its risk; `is_scored`
    False: no forecast yet, from the share that was over 30 days late.
    """

    currency: str
    monthly: int = 0
    months: int = 0
    invoices: int = 0
    delays: tuple[int, ...] = ()
    still_late: int = 0
    score: int = 0
    band: str = ""
    is_scored: bool = False

    @property
    def paid(self) -> int:
        """Payments known."""
        return len(self.delays) - self.still_late

    @property
    def median_delay(self) -> int:
        """Days after the due day of the middle invoice (the later of two); negative is early."""
        return sorted(self.delays)[len(self.delays) // 2] if self.delays else 0

    @property
    def very_late_permille(self) -> int:
        return share_permille(self.delays)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is in force: days, and the limit of all lines (None: no line)."""

    days: int
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """`days` and `limit` as advised; None where nothing is advised (little history). `because`: the reasons, in order.

    `used_days` and `percent` are how the limit was sized: `monthly` × `used_days` ÷ 30 × `percent` ÷ 100.
    """

    behaviour: Behaviour
    now: Terms
    days: int | None = None
    limit: int | None = None
    because: tuple[Because, ...] = ()
    used_days: int = 0
    percent: int = 0

    @property
    def changes_days(self) -> bool:
        return self.days is not None and self.days != self.now.days

    @property
    def changes_limit(self) -> bool:
        return self.limit is not None and self.limit != self.now.limit

    @property
    def changes(self) -> bool:
        return self.changes_days or self.changes_limit


def advise(seen: Behaviour, now: Terms) -> Advice:
    """What the behaviour supports, against what is in force."""
    if seen.paid < LEAST_PAID:
        return Advice(seen, now, because=(Because.LITTLE_HISTORY,))
    days, because = _days(seen, now.days)
    if not seen.monthly:
        return Advice(seen, now, days, now.limit, (*because, Because.NO_PURCHASES))
    used_days = max(1, days + max(0, seen.median_delay))
    percent = PERCENT_OF_NEED[seen.band] if days else 0
    limit = rounded_up(-(-seen.monthly * used_days * percent // (30 * 100)))
    because = (*because, Because.PURCHASES)
    if now.limit is not None and is_near(limit, now.limit):
        limit, because = now.limit, (*because, Because.NEAR)
    return Advice(seen, now, days, limit, because, used_days, percent)


def _days(seen: Behaviour, now: int) -> tuple[int, tuple[Because, ...]]:
    down, because = STEPS_DOWN[seen.band], []
    if seen.band in "DE":
        because.append(Because.RISK)
    if seen.median_delay > LATE_DAYS:
        down, because = max(down, 1), [*because, Because.PAYS_LATE]
    if seen.very_late_permille >= VERY_LATE_SHARE:
        down, because = max(down, 1), [*because, Because.OFTEN_VERY_LATE]
    if seen.still_late:
        because.append(Because.OWES_LATE_NOW)
    if seen.median_delay <= 0 and not down:
        because.insert(0, Because.PAYS_ON_TIME)
    return shorter(now, down), tuple(because) or (Because.RISK,)


def shorter(days: int, steps: int) -> int:
    """The term so many steps down; a term between two steps goes to the lower one first."""
    for _step in range(steps):
        days = max((each for each in TERMS if each < days), default=0)
    return days


def share_permille(delays: Sequence[int], over: int = 30) -> int:
    """How many of the delays, per mille, are over so many days; 0 of none."""
    return 1000 * sum(each > over for each in delays) // len(delays) if delays else 0


def score_of(delays: Sequence[int]) -> int:
    """Risk where no forecast says it: of 100, the share over 30 days late, drawn a little to one in six."""
    return 100 * (6 * sum(each > 30 for each in delays) + 2) // (6 * len(delays) + 12)


def rounded_up(minor: int) -> int:
    """To two significant digits, upwards: 1,873,412 is 1,900,000."""
    unit: int = 10 ** max(0, len(str(minor)) - 2)
    return -(-minor // unit) * unit


def is_near(one: int, other: int) -> bool:
    """Within the tenth of the second that is not worth changing."""
    return abs(one - other) * 100 <= other * NEAR_PERCENT
