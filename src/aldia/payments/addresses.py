"""Addresses that people outside open: payment links, portals, and the page of the test provider.

Messages are written where no request is, so the base address is the installation's own (`ALDIA_URL`).
"""

from __future__ import annotations

from django.conf import settings

from aldia.tenancy.models import Company


def base_url() -> str:
    """ "https://cobranza.example" without a slash at the end."""
    return str(settings.ALDIA_URL).rstrip("/")


def link_url(company: Company, token: str) -> str:
    """Where a payment link is opened."""
    return f"{base_url()}/l/{company.slug}/{token}/"


def portal_url(company: Company, token: str) -> str:
    """Where a customer opens its statement of account."""
    return f"{base_url()}/p/{company.slug}/{token}/"


def sandbox_url(company: Company, provider_id: str) -> str:
    """The page on which the test provider is paid."""
    return f"{base_url()}/prueba/{company.slug}/{provider_id}/"
