"""What SAT says of documents without sending them: metadata files, and acknowledgements of a cancellation.

Metadata: columns and their order as in "Servicio de Descarga Masiva", https://www.sat.gob.mx/consultas/42968/consulta-y-recuperacion-de-comprobantes-(nuevo)
Fields are separated by "~" and may hold line breaks and more "~": a row starts where a line starts with a UUID.
Acknowledgement ("Acuse"): http://cancelacfd.sat.gob.mx; codes 201 cancelled, 202 cancelled before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from aldia.domain.fiscal.errors import FiscalError, MissingField
from aldia.domain.fiscal.reading import read
from aldia.domain.sentences import gettext_noop

ACKNOWLEDGEMENT = "Acuse"
CANCELLATION_REQUEST = "Cancelacion"
CANCELLED_CODES = ("201", "202")
_HEADER = re.compile(r"\s*uuid~rfcemisor~", re.IGNORECASE)
_THIRD_PARTIES = re.compile(r"\s*uuid~rfcacuentaterceros", re.IGNORECASE)
_ROW = re.compile(r"^[ \t]*([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})~", re.MULTILINE)
_UUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_RFC = re.compile(r"[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DAY_FIRST = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_TAIL = 7  # RfcPac, FechaEmision, FechaCertificacionSat, Monto, EfectoComprobante, Estatus, FechaCancelacion


class BadMetadata(FiscalError):
    code = "bad_metadata"
    template = gettext_noop(
        "Parece un archivo de metadatos del SAT, pero ninguna de sus filas se puede leer: descárgalo de nuevo."
    )


class NotAcknowledged(FiscalError):
    code = "not_acknowledged"
    template = gettext_noop(
        "Es una solicitud de cancelación, no el acuse del SAT: no prueba que el comprobante esté cancelado. "
        "Sube el acuse."
    )


@dataclass(frozen=True, slots=True)
class StatusNotice:
    """The authority's word on one document. `receiver` is "" where it is not said; `cancelled` None: not known."""

    key: str
    issuer: str
    receiver: str
    cancelled: bool | None
    cancelled_on: date | None
    is_payroll: bool = False


def is_metadata(data: bytes) -> bool:
    """Whether a file starts as a metadata file does."""
    return _HEADER.match(_text(data[:200])) is not None


def is_third_parties(data: bytes) -> bool:
    """Whether it is the companion of a metadata file that lists "a cuenta de terceros": nothing to book."""
    return _THIRD_PARTIES.match(_text(data[:200])) is not None


def read_metadata(data: bytes) -> Iterator[StatusNotice]:
    """The rows of a metadata file. Rows that cannot be read are passed over. Raises `BadMetadata` if none can."""
    text = _text(data)
    start, found = None, False
    for match in _ROW.finditer(text):
        if start is not None and (notice := _row(text[start : match.start()])):
            found = True
            yield notice
        start = match.start()
    if start is not None and (notice := _row(text[start:])):
        found = True
        yield notice
    if not found and start is not None:
        raise BadMetadata()


def _row(text: str) -> StatusNotice | None:
    fields = [field.strip() for field in text.split("~")]
    if len(fields) < 4 + _TAIL:
        return None
    tail = fields[-_TAIL:]
    receiver = next((field for field in reversed(fields[2:-_TAIL]) if _RFC.fullmatch(field.upper())), "")
    effect, status = tail[4].upper()[:1], tail[5]
    cancelled = {"0": True, "1": False}.get(status)
    on = _day(tail[6]) if cancelled else None
    return StatusNotice(fields[0].upper(), fields[1].upper(), receiver.upper(), cancelled, on, effect == "N")


def read_acknowledgement(data: bytes) -> tuple[StatusNotice, ...]:
    """The documents that an acknowledgement says are cancelled. Raises `FiscalError` where it is something else."""
    root, _ = read(data)
    name = root.tag.rpartition("}")[2]
    if name == CANCELLATION_REQUEST:
        raise NotAcknowledged()
    if name != ACKNOWLEDGEMENT:
        raise MissingField(ACKNOWLEDGEMENT)
    issuer, on = (root.get("RfcEmisor") or "").strip().upper(), _day(root.get("Fecha") or "")
    found: list[StatusNotice] = []
    for folio in root:
        fields = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in folio}
        key = fields.get("UUID", "").upper()
        if _UUID.fullmatch(key):
            cancelled = True if fields.get("EstatusUUID") in CANCELLED_CODES else None
            found.append(StatusNotice(key, issuer, "", cancelled, on if cancelled else None))
    if not found:
        raise MissingField("Acuse/Folios/UUID")
    return tuple(found)


def _day(text: str) -> date | None:
    if match := _DAY.search(text):
        year, month, day = match.groups()
    elif match := _DAY_FIRST.search(text):
        day, month, year = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1").removeprefix("ï»¿")
