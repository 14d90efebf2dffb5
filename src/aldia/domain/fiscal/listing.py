"""The authority's listing (metadata), row by row: what it says of each document, in constant memory.

Columns as in `status_notices`. Fields may hold line breaks and "~": a row starts where a line starts with a UUID, and
its last seven fields are counted from its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from aldia.domain.fiscal.status_notices import StatusNotice

LONGEST = 64 * 1024  # bytes of a row: more is rubbish
_STARTS = re.compile(rb"[ \t]*[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}~").match
_RFC = re.compile(r"[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}").fullmatch
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}))?").match
_TAIL = 7  # RfcPac, FechaEmision, FechaCertificacionSat, Monto, EfectoComprobante, Estatus, FechaCancelacion
_FEWEST = 4 + _TAIL
PAYROLL = "N"


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One document of the listing. Times are local to where it was issued; `amount` is as printed."""

    key: str
    issuer: str
    issuer_name: str
    receiver: str
    receiver_name: str
    type_code: str
    issued_at: datetime
    amount: str
    is_cancelled: bool
    cancelled_at: datetime | None

    @property
    def notice(self) -> StatusNotice:
        """The same as a word on its status."""
        on: date | None = self.cancelled_at.date() if self.cancelled_at else None
        return StatusNotice(self.key, self.issuer, self.receiver, self.is_cancelled, on, self.type_code == PAYROLL)


def read_rows(lines: Iterable[bytes]) -> Iterator[ListedRow | None]:
    """The rows of a listing, given line by line; None for each that cannot be read."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if _STARTS(line):
            if held:
                yield _row(b"".join(held))
            held, size = [line], len(line)
        elif held and size < LONGEST:  # a name with a line break in it
            held.append(line)
            size += len(line)
    if held:
        yield _row(b"".join(held))


def _row(data: bytes) -> ListedRow | None:
    fields = [field.strip() for field in _text(data).split("~")]
    if len(fields) < _FEWEST:
        return None
    tail, middle = fields[-_TAIL:], fields[2:-_TAIL]
    at = next((n for n in range(len(middle) - 1, -1, -1) if _RFC(middle[n].upper())), None)
    issued, status = _moment(tail[1]), tail[5]
    if at is None or issued is None or status not in ("0", "1"):
        return None
    return ListedRow(
        key=fields[0].upper(),
        issuer=fields[1].upper()[:20],
        issuer_name=_name(middle[:at]),
        receiver=middle[at].upper(),
        receiver_name=_name(middle[at + 1 :]),
        type_code=tail[4].upper()[:1],
        issued_at=issued,
        amount=tail[3][:30],
        is_cancelled=status == "0",
        cancelled_at=_moment(tail[6]) if status == "0" else None,
    )


def _name(parts: list[str]) -> str:
    return " ".join(" ".join(parts).split())[:300]


def _moment(text: str) -> datetime | None:
    match = _MOMENT(text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00:00'}")
    except ValueError:
        return None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
