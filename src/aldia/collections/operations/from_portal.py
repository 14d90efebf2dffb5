"""A customer contests a document in its portal: the dispute is opened, and the company is told of it at once."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from aldia.collections.models import Dispute, DisputeReason
from aldia.collections.operations.disputes import DisputeError, open_dispute
from aldia.payments.models import PortalPass
from aldia.payments.operations.codes import stamp
from aldia.payments.operations.notices import notify_dispute
from aldia.receivables.models import Receivable
from aldia.tenancy.scope import transaction

__all__ = ["DisputeError", "dispute_from_portal"]


def dispute_from_portal(
    *,
    portal_pass: PortalPass,
    receivable: Receivable,
    amount: int | None,
    reason: str,
    note: str,
    key: uuid.UUID,
    today: date,
    now: datetime,
) -> Dispute:
    """Contest `amount` (minor units; None: all that is owed) of a document of the pass's customer.

    Raises `DisputeError`.
    """
    with transaction():
        dispute = open_dispute(
            receivable_id=receivable.pk, amount=amount, reason=reason, note=note, key=key, today=today, actor=None
        )
        said = f"{DisputeReason(reason).label}. {dispute.note}".strip()
        customer = receivable.customer
        notify_dispute(
            customer=customer, key=str(dispute.pk), numbers=[receivable.number], reason=said, now=now,
            receivable_id=receivable.pk,
        )  # fmt: skip
        stamp(pass_id=portal_pass.pk, now=now)
    return dispute
