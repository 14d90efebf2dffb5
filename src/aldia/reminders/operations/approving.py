"""Messages of steps that want a person's approval: approved, they leave in the company's hours; rejected, never.

Approving looks again: what is not true any more does not leave with yesterday's figures, it is stopped, written anew
and shown for approval once more.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aldia.domain.reminders import State, Why, next_opening
from aldia.messaging.models import Message, MessageState
from aldia.messaging.operations.outbox import AlreadyLeft, NotAwaiting, approve_message, cancel_message
from aldia.reminders.models import ReminderCandidate
from aldia.reminders.operations.locking import lock_planning
from aldia.reminders.operations.sending import CHASING, changed_since, reopen
from aldia.reminders.settings import local_time, sending_of
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction


@dataclass(slots=True)
class Decided:
    """What became of the messages that a person decided on: `late` ones had been decided by somebody else."""

    done: list[uuid.UUID] = field(default_factory=list)
    changed: list[uuid.UUID] = field(default_factory=list)
    late: list[uuid.UUID] = field(default_factory=list)


def approve_messages(*, message_ids: Sequence[uuid.UUID], actor: User, as_of: datetime) -> Decided:
    """Let messages leave: now, or when the company's hours next begin. Those whose facts changed are written anew."""
    decided = Decided()
    for message_id in message_ids:
        with transaction():
            lock_planning()
            message = Message.objects.select_for_update().filter(pk=message_id).first()
            if message is None or message.state != MessageState.AWAITING:
                decided.late.append(message_id)
            elif _approve(message, actor, as_of):
                decided.done.append(message_id)
            else:
                decided.changed.append(message_id)
    return decided


def reject_messages(*, message_ids: Sequence[uuid.UUID], reason: str, actor: User, as_of: datetime) -> Decided:
    """Keep messages from leaving, for good: their steps are not sent, with the person's reason."""
    decided = Decided()
    today = local_time(Company.objects.get(pk=current_company_id()), as_of).date()
    for message_id in message_ids:
        try:
            with transaction():
                lock_planning()
                cancel_message(message_id=message_id, reason=reason, actor=actor)
                steps = ReminderCandidate.objects.filter(message_id=message_id, state=State.DONE)
                steps.update(state=State.SKIPPED, why=Why.REJECTED, detail=reason[:300], decided_on=today)
        except (AlreadyLeft, Message.DoesNotExist):
            decided.late.append(message_id)
        else:
            decided.done.append(message_id)
    return decided


def _approve(message: Message, actor: User, as_of: datetime) -> bool:
    """Whether it may leave; what has changed is stopped, and its steps are due again."""
    company = Company.objects.get(pk=current_company_id())
    local = local_time(company, as_of)
    if message.purpose in CHASING:
        why = Why.CHANGED if message.on_day < local.date() else changed_since(message=message, today=local.date())
        if why:
            cancel_message(message_id=message.pk, reason=why, actor=actor)
            reopen(message_id=message.pk)
            return False
    opens = next_opening(sending_of(company), local)
    try:
        approve_message(message_id=message.pk, actor=actor, now=as_of, on_day=opens.date())
    except NotAwaiting:
        return False
    if opens > local:
        Message.objects.filter(pk=message.pk).update(send_after=opens.astimezone(UTC))
    return True
