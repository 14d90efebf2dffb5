"""A payment link in a message that a person writes: the page of the link leads there with `link` in the address."""

from __future__ import annotations

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.customers.queries import as_uuid
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.views.payments.addresses import link_address
from aldia.web.views.payments.common import links_in_sight


def link_words(request: CompanyRequest, customer: Customer) -> str:
    """The paragraph that carries the customer's own link; "" when none is asked for, or it opens no more."""
    asked = as_uuid(request.GET.get("link", ""))
    if asked is None:
        return ""
    found = links_in_sight(request).filter(pk=asked, customer=customer, revoked_at__isnull=True)
    link = found.filter(expires_at__gt=clock.now()).first()
    url = link_address(request.company, link.pk) if link else ""
    return "\n\n" + _("Puedes pagar en línea aquí:") + f"\n{url}\n" if url else ""
