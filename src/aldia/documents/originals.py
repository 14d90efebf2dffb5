"""The original bytes of a document: read back in one seek from the archive it came in, and checked against its hash."""

from __future__ import annotations

import hashlib
import tempfile
from typing import IO

from aldia.documents import zipfiles
from aldia.documents.models import FiscalDocument
from aldia.documents.refusals import EntryRefused
from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import DamagedFile, open_stored, store

MAX_ARCHIVE = 4 * 1024**3
ZIP_TYPE = "application/zip"
PROVISIONAL = "application/x-provisional"  # a file that no batch holds yet: it goes after a day
_BLOCK = 1 << 20


class OriginalLost(Exception):
    """The original bytes are not where they should be, or are not the same any more."""


def read_original(document: FiscalDocument) -> bytes:
    """The bytes of a document as they came. Raises `OriginalLost`."""
    try:
        with open_stored(document.original) as stream:
            data = zipfiles.read_at(stream, document.original_offset, document.size)
    except (DamagedFile, EntryRefused, OSError, ValueError) as error:
        raise OriginalLost(document.key) from error
    return _checked(document, data)


def read_originals(documents: list[FiscalDocument]) -> dict[FiscalDocument, bytes | None]:
    """The bytes of many documents, opening each archive once; None for those that are lost."""
    found: dict[FiscalDocument, bytes | None] = {}
    by_archive: dict[StoredFile, list[FiscalDocument]] = {}
    for document in documents:
        by_archive.setdefault(document.original, []).append(document)
    for archive, members in by_archive.items():
        try:
            with open_stored(archive) as stream:
                for document in sorted(members, key=lambda each: each.original_offset):
                    found[document] = _try(stream, document)
        except (DamagedFile, OSError):
            found |= {document: None for document in members if document not in found}
    return found


def _try(stream: IO[bytes], document: FiscalDocument) -> bytes | None:
    try:
        return _checked(document, zipfiles.read_at(stream, document.original_offset, document.size))
    except (EntryRefused, OriginalLost, ValueError):
        return None


def _checked(document: FiscalDocument, data: bytes) -> bytes:
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise OriginalLost(document.key)
    return data


def copy_blank(stored: StoredFile, ranges: list[tuple[int, int]], name: str, content_type: str) -> StoredFile:
    """A copy of a stored file with zeros over the (start, length) ranges: every other byte keeps its place."""
    with open_stored(stored) as source, tempfile.TemporaryFile() as target:
        while block := source.read(_BLOCK):
            target.write(block)
        for start, length in ranges:
            target.seek(start)
            for done in range(0, length, _BLOCK):
                target.write(bytes(min(_BLOCK, length - done)))
        return store(name, target, content_type, max_bytes=MAX_ARCHIVE)
