"""Addresses that messages carry: what people outside open (payment links, portals, the page of the test provider), and
pages of the staff, which ask for their own way in.

Messages are written where no request is, so the base address is the installation's own (`ALDIA_URL`).
"""

from __future__ import annotations

import re
import uuid
from typing import Literal

from django.conf import settings

from aldia.tenancy.models import Company

_WAY_IN = re.compile(r"(/[lp]/[-\w]+/)[-\w]{20,}")
Page = Literal["attempt", "customer", "disputes", "payment_plans", "promises", "receivable", "reports"]
PAGES: dict[Page, str] = {  # of the staff, by the name that their address has; `{id}`: of whom or what
    "attempt": "pagos/en-linea/{id}/",
    "customer": "clientes/{id}/",
    "disputes": "cobranza/disputas/",
    "payment_plans": "planes/",
    "promises": "cobranza/promesas/",
    "receivable": "por-cobrar/{id}/",
    "reports": "pagos/reportados/",
}


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


def page_url(company: Company, page: Page, of: uuid.UUID | None = None) -> str:
    """A page inside the company, for whoever may see it: nothing in its address lets anybody in."""
    return f"{base_url()}/e/{company.slug}/{PAGES[page].format(id=of or '')}"


def without_ways_in(text: str) -> str:
    """A text whose links to pay and to the portal open nothing: for whoever may read it and not act for a customer."""
    return _WAY_IN.sub(r"\1…", text)
