"""The safety gate at the moment of sending, and what becomes of steps whose message did not go.

Between composing and sending somebody may have paid, promised, disputed or been paused. `recheck` is asked after a
delivery was claimed and before the network: if what the message says is not true any more it does not go, its steps are
due again, and the next tick writes it anew with what is true then. The two never both leave.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from aldia.domain.reminders import Why, is_open, next_opening
from aldia.messaging.models import Channel, Delivery, DeliveryState, Message, MessageState, Purpose
from aldia.messaging.operations.delivering import Recheck, deliver
from aldia.messaging.operations.outbox import AlreadyLeft, cancel_message, finish_message
from aldia.messaging.queries.messages import due_deliveries
from aldia.reminders.content import Debt, open_debts
from aldia.reminders.drafting import is_chased
from aldia.reminders.models import CandidateState, MessageDebt, ReminderCandidate
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.promised import promise_changed
from aldia.reminders.operations.receipts import taken_back
from aldia.reminders.queries.contacts import OPT_OUTS
from aldia.reminders.queries.facts import PROMISED, Standing, standing_of
from aldia.reminders.queries.rules import assignments_of, rule_book
from aldia.reminders.queries.span import Span
from aldia.reminders.settings import local_time, sending_of
from aldia.tenancy import audit
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction

CHASING = frozenset({Purpose.BEFORE, Purpose.ON_DAY, Purpose.AFTER})
REOPENED_FOR, FAILED_FOR = timedelta(days=14), timedelta(days=3)
_UNSENT = (DeliveryState.QUEUED, DeliveryState.CANCELLED)


def send(*, delivery_id: uuid.UUID, as_of: datetime) -> DeliveryState:
    """Send one delivery of the company in scope, whatever it is about, with the gate that it needs."""
    withdraw_opted_out(delivery_id=delivery_id)
    keep_approval(delivery_id=delivery_id, as_of=as_of)
    return deliver(delivery_id=delivery_id, now=as_of, recheck=recheck_at(as_of))


def send_due(*, as_of: datetime) -> Counter[str]:
    """Send everything that may leave now, one after the other; return what became of it. Network: in no transaction."""
    counts: Counter[str] = Counter()
    tried: set[uuid.UUID] = set()
    while batch := [each for each in due_deliveries(now=as_of) if each.delivery_id not in tried]:
        for each in batch:
            tried.add(each.delivery_id)
            counts[send(delivery_id=each.delivery_id, as_of=as_of)] += 1
    return counts


def keep_approval(*, delivery_id: uuid.UUID, as_of: datetime) -> None:
    """Let what a person approved wait for the company's hours: stopped by them, it would ask to be approved again."""
    company = Company.objects.get(pk=current_company_id())
    local, sending = local_time(company, as_of), sending_of(company)
    opens = next_opening(sending, local)
    if opens == local:
        return
    waiting = Message.objects.filter(
        deliveries__pk=delivery_id, state=MessageState.READY, approved_at__isnull=False, purpose__in=CHASING
    )
    with transaction():
        Message.objects.filter(pk__in=waiting.values("pk")).update(
            send_after=opens.astimezone(UTC), on_day=opens.date()
        )


def withdraw_opted_out(*, delivery_id: uuid.UUID) -> bool:
    """Take a waiting delivery to a contact that opted out meanwhile out of its message; the others still go."""
    delivery = Delivery.objects.select_related("contact", "message").get(pk=delivery_id)
    column = OPT_OUTS.get(Channel(delivery.message.channel))
    if delivery.contact is None or column is None or not getattr(delivery.contact, column):
        return False
    with transaction():
        message = Message.objects.select_for_update().get(pk=delivery.message_id)
        waiting = Delivery.objects.filter(pk=delivery_id, state=DeliveryState.QUEUED)
        done = waiting.update(state=DeliveryState.CANCELLED, error=Why.OPTED_OUT, error_code="opted_out")
        if done:
            message.cancel_reason = Why.OPTED_OUT
            finish_message(message)
    return bool(done)


def recheck_at(as_of: datetime) -> Recheck:
    """The gate as `messaging.delivering` asks for it, at a moment."""
    return lambda message: recheck(message=message, as_of=as_of)


def recheck(*, message: Message, as_of: datetime) -> str:
    """ "" if what the message says still holds and it may leave now; else the reason (a word of `Why`).

    Asks again all that planning asked: balance, void, pause, promise, dispute, reported payment, credit in favour,
    generic, off, rule, contacts, hours. Receipts and what a person wrote chase nobody: their addresses are the
    business of `delivering`.
    """
    if message.purpose in (Purpose.RECEIPT, Purpose.PAID):
        return Why.REVERSED if taken_back(message) else ""
    if message.key.startswith(PROMISED):
        return promise_changed(message=message, as_of=as_of)
    if message.purpose not in CHASING or message.created_by_id is not None:
        return ""
    company = Company.objects.get(pk=current_company_id())
    local = local_time(company, as_of)
    if not is_open(sending_of(company), local):
        return Why.QUIET_HOURS
    if message.on_day != local.date():
        return Why.CHANGED
    return changed_since(message=message, today=local.date())


def changed_since(*, message: Message, today: date) -> str:
    """ "" if everything that a reminder says is still so; else what stands in its way, or CHANGED."""
    if (customer_id := message.customer_id) is None:
        return ""
    company = Company.objects.get(pk=current_company_id())
    standing = standing_of(Span.of([customer_id]), today=today, sending=sending_of(company))
    debts = open_debts([customer_id], standing, today).get(customer_id, [])
    return _rule_off(message) or _changed(message, customer_id, debts) or _unreached(message, customer_id, standing)


