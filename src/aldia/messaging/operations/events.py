"""What providers tell us of messages that left: kept once, applied in any order with the same end.

A provider may speak before we wrote down that it took the message: its notice then waits, unprocessed, until the
delivery is there. After `PATIENCE` what still has no delivery is closed, saying so.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext as _

from aldia.domain.ports.channels import BadSignature, Event, EventKind
from aldia.messaging import accounts
from aldia.messaging.models import ChannelAccount, Delivery, DeliveryEvent, Message, ProviderNotice
from aldia.messaging.operations.outbox import finish_message
from aldia.messaging.operations.suppressions import BOUNCE, COMPLAINT, UNSUBSCRIBE, plain_address, suppress
from aldia.messaging.rendering import one_line
from aldia.messaging.scanning import inert
from aldia.messaging.states import state_after
from aldia.tenancy.ids import uuid7
from aldia.tenancy.reading import row_exists
from aldia.tenancy.scope import current_company_id, transaction

PATIENCE = timedelta(days=3)
# Written out: SQLite uses a partial index only for a condition without parameters.
NAMED = "NOT (messaging_delivery.provider_id = '')"
WHY = {EventKind.COMPLAINED: COMPLAINT, EventKind.UNSUBSCRIBED: UNSUBSCRIBE}


def keep_notice(
    *, account: ChannelAccount, event_id: str, body: str, headers: Mapping[str, str], events: Sequence[Event]
) -> ProviderNotice | None:
    """Store what a provider said (the endpoint has verified it with the adapter); None when it is known already."""
    row = ProviderNotice(
        id=uuid7(),
        company_id=current_company_id(),
        account=account,
        event_id=_short(event_id),
        body=inert(body),
        headers=_plain(headers),
        events=[_written(event) for event in events],
    )
    with transaction():
        ProviderNotice.objects.bulk_create([row], ignore_conflicts=True)
        return row if row_exists(ProviderNotice, row.pk) else None


def process_notice(*, notice_id: uuid.UUID, now: datetime) -> bool:
    """Apply the events of a notice; False while some have no delivery yet (they are tried again, for some days)."""
    notice = ProviderNotice.objects.select_related("account", "account__secret").get(pk=notice_id)
    if notice.processed_at is not None:
        return True
    error, lost = "", 0
    try:
        for event in _events_of(notice):
            lost += not apply_event(account=notice.account, event=event)
    except (BadSignature, ValueError, accounts.NoChannel) as refusal:
        error = str(refusal) or type(refusal).__name__
    if lost and notice.created_at > now - PATIENCE:
        return False
    if lost:
        error = _("%(count)s avisos sin un envío que les corresponda.") % {"count": lost}
    ProviderNotice.objects.filter(pk=notice.pk).update(processed_at=now, error=error)
    return True


def apply_event(*, account: ChannelAccount, event: Event) -> bool:
    """Keep one event of a delivery and what follows from it, once; False when it has no delivery (yet)."""
    with transaction():
        found = _delivery_of(account, event)
        if found is None:
            return False
        message = Message.objects.select_for_update().get(pk=found.message_id)
        delivery = Delivery.objects.select_for_update().get(pk=found.pk)
        if _keep(account, delivery, event):
            _follow(message, delivery, event)
    return True


def _delivery_of(account: ChannelAccount, event: Event) -> Delivery | None:
    """By the provider's name for it, else by ours (providers that give none), else who answered: the last we wrote."""
    sent = Delivery.objects.filter(message__channel=account.channel)
    if event.provider_id:
        named = list(sent.filter(provider_id=event.provider_id[:200]).extra(where=[NAMED]).order_by("id"))  # noqa: S610
        if not named:
            named = list(sent.filter(pk__in=_ours(event.provider_id)))
        same = [each for each in named if plain_address(each.address) == plain_address(event.address)]
        return next(iter(same or named), None)
    if event.kind not in (EventKind.ANSWERED, EventKind.UNSUBSCRIBED) or not event.address:
        return None
    return sent.filter(address__iexact=event.address.strip(), sent_at__lte=event.at).order_by("sent_at").last()


def _ours(name: str) -> list[uuid.UUID]:
    """The delivery whose Message-ID this is (its id in hexadecimal), if it is one of ours."""
    try:
        return [uuid.UUID(hex=name.strip("<> ").partition("@")[0])]
    except ValueError:
        return []


def _keep(account: ChannelAccount, delivery: Delivery, event: Event) -> bool:
    """Add the row of the event; False when it is there already."""
    row = DeliveryEvent(
        id=uuid7(),
        company_id=current_company_id(),
        delivery=delivery,
        kind=event.kind,
        at=event.at,
        detail=inert(event.detail)[:500],
        raw=_plain(event.raw),
        event_key=_short(f"{account.pk.hex}:{event.event_key}"),
    )
    DeliveryEvent.objects.bulk_create([row], ignore_conflicts=True)
    return row_exists(DeliveryEvent, row.pk)


def _follow(message: Message, delivery: Delivery, event: Event) -> None:
    """The state that it comes to, the first time of each kind, and whether the address may still be written to."""
    delivery.state = state_after(delivery.state, [event.kind])
    if event.kind == EventKind.DELIVERED:
        delivery.delivered_at = _first(delivery.delivered_at, event.at)
    if event.kind == EventKind.OPENED:
        delivery.opened_at = _first(delivery.opened_at, event.at)
    delivery.save(update_fields=["state", "delivered_at", "opened_at"])
    finish_message(message)
    why = WHY.get(event.kind) or (BOUNCE if event.kind == EventKind.BOUNCED and event.permanent else "")
    if why:
        suppress(channel=message.channel, address=delivery.address, why=why, detail=event.detail)


def _first(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)


def _events_of(notice: ProviderNotice) -> list[Event]:
    """As its adapter read them when it came; a notice that was kept without them is read now."""
    if notice.events:
        return [_read(each) for each in notice.events]
    query = dict(parse_qsl(urlsplit(notice.headers.get(":url", "")).query))
    adapter = accounts.build(notice.account)
    found = adapter.read_notice(headers=notice.headers, query=query, body=notice.body.encode())
    return [_read(_written(each)) for each in found]


def _written(event: Event) -> dict[str, Any]:
    texts = {name: inert(getattr(event, name)) for name in ("provider_id", "event_key", "address", "detail")}
    return {**asdict(event), **texts, "kind": str(event.kind), "at": event.at.isoformat(), "raw": _plain(event.raw)}


def _read(written: Mapping[str, Any]) -> Event:
    kind, at = EventKind(written["kind"]), datetime.fromisoformat(written["at"])
    return Event(**{**written, "kind": kind, "at": at})


def _plain(raw: Any) -> Any:
    """What a provider said as JSON that every database takes: no NUL, no halves of letters, nothing endless."""
    if isinstance(raw, Mapping):
        return {one_line(str(name)): _plain(value) for name, value in list(raw.items())[:100]}
    if isinstance(raw, list | tuple):
        return [_plain(value) for value in raw[:100]]
    if raw is None or isinstance(raw, bool | int):
        return raw
    return inert(str(raw))[:2000]


def _short(key: str) -> str:
    """A key that fits its column; a longer one by its hash, so that none collides."""
    if len(key) <= 200 and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
