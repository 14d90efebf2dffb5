"""A person says that a document is cancelled at the authority, or that it is not: what is owed follows at once."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from aldia.documents.models import FiscalDocument
from aldia.documents.operations.notices import mark_cancelled, mark_valid
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.posting import CHAIN
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def cancel_document(
    *, document_id: uuid.UUID, on: date, now: datetime, today: date, actor: User | None
) -> FiscalDocument:
    """Mark a document as cancelled and void what it collects; payments on it become credit in favour.

    Raises `AlreadyCancelled`, `ImpossibleDay`, `FiscalDocument.DoesNotExist`.
    """
    with transaction():
        lock_chain(CHAIN)  # before anything else: payments lock the ledger first, too
        document = mark_cancelled(document_id=document_id, on=on, now=now, today=today, actor=actor)
        apply_documents(keys={document.key}, today=today, actor=actor)
    return document


def revive_document(*, document_id: uuid.UUID, now: datetime, today: date, actor: User | None) -> FiscalDocument:
    """Take a cancellation back: the document is in force and collects again. Raises `AlreadyValid`."""
    with transaction():
        lock_chain(CHAIN)
        document = mark_valid(document_id=document_id, now=now, actor=actor)
        apply_documents(keys={document.key}, today=today, actor=actor)
    return document
