"""Which money on the books a complement of the company's own tells of, said before the complement comes in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from aldia.receivables.models import DocumentedReceipt
from aldia.tenancy.scope import current_company_id, transaction


def claim_receipts(*, key: str, credits_at: Mapping[int, uuid.UUID]) -> None:
    """Say which credit each receipt (by its place) of the complement with this fiscal key was written from.

    To be called before the complement is taken in, and harmless when repeated: its money never enters a second time.
    """
    company_id = current_company_id()
    rows = [
        DocumentedReceipt(company_id=company_id, key=key, position=position, credit_id=credit_id)
        for position, credit_id in credits_at.items()
    ]
    with transaction():
        DocumentedReceipt.objects.bulk_create(rows, ignore_conflicts=True)
