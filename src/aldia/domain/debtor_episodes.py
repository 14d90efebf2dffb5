"""From dated facts to the episodes that `debtor_types.judge` reads: when something was overdue, and what happened then.

An episode is a day on which something fell due and was not paid in time; documents that fell due on the same day are
one. Each kind of event counts once an episode. What was our own fault is left out first: a document that was sent after
it fell due, one that the customer was right about, money that we had and did not apply. Of a document that the customer
was right about only the dispute itself remains, which speaks for itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import median_low

from aldia.domain.debtor_types import Episode, Event, Seen

GRACE = timedelta(days=3)  # a weekend, or a transfer under way, is no delay
SOON, ANSWERED = timedelta(days=3), timedelta(days=15)
OLD = timedelta(days=15)  # from when on going on to buy while it is open says something
CONTACTS, MANY = 3, 3
MONTH_END = 26


class Fault(StrEnum):
    """Why a document says nothing of the customer: it was us."""

    SENT_LATE = "sent_late"
    CUSTOMER_WAS_RIGHT = "customer_was_right"
    UNAPPLIED = "unapplied"
    NO_COMPLEMENT = "no_complement"
    CARRIED_IN = "carried_in"  # an opening balance that was overdue when it came in: nobody knows what was done


@dataclass(frozen=True, slots=True)
class Reminder:
    """A message that asked for a document; `is_last_word`: a final or legal notice, or the day supply stopped."""

    on: date
    is_last_word: bool = False


@dataclass(frozen=True, slots=True)
class Debt:
    """A document: when it fell due as it was agreed first, what came and when (money, by the day that it reached us),
    and when the last of it was gone (None: it is still owed). Amounts in minor units of its currency."""

    key: Hashable
    issued_on: date
    due_on: date
    amount: int
    money: tuple[tuple[date, int], ...] = ()
    ended_on: date | None = None
    currency: str = "MXN"
    reminders: tuple[Reminder, ...] = ()
    fault: Fault | None = None

    def is_overdue_since(self, today: date) -> bool:
        """Whether it was ever overdue beyond the grace."""
        return (self.ended_on or today) > self.due_on + GRACE


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that is on file with its day. `debts`: what it is about (empty: the customer)."""

    event: Event
    on: date
    debts: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody called or wrote; `is_answered`: a person answered."""

    on: date
    is_answered: bool


def episodes_of(
    debts: Sequence[Debt], happenings: Iterable[Happening] = (), contacts: Iterable[Contact] = (), *, today: date
) -> list[Episode]:
    """The episodes of a customer, the oldest first."""
    overdue: dict[date, list[Debt]] = {}
    for debt in debts:
        if debt.is_overdue_since(today) and debt.fault in (None, Fault.CUSTOMER_WAS_RIGHT):
            overdue.setdefault(debt.due_on, []).append(debt)
    spells = [_Spell(since, tuple(mine), today) for since, mine in sorted(overdue.items())]
    told = sorted(happenings, key=lambda each: each.on)
    calls = sorted(contacts, key=lambda each: each.on)
    events: list[list[Seen]] = [[] for _ in spells]
    for place, seen in _placed(told, spells):
        events[place].append(seen)
    for place, spell in enumerate(spells):
        events[place] += spell.paid() + spell.partly() + spell.unanswered(calls) + spell.went_on(debts)
        events[place] += spell.grew(spells[:place])
    return [Episode(spell.since, _once(found)) for spell, found in zip(spells, events, strict=True)]


@dataclass(frozen=True, slots=True)
class _Spell:
    """What fell due on a day and was overdue from then on."""

    since: date
    debts: tuple[Debt, ...]
    today: date

    @property
    def own(self) -> tuple[Debt, ...]:
        """What says something of how the customer pays."""
        return tuple(debt for debt in self.debts if debt.fault is None)

    @property
    def until(self) -> date:
        return max(debt.ended_on or self.today for debt in self.debts)

    @property
    def main(self) -> Debt | None:
        return max(self.own, key=lambda debt: debt.amount, default=None)

    @property
    def currency(self) -> str:
        """The one currency of its documents; "" where there are several: they cannot be compared."""
        found = {debt.currency for debt in self.own}
        return found.pop() if len(found) == 1 else ""

    @property
    def amount(self) -> int:
        return sum(debt.amount for debt in self.own)

    @property
    def delay(self) -> int:
        return max(((debt.ended_on or self.today) - self.since).days for debt in self.own) if self.own else 0

    def covers(self, each: Happening) -> bool:
        if each.debts:
            return any(debt.key in each.debts for debt in self.debts)
        return bool(self.own) and self.since <= each.on <= self.until

    def paid(self) -> list[Seen]:
        """After how much asking its largest document was paid."""
        debt = self.main
        if debt is None or debt.ended_on is None or not debt.money:
            return []
        before = sorted(
            (each for each in debt.reminders if debt.due_on < each.on <= debt.ended_on), key=lambda each: each.on
        )
        if any(each.is_last_word for each in before):
            return [Seen(Event.PAID_AFTER_ULTIMATUM, debt.ended_on)]
        if len(before) >= MANY:
            return [Seen(Event.PAID_AFTER_MANY_REMINDERS, debt.ended_on)]
        if before and debt.ended_on - before[-1].on <= SOON:
            return [Seen(Event.PAID_SOON_AFTER_REMINDER, debt.ended_on)]
        return []

    def partly(self) -> list[Seen]:
        """Money that came after its day and left something."""
        found = []
        for debt in self.own:
            came = 0
            for on, amount in sorted(debt.money):
                came += amount
                if on > debt.due_on and came < debt.amount and on != debt.ended_on:
                    found.append(Seen(Event.PARTIAL_OR_PLAN, on))
        return found

    def unanswered(self, contacts: Sequence[Contact]) -> list[Seen]:
        """Three contacts in a row that nobody answered."""
        in_a_row = 0
        for each in contacts:
            if self.own and self.since <= each.on <= self.until:
                in_a_row = 0 if each.is_answered else in_a_row + 1
                if in_a_row == CONTACTS:
                    return [Seen(Event.NO_ANSWER, each.on)]
        return []

    def went_on(self, debts: Sequence[Debt]) -> list[Seen]:
        """Something newer was bought, or paid, while this was long overdue."""
        if not self.own:
            return []
        until = max(debt.ended_on or self.today for debt in self.own)
        days = [debt.issued_on for debt in debts] + [
            on for debt in debts if debt.due_on > self.since for on, _amount in debt.money
        ]
        found = min((on for on in days if self.since + OLD < on < until), default=None)
        return [] if found is None else [Seen(Event.KEEPS_ORDERING, found)]

    def grew(self, before: Sequence[_Spell]) -> list[Seen]:
        """A delay that is longer than usual, of more than usual or at the end of the month."""
        usual = [spell for spell in before if spell.own and spell.currency == self.currency]
        if not self.currency or len(usual) < MANY:
            return []
        delays, amounts = median_low(spell.delay for spell in usual), median_low(spell.amount for spell in usual)
        is_longer = _is_half_as_much_again(self.delay, delays) and self.delay - delays >= GRACE.days
        if is_longer and (_is_half_as_much_again(self.amount, amounts) or self.since.day >= MONTH_END):
            return [Seen(Event.DELAY_GREW_WITH_SIZE, self.until)]
        return []


def _is_half_as_much_again(value: int, usual: int) -> bool:
    return 2 * value >= 3 * usual


def _placed(told: Iterable[Happening], spells: Sequence[_Spell]) -> Iterator[tuple[int, Seen]]:
    """Each event in the oldest episode that it belongs to. Of what was our fault only disputes remain."""
    ours = frozenset({Event.DISPUTE_OPENED, Event.PAID_AFTER_DISPUTE, Event.DISPUTE_DISMISSED})
    for each in told:
        for place, spell in enumerate(spells):
            if spell.covers(each) and (each.event in ours or any(_names(each, debt) for debt in spell.own)):
                yield place, Seen(each.event, each.on)
                break


def _names(each: Happening, debt: Debt) -> bool:
    return not each.debts or debt.key in each.debts


def _once(found: Iterable[Seen]) -> tuple[Seen, ...]:
    """Each kind once, the first time that it happened."""
    kept: dict[Event, Seen] = {}
    for each in sorted(found, key=lambda seen: seen.on):
        kept.setdefault(each.event, each)
    return tuple(kept.values())
