"""Reports that go out by themselves, as pages and jobs read them: their sendings, and what went wrong with them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet

from aldia.messaging.models import Delivery, DeliveryState, Message
from aldia.reporting.models import ReportSchedule, ReportSending

LATELY = timedelta(days=3)
LOST = (DeliveryState.FAILED, DeliveryState.BOUNCED)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a report did not go, or whom it did not reach; `key` names the notice of it."""

    key: str
    name: str
    sentence: str


def schedules(*, archived: bool = False) -> QuerySet[ReportSchedule]:
    """All of them, by name."""
    rows = ReportSchedule.objects.filter(archived_at__isnull=not archived)
    return rows.select_related("owner").order_by("name", "id")


def sendings(schedule_ids: Collection[uuid.UUID]) -> QuerySet[ReportSending]:
    """The sendings of schedules, the latest first, with what became of each address."""
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("address"))
    messages = Prefetch("message", Message.objects.prefetch_related(deliveries))
    rows = ReportSending.objects.filter(schedule_id__in=list(schedule_ids)).prefetch_related(messages)
    return rows.order_by("-on", "-id")


def last_of(schedule_ids: Collection[uuid.UUID], *, since: date) -> dict[uuid.UUID, ReportSending]:
    """The latest sending of each schedule since a day."""
    found: dict[uuid.UUID, ReportSending] = {}
    for row in sendings(schedule_ids).filter(on__gte=since):
        found.setdefault(row.schedule_id, row)
    return found


def troubles(*, today: date) -> list[Trouble]:
    """Of the last days: reports that did not go, and addresses that one did not reach, which nobody was told of."""
    rows = ReportSending.objects.filter(on__gte=today - LATELY, on__lte=today).select_related("schedule")
    not_sent = [
        Trouble(f"report:{row.pk}", row.schedule.name, row.trouble)
        for row in rows.filter(message__isnull=True).exclude(trouble="").order_by("on", "id")
    ]
    named = {row.message_id: row.schedule.name for row in rows.filter(message__isnull=False)}
    lost = Delivery.objects.filter(message_id__in=[key for key in named if key], state__in=LOST).order_by("id")
    found = [
        *not_sent,
        *(
            Trouble(f"report:{each.pk}", named[each.message_id], f"{each.address}: {each.error or each.error_code}")
            for each in lost
        ),
    ]
    told = Message.objects.filter(key__in=[f"notice:{each.key}" for each in found]).values_list("key", flat=True)
    known = set(told)
    return [each for each in found if f"notice:{each.key}" not in known]
