"""Sending what is in the outbox: claim, check again, hand over outside any transaction, write down what is known.

A claim raises `fence`, and only who holds the last one writes a result. A sender that dies leaves `sending`; its lease
runs out by the database's clock and `reap_expired` makes it unknown, which nobody repeats but a person (reminders), or
queues it again under the same Message-ID (receipts, where twice is better than never).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from aldia.domain.ports.channels import Adapter, ChannelFailure, ChannelUnknown, Outgoing
from aldia.messaging import accounts
from aldia.messaging.models import (
    Channel,
    ChannelAccount,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Guarantee,
    Message,
    MessageState,
)
from aldia.messaging.operations.outbox import finish_message, stop_rest
from aldia.messaging.operations.suppressions import BOUNCE, is_suppressed, suppress
from aldia.messaging.outgoing import outgoing_of
from aldia.messaging.scanning import inert
from aldia.messaging.states import state_after
from aldia.queue.claiming import in_seconds
from aldia.tenancy import audit, storage
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

LEASE = timedelta(minutes=5)
MINUTES = (1, 5, 15, 45, 120)  # waits of what must leave on its day
LONG_MINUTES = (1, 5, 15, 60, 180, 360, 360, 720, 720, 1440)  # of what must arrive
# Written out, not through the ORM: SQLite uses a partial index only for a condition without parameters.
SENDING = "messaging_delivery.state = 'sending'"
Recheck = Callable[[Message], str]
AdapterOf = Callable[[ChannelAccount | None, str], Adapter]

log = structlog.get_logger("aldia.messaging")


class NotUnknown(ValueError):
    """The delivery is not one of which nobody knows (any more)."""

    def __init__(self) -> None:
        super().__init__(_("Este envío ya no está en duda."))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is known after an attempt. `again_at`: queued until then."""

    state: DeliveryState
    provider_id: str = ""
    code: str = ""
    error: str = ""
    again_at: datetime | None = None
    bad_address: bool = False


def deliver(
    *,
    delivery_id: uuid.UUID,
    now: datetime,
    lease: timedelta = LEASE,
    recheck: Recheck | None = None,
    adapter_of: AdapterOf | None = None,
) -> DeliveryState:
    """Send one delivery of the company in scope, if it is queued and due and nobody else has it; return its state.

    `recheck` is asked after the claim and before the network: "" lets it go, anything else is the reason why the whole
    message does not go. `adapter_of(account, channel)` defaults to `messaging.accounts.adapter_of`.
    """
    fence = _claim(delivery_id, now, lease)
    delivery = _load(delivery_id)
    if fence is None:
        return DeliveryState(delivery.state)
    crashpoint("after_claim")
    try:
        reason = recheck(delivery.message) if recheck is not None else ""
        if reason or is_suppressed(delivery.message.channel, delivery.address):
            return _stop(delivery, fence, reason)
        ready = _prepared(delivery, now, adapter_of or accounts.adapter_of)
    except Exception:
        _release(delivery, fence)  # nothing has been handed over yet
        raise
    if not _renew(delivery, fence, lease):
        return DeliveryState(Delivery.objects.values_list("state", flat=True).get(pk=delivery_id))
    crashpoint("before_network")
    outcome = ready if isinstance(ready, _Outcome) else _hand_over(delivery, now, *ready)
    crashpoint("after_network")
    state = _settle(delivery, fence, outcome)
    crashpoint("after_result")
    return state


def reap_expired(*, now: datetime) -> int:
    """End the sendings whose sender died: unknown, or queued again where at least once is wanted; return how many."""
    late = Delivery.objects.filter(lease_until__lt=in_seconds(0)).extra(where=[SENDING])  # noqa: S610  a constant
    count = 0
    for delivery in late.select_related("message").order_by("lease_until"):
        count += _reap(delivery, now)
    return count


