"""Whose a payment is that a provider speaks of: one that was asked for, or a transfer that came by itself."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext as _

from aldia.domain.ports.payments import Method, Seen
from aldia.messaging.rendering import one_line
from aldia.payments.models import AttemptState, CollectionAccount, PaymentAttempt, ProviderAccount, Review
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import current_company_id, transaction

OPEN = (AttemptState.CREATED, AttemptState.PENDING)


def place(*, account: ProviderAccount, seen: Seen, key: str) -> PaymentAttempt | None:
    """The attempt of what was seen: known by the provider's name or by our key; else a new one of the customer whose
    collection account it came into, or of nobody yet. None for what is none of ours, or has not come in yet.
    """
    asked = known(account, seen.provider_id, seen.key or key)
    if asked is not None and asked.provider_id in ("", seen.provider_id):
        return asked
    if seen.received <= 0 or not seen.provider_id:
        return None
    into = _collection(account, seen.paid_into)
    if asked is None and not seen.paid_into and (seen.key or key or seen.method in (Method.CARD, Method.STORE)):
        return None  # somebody else's sale on the same account: whatever we ask for carries our key
    with transaction():
        if into is not None:
            CollectionAccount.objects.select_for_update(no_key=True).get(pk=into.pk)  # what came into it comes in turn
            if told := PaymentAttempt.objects.filter(collection=into, provider_id=seen.provider_id).first():
                return told
        earlier = _expected(into, seen) if into is not None else asked
        row = _new(account, seen, into, earlier)
        PaymentAttempt.objects.bulk_create([row], ignore_conflicts=True)
        found = PaymentAttempt.objects.get(account=account, provider_id=seen.provider_id)
        if found.pk == row.pk and into is not None and earlier is not None:
            _close_expected(earlier, seen)
    return found


def known(account: ProviderAccount, provider_id: str, key: str) -> PaymentAttempt | None:
    """The attempt of the provider's name for it, else of our key, which may have been given through another account
    of the same provider.
    """
    mine = PaymentAttempt.objects.filter(account=account, provider_id=provider_id)
    if provider_id and (found := mine.first()) is not None:
        return found
    try:
        asked = PaymentAttempt.objects.filter(account__provider=account.provider)
        return asked.filter(pk=uuid.UUID(key)).first() if key else None
    except ValueError:
        return None


def _collection(account: ProviderAccount, value: str) -> CollectionAccount | None:
    """The collection account of that value, also where another account of the provider opened it."""
    rows = CollectionAccount.objects.filter(account__provider=account.provider, value=value)
    return rows.first() if value else None


def _new(
    account: ProviderAccount, seen: Seen, into: CollectionAccount | None, earlier: PaymentAttempt | None
) -> PaymentAttempt:
    customer_id = into.customer_id if into is not None else earlier.customer_id if earlier is not None else None
    return PaymentAttempt(
        id=uuid7(), company_id=current_company_id(), account=account, customer_id=customer_id, collection=into,
        link_id=earlier.link_id if earlier is not None else None,
        chosen=earlier.chosen if earlier is not None and into is not None else {},
        provider_id=seen.provider_id[:200], method=seen.method or Method.SPEI, currency=seen.currency,
        amount=seen.received, review="" if customer_id is not None else Review.UNKNOWN_PAYER,
    )  # fmt: skip


def _expected(into: CollectionAccount, seen: Seen) -> PaymentAttempt | None:
    """The payment of just that amount that the customer said it would make into its account, the first of them."""
    begun = PaymentAttempt.objects.filter(
        customer_id=into.customer_id, account_id=into.account_id, currency=seen.currency, amount=seen.received,
        received=0, state__in=OPEN,
    )  # fmt: skip
    rows = begun.order_by("created_at", "id")
    return next((row for row in rows if row.offer.get("shown", {}).get("value") == into.value), None)


def _close_expected(earlier: PaymentAttempt, seen: Seen) -> None:
    why = _("Se pagó con la transferencia %(name)s.") % {"name": one_line(seen.trace or seen.provider_id)[:100]}
    PaymentAttempt.objects.filter(pk=earlier.pk, received=0).update(
        state=AttemptState.EXPIRED, failure=why, check_after=None
    )
