"""Files kept with a customer: contracts, purchase orders, proofs. Removing hides; the bytes stay."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.customers.models import Customer, CustomerFile
from aldia.customers.operations.intake import clip
from aldia.customers.operations.versions import NotThere, Refused
from aldia.tenancy import audit
from aldia.tenancy.models import StoredFile, User
from aldia.tenancy.scope import current_company_id, transaction

MAX_FILES = 500
MAX_BYTES = 25 * 1024 * 1024


def add_file(*, customer_id: uuid.UUID, file: StoredFile, label: str = "", actor: User | None) -> CustomerFile:
    """Keep a stored file with a customer. Raises `Refused`, `NotThere`."""
    with transaction():
        if Customer.objects.select_for_update().filter(pk=customer_id).first() is None:
            raise NotThere
        if not file.size:
            raise Refused(_("El archivo está vacío."), "file")
        if CustomerFile.objects.filter(customer_id=customer_id, removed_at__isnull=True).count() >= MAX_FILES:
            raise Refused(_("Este cliente ya tiene 500 archivos."), "file")
        kept = CustomerFile.objects.create(
            company_id=current_company_id(),
            customer_id=customer_id,
            file=file,
            label=clip(label, 200) or clip(file.name, 200),
            uploaded_by=actor,
        )
        _audit(actor, "customers.file_added", kept)
    return kept


def remove_file(*, file_id: uuid.UUID, now: datetime, actor: User | None) -> CustomerFile:
    """Take a file off the list; `restore_file` undoes it. Raises `NotThere`."""
    return _set_removed(file_id, now, actor, "customers.file_removed")


def restore_file(*, file_id: uuid.UUID, actor: User | None) -> CustomerFile:
    """Put a removed file back. Raises `NotThere`."""
    return _set_removed(file_id, None, actor, "customers.file_restored")


def _set_removed(file_id: uuid.UUID, removed_at: datetime | None, actor: User | None, verb: str) -> CustomerFile:
    with transaction():
        kept = CustomerFile.objects.select_for_update().filter(pk=file_id).first()
        if kept is None:
            raise NotThere
        if (kept.removed_at is None) != (removed_at is None):
            kept.removed_at = removed_at
            kept.save(update_fields=["removed_at"])
            _audit(actor, verb, kept)
    return kept


def _audit(actor: User | None, verb: str, kept: CustomerFile) -> None:
    detail = {"file": str(kept.pk), "label": kept.label}
    audit.record(actor=actor, verb=verb, object_type="customer", object_id=kept.customer_id, detail=detail)
