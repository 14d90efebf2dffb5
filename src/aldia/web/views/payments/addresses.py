"""The addresses that customers open, for the staff's pages to show and copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from aldia.payments import addresses
from aldia.payments.tokens import LINK, PASS, Tokens
from aldia.tenancy import keyring, secrets
from aldia.tenancy.models import Company

LOCKED = (secrets.CannotOpen, keyring.KeyProblem)  # the company's key cannot be opened on this computer


def link_addresses(company: Company, link_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The address of each link; none where the company's key cannot be opened on this computer."""
    tokens = _tokens()
    return {each: addresses.link_url(company, tokens.of(LINK, each)) for each in link_ids} if tokens else {}


def link_address(company: Company, link_id: UUID) -> str:
    """The address of one link; "" where the company's key cannot be opened on this computer."""
    return link_addresses(company, [link_id]).get(link_id, "")


def pass_address(company: Company, pass_id: UUID) -> str:
    """The address of one pass to the portal; "" where the company's key cannot be opened."""
    tokens = _tokens()
    return addresses.portal_url(company, tokens.of(PASS, pass_id)) if tokens else ""


def _tokens() -> Any:
    try:
        return Tokens()
    except LOCKED:
        return None
