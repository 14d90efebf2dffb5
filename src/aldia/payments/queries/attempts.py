"""Payments by provider for pages: what came, what is on its way, what waits for a person."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from aldia.domain.money import Money
from aldia.payments.models import AttemptState, PaymentAttempt, Review
from aldia.receivables.operations.payments import Suspect, suspected_duplicates

SOURCE = "provider"  # of the credits that providers' money makes
WITH = ("account", "customer", "link", "collection", "credit")


def attempts() -> QuerySet[PaymentAttempt]:
    """All payments by provider, newest first, with what a list shows of each."""
    return PaymentAttempt.objects.select_related(*WITH).order_by("-created_at", "-id")


def to_review() -> QuerySet[PaymentAttempt]:
    """The payments that wait for a person, oldest first."""
    return PaymentAttempt.objects.select_related(*WITH).exclude(review="").order_by("created_at", "id")


def of_customer(customer_id: uuid.UUID) -> QuerySet[PaymentAttempt]:
    """The payments of a customer, newest first."""
    return attempts().filter(customer_id=customer_id)


def waiting_of(customer_id: uuid.UUID) -> QuerySet[PaymentAttempt]:
    """The payments that a customer began and that may still come, newest first."""
    return of_customer(customer_id).filter(state__in=[AttemptState.CREATED, AttemptState.PENDING])


def suspects_of(attempt: PaymentAttempt) -> list[Suspect]:
    """The payments on file that may be the same money, for one that waits because of it."""
    if attempt.review != Review.DUPLICATE or attempt.customer_id is None or attempt.paid_on is None:
        return []
    amounts = {each for each in (attempt.received, attempt.net) if each}  # part may have gone back while it waits
    return [
        suspect
        for each in sorted(amounts, reverse=True)
        for suspect in suspected_duplicates(
            attempt.customer_id, Money(each, attempt.currency), attempt.paid_on, apart_from=SOURCE
        )
    ]
