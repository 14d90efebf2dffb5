"""Payment links for pages and messages: what a link asks now, and the ways to pay it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from aldia.customers.models import Customer
from aldia.payments.models import LinkedDebt, LinkPolicy, PaymentAttempt, PaymentLink
from aldia.payments.queries.providers import MethodOffer, offers_for
from aldia.payments.tokens import payment_settings, token_hash
from aldia.receivables.models import Receivable
from aldia.receivables.queries.discounts import EarlyOffer, offers_on
from aldia.tenancy.models import Company


class LinkState(StrEnum):
    """What a link is at a moment; derived, never stored."""

    LIVE = "live"
    PAID = "paid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A payment that came in by the link."""

    attempt: PaymentAttempt
    on: date | None
    amount: int  # minor units, what is left of it after refunds and disputes
    method: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as it stands. Amounts in minor units of `currency`; `least` and `most` bound one payment (both 0: none).

    `documents`: what it asks to pay that is still owed, oldest due first. `waiting`: payments started by the link that
    may still come (a voucher not paid yet). `asks`: what pays all that it asks today; `offers`: the early discounts of
    its documents, which that counts.
    """

    link: PaymentLink
    state: LinkState
    documents: Sequence[Receivable]
    total: int
    least: int
    most: int
    policy: str
    currency: str
    paid: Sequence[PaidLine]
    waiting: Sequence[PaymentAttempt]
    asks: int = 0
    offers: Mapping[uuid.UUID, EarlyOffer] = field(default_factory=dict)

    @property
    def net(self) -> int:
        """What settles all the documents today."""
        return self.total - self.discount

    @property
    def discount(self) -> int:
        """What is off today for paying all the documents."""
        return sum(each.discount for each in self.offers.values())

    @property
    def until(self) -> date | None:
        """The last day on which all of the discount holds; None where there is none."""
        return min((each.last_on for each in self.offers.values()), default=None)

    def price_of(self, row: Receivable) -> int:
        """What settles one document today."""
        offer = self.offers.get(row.pk)
        return offer.net if offer is not None else row.balance


def find_link(token: str) -> PaymentLink | None:
    """The link of a token, whatever its state; None when nobody ever gave that token out."""
    return PaymentLink.objects.select_related("customer", "order").filter(token_hash=token_hash(token)).first()


def links() -> QuerySet[PaymentLink]:
    """All links, newest first, with what a list shows of each."""
    return PaymentLink.objects.select_related("customer", "order", "created_by").order_by("-created_at", "-id")


def links_of_receivables(ids: Collection[uuid.UUID]) -> QuerySet[PaymentLink]:
    """The links that name any of the receivables, newest first."""
    naming = LinkedDebt.objects.filter(link=OuterRef("pk"), receivable_id__in=list(ids))
    return links().filter(Exists(naming))


def link_view(link: PaymentLink, now: datetime) -> LinkView:
    """What a link asks at a moment. Documents that were voided or paid are gone from it."""
    documents = documents_of(link)
    attempts = list(PaymentAttempt.objects.filter(link=link).select_related("account").order_by("created_at", "id"))
    offers = offers_on(documents, _local_day(link, now)) if documents else {}
    total = sum(row.balance for row in documents)
    net = total - sum(each.discount for each in offers.values())
    least, most = bounds(link, total, net, attempts)
    if link.policy == LinkPolicy.FIXED:
        offers, net = {}, most
    paid = [PaidLine(each, each.paid_on, each.net, each.method) for each in attempts if each.net]
    state = _state(link, most, now, has_paid=bool(paid))
    waiting = [each for each in attempts if each.state in ("created", "pending") and each.offer.get("shown")]
    return LinkView(link, state, documents, total, least, most, link.policy, link.currency, paid, waiting, net, offers)


def documents_of(link: PaymentLink) -> list[Receivable]:
    """What a link asks to pay that is still owed, oldest due first."""
    owed = Receivable.objects.filter(
        customer_id=link.customer_id, currency=link.currency, balance__gt=0, voided_on__isnull=True
    )
    if not link.covers_all:
        owed = owed.filter(Exists(LinkedDebt.objects.filter(link=link, receivable=OuterRef("pk"))))
    return list(owed.order_by("due_on", "issued_on", "number", "id"))


def bounds(link: PaymentLink, total: int, net: int, attempts: Sequence[PaymentAttempt]) -> tuple[int, int]:
    """The least and the most that one payment by the link may be now; (0, 0) when nothing is left to pay.

    `total`: what is owed; `net`: what settles it today, less where there is a discount.
    """
    if link.policy == LinkPolicy.FIXED:
        came = sum(each.net for each in attempts)
        asked = min((link.amount or 0) - came, total)
        return (asked, asked) if asked > 0 else (0, 0)
    if link.policy == LinkPolicy.FULL:
        return net, total
    return min(payment_settings().least_partial, net), total


def methods_for(whom: PaymentLink | Customer, amount: int, currency: str) -> list[MethodOffer]:
    """The ways to pay an amount (minor units) that are switched on; those that do not take it say why not."""
    customer_id = whom.customer_id if isinstance(whom, PaymentLink) else whom.pk
    return offers_for(customer_id, amount, currency)


def _state(link: PaymentLink, most: int, now: datetime, *, has_paid: bool) -> LinkState:
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if most == 0 and (has_paid or link.covers_all or _was_paid(link)):
        return LinkState.PAID
    if most == 0:
        return LinkState.REVOKED  # everything it asked for was cancelled
    return LinkState.EXPIRED if link.expires_at <= now else LinkState.LIVE


def _local_day(link: PaymentLink, now: datetime) -> date:
    company = Company.objects.get(pk=link.company_id)
    return now.astimezone(ZoneInfo(company.time_zone)).date()


def _was_paid(link: PaymentLink) -> bool:
    return Receivable.objects.filter(links__link=link, voided_on__isnull=True).exists()
