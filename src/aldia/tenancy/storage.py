"""Files kept as they came: written once under a random name, counted and hashed on the way, never half referenced.

The bytes are on disk (fsync) before the row that names them exists; a crash in between leaves a file that nothing
refers to, never a row without its file.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from io import BytesIO, UnsupportedOperation
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, default_storage
from django.utils.translation import gettext as _

from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import StoredFile
from aldia.tenancy.scope import current_company_id

NAME_LENGTH = 300


class FileTooLarge(Exception):
    """The stream passed the limit of bytes; nothing of it was kept."""


class CannotStore(Exception):
    """The storage refused the bytes (disk full, read-only); nothing of them was kept."""


class DamagedFile(Exception):
    """A stored file is gone, or shorter than what its row says."""


class _Counted:
    """A stream read once, front to back, that hashes and counts what passes."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self.stream, self.limit = stream, limit
        self.size, self.sha256 = 0, hashlib.sha256()

    def read(self, length: int = -1) -> bytes:
        data = self.stream.read(length)
        self.size += len(data)
        if self.size > self.limit:
            raise FileTooLarge(_("El archivo pesa más de %(mb)d MB.") % {"mb": self.limit // 1024**2})
        self.sha256.update(data)
        return data


def store(
    name: str, source: IO[bytes] | File[bytes] | bytes, content_type: str = "", *, max_bytes: int | None = None
) -> StoredFile:
    """Keep a file of the company in scope. Call it before the transaction that refers to it: writing takes long.

    Raises `FileTooLarge` past `max_bytes` (default: the installation's limit), `CannotStore` if the disk refuses.
    """
    file_id = uuid7()
    company_id = current_company_id()
    counted = _Counted(_from_its_start(source), settings.ALDIA_MAX_UPLOAD_BYTES if max_bytes is None else max_bytes)
    path = f"{company_id}/{file_id.hex[:5]}/{file_id.hex}"
    try:
        path = default_storage.save(path, File(cast(IO[Any], counted)))
        _flush_to_disk(default_storage, path)
        return _row(file_id, company_id, path, plain_name(name), content_type, counted)
    except OSError as error:
        _forget(path)
        raise CannotStore(_("No se pudo guardar el archivo: no hay espacio o el disco no acepta escritura.")) from error
    except BaseException:
        _forget(path)
        raise


def _row(file_id: UUID, company_id: UUID, path: str, name: str, content_type: str, counted: _Counted) -> StoredFile:
    return StoredFile.objects.create(
        id=file_id,
        company_id=company_id,
        path=path,
        name=name,
        content_type=content_type[:100],
        size=counted.size,
        sha256=counted.sha256.hexdigest(),
    )


def open_stored(file: StoredFile) -> BinaryIO:
    """Open a stored file to be read; raise `DamagedFile` if it is gone. The caller closes it."""
    try:
        return cast(BinaryIO, default_storage.open(file.path, "rb"))
    except FileNotFoundError as error:
        raise DamagedFile(_("El archivo «%(name)s» ya no está en el almacén.") % {"name": file.name}) from error


def read_range(file: StoredFile, offset: int, length: int) -> bytes:
    """Return exactly `length` bytes from `offset`; raise `DamagedFile` if they are not all there."""
    if offset < 0 or length < 0:
        raise ValueError("offset and length are never negative")
    with open_stored(file) as stream:
        stream.seek(offset)
        data = stream.read(length)
    if len(data) != length:
        raise DamagedFile(_("El archivo «%(name)s» está incompleto en el almacén.") % {"name": file.name})
    return data


def plain_name(name: str) -> str:
    """The name as a person gave it, without folders or control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable()).strip()
    return kept[:NAME_LENGTH] or "archivo"


def _from_its_start(source: IO[bytes] | File[bytes] | bytes) -> IO[bytes]:
    if isinstance(source, bytes):
        return BytesIO(source)
    with suppress(AttributeError, UnsupportedOperation):  # a stream that cannot go back is read from where it is
        source.seek(0)
    return cast(IO[bytes], source)


def _flush_to_disk(storage: Storage, path: str) -> None:
    """Make the file and its name durable, where the storage is a local folder (others answer when it is)."""
    try:
        local = Path(storage.path(path))
    except NotImplementedError:
        return
    for target in (local, local.parent, local.parent.parent):
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _forget(path: str) -> None:
    """Delete what was written of a file that could not be finished, if the disk lets us."""
    try:
        default_storage.delete(path)
    except OSError:
        return
