"""What a person decides of a payment that waits for it: whose it is, whether it is the same money, that it came."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.payments.models import PaymentAttempt, Review
from aldia.payments.operations.looking import AttemptError, locked, tell
from aldia.payments.operations.settling import HOLDING, SET_ASIDE, UNDONE, bring_in_line, payer_of
from aldia.receivables.models import Credit, CreditKind
from aldia.receivables.posting import CHAIN
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

TO_CONFIRM = (Review.PROOF, Review.CURRENCY, Review.REFUSED)


def assign_attempt(
    *, attempt_id: uuid.UUID, customer_id: uuid.UUID, actor: User | None, now: datetime
) -> PaymentAttempt:
    """Say whose the money of an unknown payer is; it is posted. Done twice, it is done once. Raises `AttemptError`."""
    with transaction():
        attempt = locked(attempt_id)
        if attempt.review != Review.UNKNOWN_PAYER and attempt.customer_id == customer_id:
            return attempt
        _expect(attempt, Review.UNKNOWN_PAYER)
        customer = Customer.objects.filter(pk=customer_id, generic=False).first()
        if customer is None:
            raise AttemptError(_("Ese cliente no existe."))
        attempt.customer = customer
        _decide(attempt, "payments.attempt_assigned", actor, now, {"customer": customer_id})
    return attempt


def confirm_distinct(*, attempt_id: uuid.UUID, actor: User | None, now: datetime) -> PaymentAttempt:
    """«Es otro pago»: post what was held back as a suspected duplicate. Raises `AttemptError`."""
    with transaction():
        attempt = locked(attempt_id)
        if not attempt.review and attempt.credit is not None and attempt.credit.is_distinct:
            return attempt
        _expect(attempt, Review.DUPLICATE)
        _decide(attempt, "payments.attempt_distinct", actor, now, {}, is_distinct=True)
    return attempt


def link_to_credit(*, attempt_id: uuid.UUID, credit_id: uuid.UUID, actor: User | None, now: datetime) -> PaymentAttempt:
    """«Es el mismo»: the payment is the one already on file; nothing is posted again. Raises `AttemptError`."""
    with transaction():
        attempt = locked(attempt_id)
        if not attempt.review and attempt.credit_id == credit_id:
            return attempt
        _expect(attempt, Review.DUPLICATE)
        lock_chain(CHAIN)
        credit = Credit.objects.filter(
            pk=credit_id, customer_id=payer_of(attempt), currency=attempt.currency,
            amount__in=[attempt.net, attempt.received], kind=CreditKind.PAYMENT, reversed_on__isnull=True,
        ).first()  # fmt: skip
        if credit is None:
            raise AttemptError(_("Ese pago ya no está registrado, o no es del mismo cliente y del mismo importe."))
        if PaymentAttempt.objects.filter(credit=credit).exclude(pk=attempt.pk).exists():
            raise AttemptError(_("Ese pago ya corresponde a otro cobro por proveedor."))
        attempt.credit, attempt.posted = credit, credit.amount  # what went back meanwhile is taken off it
        _decide(attempt, "payments.attempt_same", actor, now, {"credit": credit_id})
    return attempt


def confirm_proof(*, attempt_id: uuid.UUID, actor: User | None, now: datetime) -> PaymentAttempt:
    """A person saw the money (a provider whose word is no proof, another currency, what was refused); it is posted."""
    with transaction():
        attempt = locked(attempt_id)
        if not attempt.review and attempt.posted:
            return attempt
        _expect(attempt, *TO_CONFIRM)
        if attempt.credit is not None and attempt.credit.reversed_on is not None:
            attempt.posted = 0  # somebody undid it by hand: the books hold nothing of it
            attempt.offer = {name: value for name, value in attempt.offer.items() if name != UNDONE}
        _decide(attempt, "payments.attempt_confirmed", actor, now, {})
    return attempt


def close_review(*, attempt_id: uuid.UUID, reason: str, actor: User | None, today: date) -> PaymentAttempt:
    """A person looked, and there is nothing (more) to post of it. Raises `AttemptError` without a reason."""
    if not reason.strip():
        raise AttemptError(_("Escribe por qué no hay nada que hacer."))
    with transaction():
        attempt = locked(attempt_id)
        if attempt.review:
            why, attempt.review = attempt.review, ""
            if why in HOLDING:
                attempt.offer = {**attempt.offer, SET_ASIDE: True}
            attempt.save(update_fields=["review", "offer"])
            _audit(actor, "payments.review_closed", attempt, why, {"reason": reason.strip()[:300], "on": today})
    return attempt


def _expect(attempt: PaymentAttempt, *reviews: Review) -> None:
    if attempt.review not in reviews:
        raise AttemptError(_("Ese cobro ya no espera esa decisión. Vuelve a cargar la página."))


def _decide(
    attempt: PaymentAttempt, verb: str, actor: User | None, now: datetime, detail: dict[str, object], *,
    is_distinct: bool = False,
) -> None:  # fmt: skip
    before = (attempt.state, attempt.received, attempt.refunded, attempt.disputed, attempt.posted, attempt.review)
    why, attempt.review, attempt.failure = attempt.review, "", ""
    bring_in_line(attempt, now=now, actor=actor, is_distinct=is_distinct)
    attempt.save()
    _audit(actor, verb, attempt, why, detail)
    tell(attempt, before, now)


def _audit(actor: User | None, verb: str, attempt: PaymentAttempt, why: str, detail: dict[str, object]) -> None:
    audit.record(
        actor=actor, verb=verb, object_type="payment_attempt", object_id=attempt.pk,
        detail={"review": why, "posted": attempt.posted, "currency": attempt.currency, **detail},
    )  # fmt: skip
