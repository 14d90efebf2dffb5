"""How a company lets its movements be matched, and what it agreed with each customer, as a person sets it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from aldia.banking.models import MatchingSettings, PayerAgreement
from aldia.tenancy.models import User


def own_matching_settings() -> MatchingSettings:
    """The settings of the company in scope, made with the defaults where there are none."""
    raise NotImplementedError


def update_matching_settings(*, version: int, changes: Mapping[str, object], actor: User | None) -> MatchingSettings:
    """Change how movements are matched, by name (mode, cap, young_cap, rounding, review_per_mille, fees, commissions).

    Raises `PreferenceError` with the field at fault, and `Stale`.
    """
    raise NotImplementedError


def agree_oldest_first(
    *, customer_id: uuid.UUID, oldest_first: bool, now: datetime, actor: User | None
) -> PayerAgreement:
    """Write down whether payments without reference of a customer pay what fell due first."""
    raise NotImplementedError
