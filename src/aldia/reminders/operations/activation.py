"""Before a rule goes live: exactly what would leave on its first day, to whom, what would not and why, and how many
messages the days after would bring. Then it is activated. The preview writes nothing; its messages are drafted by the
very functions that the tick writes with.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from aldia.domain.money import Money
from aldia.domain.reminders import next_opening
from aldia.messaging.rendering import Rendered
from aldia.messaging.scanning import TemplateError
from aldia.receivables.clusters import chunks
from aldia.reminders.content import totals
from aldia.reminders.drafting import Draft, NotNow, drafts_of
from aldia.reminders.models import ReminderCandidate, ReminderStep
from aldia.reminders.operations.composing import render_draft
from aldia.reminders.operations.rules import activate_rule
from aldia.reminders.queries.rules import RuleBook, rule_book
from aldia.reminders.queries.upcoming import Upcoming, upcoming
from aldia.reminders.rounds import Round
from aldia.reminders.settings import local_time, sending_of
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id

WEEK = 7
SHOWN = 50
BATCH = 500

__all__ = ["Preview", "Shown", "Silent", "activate_rule", "preview_activation"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of the preview, as it would leave. `rendered` None: its template fails (`problem` says why)."""

    draft: Draft
    rendered: Rendered | None
    totals: tuple[Money, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Silent:
    """A document that would not be reminded of on the first day though a step of it is due, and why."""

    customer_id: uuid.UUID
    receivable_id: uuid.UUID
    why: str


@dataclass(slots=True)
class Preview:
    """What activating a rule would do. `on`: the first day on which it could send; `shown` and `silent` are cut at a
    limit, the counts are of everything; `coming`: messages per day of the week after."""

    on: date
    messages: int = 0
    customers: int = 0
    needs_approval: int = 0
    totals: list[Money] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    silent: list[Silent] = field(default_factory=list)
    coming: list[tuple[date, int]] = field(default_factory=list)


def preview_activation(*, rule_ids: Iterable[uuid.UUID], as_of: datetime, limit: int = SHOWN) -> Preview:
    """What would leave if these rules were active from now on, others staying as they are. Nothing is written.

    Outside the company's hours, the first day is the next on which messages leave.
    """
    company = Company.objects.get(pk=current_company_id())
    opens = next_opening(sending_of(company), local_time(company, as_of))
    turn = Round.at(company, opens.astimezone(UTC)).as_preview()
    wanted, book = set(rule_ids), with_active(rule_book(), set(rule_ids), opens.date())
    rows = [
        each
        for each in upcoming(company=company, as_of=opens.astimezone(UTC), days=WEEK, book=book)
        if each.rule_id in book.rules
    ]
    concerned = {each.customer_id for each in rows if each.rule_id in wanted}
    rows = [each for each in rows if each.customer_id in concerned]
    found = Preview(opens.date())
    _draft(found, [each for each in rows if each.on == found.on], wanted, turn, book, limit)
    for each in rows:
        if each.why and each.on != found.on and each.rule_id in wanted:
            _silence(found, Silent(each.customer_id, each.receivable_id, each.why), limit)
    found.coming = _coming(rows, found.on)
    return found


def with_active(book: RuleBook, rule_ids: set[uuid.UUID], on: date) -> RuleBook:
    """The rules as if these were active from a day on, and the others as they are."""
    rules = {
        each: replace(rule, activated_on=rule.activated_on or on) if each in rule_ids else rule
        for each, rule in book.rules.items()
    }
    default = rules.get(book.default.key) if book.default else None
    return RuleBook(rules, default, ())


def _draft(
    found: Preview, rows: list[Upcoming], wanted: set[uuid.UUID], turn: Round, book: RuleBook, limit: int
) -> None:
    """Draft the first day's messages; draw the first `limit` of them."""
    steps = _steps({each.step_id for each in rows}, wanted, turn.today)
    by_customer: dict[uuid.UUID, list[Upcoming]] = {}
    for each in rows:
        by_customer.setdefault(each.customer_id, []).append(each)
    for customers in chunks(sorted(by_customer), BATCH):
        candidates = [as_if for each in customers for row in by_customer[each] for as_if in _candidates(row, steps)]
        drafts, silent = drafts_of(candidates, turn, book)
        for draft in drafts:
            found.messages += 1
            found.needs_approval += draft.needs_approval
            if len(found.shown) < limit:
                found.shown.append(_shown(draft, turn))
        found.customers += len({draft.customer.pk for draft in drafts})
        found.totals = _added(found.totals, drafts)
        for not_now in silent:
            _silence(found, _silent(not_now), limit)


def _steps(ids: set[uuid.UUID], wanted: set[uuid.UUID], today: date) -> dict[uuid.UUID, ReminderStep]:
    """The steps with their rules, as if active; nothing of this is saved."""
    rows = {each.pk: each for each in ReminderStep.objects.filter(pk__in=ids).select_related("rule")}
    for step in rows.values():
        if step.rule_id in wanted and step.rule.activated_on is None:
            step.rule.activated_on = today
    return rows


def _candidates(row: Upcoming, steps: dict[uuid.UUID, ReminderStep]) -> list[ReminderCandidate]:
    """The rows that planning would write for it, one per channel where its step uses all."""
    step = steps[row.step_id]
    return [
        ReminderCandidate(
            id=uuid7(),
            receivable_id=row.receivable_id,
            customer_id=row.customer_id,
            step=step,
            cycle=row.cycle,
            channel=channel,
            due_on=row.on or row.due_on,
        )
        for channel in (step.channels if step.every_channel else [""])
    ]


def _shown(draft: Draft, turn: Round) -> Shown:
    sums = tuple(totals(draft.debts))
    try:
        return Shown(draft, render_draft(draft, turn), sums)
    except TemplateError as error:
        return Shown(draft, None, sums, str(error))


def _added(sums: list[Money], drafts: Iterable[Draft]) -> list[Money]:
    """The totals with what more drafts ask for; a debt that leaves by two channels counts once."""
    found = {each.currency: each.minor for each in sums}
    debts = {debt.receivable_id: debt for draft in drafts for debt in draft.debts}
    for each in totals(debts.values()):
        found[each.currency] = found.get(each.currency, 0) + each.minor
    return [Money(minor, currency) for currency, minor in sorted(found.items())]


def _silent(not_now: NotNow) -> Silent:
    return Silent(not_now.candidate.customer_id, not_now.candidate.receivable_id, not_now.why)


def _silence(found: Preview, silent: Silent, limit: int) -> None:
    found.skipped[str(silent.why)] += 1
    if len(found.silent) < limit:
        found.silent.append(silent)


def _coming(rows: Iterable[Upcoming], first: date) -> list[tuple[date, int]]:
    """Customers with a message on each of the days after the first (as things stand today)."""
    days: dict[date, set[uuid.UUID]] = {}
    for each in rows:
        if each.on is not None and first < each.on <= first + timedelta(days=WEEK):
            days.setdefault(each.on, set()).add(each.customer_id)
    return [(day, len(days[day])) for day in sorted(days)]
