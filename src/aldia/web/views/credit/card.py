"""How a customer's credit stands, as the card that several pages draw (`credit/_standing.html`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from aldia.collections.credit_words import sentences as hold_sentences
from aldia.collections.queries.advice import advices
from aldia.collections.queries.credit import CreditStanding, standing, standings
from aldia.customers.models import Customer
from aldia.domain.credit_advice import Advice
from aldia.forecasts.models import RiskScore
from aldia.forecasts.queries.current import risk_of
from aldia.tenancy.models import Company
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.views.credit import words

QUARTER = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Card:
    """A customer's credit as pages draw it. `change`: points of risk since 90 days ago (None: not known then)."""

    customer: Customer
    standing: CreditStanding
    advice: Advice
    risk: RiskScore | None
    change: int | None
    why: tuple[str, ...]
    advice_why: tuple[str, ...]

    @property
    def pk(self) -> UUID:
        return self.customer.pk

    @property
    def state(self) -> str:
        """A word of the pills."""
        if self.standing.is_held:
            return "credit_held"
        if self.standing.why:
            return "credit_allowed"
        if self.standing.is_over:
            return "over_limit"
        return "credit_open" if self.standing.limit is not None else "credit_free"

    @property
    def band_word(self) -> Any:
        return words.band_of(self.risk.band)[0] if self.risk else ""

    @property
    def band_colour(self) -> str:
        return words.band_of(self.risk.band)[1] if self.risk else "gray"

    @property
    def more_why(self) -> int:
        """Reasons besides the first."""
        return len(self.why) - 1

    @property
    def bar(self) -> int:
        return min(100, self.standing.percent)

    @property
    def days_text(self) -> str:
        return "" if self.advice.days is None else words.days_text(self.advice.days)

    @property
    def days_now(self) -> str:
        return words.days_text(self.advice.now.days)


def cards(
    customers: Collection[Customer], company: Company, today: date, known: Mapping[UUID, CreditStanding] | None = None
) -> list[Card]:
    """The cards of a page of customers, in as many queries for fifty as for one."""
    ids = [row.pk for row in customers]
    stands = standings(ids, today=today) if known is None else known
    advice = advices(customers, stands, today=today, home=company.currency)
    risks, before = risk_of(ids), risk_of(ids, today - QUARTER)
    return [
        Card(
            row,
            stands[row.pk],
            advice[row.pk],
            risks.get(row.pk),
            _change(risks.get(row.pk), before.get(row.pk)),
            tuple(hold_sentences(stands[row.pk].why, company.currency)),
            tuple(words.sentences(advice[row.pk], company)),
        )
        for row in customers
    ]


def card_of(request: CompanyRequest, customer: Customer) -> Card | None:
    """The card of one customer; None for público en general, which has no credit."""
    if customer.generic:
        return None
    return cards([customer], request.company, clock.today(request.company))[0]


@dataclass(frozen=True, slots=True)
class Stopped:
    """What `credit/_held.html` warns with: less than a card, and quicker to read."""

    customer: Customer
    standing: CreditStanding
    why: tuple[str, ...]

    @property
    def pk(self) -> UUID:
        return self.customer.pk


def stopped_of(request: CompanyRequest, customer: Customer) -> Stopped | None:
    """The warning for a customer to whom something is about to be sold; None while nothing stops it."""
    if customer.generic:
        return None
    found = standing(customer.pk, today=clock.today(request.company))
    return Stopped(customer, found, tuple(hold_sentences(found.why, request.company.currency)))


def _change(now: RiskScore | None, before: RiskScore | None) -> int | None:
    return None if now is None or before is None else now.score - before.score
