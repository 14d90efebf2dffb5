"""What the issuer says to the customer on the paper of a document, beside what the document itself says."""

from __future__ import annotations

import uuid

from aldia.documents.models import FiscalDocument


def keep_note(*, document_id: uuid.UUID, note: str) -> None:
    """Print a note (up to 500 characters) on the paper of a document from now on."""
    FiscalDocument.objects.filter(pk=document_id).update(printed_note=note)
