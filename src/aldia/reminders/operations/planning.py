"""One round of planning for a company: what came due becomes rows, each once, with what it comes to and why.

Set-based: customers a few thousand receivables at a time, each such span in a transaction of its own. Planners take
turns at the lock of the company's settings and read what is on file under it, so any number of them at once, or one
that was killed at any point, leaves the rows that a single undisturbed round would have left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from aldia.domain.reminders import State, Why, is_open, next_opening
from aldia.reminders.models import ReminderCandidate
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.moving import Counts, NewRow, counted, insert_new, move_rows, redate_rows
from aldia.reminders.operations.thanking import plan_thanks
from aldia.reminders.queries.contacts import suppressed_addresses
from aldia.reminders.queries.deciding import Answer, Round, answers, spans
from aldia.reminders.queries.rules import rule_book
from aldia.reminders.queries.span import Span
from aldia.reminders.settings import local_time, sending_of
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction

SPAN = 2000  # receivables in one transaction


@dataclass(frozen=True, slots=True)
class Planned:
    """What a round did: rows by what they came to (`counts`: state and reason -> rows written or changed).

    Outside the company's hours nothing is planned; `opens_at` says when it will be.
    """

    is_open: bool
    opens_at: datetime | None = None
    counts: Counts = field(default_factory=Counter)

    @property
    def to_send(self) -> int:
        """Rows that this round found ready."""
        return self.counts[State.PLANNED, Why.NOTHING]


def plan_company(*, as_of: datetime, today: date) -> Planned:
    """Write down what came due for the company in scope; change what waits if its reason changed.

    `as_of` decides whether messages may leave now, on the company's wall; `today` is its day. Nothing of a day that
    has not come is written, and what is on file is never written again.
    """
    company = Company.objects.get(pk=current_company_id())
    sending, local = sending_of(company), local_time(company, as_of)
    if not is_open(sending, local):
        return Planned(False, next_opening(sending, local))
    counts: Counts = Counter()
    counts += _settle(today)
    crashpoint("after_settled")
    book = rule_book()
    if book.some_active:
        work = Round(today, sending, book, suppressed_addresses(), ZoneInfo(company.time_zone))
        for span in spans(SPAN):
            counts += _plan_span(company, work, span)
            crashpoint("after_span")
    counts += plan_thanks(today=today, sending=sending, zone=ZoneInfo(company.time_zone))
    crashpoint("after_thanks")
    return Planned(True, None, counts)


def _settle(today: date) -> Counts:
    """What waits for a receivable that was paid or voided meanwhile is not sent."""
    counts: Counts = Counter()
    with transaction():
        lock_planning()
        waiting = ReminderCandidate.objects.filter(state=State.PLANNED, credit__isnull=True, receivable__balance=0)
        for why, voided in ((Why.PAID, False), (Why.VOIDED, True)):
            rows = waiting.filter(receivable__voided_on__isnull=not voided)
            counts[State.SKIPPED, why] += rows.update(state=State.SKIPPED, why=why, decided_on=today)
    return counts


def _plan_span(company: Company, work: Round, span: Span) -> Counts:
    """Decide and write for some customers, under the lock. Rules and settings are asked again: they may have been
    edited since the round began."""
    with transaction():
        lock_planning()
        _refresh(company, work)
        found, strays = answers(work, span)
        insert_new([_row(each, work.today) for each in found if each.decision.past is None])
        crashpoint("after_candidates")
        changes = [(each.decision.past, each.decision) for each in found if each.decision.past is not None]
        move_rows([(past, each.state, each.why) for past, each in changes] + strays, work.today)
        redate_rows([(past, each.turn.on) for past, each in changes])
    return Counter((each.decision.state.value, each.decision.why.value) for each in found) + counted(strays)


def _refresh(company: Company, work: Round) -> None:
    book, sending = rule_book(), sending_of(company)
    if book.stamp != work.book.stamp or sending != work.sending:
        work.book, work.sending = book, sending
        work.ladders.clear()


def _row(answer: Answer, today: date) -> NewRow:
    decision = answer.decision
    return NewRow(
        receivable_id=answer.row.id,
        customer_id=answer.row.customer_id,
        step_id=decision.turn.step.key,
        cycle=decision.turn.cycle,
        channel=decision.channel,
        due_on=decision.turn.on,
        state=decision.state.value,
        why=decision.why.value,
        decided_on=today,
    )
