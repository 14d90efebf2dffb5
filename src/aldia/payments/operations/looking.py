"""Looking at a payment: ask the provider what it is now, find whose it is, keep what was seen, bring the books in line.

The provider is asked outside any transaction. A look is applied only if no other was since it began, else it is taken
again: so the looks that count never overlap, and the later of two has the later truth (docs/decisions/0017).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from aldia.domain.payment_states import Known, merge
from aldia.domain.ports.payments import (
    Asked,
    Method,
    Offer,
    PaymentState,
    ProviderFailure,
    ProviderUnknown,
    Seen,
)
from aldia.messaging.rendering import one_line
from aldia.payments import providers
from aldia.payments.models import AttemptState, PaymentAttempt, ProviderAccount, Review
from aldia.payments.operations import notices
from aldia.payments.operations.placing import OPEN, place
from aldia.payments.operations.placing import known as known_as
from aldia.payments.operations.settling import bring_in_line
from aldia.tenancy import audit
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

AFTER = (timedelta(minutes=5), timedelta(hours=1), *[timedelta(days=1)] * 5)  # the janitor's patience
TURNS = 5


class AttemptError(ValueError):
    """A payment that cannot be started, refunded or decided as asked; the sentence is for the person."""


class NotNow(Exception):
    """The provider could not be asked: nothing was learned, nothing changed; ask again later."""


def refresh(*, attempt_id: uuid.UUID, now: datetime) -> PaymentAttempt:
    """Ask the provider what a payment is now, and bring the books in line. Raises `NotNow`.

    One whose asking was cut short is asked for again, with the same key: the provider makes nothing new of it.
    """
    for _turn in range(TURNS):
        attempt = PaymentAttempt.objects.select_related("account__secret").get(pk=attempt_id)
        is_cut_short = attempt.state in OPEN and not attempt.offer.get("shown") and bool(attempt.offer.get("asked"))
        if not attempt.provider_id and is_cut_short:
            attempt = ask(attempt, now=now)
        if not attempt.provider_id:
            return attempt
        seen = _asked(attempt.account, attempt.provider_id)
        crashpoint("after_fetch")
        if apply(attempt_id=attempt.pk, seen=seen, looks=attempt.looks, now=now):
            break
    else:
        raise NotNow(_("Otros lo están revisando en este momento."))
    return PaymentAttempt.objects.select_related("account", "credit").get(pk=attempt_id)


def look_at(*, account: ProviderAccount, subject: str, key: str, now: datetime) -> PaymentAttempt | None:
    """Look at the payment a notice is about; None when it is none of ours (yet). Raises `NotNow`, `ProviderFailure`."""
    for _turn in range(TURNS):
        attempt = known_as(account, subject, key)
        if attempt is not None and (not subject or attempt.provider_id == subject):
            return refresh(attempt_id=attempt.pk, now=now)
        if not subject:
            return None
        seen = _asked(account, subject)
        found = place(account=account, seen=seen, key=key)
        if found is None:
            return None
        if found.looks:  # known by another name, and looked at before: this answer may be older than what is known
            return refresh(attempt_id=found.pk, now=now)
        if apply(attempt_id=found.pk, seen=seen, looks=0, now=now):
            return PaymentAttempt.objects.select_related("account", "credit").get(pk=found.pk)
    raise NotNow(_("Otros lo están revisando en este momento."))


def take(*, account: ProviderAccount, seen: Seen, key: str, now: datetime, needs_proof: bool) -> PaymentAttempt | None:
    """Keep what a provider said by itself, where it cannot be asked, or said of all that came in."""
    found = place(account=account, seen=seen, key=key)
    if found is not None:
        apply(attempt_id=found.pk, seen=seen, looks=None, now=now, needs_proof=needs_proof)
        found.refresh_from_db()
    return found


def apply(
    *, attempt_id: uuid.UUID, seen: Seen, looks: int | None, now: datetime, needs_proof: bool = False,
    actor: User | None = None,
) -> bool:  # fmt: skip
    """Keep what was seen, and bring the books in line, in one transaction. `looks`: how many had been applied when the
    provider was asked (None: it was not asked). False when another look came between: then nothing is written.
    """
    with transaction():
        attempt = locked(attempt_id)
        if looks is not None and attempt.looks != looks:
            return False
        before = (attempt.state, attempt.received, attempt.refunded, attempt.disputed, attempt.posted, attempt.review)
        _write_down(attempt, seen, looks, now)
        if needs_proof and attempt.received and not attempt.posted and not attempt.review:
            attempt.review = Review.PROOF
        bring_in_line(attempt, now=now, actor=actor)
        crashpoint("in_settle")
        attempt.save()
        tell(attempt, before, now)
    crashpoint("after_settle")
    return True


def locked(attempt_id: uuid.UUID) -> PaymentAttempt:
    """The attempt, until the transaction ends nobody else's."""
    return PaymentAttempt.objects.select_for_update().get(pk=attempt_id)


def tell(attempt: PaymentAttempt, before: tuple[Any, ...], now: datetime) -> None:
    """Record and notify what changed of an attempt that was just saved."""
    state, _received, refunded, disputed, posted, review = before
    if attempt.state != state:
        detail = {"from": state, "to": attempt.state, "received": attempt.received, "currency": attempt.currency}
        audit.record(
            actor=None, verb="payments.attempt_seen", object_type="payment_attempt", object_id=attempt.pk, detail=detail
        )
    if attempt.review and attempt.review != review:
        notices.notify_review(attempt=attempt, now=now, why=str(Review(attempt.review).label))
    if attempt.posted > posted and not disputed:
        notices.notify_payment(attempt=attempt, now=now)
    if attempt.refunded > refunded:
        notices.notify_refund(attempt=attempt, now=now)
    if attempt.disputed != disputed:
        notices.notify_chargeback(attempt=attempt, now=now)


