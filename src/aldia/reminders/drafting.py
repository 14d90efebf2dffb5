"""What would be written now: the steps that are due of some customers, gathered into messages. Reads only.

The tick writes what this says, under a lock; the preview of an activation shows it; both see the same. Steps of one
customer and channel make one message; where the most advanced step's rule says so, one per document, which together
are one turn of the customer: they leave on the same day, and no other follows until the caps allow.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import QuerySet

from aldia.customers.models import Customer
from aldia.domain.reminders import Why, choose_channel, is_capped, why_unreached
from aldia.messaging.models import Channel, Purpose
from aldia.messaging.operations.outbox import Recipient
from aldia.reminders.content import Debt, Filters, open_debts, shown_debts
from aldia.reminders.models import (
    CandidateState,
    Grouping,
    ReminderCandidate,
    ReminderRule,
    ReminderStep,
    When,
)
from aldia.reminders.queries.facts import Standing, standing_of
from aldia.reminders.queries.rules import Assignments, RuleBook, assignments_of, rule_book
from aldia.reminders.queries.span import Span
from aldia.reminders.rounds import Round

PURPOSES: dict[str, str] = {
    When.BEFORE: Purpose.BEFORE,
    When.ON_DAY: Purpose.ON_DAY,
    When.AFTER: Purpose.AFTER,
    When.REPEAT: Purpose.AFTER,
}
ADVANCE = {When.BEFORE: 0, When.ON_DAY: 1, When.AFTER: 2, When.REPEAT: 3}
FINAL = frozenset({Why.PAID, Why.VOIDED})


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that would be written now. `lead` is its most advanced step; `only`: of one document, by its rule."""

    customer: Customer
    channel: str
    lead: ReminderCandidate
    candidates: tuple[ReminderCandidate, ...]
    debts: tuple[Debt, ...]
    recipients: tuple[Recipient, ...]
    only: uuid.UUID | None = None

    @property
    def step(self) -> ReminderStep:
        return self.lead.step

    @property
    def rule(self) -> ReminderRule:
        return self.lead.step.rule

    @property
    def purpose(self) -> str:
        return PURPOSES[self.step.when]

    @property
    def needs_approval(self) -> bool:
        return any(each.step.needs_approval for each in self.candidates)

    @property
    def document_ids(self) -> tuple[uuid.UUID, ...]:
        """Documents on file of what it shows, those that are due to be spoken of first."""
        due = {each.receivable_id for each in self.candidates}
        ordered = sorted(self.debts, key=lambda debt: debt.receivable_id not in due)
        return tuple(debt.document_id for debt in ordered if debt.document_id is not None)

    def key(self, today: date) -> str:
        """What makes it once: the customer, the channel, the day; and the document, where each has its own."""
        stem = f"reminder:{self.customer.pk}:{self.channel}:{today}"
        return f"{stem}:{self.only}" if self.only else stem


@dataclass(frozen=True, slots=True)
class NotNow:
    """A step that was due but makes no message now, and why: what an earlier look did not see yet."""

    candidate: ReminderCandidate
    why: str

    @property
    def is_final(self) -> bool:
        return self.why in FINAL


def due_customers() -> list[uuid.UUID]:
    """Customers with steps to send."""
    return list(due_candidates().order_by("customer_id").values_list("customer_id", flat=True).distinct())


def due_candidates() -> QuerySet[ReminderCandidate]:
    """Steps that are due and that nothing holds; thanks for payments go another way (`receipts`)."""
    return ReminderCandidate.objects.filter(state=CandidateState.PLANNED, why="", credit__isnull=True)


def due_of(customer_ids: Collection[uuid.UUID]) -> list[ReminderCandidate]:
    """The steps to send of some customers, as drafting takes them."""
    rows = due_candidates().filter(customer_id__in=customer_ids)
    return list(rows.select_related("step__rule").order_by("id"))


def drafts_of(
    candidates: Iterable[ReminderCandidate], turn: Round, book: RuleBook | None = None
) -> tuple[list[Draft], list[NotNow]]:
    """What the steps (with their `step` and its `rule`) come to now. `book`: rules as they would be (default: are)."""
    by_customer: dict[uuid.UUID, list[ReminderCandidate]] = {}
    for candidate in candidates:
        by_customer.setdefault(candidate.customer_id, []).append(candidate)
    if not by_customer:
        return [], []
    customers = Customer.objects.select_related("portfolio__collector").in_bulk(list(by_customer))
    span = Span.of(list(by_customer))
    standing = standing_of(span, today=turn.today, sending=turn.sending)
    debts = open_debts(list(by_customer), standing, turn.today)
    followed = assignments_of(span, book or rule_book())
    drafts: list[Draft] = []
    silent: list[NotNow] = []
    for customer_id, mine in by_customer.items():
        theirs = [each for each in debts.get(customer_id, []) if is_chased(followed, each)]
        going, not_now = _of_customer(customers[customer_id], mine, theirs, standing, turn)
        drafts += going
        silent += not_now
    return drafts, silent


