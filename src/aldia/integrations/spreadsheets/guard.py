"""What stands between a hostile XLSX and the reader: every byte is counted while it inflates.

The reader lays a sheet out as a full rectangle and copies each shared text into each of its cells, so a file of a few
kilobytes could ask for gigabytes (and an allocation refused there ends the whole process): by sheer compression, by
two cells at opposite corners, or by one long text named by a million cells. The archive is therefore read here first,
measured, and handed over repacked: what was counted is what the reader sees, whatever sizes the archive claims.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from aldia.integrations.spreadsheets import errors
from aldia.integrations.spreadsheets.errors import DamagedSheet, NotASheet, SheetError, TooBig

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """`file` and `inflated` in bytes; `cells` is the area of the sheet; `text` the characters of all its cells."""

    file: int = 20 * MEGABYTE
    inflated: int = 96 * MEGABYTE
    entries: int = 2_000
    rows: int = 100_000
    columns: int = 200
    cells: int = 1_500_000
    text: int = 64 * MEGABYTE


LIMITS = Limits()

_WANTED = re.compile(
    r"(\[Content_Types\]|_rels/.*|xl/(?!media|drawings|theme|charts|externalLinks|pivot).*)\.(xml|rels)", re.I
)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.I)
_OPENING = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)(?=[\s/>])")
# Attributes as every producer writes them; no value may hold quotes, so that none can pose as another attribute.
_TAG = re.compile(
    rb"""<(?:[\w.-]+:)?(c|row)(?:\s+(?:r=["']([A-Za-z]{0,3})([0-9]{1,8})["']|(?!r[=\s])[\w:.-]+="""
    rb"""(?:"[^"'<>&]*"|'[^"'<>&]*')))*\s*/?>"""
)
_SHARED = re.compile(rb"<(?:[\w.-]+:)?si(?=[\s/>])")
_REFERENCE = re.compile(rb"""<(?:[\w.-]+:)?c(?=\s)[^>]*?\st="s"[^>]*><(?:[\w.-]+:)?v>([0-9]{1,9})</""")


def repack(data: bytes, limits: Limits = LIMITS) -> bytes:
    """The same workbook without what the reader does not need, measured. Raises `SheetError`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _inflate(archive, limits)
    except SheetError:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise DamagedSheet from error
    if not any(name.lower() == "xl/workbook.xml" for name in members):
        raise NotASheet(format="ZIP")
    _measure(members, limits)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _inflate(archive: zipfile.ZipFile, limits: Limits) -> dict[str, bytes]:
    infos = archive.infolist()
    if len(infos) > limits.entries:
        raise TooBig(errors.PARTS, limit=f"{limits.entries:,}")
    members: dict[str, bytes] = {}
    left = limits.inflated
    for info in infos:
        if not _WANTED.fullmatch(info.filename) or info.filename in members:
            continue
        with archive.open(info) as stream:
            content = stream.read(left + 1)
        left -= len(content)
        if left < 0:
            raise TooBig(errors.INFLATED, limit=limits.inflated // MEGABYTE)
        if b"<!DOCTYPE" in content or content.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise DamagedSheet
        members[info.filename] = content
    return members


def _measure(members: dict[str, bytes], limits: Limits) -> None:
    shared = next((text for name, text in members.items() if name.lower().endswith("sharedstrings.xml")), b"")
    lengths = [len(piece) for piece in _SHARED.split(shared)[1:]]
    for name, content in members.items():
        if _SHEET.fullmatch(name):
            cells = _measure_area(content, limits)
            _measure_text(content, cells, lengths, limits)


def _measure_area(content: bytes, limits: Limits) -> int:
    """Count the cells of a sheet and refuse it if the rectangle around them is too large."""
    cells = tags = row = column = last_row = last_column = 0
    for tag in _TAG.finditer(content):
        kind, letters, number = tag.groups()
        tags += 1
        if kind == b"row":
            row, column = (int(number) if number else row + 1), 0
            continue
        cells += 1
        column = _column_number(letters) if letters else column + 1
        row = int(number) if number else row
        last_row, last_column = max(last_row, row), max(last_column, column)
    if tags != sum(1 for _ in _OPENING.finditer(content)):
        raise DamagedSheet
    _refuse_wide(last_row, last_column, limits)
    return cells


def _refuse_wide(rows: int, columns: int, limits: Limits) -> None:
    if rows > limits.rows + 1:
        raise TooBig(errors.ROWS, rows=f"{rows:,}", limit=f"{limits.rows:,}")
    if columns > limits.columns:
        raise TooBig(errors.COLUMNS, columns=f"{columns:,}", limit=f"{limits.columns:,}")
    if rows * columns > limits.cells:
        raise TooBig(errors.CELLS, limit=f"{limits.cells:,}")


def _measure_text(content: bytes, cells: int, lengths: list[int], limits: Limits) -> None:
    """Refuse a sheet whose shared texts, copied into their cells, would not fit."""
    longest = max(lengths, default=0)
    if cells * longest <= limits.text:
        return
    named = [int(match[1]) for match in _REFERENCE.finditer(content)]
    unread = content.count(b't="s"') + content.count(b"t='s'") - len(named)
    size = sum(lengths[index] for index in named if index < len(lengths)) + max(unread, 0) * longest
    if size > limits.text:
        raise TooBig(errors.TEXT, limit=limits.text // MEGABYTE)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