def ask(attempt: PaymentAttempt, *, now: datetime) -> PaymentAttempt:
    """Ask the provider for the payment, with the attempt's own key, and keep its answer. Raises `NotNow`, or
    `ProviderFailure` when it never will (the attempt has failed then).
    """
    words = attempt.offer["asked"]
    expires = datetime.fromisoformat(words["expires_at"]) if words.get("expires_at") else None
    asked = Asked(**{**words, "method": Method(words["method"]), "expires_at": expires})
    try:
        offer = providers.build(attempt.account).ask(asked)
    except (ProviderUnknown, providers.NoProvider) as error:
        raise NotNow(str(error)) from error
    except ProviderFailure as failure:
        if failure.permanent:
            _fail(attempt.pk, failure.text)
            raise
        raise NotNow(failure.text) from failure
    crashpoint("after_ask")
    return _keep_offer(attempt.pk, offer, now)


def known_of(attempt: PaymentAttempt) -> Known:
    """What is known of a payment."""
    return Known(
        PaymentState(attempt.state), attempt.received, attempt.refunded, attempt.disputed, attempt.fee, attempt.looks
    )


def _write_down(attempt: PaymentAttempt, seen: Seen, looks: int | None, now: datetime) -> None:
    """What is known of the payment after what was seen (`domain.payment_states`), and when to look again."""
    known = merge(known_of(attempt), seen, 0 if looks is None else attempt.looks + 1)
    if seen.received and seen.currency != attempt.currency:
        attempt.review = attempt.review or Review.CURRENCY
        attempt.currency = attempt.currency if attempt.posted else seen.currency
    attempt.state, attempt.received, attempt.refunded = known.state.value, known.received, known.refunded
    attempt.disputed, attempt.fee, attempt.looks = known.disputed, known.fee, known.look
    attempt.provider_id = attempt.provider_id or seen.provider_id[:200]
    attempt.method = attempt.method or (seen.method or "")
    attempt.trace = attempt.trace or one_line(seen.trace)[:60]
    if seen.received:
        attempt.paid_on = attempt.paid_on or seen.paid_on or _day(seen.paid_at or now)
        attempt.payer = attempt.payer or {name: one_line(value)[:200] for name, value in asdict(seen.payer).items()}
    if attempt.review != Review.REFUSED:
        attempt.failure = "" if known.received else (one_line(seen.failure)[:300] or attempt.failure)
    attempt.seen_at = now
    if known.is_final:
        attempt.check_after = None
        attempt.review = "" if attempt.review == Review.STUCK else attempt.review


def _day(moment: datetime) -> Any:
    company = Company.objects.get(pk=current_company_id())
    return moment.astimezone(ZoneInfo(company.time_zone)).date()


def _asked(account: ProviderAccount, provider_id: str) -> Seen:
    try:
        return providers.build(account).fetch(provider_id)
    except (ProviderUnknown, providers.NoProvider) as error:
        raise NotNow(str(error)) from error
    except ProviderFailure as failure:
        if failure.permanent:
            raise
        raise NotNow(failure.text) from failure


def _fail(attempt_id: uuid.UUID, text: str) -> None:
    with transaction():
        attempt = locked(attempt_id)
        if attempt.state in OPEN:
            attempt.state, attempt.failure, attempt.check_after = AttemptState.FAILED, one_line(text)[:300], None
            attempt.save(update_fields=["state", "failure", "check_after"])


def _keep_offer(attempt_id: uuid.UUID, offer: Offer, now: datetime) -> PaymentAttempt:
    with transaction():
        attempt = locked(attempt_id)
        if not attempt.offer.get("shown"):
            same = PaymentAttempt.objects.filter(account_id=attempt.account_id, provider_id=offer.provider_id[:200])
            if offer.provider_id and not same.exclude(pk=attempt.pk).exists():
                attempt.provider_id = offer.provider_id[:200]
            attempt.offer = {**attempt.offer, "shown": _shown(offer)}
            attempt.expires_at = offer.expires_at or attempt.expires_at
            if attempt.state in (AttemptState.CREATED, AttemptState.FAILED):  # refused before, and asked for again
                attempt.state, attempt.failure = AttemptState.PENDING, ""
                attempt.check_after = attempt.check_after or now + AFTER[0]
            attempt.save(update_fields=["provider_id", "offer", "expires_at", "state", "failure", "check_after"])
    return PaymentAttempt.objects.select_related("account__secret").get(pk=attempt_id)


def _shown(offer: Offer) -> Mapping[str, Any]:
    words = {name: getattr(offer, name) for name in ("url", "value", "bank", "beneficiary", "reference")}
    expires = offer.expires_at.isoformat() if offer.expires_at else ""
    return words | {"kind": offer.kind.value if offer.kind else "", "expires_at": expires}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the payer is shown of an attempt: a page of the provider, or where to pay."""

    url: str
    value: str
    kind: str
    bank: str
    beneficiary: str
    reference: str
    expires_at: str

    @classmethod
    def of(cls, attempt: PaymentAttempt) -> Shown | None:
        """None while the provider has not answered."""
        found = attempt.offer.get("shown")
        return cls(**found) if found else None
