"""What providers tell us: verified over the raw bytes, kept once, applied later by a job that asks for the state.

A notice is only ever a reason to look. Whatever is forged, stale or unreadable leaves no row.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from aldia.domain.ports.payments import BadSignature, Method, Notice, Payer, PaymentState, ProviderFailure, Seen
from aldia.messaging.scanning import inert
from aldia.payments import providers
from aldia.payments.models import InboxEvent, PaymentAttempt, ProviderAccount
from aldia.payments.operations.looking import NotNow, look_at, take
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.reading import row_exists
from aldia.tenancy.scope import current_company_id, transaction

# Who proves nothing by a header has no business in a table.
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
MAX_HEADERS, MAX_VALUE = 40, 2_000
MAX_TRIES = 12
FIRST_PATIENCE = timedelta(minutes=2)  # a notice may overtake our own writing down of what was asked
LONGEST_PATIENCE = timedelta(hours=6)
CAME = ("paid_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Received:
    """What to answer the provider, and how many notices were new."""

    status: int
    body_json: str
    kept: int


def receive(
    *, account_id: uuid.UUID, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, now: datetime
) -> Received:
    """Verify and keep. A forged, stale or unreadable notice leaves no row (its status is 4xx)."""
    account = ProviderAccount.objects.select_related("secret").get(pk=account_id)
    return receive_for(account=account, headers=headers, query=query, body=body, now=now)


def receive_for(
    *,
    account: ProviderAccount,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    body: bytes,
    now: datetime,
    on_kept: Callable[[], object] | None = None,
) -> Received:
    """The same, for an account that was read already with its secret. `on_kept`: called in the transaction that keeps
    something new (so that whoever answers it is put to work in the same commit)."""
    try:
        adapter = providers.build(account)
        notices = adapter.read_notice(headers=headers, query=query, body=body)
        text = inert(body.decode())
    except BadSignature:
        return Received(403, "{}", 0)
    except providers.NoProvider:
        return Received(503, "{}", 0)  # the secrets cannot be opened here: let the provider come back
    except ValueError:
        return Received(400, "{}", 0)
    status, answer = adapter.answer(notices)
    kept_headers = _kept(headers)
    rows = [_row(account, notice, text, kept_headers, now) for notice in notices]
    return Received(status, answer, _keep(rows, on_kept))


def process(*, event_id: uuid.UUID, now: datetime) -> bool:
    """Look at the payment a notice is about; False while it must be tried again later. Done twice, it is done once."""
    event = InboxEvent.objects.select_related("account__secret").get(pk=event_id)
    if event.processed_at is not None:
        return True
    same = _told_alike(event)
    try:
        attempt = _look(event, now)
    except NotNow as error:
        return _later(event, now, str(error))
    except ProviderFailure as failure:
        return _done(same, None, failure.text, now)
    if attempt is None and not event.tries and event.received_at > now - FIRST_PATIENCE:
        return _later(event, now, "")
    return _done(same, attempt, "" if attempt is not None else _("No es de un cobro que hayamos pedido."), now)


def put_off(*, event_id: uuid.UUID, now: datetime) -> None:
    """Let a notice wait at which something broke, so that it keeps no other waiting."""
    _later(InboxEvent.objects.get(pk=event_id), now, "")


def _look(event: InboxEvent, now: datetime) -> PaymentAttempt | None:
    if event.said is None:
        return look_at(account=event.account, subject=event.subject, key=event.key, now=now)
    seen = read_seen(event.said)
    return take(account=event.account, seen=seen, key=event.key, now=now, needs_proof=event.needs_proof)


def _told_alike(event: InboxEvent) -> list[uuid.UUID]:
    """The event and all others about the same payment that were here before we look: one look answers them all."""
    if event.said is not None or not event.subject:
        return [event.pk]
    rows = InboxEvent.objects.filter(
        account=event.account, subject=event.subject, said__isnull=True, processed_at__isnull=True
    )
    return [*rows.exclude(pk=event.pk).values_list("pk", flat=True)[:100], event.pk]


def _done(event_ids: Sequence[uuid.UUID], attempt: PaymentAttempt | None, outcome: str, now: datetime) -> bool:
    rows = InboxEvent.objects.filter(pk__in=event_ids, processed_at__isnull=True)
    rows.update(processed_at=now, attempt=attempt, outcome=inert(outcome)[:300], retry_after=None)
    return True


def _later(event: InboxEvent, now: datetime, why: str) -> bool:
    """Try again: after a minute, then twice as long each time. In the end the janitor finds what was missed."""
    tries = event.tries + 1
    if tries >= MAX_TRIES:
        return _done([event.pk], None, why or _("El proveedor no contestó."), now)
    wait = min(timedelta(minutes=2 ** (tries - 1)), LONGEST_PATIENCE)
    InboxEvent.objects.filter(pk=event.pk).update(tries=tries, retry_after=now + wait, outcome=inert(why)[:300])
    return False


def _row(account: ProviderAccount, notice: Notice, text: str, headers: dict[str, str], now: datetime) -> InboxEvent:
    return InboxEvent(
        id=uuid7(), company_id=current_company_id(), account_id=account.pk, event_id=_short(notice.event_id),
        kind=inert(notice.kind)[:100], subject=inert(notice.subject)[:200], key=inert(notice.key)[:64],
        said=write_seen(notice.seen) if notice.seen is not None else None, needs_proof=notice.needs_proof,
        body=text, headers=headers, received_at=now,
    )  # fmt: skip


def _keep(rows: Sequence[InboxEvent], on_kept: Callable[[], object] | None) -> int:
    """Insert what is not there yet; how many that were."""
    if not rows:
        return 0
    with transaction():
        insert_rows(rows, once=True)
        kept = sum(row_exists(InboxEvent, row.pk) for row in rows)
        if kept and on_kept is not None:
            on_kept()
    return kept


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The evidence of who sent it; a password or a cookie that came along is none."""
    found = [(name, inert(value)[:MAX_VALUE]) for name, value in headers.items() if name not in SECRET_HEADERS]
    return dict(found[:MAX_HEADERS])


def _short(event_id: str) -> str:
    """A name that fits its column; a longer one by its hash, so that none collides."""
    if event_id and len(event_id) <= 200 and event_id.isprintable():
        return event_id
    return hashlib.sha256(event_id.encode("utf-8", "surrogatepass")).hexdigest()


def write_seen(seen: Seen) -> dict[str, Any]:
    """What was seen as JSON (without the provider's own words: those are in the body)."""
    found = {each.name: getattr(seen, each.name) for each in fields(Seen) if each.name not in ("raw", "payer")}
    texts = {name: inert(value) for name, value in found.items() if isinstance(value, str)}
    moments = {name: found[name].isoformat() if found[name] else None for name in (*CAME, "paid_on")}
    payer = {name: inert(value) for name, value in asdict(seen.payer).items()}
    return {**found, **texts, **moments, "state": seen.state.value, "payer": payer,
            "method": seen.method.value if seen.method else None}  # fmt: skip


def read_seen(written: Mapping[str, Any]) -> Seen:
    """The other way round."""
    moments = {name: datetime.fromisoformat(written[name]) if written[name] else None for name in CAME}
    paid_on = date.fromisoformat(written["paid_on"]) if written["paid_on"] else None
    method = Method(written["method"]) if written["method"] else None
    plain = {**written, **moments, "paid_on": paid_on, "method": method, "state": PaymentState(written["state"])}
    return Seen(**{**plain, "payer": Payer(**written["payer"])})
