"""Writing ZIP archives in constant memory, member by member, deflated or as they are."""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterable
from typing import IO

from aldia.documents.zipfiles import CENTRAL, DEFLATED, END, LOCAL, STORED, Member

_BLOCK = 1 << 18
_DATE = (0, 0x21)  # 1980-01-01: archives of the same files are the same bytes
_UTF8, _ENCRYPTED = 0x800, 1
_FILE, _LINK = 0o100600 << 16, 0o120600 << 16
_WIDE = 0xFFFFFFFF


class ZipWriter:
    """Appends members to `stream` (seekable, at its start); `close` writes the directory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.count = 0
        self.at = 0
        self.directory = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()

    def add(self, name: str, content: IO[bytes], *, deflate: bool) -> None:
        """Write one member from a stream of unknown size: its header is written again once it is known."""
        head = Member(name, DEFLATED if deflate else STORED, False, 0, 0, 0, self.at, False)
        self.stream.write(_local(head))
        crc, packed, size = self._deflate(content) if deflate else self._store(content)
        self.stream.seek(self.at)
        self._finish(Member(name, head.method, False, crc, packed, size, self.at, False))

    def copy(self, member: Member, blocks: Iterable[bytes]) -> None:
        """Write a member of another archive as it lies there, neither inflated nor checked."""
        packed = 0
        self.stream.write(_local(member))
        for block in blocks:
            packed += self.stream.write(block)
        self.stream.seek(self.at)
        place = (packed, member.size, self.at, member.is_link)
        self._finish(Member(member.name, member.method, member.encrypted, member.crc, *place))

    def _deflate(self, content: IO[bytes]) -> tuple[int, int, int]:
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        crc = packed = size = 0
        while block := content.read(_BLOCK):
            crc, size = zlib.crc32(block, crc), size + len(block)
            packed += self.stream.write(deflater.compress(block))
        return crc, packed + self.stream.write(deflater.flush()), size

    def _store(self, content: IO[bytes]) -> tuple[int, int, int]:
        crc = size = 0
        while block := content.read(_BLOCK):
            crc, size = zlib.crc32(block, crc), size + self.stream.write(block)
        return crc, size, size

    def _finish(self, member: Member) -> None:
        header = _local(member)
        self.stream.write(header)
        self.at = member.offset + len(header) + member.packed
        self.stream.seek(self.at)
        self.directory.write(_central(member))
        self.count += 1

    def close(self) -> None:
        """Write the directory and its ZIP64 record."""
        start, length = self.at, self.directory.tell()
        self.directory.seek(0)
        while block := self.directory.read(_BLOCK):
            self.stream.write(block)
        self.directory.close()
        self.stream.write(
            struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, self.count, self.count, length, start)
            + struct.pack("<4sLQL", b"PK\6\7", 0, start + length, 1)
            + struct.pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, _WIDE, _WIDE, 0)
        )


def _label(member: Member) -> bytes:
    return member.name.encode("utf-8", "replace")[:0xFFFF]


def _flags(member: Member) -> int:
    return _UTF8 | (_ENCRYPTED if member.encrypted else 0)


def _local(member: Member) -> bytes:
    label, wide = _label(member), struct.pack("<2H2Q", 1, 16, member.size, member.packed)
    numbers = (45, _flags(member), member.method, *_DATE, member.crc, _WIDE, _WIDE, len(label), len(wide))
    return struct.pack("<4s5H3L2H", LOCAL, *numbers) + label + wide


def _central(member: Member) -> bytes:
    label, wide = _label(member), struct.pack("<2H3Q", 1, 24, member.size, member.packed, member.offset)
    numbers = (45, 3, 45, 0, _flags(member), member.method, *_DATE, member.crc, _WIDE, _WIDE)
    rest = (len(label), len(wide), 0, 0, 0, _LINK if member.is_link else _FILE, _WIDE)
    return struct.pack("<4s4B4HL2L", CENTRAL, *numbers) + struct.pack("<5H2L", *rest) + label + wide
