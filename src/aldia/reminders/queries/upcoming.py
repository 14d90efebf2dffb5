"""What will be sent in the days to come, to whom and why not: the calendar, the next reminder of a receivable, and
what activating a rule would do."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aldia.domain.reminders import Why
from aldia.domain.reminders.days import ONE_DAY
from aldia.domain.reminders.upcoming import foresee
from aldia.receivables.clusters import chunks
from aldia.reminders.queries.contacts import suppressed_addresses
from aldia.reminders.queries.deciding import Matter, Round, matters, spans
from aldia.reminders.queries.rules import RuleBook, rule_book
from aldia.reminders.queries.span import Span
from aldia.reminders.settings import local_time, sending_of
from aldia.tenancy.models import Company

SPAN = 5000


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A reminder of a receivable: the day it will leave (None: it waits, and `why` says for what), by which step, and
    what it would ask for as things stand, in minor units."""

    on: date | None
    customer_id: uuid.UUID
    receivable_id: uuid.UUID
    rule_id: uuid.UUID
    step_id: uuid.UUID
    when: str
    cycle: int
    why: Why
    asked: int
    currency: str
    due_on: date


def upcoming(
    *,
    company: Company,
    as_of: datetime,
    days: int,
    customer_ids: Collection[uuid.UUID] | None = None,
    book: RuleBook | None = None,
) -> Iterator[Upcoming]:
    """Reminders of the company in scope (or of some of its customers) from now to `days` later, in no order."""
    local = local_time(company, as_of)
    today, sending = local.date(), sending_of(company)
    book = book or rule_book()
    if not book.some_active:
        return
    work = Round(today, sending, book, suppressed_addresses(), ZoneInfo(company.time_zone))
    ahead = Round(today + timedelta(days=days), sending, book, work.suppressed, work.zone)
    first = today if local.time() < sending.send_until else today + ONE_DAY
    parts: Iterable[Span] = spans(SPAN) if customer_ids is None else (Span.of(ids) for ids in chunks(customer_ids))
    for span in parts:
        for matter in matters(work, span):
            if not matter.is_off:
                yield from _of(matter, ahead, today, first)


def _of(matter: Matter, ahead: Round, today: date, first: date) -> Iterator[Upcoming]:
    row, rule, around = matter.row, matter.rule, matter.around
    ladder = ahead.due(rule, row.due_on, matter.debt.era)
    coming = foresee(ladder, rule, matter.debt, matter.past, around, ahead.sending, today, first, matter.reminded_on)
    asked = around.hold.asked(row.balance) if around.hold else row.balance
    for each in coming:
        yield Upcoming(
            each.on,
            row.customer_id,
            row.id,
            rule.key,
            each.turn.step.key,
            each.turn.step.when.value,
            each.turn.cycle,
            each.why,
            asked or row.balance,
            row.currency,
            row.due_on,
        )


def if_activated(rule_id: uuid.UUID, today: date) -> RuleBook:
    """The company's rules as they would be if one of them were active from today on, and no other: what the preview of
    an activation looks at."""
    return rule_book().only(rule_id, today)
