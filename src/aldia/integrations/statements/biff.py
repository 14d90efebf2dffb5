"""The area of a binary .xls before it is opened: two cells at opposite corners would ask for gigabytes.

Only what is needed of the compound file ([MS-CFB]) and of BIFF8 ([MS-XLS]): the records that place cells.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from aldia.domain.statements.errors import DamagedStatement, TooManyRows

_END = 0xFFFFFFFA  # and above: no sector
_BOF = (0x0809, 0x0409, 0x0209, 0x0009)
_CELLS = frozenset(
    {
        0x0203, 0x0003, 0x027E, 0x007E, 0x00FD, 0x0204, 0x0004, 0x0006, 0x0206, 0x0406, 0x00BD, 0x00D6, 0x0205, 0x0005,
    }
)  # fmt: skip


def refuse_large_area(data: bytes, cells: int) -> None:
    """Raise when the sheets' rectangles together pass `cells`, or when the container cannot be followed."""
    try:
        stream = _workbook(data)
    except (struct.error, IndexError, ValueError) as error:
        raise DamagedStatement(line=1) from error
    area = rows = columns = 0
    for kind, at, size in _records(stream):
        if kind in _BOF:
            area, rows, columns = area + rows * columns, 0, 0
        elif kind in _CELLS and size >= 4:
            row, column = struct.unpack_from("<HH", stream, at)
            last = struct.unpack_from("<H", stream, at + size - 2)[0] if kind == 0x00BD else column
            rows, columns = max(rows, row + 1), max(columns, column + 1, min(last, 255) + 1)
        if area + rows * columns > cells:
            raise TooManyRows(limit=f"{cells:,}")


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if at + 4 + size > len(stream):
            return
        yield kind, at + 4, size
        at += 4 + size


def _workbook(data: bytes) -> bytes:
    """The stream that holds the workbook, its sectors put in order."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if size not in (512, 4096):
        raise ValueError("sector size")
    fat = _table(data, size)
    directory = _chain(data, struct.unpack_from("<I", data, 48)[0], fat, size)
    cutoff = struct.unpack_from("<I", data, 56)[0]
    root_start = 0
    for at in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(length - 2, 0)].decode("utf-16-le", errors="replace")
        kind, start = directory[at + 66], struct.unpack_from("<I", directory, at + 116)[0]
        stream_size = struct.unpack_from("<I", directory, at + 120)[0]
        if kind == 5:
            root_start = start
        elif kind == 2 and name.lower() in ("workbook", "book"):
            if stream_size >= cutoff:
                return _chain(data, start, fat, size)[:stream_size]
            return _small(data, start, root_start, fat, size)[:stream_size]
    raise ValueError("no workbook")


def _small(data: bytes, start: int, root_start: int, fat: list[int], size: int) -> bytes:
    """A stream kept in the container's small sectors of 64 bytes."""
    minifat_bytes = _chain(data, struct.unpack_from("<I", data, 60)[0], fat, size)
    minifat = list(struct.unpack(f"<{len(minifat_bytes) // 4}I", minifat_bytes[: len(minifat_bytes) // 4 * 4]))
    pool = _chain(data, root_start, fat, size)
    pieces, seen = [], 0
    while start < _END and seen <= len(minifat):
        pieces.append(pool[start * 64 : start * 64 + 64])
        start, seen = minifat[start], seen + 1
    return b"".join(pieces)


def _table(data: bytes, size: int) -> list[int]:
    """The allocation table: which sector follows which."""
    places = [place for place in struct.unpack_from("<109I", data, 76) if place < _END]
    more, count = struct.unpack_from("<II", data, 68)
    while more < _END and count > 0 and len(places) * size <= len(data):
        sector = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        places += [place for place in sector[:-1] if place < _END]
        more, count = sector[-1], count - 1
    fat: list[int] = []
    for place in places[: len(data) // size + 1]:
        fat += struct.unpack_from(f"<{size // 4}I", data, (place + 1) * size)
    return fat


def _chain(data: bytes, start: int, fat: list[int], size: int) -> bytes:
    pieces, seen = [], 0
    while start < _END:
        if seen > len(fat):
            raise ValueError("a chain without end")
        pieces.append(data[(start + 1) * size : (start + 2) * size])
        start, seen = fat[start], seen + 1
    return b"".join(pieces)
