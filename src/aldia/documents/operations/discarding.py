"""Stored files that must not stay: archives replaced by a copy without personal data, copies that a crash left over.

A file is marked in the transaction that stops referring to it, and deleted after it; whoever comes next deletes what a
crash left marked. Copies in the making carry the name of their batch, so that its next run finds what the last one
left. `sweep` runs with every import, `sweep_orphans` every day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage

from aldia.documents.originals import PROVISIONAL
from aldia.tenancy.models import StoredFile
from aldia.tenancy.scope import current_company_id, transaction

DISCARDED = "application/x-discarded"
ABANDONED_AFTER = timedelta(days=1)


def mark_discarded(file: StoredFile) -> None:
    """Say that a file goes, inside the transaction that stops referring to it."""
    StoredFile.objects.filter(pk=file.pk).update(content_type=DISCARDED)


def discard_copies(name: str) -> None:
    """Mark the copies that earlier runs of a batch were making; the caller holds the batch."""
    StoredFile.objects.filter(content_type=PROVISIONAL, name=name).update(content_type=DISCARDED)


def sweep_marked() -> int:
    """Delete the files that are marked; return how many."""
    return _delete(list(StoredFile.objects.filter(content_type=DISCARDED)))


def sweep(*, now: datetime) -> int:
    """Delete what is marked, and copies of more than a day ago that nobody adopted; return how many files went."""
    abandoned = StoredFile.objects.filter(content_type=PROVISIONAL, created_at__lt=now - ABANDONED_AFTER)
    return sweep_marked() + _delete(list(abandoned))


def _delete(files: list[StoredFile]) -> int:
    for file in files:
        default_storage.delete(file.path)
        with transaction():
            StoredFile.objects.filter(pk=file.pk, content_type__in=(DISCARDED, PROVISIONAL)).delete()
    return len(files)


def sweep_orphans(*, now: datetime) -> int:
    """Delete files of the company that no row names and that nobody has written to for a day: what was being written
    when a process was killed. Return how many.
    """
    known = set(StoredFile.objects.values_list("path", flat=True))
    root, count = str(current_company_id()), 0
    for path in _paths(root):
        if path not in known and default_storage.get_modified_time(path) < now - ABANDONED_AFTER:
            default_storage.delete(path)
            count += 1
    return count


def _paths(folder: str) -> list[str]:
    """Every file below a folder of the store."""
    if not default_storage.exists(folder):
        return []
    folders, files = default_storage.listdir(folder)
    found = [f"{folder}/{name}" for name in files]
    for name in folders:
        found.extend(_paths(f"{folder}/{name}"))
    return found
