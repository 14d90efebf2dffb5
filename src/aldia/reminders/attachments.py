"""The files that go with a message: PDF and XML of its documents, the statement of account; one ZIP above a size.

Making them takes long (a PDF is typeset, originals are read from their archives), so it happens before the transaction
that writes the message. The same bytes are stored once: a later message names the file of an earlier one.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import structlog

from aldia.documents.models import FiscalDocument
from aldia.documents.originals import read_originals
from aldia.documents.papers import CannotPrint, cfdi_pdf, file_name
from aldia.documents.zipwriter import ZipWriter
from aldia.messaging.operations.outbox import Enclosure
from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import store

PDF, XML, ZIP = "application/pdf", "application/xml", "application/zip"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_DOCUMENTS = 100  # more documents than that say nothing that the statement does not
MOST_BYTES = 20 * 1024**2  # what common mail servers still take, encoded

log = structlog.get_logger("aldia.reminders")

StatementPdf = Callable[[uuid.UUID, date], bytes]
"""The statement of account of a customer as of a day, as PDF (or as a sheet): made above this app, handed in by the
interface."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files go along; `limit_kb` is the size above which they become one ZIP."""

    pdf: bool
    xml: bool
    statement: bool
    limit_kb: int
    sheet: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A file in hand, before it is stored."""

    name: str
    content_type: str
    data: bytes


def enclosures(
    *,
    customer_id: uuid.UUID,
    document_ids: Collection[uuid.UUID],
    wanted: Wanted,
    today: date,
    statement_pdf: StatementPdf | None,
    statement_sheet: StatementPdf | None = None,
) -> list[Enclosure]:
    """Make and store the files of one message, of the first `MOST_DOCUMENTS` of its documents.

    What cannot be made (an original that is lost, a paper that cannot be set) is left out, and so is what is too heavy
    even as a ZIP (the documents before the statement): a file keeps no message from leaving.
    """
    pieces: list[Piece] = []
    if wanted.statement and statement_pdf is not None:
        pieces += _statement(customer_id, today, statement_pdf, "pdf", PDF)
    if wanted.sheet and statement_sheet is not None:
        pieces += _statement(customer_id, today, statement_sheet, "xlsx", XLSX)
    if wanted.pdf or wanted.xml:
        pieces += _papers(document_ids, wanted)
    return [keep(piece) for piece in packed(pieces, wanted.limit_kb)]


def _statement(customer_id: uuid.UUID, today: date, make: StatementPdf, ending: str, kind: str) -> list[Piece]:
    try:
        return [Piece(f"estado-de-cuenta-{today}.{ending}", kind, make(customer_id, today))]
    except Exception:
        log.exception("no_statement", customer=str(customer_id))
        return []


def packed(pieces: Sequence[Piece], limit_kb: int) -> list[Piece]:
    """The pieces as they are while they fit the limit, else as one ZIP; without the documents if that is too heavy."""
    if sum(len(piece.data) for piece in pieces) <= limit_kb * 1024:
        return list(pieces)
    bundle = _zipped(pieces)
    if len(bundle.data) <= MOST_BYTES:
        return [bundle]
    return [piece for piece in pieces if piece.name.startswith("estado-de-cuenta") and len(piece.data) <= MOST_BYTES]


def keep(piece: Piece) -> Enclosure:
    """Store a file, or name the one of the company that has these very bytes."""
    digest = hashlib.sha256(piece.data).hexdigest()
    same = StoredFile.objects.filter(sha256=digest, content_type=piece.content_type).order_by("id").first()
    stored = same or store(piece.name, piece.data, piece.content_type)
    return Enclosure(name=piece.name, content_type=piece.content_type, file_id=stored.pk)


def _papers(document_ids: Collection[uuid.UUID], wanted: Wanted) -> list[Piece]:
    ids = list(document_ids)[:MOST_DOCUMENTS]
    rows = FiscalDocument.objects.select_related("original").in_bulk(ids)
    documents = [rows[each] for each in ids if each in rows]
    originals = read_originals(documents) if wanted.xml else {}
    pieces = []
    for document in documents:
        if wanted.pdf:
            pieces += _printed(document)
        if (data := originals.get(document)) is not None:
            pieces.append(Piece(file_name(document).removesuffix(".pdf") + ".xml", XML, data))
    return _with_names_of_their_own(pieces)


def _printed(document: FiscalDocument) -> list[Piece]:
    try:
        return [Piece(file_name(document), PDF, cfdi_pdf(document))]
    except CannotPrint as error:
        log.warning("no_paper", document=str(document.pk), why=str(error))
        return []


def _with_names_of_their_own(pieces: Sequence[Piece]) -> list[Piece]:
    """Two documents of one name: the second is numbered, so that no file hides another."""
    found: list[Piece] = []
    seen: Counter[str] = Counter()
    for piece in pieces:
        seen[piece.name] += 1
        stem, dot, ending = piece.name.rpartition(".")
        name = piece.name if seen[piece.name] == 1 else f"{stem}-{seen[piece.name]}{dot}{ending}"
        found.append(replace(piece, name=name))
    return found


def _zipped(pieces: Sequence[Piece]) -> Piece:
    target = io.BytesIO()
    writer = ZipWriter(target)
    for piece in pieces:
        writer.add(piece.name, io.BytesIO(piece.data), deflate=True)
    writer.close()
    return Piece("documentos.zip", ZIP, target.getvalue())