def resolve_unknown(*, delivery_id: uuid.UUID, outcome: str, actor: User, on_day: date | None = None) -> DeliveryState:
    """A person says what became of an unknown: "sent" (it arrived) or "again" (send it once more, `on_day`: today).

    Raises `NotUnknown`, `ValueError` for any other outcome.
    """
    if outcome not in ("sent", "again"):
        raise ValueError(outcome)
    with transaction():
        message, delivery = _locked(delivery_id)
        if delivery.state != DeliveryState.UNKNOWN:
            raise NotUnknown
        delivery.resolved_by = actor
        delivery.fence += 1  # whoever was sending it has nothing more to say
        if outcome == "sent":
            delivery.state = DeliveryState.SENT
            Delivery.objects.filter(pk=delivery.pk).update(sent_at=in_seconds(0))
        else:
            delivery.state, delivery.attempts, delivery.try_after = DeliveryState.QUEUED, 0, None
            Message.objects.filter(pk=message.pk).update(on_day=on_day or message.on_day)
        delivery.save(update_fields=["state", "attempts", "try_after", "fence", "resolved_by"])
        finish_message(message)
        detail = {"outcome": outcome, "address": delivery.address}
        audit.record(
            actor=actor, verb="messaging.unknown_resolved", object_type="delivery", object_id=delivery.pk, detail=detail
        )
    return DeliveryState(delivery.state)


def _claim(delivery_id: uuid.UUID, now: datetime, lease: timedelta) -> int | None:
    """Take the delivery: its new fence, or None when it is not (or not yet) to be sent, or somebody else has it."""
    ready = Message.objects.filter(pk=OuterRef("message_id"), state=MessageState.READY).exclude(channel=Channel.LETTER)
    ready = ready.filter(Q(send_after__isnull=True) | Q(send_after__lte=now))
    queued = Delivery.objects.filter(Exists(ready), pk=delivery_id, state=DeliveryState.QUEUED)
    with transaction():
        changed = queued.filter(Q(try_after__isnull=True) | Q(try_after__lte=now)).update(
            state=DeliveryState.SENDING,
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
            lease_until=in_seconds(lease.total_seconds()),
        )
        return Delivery.objects.values_list("fence", flat=True).get(pk=delivery_id) if changed else None


def _renew(delivery: Delivery, fence: int, lease: timedelta) -> bool:
    """Whether it is still ours, a moment before the network: whoever slept since the claim must not send now."""
    mine = Delivery.objects.filter(pk=delivery.pk, fence=fence, state=DeliveryState.SENDING)
    with transaction():
        return mine.update(lease_until=in_seconds(lease.total_seconds())) == 1


def _prepared(delivery: Delivery, now: datetime, adapter_of: AdapterOf) -> _Outcome | tuple[Adapter, Outgoing]:
    """Everything that sending needs, or the outcome where something of it is missing."""
    message = delivery.message
    try:
        account = message.account or accounts.default_account(message.channel)
        return adapter_of(account, message.channel), outgoing_of(delivery, account)
    except accounts.NoChannel as error:
        return _later(delivery, now, "no_channel", str(error))
    except storage.DamagedFile as error:
        return _Outcome(DeliveryState.FAILED, code="attachment", error=str(error))


def _hand_over(delivery: Delivery, now: datetime, adapter: Adapter, outgoing: Outgoing) -> _Outcome:
    """Send it, and say what is known. Whatever an adapter raises that it should not is «nobody knows»."""
    try:
        sent = adapter.send(outgoing)
    except ChannelFailure as error:
        if not error.permanent:
            return _later(delivery, now, error.code, error.text)
        state = DeliveryState.BOUNCED if error.address_is_bad else DeliveryState.FAILED
        return _Outcome(state, code=error.code, error=error.text, bad_address=error.address_is_bad)
    except ChannelUnknown as error:
        return _unknown(delivery, now, str(error))
    except Exception as error:
        log.exception("adapter_failed", delivery=str(delivery.pk))
        return _unknown(delivery, now, type(error).__name__)
    return _Outcome(DeliveryState.SENT, provider_id=sent.provider_id[:200])


def _unknown(delivery: Delivery, now: datetime, error: str) -> _Outcome:
    if delivery.message.guarantee == Guarantee.AT_LEAST:
        again = _later(delivery, now, "unknown", error)
        if again.again_at is not None:
            return again
    return _Outcome(DeliveryState.UNKNOWN, code="unknown", error=error)


