"""How a company lets its movements be matched, as the engine takes it."""

from __future__ import annotations

from aldia.banking.models import MatchingSettings
from aldia.domain.matching import Commission, Promise, Settings
from aldia.tenancy.models import Company

SHADOW = "shadow"


def engine_settings(row: MatchingSettings, company: Company) -> Settings:
    """The engine's settings of a company."""
    return Settings(
        country=company.country,
        currency=company.currency,
        cap=row.cap,
        young_cap=row.young_cap,
        rounding=row.rounding,
        commissions=tuple(
            Commission(str(each["key"]), int(each["ppm"]), int(each.get("fixed", 0)), int(each.get("vat_ppm", 0)))
            for each in row.commissions
        ),
        fees=tuple(int(each) for each in row.fees),
        mode="shadow" if row.mode == SHADOW else "on",
    )


def promise_of(row: MatchingSettings) -> Promise:
    """How many automatic matches go to blind review."""
    return Promise(review_per_mille=row.review_per_mille)
