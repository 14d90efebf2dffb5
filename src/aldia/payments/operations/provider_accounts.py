"""Setting up payment providers: accounts, their secrets and methods, and which one issues collection accounts."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aldia.payments.models import ProviderAccount
from aldia.tenancy.models import User


@dataclass(frozen=True, slots=True)
class Details:
    """What a person fills in. An empty secret leaves the one that is kept as it is."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_live: bool = True


def create_account(*, provider: str, details: Details, actor: User | None) -> ProviderAccount:
    """Add an account with all its methods on. Raises `Refused` (with its field)."""
    raise NotImplementedError


def update_account(*, account_id: uuid.UUID, version: int, details: Details, actor: User | None) -> ProviderAccount:
    """Save an edited account. Raises `Refused`, `Stale`, `NotThere`."""
    raise NotImplementedError


def set_methods(
    *, account_id: uuid.UUID, version: int, methods: Collection[str], actor: User | None
) -> ProviderAccount:
    """Say which of the provider's methods are offered. Raises `Refused`, `Stale`, `NotThere`."""
    raise NotImplementedError


def make_issuer(*, account_id: uuid.UUID, version: int, actor: User | None) -> ProviderAccount:
    """Let this account open the collection accounts of customers, instead of any other."""
    raise NotImplementedError


def disable_account(*, account_id: uuid.UUID, version: int, actor: User | None) -> ProviderAccount:
    """Switch an account off: nothing new is asked of it; what it was asked is still looked at."""
    raise NotImplementedError


def enable_account(*, account_id: uuid.UUID, version: int, actor: User | None) -> ProviderAccount:
    """Switch an account on again. Raises `Stale`, `NotThere`."""
    raise NotImplementedError


def check_account(*, account_id: uuid.UUID, actor: User | None, now: datetime) -> tuple[bool, str]:
    """Prove that the keys work, outside any transaction; the sentence of what was found is kept on the account."""
    raise NotImplementedError
