"""One file of a batch, read: a document, the authority's word on documents, or why it is neither. No database here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from aldia.documents.archives import Entry
from aldia.domain.fiscal import cfdi, status_notices
from aldia.domain.fiscal.document import FiscalDocument
from aldia.domain.fiscal.errors import FiscalError, NotCfdi, Retenciones
from aldia.domain.fiscal.status_notices import StatusNotice
from aldia.domain.sentences import gettext_noop

PAYROLL, METADATA, METADATA_PERSONAL = "payroll", "metadata", "metadata_payroll"
PERSONAL_CODES = (PAYROLL, METADATA_PERSONAL, "third_parties")
PAYROLL_SENTENCE = gettext_noop(
    "Es un recibo de nómina: son datos personales de tus empleados, no genera cuentas por cobrar y no se guarda."
)
EMPTY = gettext_noop("El archivo está vacío: descárgalo de nuevo y vuelve a subirlo.")
SYSTEM_FILE = gettext_noop("Es un archivo que el sistema agrega solo al hacer el ZIP: no contiene comprobantes.")
PDF = gettext_noop("Es un PDF: los datos se toman del XML, así que no hace falta.")
OTHER = gettext_noop("No es un XML ni un archivo de metadatos del SAT: no se leyó.")
THIRD_PARTIES = gettext_noop("Es la lista de terceros que acompaña a los metadatos del SAT: no trae comprobantes.")

_SYSTEM_NAMES = frozenset((".ds_store", "thumbs.db", "desktop.ini"))
_STARTS = b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"
_PERSON = re.compile(r"[A-ZÑ&]{4}[0-9]{6}([A-Z0-9]{3}|[HMX][A-Z]{5}[A-Z0-9]{2})(?![A-Z0-9])", re.IGNORECASE)
_PAYROLL_MARK = b"sat.gob.mx/nomina"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome that is known without the database: ignored or error, with its code and sentence."""

    outcome: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file is: its `document`, `notices` or `verdict`, one of them. `is_personal`: its bytes are not kept."""

    position: int
    name: str
    offset: int = 0
    size: int = 0
    sha256: str = ""
    document: FiscalDocument | None = None
    notices: tuple[StatusNotice, ...] | None = None
    verdict: Verdict | None = None
    is_personal: bool = False
    is_metadata: bool = False


def read_entry(entry: Entry) -> Reading:
    """Read one file of an archive. Never raises: what is wrong with it is its verdict."""
    bare = Reading(entry.position, entry.name, entry.offset)
    if is_system_file(entry.name):
        return replace(bare, verdict=Verdict("ignored", "system_file", SYSTEM_FILE))
    if entry.refusal is not None:
        return replace(bare, verdict=Verdict("error", entry.refusal.code, entry.refusal.message))
    if not entry.data.strip(_STARTS):
        outcome = "error" if entry.name.lower().endswith(".xml") else "ignored"
        return replace(bare, verdict=Verdict(outcome, "empty", EMPTY))
    if _looks_like_xml(entry):
        return _read_xml(bare, entry.data)
    return _read_other(bare, entry)


def is_system_file(name: str) -> bool:
    """Whether a file is one that an operating system puts into archives by itself."""
    last = name.rsplit("/", 1)[-1].lower()
    return "__MACOSX/" in name or last in _SYSTEM_NAMES or last.startswith("._")


def _looks_like_xml(entry: Entry) -> bool:
    return entry.name.lower().endswith(".xml") or entry.data[:200].lstrip(_STARTS)[:1] == b"<"


def _read_xml(bare: Reading, data: bytes) -> Reading:
    try:
        document = cfdi.parse(data)
    except FiscalError as error:
        return _read_other_xml(bare, data, error)
    if document.kind == PAYROLL:
        return _payroll(bare)
    digest = hashlib.sha256(data).hexdigest()
    return Reading(bare.position, bare.name, bare.offset, len(data), digest, document)


def _payroll(bare: Reading) -> Reading:
    """Nothing of it stays; the name of the file loses what identifies a person (RFC, CURP)."""
    name = _PERSON.sub("***", bare.name)
    return replace(bare, name=name, verdict=Verdict("ignored", PAYROLL, PAYROLL_SENTENCE), is_personal=True)


def _read_other_xml(bare: Reading, data: bytes, error: FiscalError) -> Reading:
    if _PAYROLL_MARK in data.replace(b"\x00", b"").lower():
        return _payroll(bare)
    if isinstance(error, Retenciones):
        return replace(bare, verdict=Verdict("ignored", error.code, error.message))
    if isinstance(error, NotCfdi):
        try:
            return replace(bare, notices=status_notices.read_acknowledgement(data))
        except status_notices.NotAcknowledged as request:
            return replace(bare, verdict=Verdict("ignored", request.code, request.message))
        except FiscalError:
            pass
    return replace(bare, verdict=Verdict("error", error.code, error.message))


def _read_other(bare: Reading, entry: Entry) -> Reading:
    if status_notices.is_metadata(entry.data):
        return _read_metadata(bare, entry.data)
    if status_notices.is_third_parties(entry.data):
        return replace(bare, verdict=Verdict("ignored", "third_parties", THIRD_PARTIES), is_personal=True)
    if entry.data.startswith(b"%PDF") or entry.name.lower().endswith(".pdf"):
        return replace(bare, verdict=Verdict("ignored", "pdf", PDF))
    return replace(bare, verdict=Verdict("ignored", "not_xml_file", OTHER))


def _read_metadata(bare: Reading, data: bytes) -> Reading:
    try:
        rows = list(status_notices.read_metadata(data))
    except FiscalError as error:
        return replace(bare, verdict=Verdict("error", error.code, error.message))
    kept = tuple(row for row in rows if not row.is_payroll)
    return replace(bare, notices=kept, is_personal=len(kept) != len(rows), is_metadata=True)
