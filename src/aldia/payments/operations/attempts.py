"""Payments asked of a provider: started with a key of ours, looked at again, refunded. No network in a transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime

from aldia.domain.money import Money
from aldia.payments.models import PaymentAttempt
from aldia.tenancy.models import User


class AttemptError(ValueError):
    """A payment that cannot be started, refunded or decided as asked; the sentence is for the person."""


def start(
    *, customer_id: uuid.UUID, link_id: uuid.UUID | None = None, account_id: uuid.UUID, method: str, amount: Money,
    chosen: Mapping[uuid.UUID, int], key: uuid.UUID, return_url: str, base_url: str, now: datetime,
) -> PaymentAttempt:  # fmt: skip
    """Begin a payment: the row with its key first, then the provider is asked. Raises `AttemptError`."""
    raise NotImplementedError


def refresh(*, attempt_id: uuid.UUID, now: datetime) -> PaymentAttempt:
    """Ask the provider what a payment is now, and bring the books in line."""
    raise NotImplementedError


def refund(*, attempt_id: uuid.UUID, amount: int, key: uuid.UUID, actor: User | None, now: datetime) -> PaymentAttempt:
    """Send money back (minor units); the same key again sends nothing more. Raises `AttemptError`."""
    raise NotImplementedError


def assign_attempt(
    *, attempt_id: uuid.UUID, customer_id: uuid.UUID, actor: User | None, now: datetime
) -> PaymentAttempt:
    """Say whose the money of an unknown payer is; it is posted. Raises `AttemptError`."""
    raise NotImplementedError


def confirm_distinct(*, attempt_id: uuid.UUID, actor: User | None, now: datetime) -> PaymentAttempt:
    """«Es otro pago»: post what was held back as a suspected duplicate. Raises `AttemptError`."""
    raise NotImplementedError


def link_to_credit(*, attempt_id: uuid.UUID, credit_id: uuid.UUID, actor: User | None, now: datetime) -> PaymentAttempt:
    """«Es el mismo»: the payment is the one already on file; nothing is posted again. Raises `AttemptError`."""
    raise NotImplementedError


def confirm_proof(*, attempt_id: uuid.UUID, actor: User | None, now: datetime) -> PaymentAttempt:
    """A person saw the money of a provider whose word is no proof; it is posted. Raises `AttemptError`."""
    raise NotImplementedError


def close_review(*, attempt_id: uuid.UUID, actor: User | None, today: date, reason: str) -> PaymentAttempt:
    """A person looked and there is nothing (more) to do. Raises `AttemptError`."""
    raise NotImplementedError
