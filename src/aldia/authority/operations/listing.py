"""The authority's listing applied: what it says of each document is kept, and what it cancelled loses its effect.

A few hundred rows per transaction, in constant memory. Safe to repeat: what is known already changes nothing.
"""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q

from aldia.authority.models import ListedDocument
from aldia.documents.models import AuthorityStatus, Direction, FiscalDocument
from aldia.documents.operations.notices import apply_notices
from aldia.documents.operations.parties import own_tax_id
from aldia.documents.readings import Reading, is_system_file
from aldia.domain.fiscal.listing import LONGEST, PAYROLL, ListedRow, read_rows
from aldia.domain.fiscal.mass_download import to_moment
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.posting import CHAIN
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, StoredFile
from aldia.tenancy.scope import current_company_id, transaction
from aldia.tenancy.storage import open_stored

PART = 400
CHANGING = ("is_valid", "cancelled_at", "listed_at")


@dataclass(slots=True)
class Applied:
    """What a listing did. `cancelled`: documents that it says are cancelled and that were not so before."""

    rows: int = 0
    new: int = 0
    cancelled: int = 0
    unread: int = 0
    is_personal: bool = False


def apply_package(*, file: StoredFile, now: datetime, today: date) -> Applied:
    """Apply every listing in a stored package."""
    done, own = Applied(), own_tax_id(Company.objects.get(pk=current_company_id()))
    with open_stored(file) as stream, zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            if not member.filename.lower().endswith(".txt") or is_system_file(member.filename):
                continue
            with archive.open(member) as listing:
                apply(rows=read_rows(_lines(listing)), own=own, now=now, today=today, done=done)
    return done


def _lines(listing: object) -> Iterator[bytes]:
    while line := listing.readline(LONGEST):  # type: ignore[attr-defined]
        yield line


def apply(*, rows: Iterable[ListedRow | None], own: str, now: datetime, today: date, done: Applied) -> Applied:
    """Apply rows of a listing, some at a time. Payroll is passed over: it is personal data that nothing needs."""
    for part in _batched(rows):
        readable = [row for row in part if row is not None]
        done.unread += len(part) - len(readable)
        done.is_personal |= any(row.type_code == PAYROLL for row in readable)
        ours = {row.key: row for row in readable if row.type_code != PAYROLL and own in (row.issuer, row.receiver)}
        if ours:
            _apply_part(list(ours.values()), own, now, today, done)
    return done


def _batched(rows: Iterable[ListedRow | None]) -> Iterator[list[ListedRow | None]]:
    source = iter(rows)
    while part := list(itertools.islice(source, PART)):
        yield part


def _apply_part(rows: Sequence[ListedRow], own: str, now: datetime, today: date, done: Applied) -> None:
    with transaction():
        lock_chain(CHAIN)  # before anything else: payments lock the ledger first, too
        known = {row.key: row for row in ListedDocument.objects.filter(key__in=[row.key for row in rows])}
        new = [_listed(row, own, now) for row in rows if row.key not in known]
        insert_rows(new, ListedDocument, once=True)
        changed = [row for row in rows if row.key in known and _take_over(known[row.key], row, now)]
        ListedDocument.objects.bulk_update([known[row.key] for row in changed], CHANGING, batch_size=100)
        done.rows += len(rows)
        done.new += len(new)
        done.cancelled += sum(row.is_cancelled for row in changed) + sum(not row.is_valid for row in new)
        reading = Reading(0, "", notices=tuple(row.notice for row in rows), is_metadata=True)
        touched, _result = apply_notices(reading=reading, own=own, stated_at=now)
        if touched:
            apply_documents(keys=touched, today=today, actor=None)


def _listed(row: ListedRow, own: str, now: datetime) -> ListedDocument:
    return ListedDocument(
        id=uuid7(),
        company_id=current_company_id(),
        created_at=now,
        key=row.key,
        direction=Direction.ISSUED if row.issuer == own else Direction.RECEIVED,
        issuer_tax_id=row.issuer,
        issuer_name=row.issuer_name,
        receiver_tax_id=row.receiver[:20],
        receiver_name=row.receiver_name,
        type_code=row.type_code,
        issued_at=to_moment(row.issued_at),
        amount=row.amount,
        is_valid=not row.is_cancelled,
        cancelled_at=to_moment(row.cancelled_at) if row.cancelled_at else None,
        listed_at=now,
    )


def _take_over(known: ListedDocument, row: ListedRow, now: datetime) -> bool:
    """Bring a known row up to date; whether anything changed."""
    cancelled_at = to_moment(row.cancelled_at) if row.cancelled_at else None
    if (known.is_valid, known.cancelled_at) == (not row.is_cancelled, cancelled_at):
        return False
    known.is_valid, known.cancelled_at, known.listed_at = not row.is_cancelled, cancelled_at, now
    return True


def confirm_listed(*, now: datetime) -> int:
    """Note that documents are in force which came after the listing that names them. Returns how many."""
    listed = Exists(ListedDocument.objects.filter(key=OuterRef("key"), is_valid=True))
    unknown = FiscalDocument.objects.filter(status=AuthorityStatus.UNKNOWN, country="MX")
    with transaction():
        return unknown.filter(listed).update(status=AuthorityStatus.VALID, status_checked_at=now)


def settle_missing(*, since: datetime, now: datetime) -> int:
    """Note what is listed and in force but not on file, among rows listed from `since` on; forget what came meanwhile.

    Returns how many are missing.
    """
    on_file = Exists(FiscalDocument.objects.filter(country="MX", key=OuterRef("key")))
    with transaction():
        absent = ListedDocument.objects.filter(missing_since__isnull=False)
        absent.filter(Q(on_file) | Q(is_valid=False)).update(missing_since=None)
        lately = ListedDocument.objects.filter(missing_since__isnull=True, is_valid=True, listed_at__gte=since)
        lately.filter(~on_file).update(missing_since=now)
        return ListedDocument.objects.filter(missing_since__isnull=False).count()
