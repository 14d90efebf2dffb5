"""Making the archive of a batch: uploads into one ZIP, nested ZIPs uncompressed, personal data blanked out."""

from __future__ import annotations

import errno
import itertools
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from django.utils.translation import gettext as _

from aldia.documents import zipfiles
from aldia.documents.archives import ZIP_MAGIC, can_unfold, open_archive, places
from aldia.documents.originals import MAX_ARCHIVE, PROVISIONAL
from aldia.documents.refusals import EntryRefused
from aldia.documents.zipfiles import Member, Window
from aldia.documents.zipwriter import ZipWriter
from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import CannotStore, store

_BLOCK = 1 << 20
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # in the folder of temporary files


def pack(files: Iterable[tuple[str, IO[bytes]]], *, name: str, max_bytes: int | None = None) -> StoredFile:
    """Put one upload or many in the store as one archive. Raises `FileTooLarge`, `CannotStore`.

    `create_batch` then holds it. Call it before the transaction that refers to it. Each stream is closed once read.
    A single ZIP is kept as it is. Loose ZIPs among other files go in uncompressed, the rest deflated.
    """
    queue = iter(files)
    first = list(itertools.islice(queue, 2))
    if len(first) == 1 and _starts_as_zip(first[0][1]):
        with first[0][1] as content:
            return store(name, content, PROVISIONAL, max_bytes=max_bytes)
    try:
        with tempfile.TemporaryFile() as target:
            writer = ZipWriter(target)
            for each_name, content in itertools.chain(first, queue):
                with content:
                    writer.add(each_name, content, deflate=not _starts_as_zip(content))
            writer.close()
            return store(name, target, PROVISIONAL, max_bytes=max_bytes)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise CannotStore(_("No se pudo guardar el archivo: no hay espacio en el servidor.")) from error


def _starts_as_zip(content: IO[bytes]) -> bool:
    content.seek(0)
    magic = content.read(4)
    content.seek(0)
    return magic in ZIP_MAGIC


def unfold(stored: StoredFile, name: str, content_type: str) -> StoredFile:
    """A copy of the archive, under `name`, with its nested ZIPs uncompressed.

    What cannot be inflated is copied as it is, and ends as the item that says so.
    """
    with open_archive(stored) as stream, tempfile.TemporaryFile() as target:
        writer = ZipWriter(target)
        for member in zipfiles.members(stream, Window(0, stored.size)):
            if member.is_directory:
                continue
            content = inflated(stream, member) if can_unfold(member) else None
            if content is None:
                writer.copy(member, _packed_blocks(stream, member))
            else:
                with content:
                    writer.add(member.name, content, deflate=False)
        writer.close()
        return store(name, target, content_type, max_bytes=MAX_ARCHIVE)


def _packed_blocks(stream: IO[bytes], member: Member) -> Iterator[bytes]:
    try:
        at, left = zipfiles.data_start(stream, member), member.packed
    except EntryRefused:
        return
    while left > 0:
        stream.seek(at)
        block = stream.read(min(_BLOCK, left))
        if not block:
            return
        yield block
        at, left = at + len(block), left - len(block)


def inflated(stream: IO[bytes], member: Member) -> IO[bytes] | None:
    """The member inflated into a temporary file, never beyond its announced size; None if it is not what it says."""
    target = tempfile.SpooledTemporaryFile(max_size=_BLOCK)  # noqa: SIM115 - the caller closes it
    inflater, crc, size = zlib.decompressobj(-15), 0, 0
    try:
        for block in _packed_blocks(stream, member):
            data = inflater.decompress(block, member.size - size + 1)
            while data:
                crc, size = zlib.crc32(data, crc), size + len(data)
                target.write(data)
                data = inflater.decompress(inflater.unconsumed_tail, max(member.size - size + 1, 1))
                if size > member.size:
                    break
    except zlib.error:
        size = -1
    if size != member.size or crc != member.crc:
        target.close()
        return None
    target.seek(0)
    return target if target.read(4) in ZIP_MAGIC and target.seek(0) == 0 else None


def blank_ranges(stored: StoredFile, positions: set[int]) -> list[tuple[int, int]]:
    """Where the bytes and the names of these positions lie in the stored file: (start, length) each."""
    ranges = []
    with open_archive(stored) as stream:
        for position, place in enumerate(places(stream, stored.size, None)):
            if position in positions and place.member is not None:
                ranges.extend(zipfiles.traces(stream, place.member))
    return ranges
