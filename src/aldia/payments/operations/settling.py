"""From what a provider says to what the books hold: the difference is posted, as often as it is asked.

Money of a provider is certain: it is posted, or it waits in front of a person (`Review`), it is never dropped. Called
with the attempt's row locked, inside the transaction that keeps what was seen of it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils.translation import gettext as _

from aldia.domain.money import Money
from aldia.domain.ports.payments import Method
from aldia.payments.models import PaymentAttempt, PaymentLink, Review
from aldia.payments.queries.attempts import SOURCE
from aldia.payments.queries.links import documents_of
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.payments import PaymentError, SuspectedDuplicate, record_payment
from aldia.receivables.operations.presuming import presumed_of
from aldia.receivables.operations.resizing import NET, post_fee, resize_credit
from aldia.receivables.posting import CHAIN
from aldia.receivables.queries.discounts import offers_on
from aldia.tenancy import audit
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id

HOLDING = frozenset({Review.UNKNOWN_PAYER, Review.DUPLICATE, Review.CURRENCY, Review.PROOF, Review.REFUSED})
SET_ASIDE = "set_aside"  # a person decided that nothing is to be posted of it
UNDONE = "undone"  # a person took the payment off the books: what comes again waits for a person
METHODS = {Method.CARD: "card", Method.SPEI: "transfer", Method.TRANSFER: "transfer", Method.STORE: "cash"}
MAX_KEY = 80


def bring_in_line(attempt: PaymentAttempt, *, now: datetime, actor: User | None, is_distinct: bool = False) -> None:
    """Make the books hold what stays of the payment (`attempt.net`) and what it cost; the caller saves the row.

    `is_distinct`: a person said that it is not the money of a payment on file.
    """
    if attempt.review in HOLDING or attempt.offer.get(SET_ASIDE) or attempt.customer_id is None:
        return
    if attempt.net != attempt.posted:
        lock_chain(CHAIN)  # what is owed stays as it is read below
        before, attempt.posted = attempt.posted, _post(attempt, now, actor, is_distinct)
        if attempt.posted != before:
            detail = {"customer": attempt.customer_id, "before": before, "after": attempt.posted}
            _audit(actor, "payments.settled", attempt, detail | {"currency": attempt.currency})
    if attempt.credit_id is not None and attempt.fee > attempt.posted_fee and attempt.review not in HOLDING:
        _post_fee(attempt, now, actor)
    if attempt.review == Review.PAID_TWICE and not attempt.net:
        attempt.review = ""


def local_day(now: datetime) -> date:
    """The company's day at a moment."""
    company = Company.objects.get(pk=current_company_id())
    return now.astimezone(ZoneInfo(company.time_zone)).date()


def _post(attempt: PaymentAttempt, now: datetime, actor: User | None, is_distinct: bool) -> int:
    """Post the difference; what the books hold of it then."""
    today = local_day(now)
    try:
        if attempt.credit is None:
            credit = _first(attempt, today, actor, is_distinct)
        elif attempt.credit.reversed_on is None:
            credit = _changed(attempt, attempt.credit, today, actor)
        elif not attempt.posted and not attempt.offer.get(UNDONE):  # all of it had gone back, and some came again
            credit = _again(attempt, today, actor)
        else:
            return _undone_by_hand(attempt)
    except SuspectedDuplicate:
        attempt.review = Review.DUPLICATE
        return attempt.posted
    except PaymentError as error:
        attempt.review, attempt.failure = Review.REFUSED, str(error)[:300]
        return attempt.posted
    attempt.credit = credit
    is_for_something = attempt.link_id is not None or bool(attempt.chosen)
    if is_for_something and attempt.net > attempt.posted and credit.remaining == credit.amount:
        attempt.review = Review.PAID_TWICE
    return attempt.net


def _first(attempt: PaymentAttempt, today: date, actor: User | None, is_distinct: bool) -> Credit:
    on = min(attempt.paid_on or today, today)
    return _record(attempt, key_of(attempt), on, today, actor, is_distinct)


def _again(attempt: PaymentAttempt, today: date, actor: User | None) -> Credit:
    gone = attempt.credit_id or attempt.pk
    return _record(attempt, f"{NET}{gone.hex}", today, today, actor, is_distinct=True)


def _record(attempt: PaymentAttempt, key: str, on: date, today: date, actor: User | None, is_distinct: bool) -> Credit:
    named, policy = plan(attempt, attempt.net, {})
    return record_payment(
        customer_id=payer_of(attempt), amount=Money(attempt.net, attempt.currency), received_on=on, key=key,
        actor=actor, today=today, policy=policy, named=named, method=METHODS.get(Method(attempt.method), "other"),
        reference=(attempt.trace or attempt.provider_id)[:200], note=attempt.account.name, source=SOURCE,
        is_distinct=is_distinct, is_named_at_source=True,
    )  # fmt: skip


