"""The archive of a batch: every file that came in is a member of one stored ZIP, read one at a time.

A ZIP that was uploaded is kept as it came; loose files are packed into one. ZIPs inside the archive are read too, one
level down: kept uncompressed, so that what they hold still has one place in the file (`packing.unfold` rewrites an
archive whose nested ZIPs came compressed). Positions count files, in the order of the directories: they never change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from aldia.documents import zipfiles
from aldia.documents.refusals import (
    ArchiveRefused,
    EmptyArchive,
    EntryRefused,
    MissingArchive,
    NestedRefused,
    NestedTooDeep,
)
from aldia.documents.zipfiles import LOCAL, MB, Budget, Member, Window
from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import DamagedFile, open_stored

XML_LIMIT = 20 * MB
TEXT_LIMIT = 100 * MB  # the authority's metadata: up to a million rows
NESTED_LIMIT = 512 * MB
ZIP_MAGIC = (LOCAL, zipfiles.END)
_OFFICE = (".xlsx", ".docx", ".pptx", ".ods", ".odt", ".jar", ".xlsm")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a batch: its bytes, or why they cannot be read. `offset` is its place in the stored file."""

    position: int
    name: str
    data: bytes
    refusal: EntryRefused | None
    offset: int
    packed: int


@dataclass(frozen=True, slots=True)
class Place:
    """A file of the archive before it is read. `refusal`: what is already known to be wrong with it."""

    name: str
    member: Member | None
    refusal: EntryRefused | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """How many positions an archive has, and whether ZIPs inside it must be uncompressed first."""

    total: int
    is_folded: bool


def entries(stored: StoredFile, *, start: int = 0) -> Iterator[Entry]:
    """The files of a surveyed archive from position `start` on, one in memory at a time. Raises `ArchiveRefused`."""
    with open_archive(stored) as stream:
        for position, place in enumerate(places(stream, stored.size, None)):
            if position >= start:
                yield _entry(stream, position, place)


def _entry(stream: IO[bytes], position: int, place: Place) -> Entry:
    data, refusal = read_place(stream, place)
    offset, packed = (place.member.offset, place.member.packed) if place.member else (0, 0)
    return Entry(position, place.name, data, refusal, offset, packed)


def read_place(stream: IO[bytes], place: Place) -> tuple[bytes, EntryRefused | None]:
    """The bytes of a file of the archive, or why they cannot be read."""
    if place.member is None or place.refusal is not None:
        return b"", place.refusal
    limit = TEXT_LIMIT if place.member.name.lower().endswith(".txt") else XML_LIMIT
    try:
        return zipfiles.read_member(stream, place.member, limit), None
    except EntryRefused as error:
        return b"", error


def open_archive(stored: StoredFile) -> IO[bytes]:
    """The stored file, to be read anywhere. Raises `MissingArchive`."""
    try:
        return open_stored(stored)
    except (DamagedFile, OSError) as error:
        raise MissingArchive() from error


def survey(stored: StoredFile) -> Survey:
    """Check the directories of an archive and of the ZIPs in it before anything is read. Raises `ArchiveRefused`."""
    total, is_folded = 0, False
    with open_archive(stored) as stream:
        for place in places(stream, stored.size, Budget()):
            total += 1
            is_folded = is_folded or (place.member is not None and can_unfold(place.member))
    return Survey(total, is_folded)


def can_unfold(member: Member) -> bool:
    """Whether a member is a compressed ZIP that may be kept uncompressed instead, to be read in place."""
    readable = not (member.encrypted or member.is_link) and member.size <= NESTED_LIMIT
    is_bomb = member.size > zipfiles.RATIO_FROM and member.size > member.packed * zipfiles.MAX_RATIO
    return member.method == zipfiles.DEFLATED and is_zip_name(member.name) and readable and not is_bomb


def places(stream: IO[bytes], length: int, budget: Budget | None) -> Iterator[Place]:
    """Every file in the archive and in the ZIPs inside it, in a fixed order. With a budget, directories are checked
    first; without, they are known to be sound. Raises `ArchiveRefused`.
    """
    whole = Window(0, length)
    if budget is not None:
        zipfiles.inspect(stream, whole, budget)
    empty = True
    for member in zipfiles.members(stream, whole):
        if member.is_directory:
            continue
        empty = False
        if is_nested(stream, member):
            yield from _inside(stream, member, budget)
        else:
            yield Place(member.name, member)
    if empty:
        yield Place("", None, EmptyArchive())


def _inside(stream: IO[bytes], outer: Member, budget: Budget | None) -> Iterator[Place]:
    """The files of a nested ZIP; one place with the reason where it cannot be read."""
    try:
        window = Window(zipfiles.data_start(stream, outer), outer.packed)
        zipfiles.inspect(stream, window, budget or Budget())
        found = zipfiles.members(stream, window)
    except EntryRefused as refusal:
        yield Place(outer.name, outer, refusal)
        return
    except ArchiveRefused as refusal:
        yield Place(outer.name, outer, NestedRefused(refusal))
        return
    empty = True
    for member in found:
        if not member.is_directory:
            empty = False
            deeper = is_zip_name(member.name)
            yield Place(f"{outer.name}/{member.name}", member, NestedTooDeep() if deeper else None)
    if empty:
        yield Place(outer.name, outer, EmptyArchive())


def is_zip_name(name: str) -> bool:
    return name.lower().endswith(".zip") and not _is_shadow(name)


def _is_shadow(name: str) -> bool:
    """macOS puts a twin of each file under __MACOSX: rubbish with the same extension."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith("._")


def is_nested(stream: IO[bytes], member: Member) -> bool:
    """Whether a member is a ZIP kept uncompressed, by its first bytes (office files are ZIPs too, and are not)."""
    if member.method != zipfiles.STORED or member.encrypted or member.is_link or member.size < 22:
        return False
    if member.name.lower().endswith(_OFFICE):
        return False
    try:
        stream.seek(zipfiles.data_start(stream, member))
    except EntryRefused:
        return False
    return stream.read(4) in ZIP_MAGIC
