"""A company that drafts: its profile, a customer that is known, and documents of it that came by import."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from aldia.customers.models import Customer
from aldia.documents import packing
from aldia.documents.models import FiscalDocument
from aldia.documents.operations.batches import create_batch
from aldia.domain.fiscal.drafts import Draft, DraftDocument, DraftLine, to_json
from aldia.integrations.stamping.simulated import UnsealedPress
from aldia.issuing.models import FiscalProfile, Issue, IssueKind, IssuerProfile
from aldia.issuing.operations import drafting, profiles
from aldia.receivables.operations.intake import run_batch
from tests.support import issuer
from tests.support.issuer import ISSUER, NOW, RECEIVER, TODAY


def invoice(*lines: DraftLine, **fields: Any) -> DraftDocument:
    """An invoice of $1,160.00 on credit, unless said otherwise."""
    return replace(issuer.invoice(*lines), **fields)


def with_profile(**fields: Any) -> IssuerProfile:
    usual = {"name": ISSUER.name, "regime": ISSUER.regime, "postal_code": "06700", "invoice_series": "F"}
    return profiles.save_issuer(**(usual | fields), actor=None)


def with_fiscal_profile(customer: Customer, **fields: Any) -> FiscalProfile:
    usual = {"name": RECEIVER.name, "regime": RECEIVER.regime, "postal_code": RECEIVER.postal_code, "use": RECEIVER.use}
    return profiles.save_fiscal_profile(customer_id=customer.pk, **(usual | fields), actor=None)


def bring_in(draft: Draft, *, at: datetime = datetime(2026, 9, 1, 10), **fields: Any) -> FiscalDocument:
    """A document that the company issued elsewhere, imported like any other."""
    key = str(uuid.uuid4()).upper()
    xml = UnsealedPress().issue(replace(draft, issued_at=at, **fields), uuid=key)
    archive = packing.pack([(f"{key}.xml", io.BytesIO(xml))], name=f"{key}.zip")
    batch = create_batch(file=archive, name=f"{key}.xml", actor=None)
    run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)
    return FiscalDocument.objects.get(key=key)


def drafted(customer: Customer, draft: Draft | None = None, kind: str = IssueKind.INVOICE, **fields: Any) -> Issue:
    content = to_json(draft or invoice())
    return drafting.create(kind=kind, customer_id=customer.pk, content=content, actor=None, **fields)
