"""Payments nobody told us about: asked again after 5 minutes, 1 hour, then daily five times (Kill Bill's patience).

In the end each is over: paid, failed, expired, or in front of a person. Providers of collection accounts are asked what
came in, for notices that were lost.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import structlog
from django.utils.translation import gettext as _

from aldia.domain.ports.payments import ProviderFailure, ProviderUnknown
from aldia.messaging.rendering import one_line
from aldia.payments import providers
from aldia.payments.models import AttemptState, PaymentAttempt, ProviderAccount, Review
from aldia.payments.operations.looking import AFTER, NotNow, apply, known_of, locked, refresh, take, tell
from aldia.payments.operations.placing import OPEN
from aldia.tenancy.scope import transaction

HANDFUL = 200
LOOK_EVERY = timedelta(hours=1)
LOOK_BACK = timedelta(days=2)  # more than once: what came in while we looked is seen the next time
CANCEL_AFTER = timedelta(hours=1)

log = structlog.get_logger("aldia.payments")


def run(*, now: datetime) -> int:
    """One round over the company in scope; how many payments were asked about."""
    due = PaymentAttempt.objects.filter(check_after__lte=now).order_by("check_after", "id")
    found = list(due.values_list("pk", flat=True)[:HANDFUL])
    for attempt_id in found:
        try:
            check(attempt_id=attempt_id, now=now)
        except Exception:  # one that cannot be checked keeps no other waiting
            log.exception("check_failed", attempt=str(attempt_id))
    for account in _watched(now):
        _look_for_lost(account, now)
    return len(found)


def check(*, attempt_id: uuid.UUID, now: datetime) -> PaymentAttempt:
    """Ask once more about a payment that is not over, and say when to ask next."""
    why = ""
    try:
        attempt = refresh(attempt_id=attempt_id, now=now)
        if attempt.state in OPEN and attempt.expires_at is not None and attempt.expires_at + CANCEL_AFTER < now:
            attempt = _cancel(attempt, now)
    except NotNow as error:
        why = str(error)
    except ProviderFailure as failure:
        why = failure.text
    return _after_check(attempt_id, now, why)


def _cancel(attempt: PaymentAttempt, now: datetime) -> PaymentAttempt:
    """Nobody paid it in time: take it back, so that nobody pays it by mistake; money that comes is posted anyway."""
    looks = attempt.looks
    if attempt.provider_id:
        try:
            seen = providers.build(attempt.account).cancel(attempt.provider_id)
        except ProviderFailure as failure:
            if not failure.permanent:
                raise NotNow(failure.text) from failure
        except (ProviderUnknown, providers.NoProvider) as error:
            raise NotNow(str(error)) from error
        else:
            apply(attempt_id=attempt.pk, seen=seen, looks=looks, now=now)
    with transaction():
        row = locked(attempt.pk)
        if row.state in OPEN:
            row.state, row.failure = AttemptState.EXPIRED, _("Venció sin que se pagara.")
            row.check_after = None
            row.save(update_fields=["state", "failure", "check_after"])
    return row


def _after_check(attempt_id: uuid.UUID, now: datetime, why: str) -> PaymentAttempt:
    with transaction():
        attempt = locked(attempt_id)
        before = (attempt.state, attempt.received, attempt.refunded, attempt.disputed, attempt.posted, attempt.review)
        attempt.checks += 1
        if known_of(attempt).is_final and not (why and attempt.provider_id):
            attempt.check_after = None
        elif attempt.checks < len(AFTER):
            attempt.check_after = now + AFTER[attempt.checks]
        else:
            attempt.check_after = None
            attempt.review = attempt.review or Review.STUCK
            attempt.failure = attempt.failure or one_line(why)[:300]
        attempt.save(update_fields=["checks", "check_after", "review", "failure"])
        tell(attempt, before, now)
    return attempt


def _watched(now: datetime) -> list[ProviderAccount]:
    """The accounts at which customers have collection accounts, that were not asked for an hour."""
    rows = ProviderAccount.objects.filter(collection_accounts__opened_at__isnull=False).select_related("secret")
    return [
        each for each in rows.order_by("id").distinct() if each.looked_at is None or each.looked_at <= now - LOOK_EVERY
    ]


def _look_for_lost(account: ProviderAccount, now: datetime) -> None:
    since = (account.looked_at or account.created_at) - LOOK_BACK
    try:
        arrived = providers.build(account).received(since, now)
    except (ProviderFailure, ProviderUnknown, providers.NoProvider) as error:
        log.warning("not_asked_what_came", account=str(account.pk), why=type(error).__name__)
        return
    for seen in arrived:
        try:
            take(account=account, seen=seen, key=seen.key, now=now, needs_proof=False)
        except Exception:  # one that cannot be posted keeps no other waiting
            log.exception("not_taken", account=str(account.pk), payment=seen.provider_id)
    ProviderAccount.objects.filter(pk=account.pk).update(looked_at=now)
