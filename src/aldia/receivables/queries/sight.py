"""Whose balances are in a list or a figure.

Customers that are switched off are left out unless asked for; generic receivers (público en general) owe nothing and
are never in; a collector restricted to the own portfolios sees those only.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from aldia.customers.models import Customer
from aldia.customers.queries import as_uuid
from aldia.tenancy.models import Membership

M = TypeVar("M", bound=Model)
NO_PORTFOLIO = "none"


@dataclass(frozen=True, slots=True)
class Sight:
    """`collector`: the person whose portfolios it is about (None: everybody's). `include_off`: apagados too."""

    collector: uuid.UUID | None = None
    include_off: bool = False

    @property
    def _conditions(self) -> dict[str, Any]:
        found: dict[str, Any] = {"generic": False} if self.include_off else {"collecting": True}
        if self.collector is not None:
            found["portfolio__collector"] = self.collector
        return found

    def customers(self) -> QuerySet[Customer]:
        """The customers in sight."""
        return Customer.objects.filter(**self._conditions)

    def narrow(self, rows: QuerySet[M], path: str = "customer") -> QuerySet[M]:
        """Rows of the customers in sight; `path` leads from the row to its customer."""
        return rows.filter(**{f"{path}__{name}": value for name, value in self._conditions.items()})


def sight_of(membership: Membership, *, include_off: bool = False) -> Sight:
    """What a member sees."""
    return Sight(membership.user_id if membership.own_portfolio_only else None, include_off)


def in_portfolio(rows: QuerySet[M], portfolio: str, path: str = "customer__portfolio") -> QuerySet[M]:
    """Rows of a portfolio: its id, "none" for customers in none, "" for all. What is no id has no rows."""
    if not portfolio:
        return rows
    if portfolio == NO_PORTFOLIO:
        return rows.filter(**{f"{path}__isnull": True})
    found = as_uuid(portfolio)
    return rows.filter(**{path: found}) if found else rows.none()
