"""Who of a company's customers is in the authority's lists, and how old the lists are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from aldia.authority.models import ListedTaxpayer, TaxpayerList
from aldia.customers.models import Customer
from aldia.domain.fiscal.taxpayer_lists import NAMES, SIMULATED, is_against


@dataclass(frozen=True, slots=True)
class Flag:
    """A customer is in a list. `is_against`: it speaks against it (somebody cleared of 69-B stays in the list)."""

    tax_id: str
    listing: str
    title: str
    situation: str
    since: date | None
    is_against: bool

    @property
    def is_grave(self) -> bool:
        """In 69-B, and not cleared."""
        return self.is_against and self.listing == SIMULATED


def flags_of(tax_ids: Collection[str]) -> dict[str, list[Flag]]:
    """By tax id, what the current lists say; the gravest first. Who is in none is not in the answer."""
    wanted = ListedTaxpayer.objects.filter(tax_id__in=set(tax_ids), listing__is_current=True)
    found: dict[str, list[Flag]] = {}
    for row in wanted.select_related("listing").order_by("listing__name", "since"):
        name = row.listing.name
        title = _(NAMES[name]) if name in NAMES else name
        flag = Flag(row.tax_id, name, title, row.situation, row.since, is_against(name, row.situation))
        found.setdefault(row.tax_id, []).append(flag)
    return {
        key: sorted(flags, key=lambda flag: (not flag.is_grave, not flag.is_against)) for key, flags in found.items()
    }


def listed_customers(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Those of the customers that are in a current list."""
    listed = ListedTaxpayer.objects.filter(tax_id=OuterRef("tax_id"), listing__is_current=True)
    return customers.filter(Exists(listed), country="MX", generic=False)


def current_lists() -> list[TaxpayerList]:
    """The lists on file, by name."""
    return list(TaxpayerList.objects.filter(is_current=True).order_by("name"))
