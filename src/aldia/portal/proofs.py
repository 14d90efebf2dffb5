"""Proofs of payment that customers upload: known by their first bytes, not by what they are called."""

from __future__ import annotations

from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import CannotStore, FileTooLarge, plain_name, store

MAX_PROOF = 10 * 1024 * 1024
HEAD = 1024
ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic,.heif,.webp,.xml,application/pdf,image/*,text/xml,application/xml"
# https://www.iana.org/assignments/media-types; HEIF brands: ISO/IEC 23008-12 (ftyp box at byte 4)
_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_BOM = b"\xef\xbb\xbf"


class BadProof(ValueError):
    """The file is none that a payment is proved with; the sentence is for the person."""


def kind_of(head: bytes) -> tuple[str, str] | None:
    """Ending and type of what begins so; None for everything that is not a PDF, a picture or an XML."""
    if b"%PDF-" in head:
        return "pdf", "application/pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg", "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png", "image/png"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return "heic", "image/heic"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp", "image/webp"
    if head.removeprefix(_BOM).lstrip().startswith(b"<?xml"):
        return "xml", "application/xml"
    return None


def keep_proof(upload: UploadedFile) -> StoredFile:
    """Store an upload under a name that says what it is. Raises `BadProof`."""
    content: IO[bytes] = upload.file  # type: ignore[assignment]
    if (upload.size or 0) > MAX_PROOF:
        raise BadProof(_("El comprobante pesa más de 10 MB."))
    content.seek(0)
    kind = kind_of(content.read(HEAD))
    content.seek(0)
    if kind is None:
        raise BadProof(_("El comprobante debe ser un PDF, una foto (JPG, PNG, HEIC) o un XML."))
    ending, content_type = kind
    stem = plain_name(upload.name or "").rsplit(".", 1)[0][:150] or "comprobante"
    try:
        return store(f"{stem}.{ending}", content, content_type, max_bytes=MAX_PROOF)
    except (FileTooLarge, CannotStore) as error:
        raise BadProof(str(error)) from error
