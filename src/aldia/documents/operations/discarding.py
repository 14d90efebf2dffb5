"""Stored files that must not stay: archives replaced by a copy without personal data, copies that a crash left over.

A file is marked in the transaction that stops referring to it, and deleted after it; whoever comes next deletes what a
crash left marked. `sweep` runs with every import and every day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage

from aldia.tenancy.models import StoredFile
from aldia.tenancy.scope import transaction

DISCARDED = "application/x-discarded"
PROVISIONAL = "application/x-provisional"  # a copy that no batch holds yet
ABANDONED_AFTER = timedelta(days=1)


def mark_discarded(file: StoredFile) -> None:
    """Say that a file goes, inside the transaction that stops referring to it."""
    StoredFile.objects.filter(pk=file.pk).update(content_type=DISCARDED)


def sweep(*, now: datetime) -> int:
    """Delete what is marked, and copies of more than a day ago that nobody adopted; return how many files went."""
    marked = StoredFile.objects.filter(content_type=DISCARDED)
    abandoned = StoredFile.objects.filter(content_type=PROVISIONAL, created_at__lt=now - ABANDONED_AFTER)
    files = [*marked, *abandoned]
    for file in files:
        default_storage.delete(file.path)
        with transaction():
            StoredFile.objects.filter(pk=file.pk, content_type__in=(DISCARDED, PROVISIONAL)).delete()
    return len(files)
