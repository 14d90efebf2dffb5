"""The authority's word that documents are in force or cancelled, kept even where the document is not on file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q

from aldia.documents.models import AuthorityStatus, CancellationNotice, FiscalDocument
from aldia.documents.operations import sentences
from aldia.documents.operations.sentences import Result
from aldia.documents.readings import Reading
from aldia.domain.fiscal.status_notices import StatusNotice
from aldia.domain.sentences import Refusal, gettext_noop
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

PART = 400  # keys asked for at once
SOURCE_METADATA, SOURCE_ACKNOWLEDGEMENT, SOURCE_PERSON = "sat_metadata", "sat_acknowledgement", "person"


class NotCancellable(Refusal):
    """What a person says of a document does not fit it."""

    code = "not_cancellable"


class AlreadyCancelled(NotCancellable):
    code = "already_cancelled"
    template = gettext_noop("El documento ya estaba cancelado desde el %(on)s.")


class AlreadyValid(NotCancellable):
    code = "already_valid"
    template = gettext_noop("El documento no está cancelado: no hay nada que deshacer.")


class ImpossibleDay(NotCancellable):
    code = "impossible_day"
    template = gettext_noop("La fecha de cancelación debe estar entre la del documento (%(issued)s) y hoy.")


@dataclass(slots=True)
class _Told:
    """Counts of what a file of notices did."""

    rows: int = 0
    cancelled: int = 0
    changed: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    new: int = 0


def apply_notices(*, reading: Reading, own: str, stated_at: datetime) -> tuple[set[str], Result]:
    """Keep the cancellations that a file tells of and bring documents on file up to date.

    Returns the keys of documents whose effect on what is owed may have changed. Joins the caller's transaction.
    """
    told, of_metadata = _Told(), reading.is_metadata
    source = SOURCE_METADATA if of_metadata else SOURCE_ACKNOWLEDGEMENT
    for part in _parts(reading.notices or ()):
        _apply_part(part, own, stated_at, source, told)
    result = sentences.notices(
        of_metadata=of_metadata,
        is_personal=reading.is_personal,
        rows=told.rows,
        cancelled=told.cancelled,
        changed=len(told.changed),
        told=told.new,
    )
    return told.touched, result


def _parts(notices: Sequence[StatusNotice]) -> Iterator[dict[str, StatusNotice]]:
    """By key, a few hundred at a time; the last word on a key counts."""
    for start in range(0, len(notices), PART):
        yield {notice.key: notice for notice in notices[start : start + PART]}


def _apply_part(part: dict[str, StatusNotice], own: str, stated_at: datetime, source: str, told: _Told) -> None:
    documents = {row.key: row for row in FiscalDocument.objects.filter(key__in=part)}
    ours = {key: notice for key, notice in part.items() if _concerns(notice, own, documents.get(key))}
    told.rows += len(ours)
    cancelled = {key: notice for key, notice in ours.items() if notice.cancelled}
    told.cancelled += len(cancelled)
    known = set(CancellationNotice.objects.filter(key__in=cancelled).values_list("key", flat=True))
    days = {key: notice.cancelled_on or stated_at.date() for key, notice in cancelled.items()}
    fresh = [key for key in cancelled if key not in known]
    CancellationNotice.objects.bulk_create([_notice(key, days[key], source, stated_at) for key in fresh])
    told.new += len(fresh)
    hit = [row for key, row in documents.items() if key in cancelled and row.status != AuthorityStatus.CANCELLED]
    for row in hit:
        row.status, row.cancelled_on, row.status_checked_at = AuthorityStatus.CANCELLED, days[row.key], stated_at
    FiscalDocument.objects.bulk_update(hit, ["status", "cancelled_on", "status_checked_at"])
    told.changed.update(row.key for row in hit)
    told.touched.update(row.key for row in hit)
    told.changed.update(_confirm(ours, documents, stated_at))


def _concerns(notice: StatusNotice, own: str, document: FiscalDocument | None) -> bool:
    if own in (notice.issuer, notice.receiver):
        return True
    return document is not None and document.issuer_tax_id == notice.issuer


def _confirm(ours: dict[str, StatusNotice], documents: dict[str, FiscalDocument], stated_at: datetime) -> set[str]:
    """Documents that the authority says are in force; what a cancellation said before is not taken back by a file."""
    valid = [row for key, row in documents.items() if key in ours and ours[key].cancelled is False]
    pending = Q(status_checked_at__isnull=True) | Q(status_checked_at__lt=stated_at)
    keys = [row.key for row in valid if row.status != AuthorityStatus.CANCELLED]
    FiscalDocument.objects.filter(pending, key__in=keys).update(
        status=AuthorityStatus.VALID, status_checked_at=stated_at
    )
    return {row.key for row in valid if row.status == AuthorityStatus.UNKNOWN}


def _notice(key: str, on: date, source: str, stated_at: datetime) -> CancellationNotice:
    return CancellationNotice(
        id=uuid7(), company_id=current_company_id(), key=key, cancelled_on=on, source=source, stated_at=stated_at
    )


def mark_cancelled(
    *, document_id: uuid.UUID, on: date, now: datetime, today: date, actor: User | None
) -> FiscalDocument:
    """A person says that a document is cancelled at the authority. What is owed follows in
    `receivables.operations.authority_status`, which calls this. Raises `AlreadyCancelled`, `ImpossibleDay`.

    A document of a zone ahead of ours may be of tomorrow: its own day is always possible.
    """
    with transaction():
        row = FiscalDocument.objects.select_for_update().get(pk=document_id)
        if row.status == AuthorityStatus.CANCELLED:
            raise AlreadyCancelled(on=row.cancelled_on)
        if not row.issued_on <= on <= max(today, row.issued_on):
            raise ImpossibleDay(issued=row.issued_on)
        before = row.status
        row.status, row.cancelled_on, row.status_checked_at = AuthorityStatus.CANCELLED, on, now
        row.save(update_fields=["status", "cancelled_on", "status_checked_at"])
        if not CancellationNotice.objects.filter(key=row.key).exists():
            _notice(row.key, on, SOURCE_PERSON, now).save(force_insert=True)
        _record(row, "documents.marked_cancelled", actor, {"before": before, "on": str(on)})
    return row


def mark_valid(*, document_id: uuid.UUID, now: datetime, actor: User | None) -> FiscalDocument:
    """Take back what a person said (or a notice): the document is in force. Raises `AlreadyValid`."""
    with transaction():
        row = FiscalDocument.objects.select_for_update().get(pk=document_id)
        if row.status != AuthorityStatus.CANCELLED:
            raise AlreadyValid()
        CancellationNotice.objects.filter(key=row.key).delete()
        detail = {"cancelled_on": str(row.cancelled_on)}
        row.status, row.cancelled_on, row.status_checked_at = AuthorityStatus.VALID, None, now
        row.save(update_fields=["status", "cancelled_on", "status_checked_at"])
        _record(row, "documents.marked_valid", actor, detail)
    return row


def _record(row: FiscalDocument, verb: str, actor: User | None, detail: dict[str, str]) -> None:
    detail |= {"key": row.key, "number": row.number}
    audit.record(actor=actor, verb=verb, object_type="document", object_id=row.pk, detail=detail)
