"""Thanks for payments: one row for each payment of each receivable, by the rule that the receivable follows."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from aldia.domain.reminders import Past, Sending, State, Step, When, Why
from aldia.domain.reminders.thanks import thank
from aldia.receivables.clusters import chunks
from aldia.reminders.models import ReminderCandidate
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.moving import Counts, NewRow, counted, insert_new, move_rows
from aldia.reminders.queries.facts import Standing, standing_of
from aldia.reminders.queries.rules import Assignments, assignments_of, rule_book
from aldia.reminders.queries.span import Span
from aldia.reminders.queries.thanks import Payment, last_turns, paid_step, taken_back, unthanked
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.scope import transaction

PART = 2000  # payments in one transaction
WAITING = ("id", "customer_id", "receivable_id", "credit_id", "step_id", "channel", "due_on", "why")


def plan_thanks(*, today: date, sending: Sending, zone: ZoneInfo) -> Counts:
    """Decide again on thanks that wait, and write down whom else to thank. After what has to be asked for."""
    counts: Counts = Counter()
    rows = ReminderCandidate.objects.filter(state=State.PLANNED, credit__isnull=False).order_by("id")
    for ids in chunks(list(rows.values_list("id", flat=True)), PART):
        with transaction():
            lock_planning()
            counts += _decide_again(ids, today, sending)
    started = [rule.activated_on for rule in rule_book().rules.values() if paid_step(rule) and rule.activated_on]
    if started:
        for payments in chunks(unthanked(today=today, since=min(started), zone=zone), PART):
            with transaction():
                lock_planning()
                counts += _write_new(payments, today, sending)
    return counts


@dataclass(frozen=True, slots=True)
class _Day:
    """What thanks depend on today, for some customers."""

    today: date
    sending: Sending
    standing: Standing
    written_to: set[uuid.UUID]
    taken_back: set[tuple[uuid.UUID, uuid.UUID]]

    def decide(
        self, step: Step, channel: str, customer_id: uuid.UUID, pair: tuple[uuid.UUID, uuid.UUID], recorded_on: date
    ) -> tuple[State, Why]:
        hold = self.standing.off.get(customer_id, Why.NOTHING)
        if hold is Why.NOTHING and customer_id in self.standing.paused:
            hold = Why.CUSTOMER_PAUSED
        return thank(
            step=step,
            channel=channel,
            recorded_on=recorded_on,
            customer_hold=hold,
            reach=self.standing.reach(customer_id),
            is_written_to=customer_id in self.written_to,
            is_taken_back=pair in self.taken_back,
            sending=self.sending,
            today=self.today,
        )


def _day(
    customers: Collection[uuid.UUID], pairs: Collection[tuple[uuid.UUID, uuid.UUID]], today: date, sending: Sending
) -> _Day:
    span = Span.of(customers)
    standing = standing_of(span, today=today, sending=sending)
    ready = ReminderCandidate.objects.filter(
        span.q("customer_id"), state=State.PLANNED, why="", credit__isnull=True, due_on__lte=today
    )
    written_to = set(ready.values_list("customer_id", flat=True).distinct())
    written_to |= {customer for customer, days in standing.reminded_on.items() if max(days) >= today}
    return _Day(today, sending, standing, written_to, taken_back(pairs))


def _write_new(payments: Sequence[Payment], today: date, sending: Sending) -> Counts:
    customers = {payment.customer_id for payment in payments}
    day = _day(customers, [(each.credit_id, each.receivable_id) for each in payments], today, sending)
    rows = list(_rows(payments, assignments_of(Span.of(customers), rule_book()), day))
    insert_new(rows)
    crashpoint("after_new_thanks")
    return Counter((row.state, row.why) for row in rows)


def _rows(payments: Sequence[Payment], rules: Assignments, day: _Day) -> Iterator[NewRow]:
    numbers = last_turns({payment.receivable_id for payment in payments})
    for payment in payments:
        step = _step_for(payment, rules)
        if step is None or payment.customer_id in day.standing.off:
            continue
        whose = (payment.receivable_id, step.key)
        numbers[whose] = numbers.get(whose, 0) + 1
        for channel in step.outlets:
            yield _row(payment, step, numbers[whose], channel, day)


def _step_for(payment: Payment, rules: Assignments) -> Step | None:
    """The step that thanks for it, if the rule was active when it was received."""
    rule = rules.of(payment.customer_id, payment.receivable_id).rule
    step = paid_step(rule)
    if step is None or rule is None or rule.activated_on is None:
        return None
    return step if payment.received_on >= rule.activated_on else None


def _row(payment: Payment, step: Step, turn: int, channel: str, day: _Day) -> NewRow:
    pair = (payment.credit_id, payment.receivable_id)
    state, why = day.decide(step, channel, payment.customer_id, pair, payment.recorded_on)
    return NewRow(
        receivable_id=payment.receivable_id,
        customer_id=payment.customer_id,
        credit_id=payment.credit_id,
        step_id=step.key,
        cycle=turn,
        channel=channel,
        due_on=payment.recorded_on,
        state=state.value,
        why=why.value,
        decided_on=day.today,
    )


def _decide_again(ids: Sequence[uuid.UUID], today: date, sending: Sending) -> Counts:
    rows = list(ReminderCandidate.objects.filter(id__in=ids, state=State.PLANNED).values(*WAITING))
    pairs = [(row["credit_id"], row["receivable_id"]) for row in rows]
    customers = {row["customer_id"] for row in rows}
    day = _day(customers, pairs, today, sending)
    rules = assignments_of(Span.of(customers), rule_book())
    changes = []
    for row, pair in zip(rows, pairs, strict=True):
        past = Past(State.PLANNED, Why(row["why"]), row["due_on"], row["id"])
        rule = rules.of(row["customer_id"], row["receivable_id"]).rule
        step = next((each for each in rule.steps if each.key == row["step_id"]), None) if rule else None
        if rule is None or step is None or step.when is not When.PAID:
            changes.append((past, State.SKIPPED, Why.OTHER_RULE))
        elif rule.activated_on is None:
            changes.append((past, State.PLANNED, Why.RULE_OFF))
        else:
            changes.append((past, *day.decide(step, row["channel"], row["customer_id"], pair, row["due_on"])))
    return counted(move_rows(changes, today))