def is_chased(followed: Assignments, debt: Debt) -> bool:
    """Whether a debt may stand in a message at all: it follows a rule, and that rule is active."""
    rule = followed.of(debt.customer_id, debt.receivable_id).rule
    return rule is not None and rule.activated_on is not None


def _of_customer(
    customer: Customer, candidates: Sequence[ReminderCandidate], debts: Sequence[Debt], standing: Standing, turn: Round
) -> tuple[list[Draft], list[NotNow]]:
    by_id = {debt.receivable_id: debt for debt in debts}
    capped = is_capped(turn.sending, standing.reminded_on.get(customer.pk, set()), turn.today)
    reach = turn.reach(standing, customer.pk)
    going: dict[str, list[ReminderCandidate]] = {}
    silent: list[NotNow] = []
    for each in candidates:
        why = _why_not(each, by_id.get(each.receivable_id), turn, capped=capped)
        channels = (each.channel,) if each.channel else tuple(each.step.channels or ("email",))
        why = why or why_unreached(channels, reach)
        if why:
            silent.append(NotNow(each, why))
        else:
            going.setdefault(choose_channel(channels, reach), []).append(each)
    drafts = []
    for channel, mine in going.items():
        recipients = recipients_for(customer, channel, standing)
        drafts += _grouped(customer, channel, mine, debts, recipients, turn.today)
    return drafts, silent


def _why_not(candidate: ReminderCandidate, debt: Debt | None, turn: Round, *, capped: bool) -> str:
    step, rule = candidate.step, candidate.step.rule
    if rule.archived_at is not None or rule.activated_on is None:
        return Why.RULE_OFF
    if not step.is_on or step.removed_at is not None:
        return Why.OTHER_RULE
    if debt is None:
        return _why_gone(candidate)
    if not debt.asked:
        return debt.hold.why if debt.hold else Why.PAID
    if not turn.is_open:
        return Why.QUIET_HOURS
    return Why.FREQUENCY if capped else Why.NOTHING


def _why_gone(candidate: ReminderCandidate) -> str:
    """Why a receivable is not among the open ones that follow a rule."""
    row = candidate.receivable
    if row.balance:
        return Why.RULE_OFF
    return Why.VOIDED if row.voided_on else Why.PAID


def recipients_for(customer: Customer, channel: str, standing: Standing) -> tuple[Recipient, ...]:
    """Whom a message to a customer goes to by a channel; a letter goes to the office."""
    if channel == Channel.LETTER:
        return (Recipient(customer.legal_name, customer.legal_name),)
    people = standing.people.get(customer.pk, {}).get(channel, [])
    return tuple(Recipient(each.address, each.name, each.contact_id) for each in people if each.why is Why.NOTHING)


def _grouped(
    customer: Customer,
    channel: str,
    candidates: Sequence[ReminderCandidate],
    debts: Sequence[Debt],
    recipients: tuple[Recipient, ...],
    today: date,
) -> list[Draft]:
    """One message with everything, or one per document: as the rule of the most advanced step says."""
    due_on = {debt.receivable_id: debt.due_on for debt in debts}
    ordered = sorted(candidates, key=lambda each: _advance(each, due_on[each.receivable_id]), reverse=True)
    lead = ordered[0]
    whole = Draft(customer, channel, lead, tuple(ordered), (), recipients)
    if lead.step.rule.grouping == Grouping.CUSTOMER:
        due = {each.receivable_id for each in ordered}
        shown = shown_debts(debts, due=due, filters=Filters.of(lead.step.rule), today=today)
        return [replace(whole, debts=tuple(shown))]
    by_debt: dict[uuid.UUID, list[ReminderCandidate]] = {}
    for each in ordered:
        by_debt.setdefault(each.receivable_id, []).append(each)
    return [
        replace(whole, lead=mine[0], candidates=tuple(mine), debts=(debt,), only=debt.receivable_id)
        for debt in debts
        if (mine := by_debt.get(debt.receivable_id))
    ]


def _advance(candidate: ReminderCandidate, due_on: date) -> tuple[int, int, int, int, str]:
    """How far along a step is: the later in its rule, the more often repeated, the longer overdue."""
    step = candidate.step
    days = -step.days if step.when == When.BEFORE else step.days
    return ADVANCE[When(step.when)], days, candidate.cycle, -due_on.toordinal(), str(candidate.pk)
