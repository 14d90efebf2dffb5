"""Reading ZIP archives in constant memory, trusting nothing that they say of themselves.

The standard library builds one object per member before the first is read; a bomb of a million members costs its
price right there. Here the central directory is walked as it lies on disk, and each member is known by the place of its
local header, so that one document is read back later in one seek.
Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import stat
import struct
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from aldia.documents.refusals import (
    Bomb,
    DamagedArchive,
    DamagedEntry,
    Encrypted,
    EntryTooLarge,
    Link,
    OverlappingEntries,
    TooManyEntries,
    TooMuchInside,
    UnsupportedCompression,
)

MB = 1_000_000
MAX_ENTRIES = 250_000  # SAT packs up to 200,000 documents, and some tools add an entry of their own to each folder
MAX_INFLATED = 5_000 * MB
MAX_RATIO, RATIO_FROM = 250, MB  # an XML deflates some 4 to 40 times; deflate's own limit is 1,032
STORED, DEFLATED = 0, 8
LOCAL, CENTRAL, END, END64, LOCATOR64 = (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_BLOCK = 1 << 16
_LONGEST = _CENTRAL.size + 3 * 0xFFFF
_NAMES = {1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "BZIP2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 99: "AES"}


@dataclass(frozen=True, slots=True)
class Window:
    """Where an archive lies inside the file that holds it: all of it, or a nested archive kept uncompressed."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member as its directory announces it; `offset` is where its local header starts in the file, `record` where
    its record in the directory does.
    """

    name: str
    method: int
    encrypted: bool
    crc: int
    packed: int
    size: int
    offset: int
    is_link: bool
    record: int = 0

    @property
    def is_directory(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the central directory is; `shift` is what precedes the archive (self-extracting files)."""

    start: int
    length: int
    count: int
    shift: int