def _rule_off(message: Message) -> str:
    """Whether the steps that it speaks for are all still those of active rules."""
    steps = ReminderCandidate.objects.filter(message=message)
    stands = Q(step__rule__activated_on__isnull=False, step__rule__archived_at__isnull=True)
    stands &= Q(step__is_on=True, step__removed_at__isnull=True)
    total, standing = steps.count(), steps.filter(stands).count()
    if standing == total:
        return ""
    return Why.CHANGED if standing else Why.RULE_OFF


def _changed(message: Message, customer_id: uuid.UUID, debts: Sequence[Debt]) -> str:
    """Whether each debt is asked for exactly as the message does; if none of those due is any more, why."""
    followed = assignments_of(Span.of([customer_id]), rule_book())
    now = {debt.receivable_id: debt for debt in debts}
    said = list(MessageDebt.objects.filter(message=message))
    same = all(
        (debt := now.get(each.receivable_id)) is not None
        and (debt.asked, debt.currency, debt.due_on) == (each.balance, each.currency, each.due_on)
        and is_chased(followed, debt)
        for each in said
    )
    if same and said:
        return ""
    due = ReminderCandidate.objects.filter(message=message).select_related("receivable").order_by("id")
    reasons = [_why(each, now.get(each.receivable_id)) for each in due]
    return Why.CHANGED if not all(reasons) or not reasons else reasons[0]


def _why(candidate: ReminderCandidate, debt: Debt | None) -> str:
    """Why a step's receivable is not asked for at all; "" if it is."""
    if debt is None:
        return Why.VOIDED if candidate.receivable.voided_on else Why.PAID
    return "" if debt.asked else (debt.hold.why if debt.hold else Why.PAID)


def _unreached(message: Message, customer_id: uuid.UUID, standing: Standing) -> str:
    """Why nobody that it is written to may be written to any more; "" while somebody may."""
    if message.channel == Channel.LETTER:
        return ""
    people = standing.people.get(customer_id, {}).get(message.channel, [])
    why = {person.address.lower(): person.why for person in people}
    addresses = message.deliveries.filter(is_copy=False).values_list("address", flat=True)
    reasons = [why.get(address.lower(), Why.NO_CONTACT) for address in addresses]
    return "" if Why.NOTHING in reasons or not reasons else reasons[0]


def reopen_cancelled(*, today: date) -> int:
    """Let the steps of messages that the gate stopped be due again; return how many messages that were.

    Where one of its addresses was written to (or may have been), the steps are done: nobody is written to twice.
    What a person cancelled stays cancelled. Safe to repeat: what a crash left out, the next tick finds.
    """
    recent = Message.objects.filter(state=MessageState.CANCELLED, on_day__gte=today - REOPENED_FOR)
    stopped = recent.filter(purpose__in=CHASING, cancel_reason__in=[each.value for each in Why])
    waiting = ReminderCandidate.objects.filter(state=CandidateState.DONE, message__in=stopped)
    ids = list(waiting.values_list("message_id", flat=True).distinct())
    return sum(reopen(message_id=each) for each in ids if each is not None)


def reopen(*, message_id: uuid.UUID) -> bool:
    """Let the steps of one stopped message be due again, if no address of it was written to."""
    with transaction():
        lock_planning()
        message = Message.objects.select_for_update().get(pk=message_id)
        if message.state != MessageState.CANCELLED or message.deliveries.exclude(state__in=_UNSENT).exists():
            return False
        return _due_again(message.pk, message.cancel_reason)


def reopen_failed(*, today: date) -> int:
    """Let the steps of a former day's message be due again that could not leave all that day (the mail server was
    down); return how many messages that were. What was refused for good is not tried again."""
    failed = Message.objects.filter(
        state=MessageState.DONE, purpose__in=CHASING, on_day__lt=today, on_day__gte=today - FAILED_FOR
    )
    waiting = ReminderCandidate.objects.filter(state=CandidateState.DONE, message__in=failed)
    count = 0
    for message_id in list(waiting.order_by().values_list("message_id", flat=True).distinct()):
        if message_id is None:
            continue
        with transaction():
            lock_planning()
            deliveries = Delivery.objects.filter(message_id=message_id)
            tried_again = deliveries.filter(state=DeliveryState.FAILED, attempts__gte=2)
            if deliveries.exclude(state=DeliveryState.CANCELLED).count() == tried_again.count() > 0:
                count += _due_again(message_id, "failed")
    return count


def _due_again(message_id: uuid.UUID, why: str) -> bool:
    steps = ReminderCandidate.objects.filter(message_id=message_id, state=CandidateState.DONE)
    count = steps.update(state=CandidateState.PLANNED, why="", message=None)
    if count:
        detail = {"steps": count, "why": why}
        audit.record(actor=None, verb="reminders.reopened", object_type="message", object_id=message_id, detail=detail)
    return bool(count)


def refresh_awaiting(*, today: date) -> int:
    """Stop messages of former days that still wait for approval: they are written anew with today's figures."""
    rows = Message.objects.filter(state=MessageState.AWAITING, purpose__in=CHASING, on_day__lt=today)
    ids = list(rows.values_list("pk", flat=True))
    for message_id in ids:
        with suppress(AlreadyLeft):  # somebody approved it at this moment: the gate looks at it again
            cancel_message(message_id=message_id, reason=Why.CHANGED, actor=None)
    return len(ids)
