"""What a feed tells us: verified over the raw bytes, kept once, answered by a job.

Told of a change by name only, we ask what the movement is now: so a notice that comes late or out of order does no
harm. Whatever is forged, stale or unreadable leaves no row.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.banking import feeding
from aldia.banking.feed_notices import notice_json, notice_of
from aldia.banking.models import BankAccount, BankEvent
from aldia.banking.operations.feed_changes import Change, reconsider, take_away
from aldia.banking.operations.feed_pulls import Pulled, pull, take
from aldia.banking.operations.feeds import told
from aldia.banking.operations.importing import ImportRefused
from aldia.domain.ports.banks import BadSignature, BankFeed, FeedEvent, FeedKind, ProviderFailure
from aldia.messaging.scanning import inert
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.reading import row_exists
from aldia.tenancy.scope import current_company_id, transaction

MAX_TRIES = 12
LONGEST_PATIENCE = timedelta(hours=6)
MOST_ASKED = 200  # of one notice; beyond, the whole range is read again


@dataclass(frozen=True, slots=True)
class Received:
    """What to answer, and how many notices were new."""

    status: int
    kept: int


def receive(
    *,
    account: BankAccount,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    on_kept: Callable[[], object] | None = None,
) -> Received:
    """Verify and keep, once however often it comes. `on_kept`: called in the transaction that keeps something new."""
    try:
        events = feeding.build(account).read_events(headers=headers, body=body)
    except BadSignature:
        return Received(403, 0)
    except feeding.NoFeed:
        return Received(503, 0)  # the secrets cannot be opened here: let it come back
    except (ValueError, KeyError, TypeError):
        return Received(400, 0)
    rows = [_row(account, event, now) for event in events]
    with transaction():
        insert_rows(rows, once=True)
        kept = sum(row_exists(BankEvent, row.pk) for row in rows)
        if kept and on_kept is not None:
            on_kept()
    return Received(200, kept)


def process(*, event_id: uuid.UUID, today: date, now: datetime) -> Pulled | None:
    """Answer a notice; None while it must be tried again later. Done twice, it is done once."""
    event = BankEvent.objects.select_related("account__secret").get(pk=event_id)
    if event.processed_at is not None:
        return Pulled()
    account = event.account
    said = notice_of(event.event_id, event.kind, event.payload)
    if said.account and account.feed_account and said.account != account.feed_account:
        return _done(event, Pulled(sentence=_("Es de otra cuenta del mismo servicio.")), now)
    try:
        done = _answered(account, said, today, now)
    except feeding.NoFeed as error:
        return _done(event, Pulled(failed=True, sentence=str(error)), now)
    except ImportRefused as error:
        told(account_id=account.pk, sentence=str(error), now=now)
        return _done(event, Pulled(failed=True, sentence=str(error)), now)
    except ProviderFailure as failure:
        if failure.permanent:
            return _done(event, Pulled(failed=True, sentence=failure.text), now)
        return _later(event, failure.text, now)
    if done.failed and not done.permanent:
        return _later(event, done.sentence, now)
    return _done(event, done, now)


def put_off(*, event_id: uuid.UUID, now: datetime) -> None:
    """Let a notice wait at which something broke, so that it keeps no other waiting."""
    _later(BankEvent.objects.get(pk=event_id), "", now)


def _answered(account: BankAccount, said: FeedEvent, today: date, now: datetime) -> Pulled:
    if said.kind == FeedKind.REFRESHED or (said.kind == FeedKind.MODIFIED and len(said.ids) > MOST_ASKED):
        return pull(account_id=account.pk, today=today, now=now)
    if said.kind == FeedKind.PUSHED:
        done = take(account_id=account.pk, found=said.movements, source="push", now=now)
        told(account_id=account.pk, sentence=done.sentence, now=now)
        return done
    if said.kind in (FeedKind.MODIFIED, FeedKind.REMOVED):
        return _changed(account, said, now)
    if said.kind == FeedKind.BROKEN:
        sentence = _("El banco pide que vuelvas a dar acceso: entra al panel del servicio y conéctalo de nuevo.")
        told(account_id=account.pk, sentence=sentence, now=now)
        return Pulled(sentence=sentence)
    return Pulled(sentence=said.words)


def _changed(account: BankAccount, said: FeedEvent, now: datetime) -> Pulled:
    feed = feeding.build(account)
    counts = dict.fromkeys(Change, 0)
    for name in said.ids:
        counts[_looked_at(feed, account, name, now)] += 1
    for fed in said.movements:
        counts[reconsider(account_id=account.pk, fed=fed, now=now)] += 1
    total = sum(counts.values())
    said_so = ngettext("%(n)d movimiento cambió en el banco.", "%(n)d movimientos cambiaron en el banco.", total)
    return Pulled(
        updated=counts[Change.UPDATED], gone=counts[Change.GONE], flagged=counts[Change.FLAGGED],
        sentence=said_so % {"n": total},
    )  # fmt: skip


def _looked_at(feed: BankFeed, account: BankAccount, name: str, now: datetime) -> Change:
    """A feed that can be asked is asked; one that only tells is believed."""
    if not feed.pulls:
        return take_away(account_id=account.pk, feed_id=name, now=now)
    fed = feed.fetch(account.feed_account, name)
    if fed is None:
        return take_away(account_id=account.pk, feed_id=name, now=now)
    change = reconsider(account_id=account.pk, fed=fed, now=now)
    if change is Change.UNKNOWN and fed.is_booked:
        take(account_id=account.pk, found=[fed], source="pull", now=now)
        return Change.UPDATED
    return change


def _row(account: BankAccount, event: FeedEvent, now: datetime) -> BankEvent:
    name = event.event_id
    if not name or len(name) > 160:
        name = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    return BankEvent(
        id=uuid7(), company_id=current_company_id(), account=account, event_id=name, kind=event.kind.value,
        payload=notice_json(event), received_at=now, outcome=inert(event.name)[:300],
    )  # fmt: skip


def _done(event: BankEvent, done: Pulled, now: datetime) -> Pulled:
    BankEvent.objects.filter(pk=event.pk, processed_at__isnull=True).update(
        processed_at=now, retry_after=None, outcome=inert(done.sentence)[:300]
    )
    return done


def _later(event: BankEvent, why: str, now: datetime) -> Pulled | None:
    """Try again: after a minute, then twice as long each time. In the end the next round of questions finds it."""
    tries = event.tries + 1
    if tries >= MAX_TRIES:
        return _done(event, Pulled(failed=True, sentence=why or _("El servicio no contestó.")), now)
    wait = min(timedelta(minutes=2 ** (tries - 1)), LONGEST_PATIENCE)
    BankEvent.objects.filter(pk=event.pk).update(tries=tries, retry_after=now + wait, outcome=inert(why)[:300])
    return None