def _later(delivery: Delivery, now: datetime, code: str, error: str) -> _Outcome:
    """Again after a while: a reminder only on the same day (by the company's clock), and not for ever."""
    at_least = delivery.message.guarantee == Guarantee.AT_LEAST
    waits = LONG_MINUTES if at_least else MINUTES
    if delivery.attempts > len(waits):
        return _Outcome(DeliveryState.FAILED, code=code, error=error)
    again_at = now + timedelta(minutes=waits[delivery.attempts - 1])
    zone = ZoneInfo(Company.objects.values_list("time_zone", flat=True).get(pk=current_company_id()))
    if not at_least and again_at.astimezone(zone).date() != now.astimezone(zone).date():
        return _Outcome(DeliveryState.FAILED, code=code, error=error)
    return _Outcome(DeliveryState.QUEUED, code=code, error=error, again_at=again_at)


def _settle(delivery: Delivery, fence: int, outcome: _Outcome) -> DeliveryState:
    """Write the result, if nobody has claimed or decided since."""
    with transaction():
        message, row = _locked(delivery.pk)
        stopped = row.state == DeliveryState.CANCELLED and outcome.state != DeliveryState.SENT
        if row.fence != fence or stopped:
            return DeliveryState(row.state)
        told = list(DeliveryEvent.objects.filter(delivery=row).values_list("kind", flat=True))
        row.state = state_after(outcome.state, told)
        row.lease_until, row.try_after = None, outcome.again_at
        row.error_code, row.error = outcome.code[:40], inert(outcome.error)[:2000]
        if outcome.state == DeliveryState.SENT:
            row.provider_id = outcome.provider_id
            Delivery.objects.filter(pk=row.pk).update(sent_at=in_seconds(0))
        row.save(update_fields=["state", "lease_until", "try_after", "error_code", "error", "provider_id"])
        finish_message(message)
        if outcome.bad_address:
            suppress(channel=message.channel, address=row.address, why=BOUNCE, detail=outcome.error)
    return DeliveryState(row.state)


def _stop(delivery: Delivery, fence: int, reason: str) -> DeliveryState:
    """It does not go: the whole message for a reason of its own, this address alone where it is suppressed."""
    with transaction():
        message, row = _locked(delivery.pk)
        if row.fence != fence or row.state != DeliveryState.SENDING:
            return DeliveryState(row.state)
        row.state, row.lease_until = DeliveryState.CANCELLED, None
        row.error = reason or _("A esta dirección ya no se le escribe.")
        row.error_code = "" if reason else "suppressed"
        row.save(update_fields=["state", "lease_until", "error", "error_code"])
        if reason:
            stop_rest(message, reason)
        else:
            finish_message(message)
    return DeliveryState.CANCELLED


def _release(delivery: Delivery, fence: int) -> None:
    """Put a claim back that came to nothing."""
    mine = Delivery.objects.filter(pk=delivery.pk, fence=fence, state=DeliveryState.SENDING)
    with transaction():
        mine.update(state=DeliveryState.QUEUED, lease_until=None)


def _reap(delivery: Delivery, now: datetime) -> int:
    with transaction():
        message, row = _locked(delivery.pk)
        if row.fence != delivery.fence or row.state != DeliveryState.SENDING:
            return 0
        row.message = message
        outcome = _unknown(row, now, _("El proceso que lo enviaba dejó de responder."))
        row.state, row.lease_until, row.try_after = outcome.state, None, outcome.again_at
        row.error_code, row.error = outcome.code, outcome.error
        row.save(update_fields=["state", "lease_until", "try_after", "error_code", "error"])
        finish_message(message)
    return 1


def _locked(delivery_id: uuid.UUID) -> tuple[Message, Delivery]:
    """A delivery and its message, locked: the message first, as everywhere."""
    message_id = Delivery.objects.values_list("message_id", flat=True).get(pk=delivery_id)
    message = Message.objects.select_for_update().get(pk=message_id)
    return message, Delivery.objects.select_for_update().get(pk=delivery_id)


def _load(delivery_id: uuid.UUID) -> Delivery:
    return Delivery.objects.select_related("message", "message__account", "message__account__secret").get(
        pk=delivery_id
    )
