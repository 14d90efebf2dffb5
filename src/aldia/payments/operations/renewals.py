"""A fresh link to the statement, for whoever lost theirs: to the address on file only.

Who asks is answered before anything is looked up (`portal.views.entering`): these run in the queue, so nobody learns
from the answer, or from the time it takes, who is a customer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from aldia.customers.models import Contact, Customer
from aldia.messaging.models import Channel, Purpose
from aldia.messaging.operations.outbox import Recipient, write_message
from aldia.payments.models import PortalPass
from aldia.payments.operations.passes import PassState, is_on_file, issue_pass, pass_state
from aldia.payments.portal_letters import language_of, renewal_letter
from aldia.tenancy import audit, limits
from aldia.tenancy.models import Company
from aldia.tenancy.scope import current_company_id, transaction

A_DAY = 5  # fresh links to one address of one customer
DAY = 86_400
MOST_CUSTOMERS = 10  # an accountant may be on file at several
UrlOf = Callable[[Company, str], str]


def renew_pass(*, pass_id: uuid.UUID, key: str, url_of: UrlOf, now: datetime) -> int:
    """Send a fresh link to the address that a pass was given to, if it still is one of its customer's; how many went.

    What was revoked is not renewed. `key`: the request's own, so that a job repeated writes once.
    """
    row = PortalPass.objects.select_related("customer").filter(pk=pass_id).first()
    if row is None or pass_state(row, now) == PassState.REVOKED or not is_on_file(row):
        return 0
    return _send(row.customer, row.address, key, url_of, now, row)


def renew_by_address(*, address: str, key: str, url_of: UrlOf, now: datetime) -> int:
    """Send a fresh link for each customer that has the address on file; how many went."""
    contacts = Contact.objects.filter(email__iexact=address.strip(), customer__generic=False)
    found = contacts.select_related("customer").order_by("customer_id", "id")
    customers = {each.customer_id: each.customer for each in found}
    return sum(
        _send(customer, address.strip().lower(), key, url_of, now)
        for customer in list(customers.values())[:MOST_CUSTOMERS]
    )


def _send(
    customer: Customer, address: str, key: str, url_of: UrlOf, now: datetime, renews: PortalPass | None = None
) -> int:
    who = f"{customer.pk} {address}"
    if not limits.spend(kind="portal_renewal", who=who, limit=A_DAY, seconds=DAY, now=now):
        return 0
    company = Company.objects.get(pk=current_company_id())
    with transaction():
        row, token = issue_pass(customer_id=customer.pk, address=address, now=now, renews=renews)
        letter = renewal_letter(
            company=company, customer=customer, url=url_of(company, token), expires_at=row.expires_at
        )
        write_message(
            key=f"portal-link:{customer.pk}:{key}",
            channel=Channel.EMAIL,
            purpose=Purpose.STATEMENT,
            customer_id=customer.pk,
            recipients=[Recipient(address)],
            rendered=letter,
            on_day=now.astimezone(ZoneInfo(company.time_zone)).date(),
            reason=_("Pidió otra liga a su estado de cuenta"),
            language=language_of(customer),
        )
        detail = {"customer": customer.pk, "address": address}
        audit.record(actor=None, verb="portal.pass_renewed", object_type="portal_pass", object_id=row.pk, detail=detail)
    return 1
