"""Evidence files: asked for by a person, put together by a job, kept with the hash of the file and of each piece."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from aldia.collections.models import EvidenceFile
from aldia.customers.models import Customer
from aldia.tenancy import audit
from aldia.tenancy.models import StoredFile, User
from aldia.tenancy.scope import current_company_id, transaction

REQUESTED, MADE = "collections.evidence_requested", "collections.evidence_made"


class EvidenceError(ValueError):
    """An evidence file that cannot be asked for; the sentence is for the person."""


def request_evidence(
    *, key: uuid.UUID, customer_id: uuid.UUID, since: date | None, until: date, today: date, actor: User | None
) -> EvidenceFile:
    """Ask for the file of a customer. `key` is its id: asked twice, it is one. Raises `EvidenceError`."""
    if until > today:
        raise EvidenceError(_("El último día no puede ser futuro."))
    if since is not None and since > until:
        raise EvidenceError(_("El primer día va antes que el último."))
    with transaction():
        known = EvidenceFile.objects.filter(pk=key).first()
        if known is not None:
            return known
        if not Customer.objects.filter(pk=customer_id, generic=False).exists():
            raise EvidenceError(_("Ese cliente no existe."))
        row = EvidenceFile(
            id=key, company_id=current_company_id(), customer_id=customer_id, since=since, until=until, created_by=actor
        )
        row.save(force_insert=True)
        detail = {"customer": customer_id, "since": since, "until": until}
        audit.record(actor=actor, verb=REQUESTED, object_type="evidence", object_id=row.pk, detail=detail)
    return row


def keep_evidence(
    *,
    evidence_id: uuid.UUID,
    file: StoredFile,
    pieces: list[dict[str, Any]],
    manifest_sha256: str,
    audit_head: str,
    now: datetime,
) -> EvidenceFile:
    """Keep what the job made, and write its hash into the audit chain. Made already, it stays as it is."""
    with transaction():
        row = EvidenceFile.objects.select_for_update().get(pk=evidence_id)
        if row.file_id is not None:
            return row
        seq, _colon, link = audit_head.partition(":")
        row.file, row.sha256, row.pieces, row.made_at = file, file.sha256, pieces, now
        row.audit_seq, row.audit_hash = int(seq or 0), link
        row.save(update_fields=["file", "sha256", "pieces", "made_at", "audit_seq", "audit_hash"])
        detail = {
            "customer": row.customer_id, "sha256": row.sha256, "manifest": manifest_sha256, "pieces": len(pieces),
        }  # fmt: skip
        audit.record(actor=row.created_by, verb=MADE, object_type="evidence", object_id=row.pk, detail=detail)
    return row
