"""Days gone by in the calendar: the messages that were written, and the steps that were left out with their reason."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models import Sum as Total
from django.urls import reverse

from aldia.customers.queries import NO_PORTFOLIO
from aldia.messaging.models import Channel, Message, MessageState, Purpose
from aldia.reminders.models import CandidateState, MessageDebt, ReminderCandidate
from aldia.web.access import CompanyRequest
from aldia.web.views.messages.common import CHANNEL_ICONS, shown_state, visible_messages
from aldia.web.views.reminders import summary
from aldia.web.views.reminders.common import mend, why_text
from aldia.web.views.reminders.sends import DebtLine, Send, Sum, sums_of

OF_RULES = (Purpose.BEFORE, Purpose.ON_DAY, Purpose.AFTER, Purpose.PAID)
SHOWN = 200


@dataclass(slots=True)
class Past:
    """What happened between two days: counts and sums by day, and each day in full when it is asked for."""

    request: CompanyRequest
    went: QuerySet[Message]
    left: QuerySet[ReminderCandidate]
    sent: dict[date, int] = field(default_factory=dict)
    skipped: dict[date, int] = field(default_factory=dict)
    sums: dict[date, list[Sum]] = field(default_factory=dict)

    def messages(self, day: date) -> list[Send]:
        """The messages of a day, as lines."""
        rows = self.went.filter(on_day=day).select_related("customer").order_by("customer__legal_name", "id")
        chosen = list(rows.prefetch_related("debts__receivable", "deliveries")[: SHOWN + 1])
        return [_message(each) for each in chosen]

    def left_out(self, day: date) -> list[Send]:
        """The steps that were left out on a day, by customer and reason."""
        rows = self.left.filter(decided_on=day).select_related("customer", "receivable", "step__rule")
        found: dict[tuple[uuid.UUID, str], list[ReminderCandidate]] = {}
        for row in rows.order_by("customer__legal_name", "id")[: SHOWN * 5]:
            found.setdefault((row.customer_id, row.why), []).append(row)
        return [_left_out(self.request, mine) for mine in found.values()]


def past_of(request: CompanyRequest, first: date, last: date, values: dict[str, Any]) -> Past:
    """What happened from `first` to `last`, as far as the filters ask and the person may see."""
    went, left = _went(request, values), _left(request, values)
    found = Past(request, went.filter(on_day__range=(first, last)), left.filter(decided_on__range=(first, last)))
    if first > last:
        return found
    found.sent = dict(found.went.order_by().values_list("on_day").annotate(n=Count("pk", distinct=True)))
    pairs = found.left.order_by().values_list("decided_on", "customer_id", "why").distinct()
    for day, _customer, _why in pairs:
        found.skipped[day] = found.skipped.get(day, 0) + 1
    debts = MessageDebt.objects.filter(message__in=found.went.order_by().values("pk")).order_by()
    totals: dict[date, list[tuple[int, str]]] = {}
    for day, currency, total in debts.values_list("message__on_day", "currency").annotate(total=Total("balance")):
        totals.setdefault(day, []).append((total, currency))
    found.sums = {day: sums_of(parts) for day, parts in totals.items()}
    return found


def _went(request: CompanyRequest, values: dict[str, Any]) -> QuerySet[Message]:
    rows = visible_messages(request).filter(purpose__in=OF_RULES).exclude(state=MessageState.CANCELLED)
    if rule := values.get("rule"):
        spoken = ReminderCandidate.objects.filter(step__rule=rule, message__isnull=False)
        rows = rows.filter(pk__in=spoken.values("message"))
    if channel := values.get("channel"):
        rows = rows.filter(channel=channel)
    if portfolio := values.get("portfolio"):
        rows = rows.filter(customer__portfolio=None if portfolio == NO_PORTFOLIO else portfolio)
    return rows


def _left(request: CompanyRequest, values: dict[str, Any]) -> QuerySet[ReminderCandidate]:
    rows = ReminderCandidate.objects.filter(state=CandidateState.SKIPPED)
    if request.membership.own_portfolio_only:
        rows = rows.filter(customer__portfolio__collector=request.membership.user_id)
    if rule := values.get("rule"):
        rows = rows.filter(step__rule=rule)
    if channel := values.get("channel"):
        rows = rows.filter(channel__in=("", channel))
    if portfolio := values.get("portfolio"):
        rows = rows.filter(customer__portfolio=None if portfolio == NO_PORTFOLIO else portfolio)
    return rows


def _message(message: Message) -> Send:
    debts = [
        DebtLine(each.receivable_id, each.receivable.number, "", each.balance, each.currency)
        for each in message.debts.all()
    ]
    return Send(
        customer_id=message.customer_id,  # type: ignore[arg-type]
        customer=str(message.customer),
        sums=sums_of((each.minor, each.currency) for each in debts),
        debts=debts,
        channel=str(Channel(message.channel).label),
        icon=CHANNEL_ICONS.get(message.channel, "send"),  # type: ignore[call-overload]
        addresses=tuple(each.address for each in message.deliveries.all()),
        message_url=reverse("message", args=[message.pk]),
        state=shown_state(message, list(message.deliveries.all())),
    )


def _left_out(request: CompanyRequest, rows: Sequence[ReminderCandidate]) -> Send:
    first = rows[0]
    debts = [
        DebtLine(
            each.receivable_id,
            each.receivable.number,
            summary.sentence(each.step).lower(),
            each.receivable.balance,
            each.receivable.currency,
        )
        for each in rows
    ]
    ids = {"customer": first.customer_id, "receivable": first.receivable_id, "rule": first.step.rule_id}
    return Send(
        customer_id=first.customer_id,
        customer=str(first.customer),
        sums=[],
        debts=debts,
        rule=first.step.rule.name,
        why=why_text(first.why, first.detail),
        mend=mend(request, first.why, **ids),
    )
