"""What a document costs if it is paid on a day: for the portal, the page of a link and the staff."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aldia.domain.charges import early
from aldia.domain.charges.early import Tier
from aldia.receivables.clusters import chunks
from aldia.receivables.following.discounts import SOURCE, applied_to, terms_of
from aldia.receivables.models import Allocation, DiscountRefusal, DiscountRule, Receivable


@dataclass(frozen=True, slots=True)
class EarlyOffer:
    """`net` pays the document whole on that day: its balance less `discount`. It holds until `last_on`."""

    receivable_id: uuid.UUID
    rule: DiscountRule
    discount: int
    net: int
    percent: Decimal
    last_on: date


def discount_for(receivable: Receivable, on: date) -> EarlyOffer | None:
    """What would settle a receivable on a day, for less than its balance; None where nothing is off."""
    return offers_on([receivable], on).get(receivable.id)


def offers_on(rows: Sequence[Receivable], on: date) -> dict[uuid.UUID, EarlyOffer]:
    """The same for many, by the id of the receivable; those without an offer are left out."""
    rows = [row for row in rows if row.balance > 0]
    promised = terms_of(list(rows)) if rows and has_discounts() else {}
    live = {each: terms for each, terms in promised.items() if early.tier_on(terms.tiers, on)}
    applied = applied_to(list(live)) if live else {}
    found = {}
    for row in rows:
        if row.id not in live:
            continue
        terms, sums = live[row.id], applied[row.id]
        offer = early.offer_on(
            tiers=terms.tiers,
            base=row.total - sums.other,
            money=sums.money,
            pro_rata=terms.rule.pro_rata,
            on=on,
        )
        if offer is not None and offer.net < row.balance:
            found[row.id] = EarlyOffer(
                row.id, terms.rule, row.balance - offer.net, offer.net, offer.tier.percent, offer.tier.last_on
            )
    return found


def has_discounts() -> bool:
    """Whether the company ever promised any."""
    return DiscountRule.objects.filter(starts_on__isnull=False).exists()


@dataclass(frozen=True, slots=True)
class Promise:
    """The discount of one document, for its page: its tiers, what was given, whether a person took it off."""

    rule: DiscountRule | None
    tiers: tuple[Tier, ...]
    given: int
    is_refused: bool
    offer: EarlyOffer | None


def promise_of(row: Receivable, on: date) -> Promise | None:
    """What there is to say of a document's discount; None where it never had any."""
    terms = terms_of([row]).get(row.id)
    given = given_on([row.id]).get(row.id, 0)
    refused = DiscountRefusal.objects.filter(receivable=row).exists()
    if terms is None and not given and not refused:
        return None
    return Promise(terms.rule if terms else None, terms.tiers if terms else (), given, refused, discount_for(row, on))


def given_on(receivable_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The discount by rule that each receivable has now."""
    found: dict[uuid.UUID, int] = {}
    live = Allocation.objects.filter(reversal_of__isnull=True, reversal__isnull=True, credit__source=SOURCE)
    for part in chunks(receivable_ids):
        for receivable_id, amount in live.filter(receivable_id__in=part).values_list("receivable_id", "amount"):
            found[receivable_id] = found.get(receivable_id, 0) + amount
    return found
