"""What planning decides for the receivables of some customers, read but not written: planning writes it down, the
preview of an activation shows it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from aldia.domain.reminders import (
    Circumstances,
    Debt,
    Decision,
    Hold,
    Past,
    Rule,
    Sending,
    State,
    Turn,
    Why,
    decide,
    is_capped,
    stray,
)
from aldia.domain.reminders.ladder import turns
from aldia.receivables.models import Receivable
from aldia.reminders.queries.contacts import Suppressed
from aldia.reminders.queries.facts import Row, Standing, hold_rows, rows_of, standing_of
from aldia.reminders.queries.on_file import Kept, eras_of, turns_on_file
from aldia.reminders.queries.rules import Followed, RuleBook, assignments_of
from aldia.reminders.queries.span import Span

Turns = dict[tuple[uuid.UUID, date, int], list[Turn]]


@dataclass(slots=True)
class Round:
    """What is the same for all customers of one round of planning. `ladders`: the turns of a rule by due date."""

    today: date
    sending: Sending
    book: RuleBook
    suppressed: Suppressed
    zone: ZoneInfo
    ladders: Turns = field(default_factory=dict)

    def due(self, rule: Rule, due_on: date, era: int) -> list[Turn]:
        """The turns of a rule up to today for a due date, worked out once."""
        key = (rule.key, due_on, era)
        found = self.ladders.get(key)
        if found is None:
            found = turns(rule, due_on, era, self.sending, until=self.today)
            self.ladders[key] = found
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receivable's turn comes to, and what holds it wholly or in part."""

    row: Row
    decision: Decision
    hold: Hold | None = None


Stray = tuple[Past, State, Why]
NO_HISTORY: Kept = {}


def spans(size: int) -> Iterator[Span]:
    """All customers with open receivables in order, `size` receivables at a time and the rest of the last customer."""
    after: uuid.UUID | None = None
    while True:
        rows = Receivable.objects.filter(Span(after=after).q("customer_id"), balance__gt=0).order_by("customer_id")
        last = rows.values_list("customer_id", flat=True)[size - 1 : size].first()
        yield Span(after=after, last=last)
        if last is None:
            return
        after = last


@dataclass(frozen=True, slots=True)
class Matter:
    """An open receivable that follows an active rule, with everything that `decide` looks at."""

    row: Row
    rule: Rule
    debt: Debt
    past: Kept
    around: Circumstances
    is_off: bool
    reminded_on: Collection[date]


def matters(work: Round, span: Span, strays: list[Stray] | None = None) -> Iterator[Matter]:
    """The open receivables of some customers that follow an active rule; of the others, the rows that wait go to
    `strays`."""
    rows = rows_of(span)
    standing = standing_of(span, today=work.today, sending=work.sending, suppressed=work.suppressed)
    holds = hold_rows(rows, standing, today=work.today)
    assignments = assignments_of(span, work.book)
    ids = [row.id for row in rows]
    history, eras = turns_on_file(ids), eras_of(ids)
    around = _Surroundings(standing, work)
    for row in rows:
        followed = assignments.of(row.customer_id, row.id)
        past = history.get(row.id, NO_HISTORY)
        if followed.rule is None or followed.rule.activated_on is None:
            if strays is not None and past:
                strays += _unfollowed(past, followed)
            continue
        era = eras.get(row.id, 0)
        debt = Debt(row.due_on, row.balance, row.currency, _since(row, followed, work.zone), era)
        customer = row.customer_id
        yield Matter(
            row,
            followed.rule,
            debt,
            past,
            around.of(customer, holds.get(row.id)),
            customer in standing.off,
            standing.reminded_on.get(customer, ()),
        )


def answers(work: Round, span: Span) -> tuple[list[Answer], list[Stray]]:
    """What is to be written of the open receivables of some customers: turns, and rows that wait without being due."""
    found: list[Answer] = []
    strays: list[Stray] = []
    for each in matters(work, span, strays):
        due = work.due(each.rule, each.row.due_on, each.debt.era)
        if each.past:
            strays += stray(each.past, due, each.rule, each.debt)
        decided = decide(due, rule=each.rule, debt=each.debt, past=each.past, around=each.around, today=work.today)
        for decision in decided:
            if decision.is_news and not (each.is_off and decision.past is None):
                found.append(Answer(each.row, decision, each.around.hold))
    return found, strays


def _since(row: Row, followed: Followed, zone: ZoneInfo) -> date:
    """The first day whose turns are made up for: when it came in, or when its rule was assigned."""
    entered_on = row.entered_on(zone)
    return max(entered_on, followed.since) if followed.since else entered_on


def _unfollowed(past: Kept, followed: Followed) -> list[Stray]:
    """Rows that wait for a receivable that follows no rule (any more), or one that is off: these go when it is on."""
    waiting = [known for known in past.values() if known.state is State.PLANNED]
    if followed.rule is None:
        return [(known, State.SKIPPED, Why.OTHER_RULE) for known in waiting]
    return [(known, State.PLANNED, Why.RULE_OFF) for known in waiting if known.why is not Why.RULE_OFF]


class _Surroundings:
    """The circumstances of a customer's receivables, worked out once per customer."""

    def __init__(self, standing: Standing, work: Round) -> None:
        self.standing, self.work = standing, work
        self._known: dict[uuid.UUID, Circumstances] = {}

    def of(self, customer_id: uuid.UUID, hold: Hold | None) -> Circumstances:
        known = self._known.get(customer_id)
        if known is None:
            reminded_on = self.standing.reminded_on.get(customer_id, ())
            capped = is_capped(self.work.sending, reminded_on, self.work.today)
            known = self._known[customer_id] = Circumstances(None, self.standing.reach(customer_id), capped)
        return Circumstances(hold, known.reach, known.is_capped) if hold else known