@dataclass(slots=True)
class Budget:
    """What an archive and all that is nested in it may hold together."""

    entries: int = MAX_ENTRIES
    inflated: int = MAX_INFLATED

    def spend(self, entries: int, inflated: int) -> None:
        self.entries -= entries
        self.inflated -= inflated
        if self.entries < 0:
            raise TooManyEntries(limit=f"{MAX_ENTRIES:,}")
        if self.inflated < 0:
            raise TooMuchInside(limit=MAX_INFLATED // 1000 // MB)


def directory(stream: IO[bytes], window: Window) -> Directory:
    """Find the end-of-directory record from the tail. Raises `DamagedArchive`, `TooManyEntries`."""
    tail_length = min(window.length, _END.size + 0xFFFF)
    tail_start = window.start + window.length - tail_length
    stream.seek(tail_start)
    tail = stream.read(tail_length)
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < _END.size:
        raise DamagedArchive()
    _, disk, first_disk, _, count, length, offset, _ = _END.unpack_from(tail, at)
    end = tail_start + at
    if count == 0xFFFF or length == 0xFFFFFFFF or offset == 0xFFFFFFFF:
        wide = _directory64(stream, window, end)
        if wide:
            disk, count, length, offset, end = wide
    if disk or first_disk not in (0, 0xFFFF):
        raise DamagedArchive()
    shift = end - window.start - length - offset
    if shift < 0:
        raise DamagedArchive()
    if count > MAX_ENTRIES:
        raise TooManyEntries(limit=f"{MAX_ENTRIES:,}")
    return Directory(end - length, length, count, window.start + shift)


def _directory64(stream: IO[bytes], window: Window, end: int) -> tuple[int, int, int, int, int] | None:
    """The ZIP64 record, if there is one: (disk, count, length, offset, its own place)."""
    if end - _LOCATOR64.size < window.start:
        return None
    stream.seek(end - _LOCATOR64.size)
    signature, _, at, _ = _LOCATOR64.unpack(stream.read(_LOCATOR64.size))
    if signature != LOCATOR64:
        return None
    place = end - _LOCATOR64.size - _END64.size  # where it lies when nothing precedes; else where it says
    for candidate in (place, window.start + at):
        if not window.start <= candidate <= end - _LOCATOR64.size - _END64.size:
            continue
        stream.seek(candidate)
        signature, _, _, _, disk, _, _, count, length, offset = _END64.unpack(stream.read(_END64.size))
        if signature == END64:
            return disk, count, length, offset, candidate
    raise DamagedArchive()


def members(stream: IO[bytes], window: Window) -> Iterator[Member]:
    """Members in the order of the directory, read block by block: the stream may be moved between two of them."""
    where = directory(stream, window)
    position, limit, seen = where.start, where.start + where.length, 0
    buffer, at = b"", 0
    while position < limit:
        if len(buffer) - at < _LONGEST and position + len(buffer) - at < limit:
            stream.seek(position)
            buffer, at = stream.read(min(4 * _LONGEST, limit - position)), 0
        member, length = _central(buffer, at, where.shift, position)
        seen += 1
        if seen > MAX_ENTRIES:
            raise TooManyEntries(limit=f"{MAX_ENTRIES:,}")
        at += length
        position += length
        yield member
    if seen & 0xFFFF != where.count & 0xFFFF:
        raise DamagedArchive()


def _central(buffer: bytes, at: int, shift: int, record: int) -> tuple[Member, int]:
    if len(buffer) - at < _CENTRAL.size:
        raise DamagedArchive()
    fields = _CENTRAL.unpack_from(buffer, at)
    flags, method, crc, packed, size = fields[5], fields[6], fields[9], fields[10], fields[11]
    name_length, extra_length, comment_length = fields[12:15]
    system, attributes, offset = fields[2], fields[-2], fields[-1]
    if fields[0] != CENTRAL:
        raise DamagedArchive()
    start = at + _CENTRAL.size
    length = _CENTRAL.size + name_length + extra_length + comment_length
    if len(buffer) - at < length:
        raise DamagedArchive()
    if 0xFFFFFFFF in (packed, size, offset):
        extra = buffer[start + name_length : start + name_length + extra_length]
        packed, size, offset = _wide(extra, packed, size, offset)
    name = _name(buffer[start : start + name_length], bool(flags & 0x800))
    is_link = system == 3 and stat.S_ISLNK(attributes >> 16)
    return Member(name, method, bool(flags & 1), crc, packed, size, shift + offset, is_link, record), length


def _wide(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """ZIP64 sizes: those that did not fit, in this order, in the extra field 0x0001."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if tag == 1:
            values = iter(struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4))
            size = next(values, 0) if size == 0xFFFFFFFF else size
            packed = next(values, 0) if packed == 0xFFFFFFFF else packed
            offset = next(values, 0) if offset == 0xFFFFFFFF else offset
            return packed, size, offset
        at += 4 + length
    raise DamagedArchive()


def _name(raw: bytes, is_utf8: bool) -> str:
    """A label, never a path: many tools write UTF-8 without saying so, old ones the code page of DOS."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8" if is_utf8 else "cp437", "replace")
    if not text.isprintable():
        text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return text.replace("\\", "/")


def inspect(stream: IO[bytes], window: Window, budget: Budget) -> int:
    """Count the members after checking the whole directory: number, announced sizes, overlaps. Raises
    `ArchiveRefused`.
    """
    starts, ends = array("q"), array("q")
    ordered, last, inflated = True, 0, 0
    end = directory(stream, window).start
    for member in members(stream, window):
        budget.spend(1, member.size)
        inflated += member.size
        starts.append(member.offset)
        ends.append(member.offset + _LOCAL.size + member.packed)
        ordered = ordered and member.offset >= last
        last = ends[-1]
        if member.offset < window.start or last > end:
            raise DamagedArchive()
    if not ordered:
        _refuse_overlaps(starts, ends)
    return len(starts)


def _refuse_overlaps(starts: array[int], ends: array[int]) -> None:
    last = 0
    for start, end in sorted(zip(starts, ends, strict=True)):
        if start < last:
            raise OverlappingEntries()
        last = end


def read_member(stream: IO[bytes], member: Member, limit: int) -> bytes:
    """The bytes of one member, counted while inflating and checked. Raises `EntryRefused`."""
    if member.is_link:
        raise Link()
    if member.encrypted:
        raise Encrypted()
    if member.method not in (STORED, DEFLATED):
        raise UnsupportedCompression(method=_NAMES.get(member.method, member.method))
    if member.size > limit:
        raise EntryTooLarge(size=f"{member.size / MB:.1f}", limit=limit // MB)
    if member.size > RATIO_FROM and member.size > member.packed * MAX_RATIO:
        raise Bomb(ratio=member.size // max(member.packed, 1))
    stream.seek(_data_start(stream, member.offset))
    packed = stream.read(min(member.packed, limit + MB))
    data = packed if member.method == STORED else _inflate(packed, member.size)
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise DamagedEntry()
    return data


def _data_start(stream: IO[bytes], offset: int) -> int:
    stream.seek(offset)
    header = stream.read(_LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != LOCAL:
        raise DamagedEntry()
    name_length, extra_length = _LOCAL.unpack(header)[-2:]
    return offset + _LOCAL.size + int(name_length) + int(extra_length)


def data_start(stream: IO[bytes], member: Member) -> int:
    """Where the member's (compressed) bytes start in the file. Raises `DamagedEntry`."""
    return _data_start(stream, member.offset)


def traces(stream: IO[bytes], member: Member) -> list[tuple[int, int]]:
    """Where a member's bytes and its two names lie in the file: (start, length) each. Raises `DamagedEntry`."""
    start = _data_start(stream, member.offset)
    stream.seek(member.offset + 26)
    (local,) = struct.unpack("<H", stream.read(2))
    stream.seek(member.record + 28)
    (central,) = struct.unpack("<H", stream.read(2))
    names = [(member.offset + _LOCAL.size, local), (member.record + _CENTRAL.size, central)]
    return [(start, member.packed), *names]


def _inflate(packed: bytes, size: int) -> bytes:
    inflater = zlib.decompressobj(-15)
    try:
        data = inflater.decompress(packed, size + 1)
    except zlib.error as error:
        raise DamagedEntry() from error
    return data


def read_at(stream: IO[bytes], offset: int, size: int) -> bytes:
    """The `size` bytes of the member whose local header starts at `offset`, without the directory."""
    stream.seek(offset)
    header = stream.read(_LOCAL.size)
    start = _data_start(stream, offset)
    stream.seek(start)
    if _LOCAL.unpack(header)[3] == STORED:
        return stream.read(size)
    inflater = zlib.decompressobj(-15)
    data = bytearray()
    while len(data) < size and not inflater.eof:
        block = inflater.unconsumed_tail or stream.read(_BLOCK)
        if not block:
            break
        data += inflater.decompress(block, size - len(data))
    return bytes(data)