def _changed(attempt: PaymentAttempt, credit: Credit, today: date, actor: User | None) -> Credit:
    """Part went back, or came again: the credit stands for what is left, and pays what it paid while it lasts."""
    difference = attempt.net - attempt.posted
    named, policy = plan(attempt, difference, _applied(credit)) if difference > 0 else ({}, "")
    reason = _("Devolución o contracargo por %(provider)s") if difference < 0 else _("Volvió por %(provider)s")
    return resize_credit(
        credit_id=credit.pk, amount=max(credit.amount + difference, 0), on=today, actor=actor, named=named,
        policy=policy, reason=reason % {"provider": attempt.account.name},
    )  # fmt: skip


def _undone_by_hand(attempt: PaymentAttempt) -> int:
    """A person took the payment off the books: what goes back changes nothing there, what comes again is shown."""
    if attempt.net > attempt.posted:
        attempt.review, attempt.failure = Review.REFUSED, _("Alguien deshizo este pago a mano.")
        return attempt.posted
    attempt.offer = {**attempt.offer, UNDONE: True}
    return attempt.net


def plan(attempt: PaymentAttempt, amount: int, applied: Mapping[uuid.UUID, int]) -> tuple[dict[uuid.UUID, int], str]:
    """What an amount pays, and the policy for the rest ("": it stays in favour).

    First what the payer chose, as far as it is still owed and not paid by the same money (`applied`); then the
    documents of the link, oldest due first, each with what settles it by its early discount on the day of the payment,
    and what is left with the rest of them; the oldest due of all only where neither was said.
    """
    named: dict[uuid.UUID, int] = {}
    left = amount
    chosen = {uuid.UUID(key): int(value) for key, value in attempt.chosen.items()}
    owed = Receivable.objects.filter(
        pk__in=chosen, customer_id=payer_of(attempt), currency=attempt.currency, voided_on__isnull=True
    )
    presumed = presumed_of(chosen) if chosen and attempt.credit_id is None else {}
    for row in owed.order_by("due_on", "issued_on", "number", "id"):
        share = min(chosen[row.pk] - applied.get(row.pk, 0), row.balance + presumed.get(row.pk, 0), left)
        if share > 0:
            named[row.pk] = share
            left -= share
    if attempt.link is not None and left:
        _by_link(attempt, attempt.link, named, left)
    return named, "" if chosen or attempt.link is not None else "oldest_due"


def _by_link(attempt: PaymentAttempt, link: PaymentLink, named: dict[uuid.UUID, int], left: int) -> None:
    """Share what is left among the link's documents: first what settles each, then up to all that it owes."""
    rows = [row for row in documents_of(link) if row.currency == attempt.currency]
    rows = rows if link.customer_id == attempt.customer_id else []
    offers = offers_on(rows, attempt.paid_on) if rows and attempt.paid_on else {}
    settling = {each: offer.net for each, offer in offers.items()}
    for prices in (settling, {}):
        for row in rows:
            share = min(prices.get(row.pk, row.balance) - named.get(row.pk, 0), left)
            if share > 0:
                named[row.pk] = named.get(row.pk, 0) + share
                left -= share
    asked = list(link.debts.values_list("receivable_id", flat=True)) if left and attempt.credit_id is None else []
    for receivable_id, amount in presumed_of(asked).items():  # presumed paid while the payment was on its way
        share = min(amount, left)
        if share > 0 and receivable_id not in named:
            named[receivable_id] = share
            left -= share


def key_of(attempt: PaymentAttempt) -> str:
    """How the books know the payment: the provider's account and its name for it."""
    name = attempt.provider_id or attempt.pk.hex
    if len(name) > MAX_KEY - 33:
        name = hashlib.sha256(name.encode()).hexdigest()[: MAX_KEY - 33]
    return f"{attempt.account_id.hex}:{name}"


def payer_of(attempt: PaymentAttempt) -> uuid.UUID:
    """Its customer; nothing is posted of an attempt that has none."""
    if attempt.customer_id is None:
        raise ValueError("an attempt of nobody is not posted")
    return attempt.customer_id


def _applied(credit: Credit) -> dict[uuid.UUID, int]:
    """What a credit pays of each document now."""
    rows = Allocation.objects.filter(credit=credit).values_list("receivable_id").annotate(total=Sum("amount"))
    return {receivable_id: total for receivable_id, total in rows.order_by("receivable_id") if total}


def _post_fee(attempt: PaymentAttempt, now: datetime, actor: User | None) -> None:
    post_fee(
        customer_id=payer_of(attempt), amount=Money(attempt.fee - attempt.posted_fee, attempt.currency),
        key=f"fee:{attempt.pk}:{attempt.fee}", on=local_day(now), memo=attempt.account.name, actor=actor,
    )  # fmt: skip
    attempt.posted_fee = attempt.fee


def _audit(actor: User | None, verb: str, attempt: PaymentAttempt, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="payment_attempt", object_id=attempt.pk, detail=detail)
