"""Which rule applies to whom: the most specific one wins, among equals the one that began last."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Generic, TypeVar

from aldia.domain.charges.early import Tier
from aldia.domain.charges.late import LateTerms
from aldia.receivables.charge_models import ChargeRule, ChargeScope, DiscountCustomer, EndCode, LateFeeCustomer, percent
from aldia.receivables.models import DiscountRule, LateFeeRule, Receivable

R = TypeVar("R", bound=ChargeRule)
RANK = {ChargeScope.ALL: 0, ChargeScope.PORTFOLIO: 1, ChargeScope.CUSTOMERS: 2}
LAST = date.max


@dataclass(slots=True)
class RuleBook(Generic[R]):
    """Rules that are or were on, with the customers of those that are for some."""

    rules: list[R]
    members: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=dict)

    def applying(self, customer_id: uuid.UUID, portfolio_id: uuid.UUID | None, currency: str) -> list[R]:
        """The rules for a customer, in the order in which they win."""
        found = [
            rule for rule in self.rules if rule.currency == currency and self._is_for(rule, customer_id, portfolio_id)
        ]
        return sorted(
            found, key=lambda rule: (RANK[ChargeScope(rule.scope)], rule.starts_on or LAST, rule.id), reverse=True
        )

    def _is_for(self, rule: R, customer_id: uuid.UUID, portfolio_id: uuid.UUID | None) -> bool:
        if rule.scope == ChargeScope.CUSTOMERS:
            return customer_id in self.members.get(rule.id, ())
        return rule.scope == ChargeScope.ALL or rule.portfolio_id == portfolio_id


def late_book(*, draft: LateFeeRule | None = None, customers: Iterable[uuid.UUID] = ()) -> RuleBook[LateFeeRule]:
    """The rules of late fees; with a `draft` (and its customers) as if it had taken its place among them."""
    rules = list(LateFeeRule.objects.filter(starts_on__isnull=False).exclude(end_code=EndCode.OFF))
    book = RuleBook(rules, _members(LateFeeCustomer.objects.values_list("rule_id", "customer_id")))
    if draft is not None:
        book.rules = [rule for rule in rules if rule.id not in (draft.id, draft.replaces_id)] + [draft]
        book.members[draft.id] = set(customers)
    return book


def discount_book() -> RuleBook[DiscountRule]:
    """The discounts that are or were offered by rule (not those of one document)."""
    rules = list(DiscountRule.objects.filter(starts_on__isnull=False, receivable__isnull=True))
    return RuleBook(rules, _members(DiscountCustomer.objects.values_list("rule_id", "customer_id")) if rules else {})


def _members(rows: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> dict[uuid.UUID, set[uuid.UUID]]:
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    for rule_id, customer_id in rows:
        found.setdefault(rule_id, set()).add(customer_id)
    return found


def is_on(rule: ChargeRule, first: date, last: date | None = None) -> bool:
    """Whether a rule holds on a day, or on any of some days."""
    return rule.starts_on is not None and rule.starts_on <= (last or first) and first <= (rule.ended_on or LAST)


def late_terms(rule: LateFeeRule, *, since: date | None = None) -> LateTerms:
    """What the domain asks of a rule of late fees. `since` overrules the day on which it began: for simulations."""
    return LateTerms(
        rate=rule.rate,
        per=rule.per,
        basis=rule.basis,
        grace_days=rule.grace_days,
        since=since or rule.starts_on or date.min,
        minimum=rule.minimum,
        cap_percent=rule.cap_percent,
        cap_amount=rule.cap_amount,
        fixed_fee=rule.fixed_fee,
        fixed_each=rule.fixed_each,
        tax_percent=rule.tax_percent,
    )


def tiers_for(rule: DiscountRule, receivable: Receivable) -> tuple[Tier, ...]:
    """The days and percents of a discount for one document."""
    if rule.until_on is not None:
        return tuple(Tier(rule.until_on, percent(ppm)) for _days, ppm in rule.tiers[:1])
    return tuple(Tier(receivable.issued_on + timedelta(days=days), percent(ppm)) for days, ppm in rule.tiers)
