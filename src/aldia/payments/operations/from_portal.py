"""What a customer does in its portal, and the company is told of at once: it says that it paid, or it asks."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.messaging.models import Message
from aldia.payments.models import PortalPass, ReportedPayment
from aldia.payments.operations.codes import stamp
from aldia.payments.operations.notices import notify_question, notify_report
from aldia.payments.operations.reported import report_payment
from aldia.tenancy import audit
from aldia.tenancy.models import StoredFile
from aldia.tenancy.scope import transaction

MOST_LETTERS = 1_000


class QuestionError(ValueError):
    """A question that cannot be sent; the sentence is for the person."""


def report_from_portal(
    *,
    portal_pass: PortalPass,
    amount: Money,
    paid_on: date,
    receivable_ids: Collection[uuid.UUID],
    key: uuid.UUID,
    today: date,
    now: datetime,
    method: str = "",
    reference: str = "",
    note: str = "",
    proof: StoredFile | None = None,
) -> ReportedPayment:
    """Keep that the customer of the pass says it paid, and tell the company. Raises `ReportError`."""
    with transaction():
        report = report_payment(
            customer_id=portal_pass.customer_id, amount=amount, paid_on=paid_on, receivable_ids=receivable_ids, key=key,
            today=today, actor=None, method=method, reference=reference, note=note, proof=proof,
        )  # fmt: skip
        notify_report(report=report, now=now)
        stamp(pass_id=portal_pass.pk, now=now)
    return report


def ask_company(
    *, portal_pass: PortalPass, text: str, key: uuid.UUID, about: str = "", now: datetime
) -> Message | None:
    """Send the company a question of the customer. `about`: the number of the document that it is about; the same
    `key` asks once. Raises `QuestionError`."""
    said = text.strip()
    if not said:
        raise QuestionError(_("Escriba su pregunta."))
    if len(said) > MOST_LETTERS:
        raise QuestionError(_("Su mensaje es muy largo: hasta %(n)d letras.") % {"n": MOST_LETTERS})
    customer = Customer.objects.get(pk=portal_pass.customer_id)
    told = f"{about}: {said}" if about else said
    with transaction():
        if (known := Message.objects.filter(key=f"notice:question:{key}").first()) is not None:
            return known
        message = notify_question(customer=customer, key=str(key), text=told, now=now)
        stamp(pass_id=portal_pass.pk, now=now)
        detail = {"text": told, "address": portal_pass.address, "key": str(key)}
        audit.record(
            actor=None, verb="portal.question", object_type="customer", object_id=portal_pass.customer_id, detail=detail
        )
    return message
