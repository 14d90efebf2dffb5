"""When each document was asked for, from the messages that left: what the episodes of a debtor are read from."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence

from django.db.models import Q

from aldia.domain.debtor_episodes import Reminder
from aldia.messaging.models import Channel, DeliveryState
from aldia.receivables.clusters import chunks
from aldia.reminders.models import MessageDebt
from aldia.reminders.queries.facts import CHASING

LEFT = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.OPENED)


def reminders_of(receivable_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Sequence[Reminder]]:
    """The days on which each was asked for, once a day, oldest first. A certified letter is a last word."""
    found: dict[uuid.UUID, dict[object, Reminder]] = {}
    asks = Q(message__purpose__in=CHASING) | Q(message__channel=Channel.LETTER)
    for part in chunks(receivable_ids):
        rows = MessageDebt.objects.filter(asks, receivable_id__in=part, message__deliveries__state__in=LEFT).distinct()
        columns = rows.order_by("message__on_day").values_list("receivable_id", "message__on_day", "message__channel")
        for receivable_id, on, channel in columns:
            days = found.setdefault(receivable_id, {})
            is_last = channel == Channel.LETTER or (on in days and days[on].is_last_word)
            days[on] = Reminder(on, is_last)
    return {key: list(days.values()) for key, days in found.items()}
