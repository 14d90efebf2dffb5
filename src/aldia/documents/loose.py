"""Files that are looked at without being kept: the same reading as an import, straight from where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from aldia.documents.archives import XML_LIMIT, ZIP_MAGIC, can_unfold, places, read_place
from aldia.documents.packing import inflated
from aldia.documents.refusals import ArchiveRefused, EntryRefused, EntryTooLarge, NestedRefused
from aldia.documents.zipfiles import MB, Budget


def files_in(name: str, stream: IO[bytes]) -> Iterator[tuple[str, bytes, EntryRefused | None]]:
    """Name, bytes and what is wrong, for a file or for each file of a ZIP and of the ZIPs inside it."""
    size = stream.seek(0, 2)
    stream.seek(0)
    magic = stream.read(4)
    if magic in ZIP_MAGIC:
        yield from _archive(name, stream, size, Budget(), inside="")
    elif size > XML_LIMIT:
        yield name, b"", EntryTooLarge(size=f"{size / MB:.1f}", limit=XML_LIMIT // MB)
    else:
        stream.seek(0)
        yield name, stream.read(), None


def _archive(
    name: str, stream: IO[bytes], size: int, budget: Budget, inside: str
) -> Iterator[tuple[str, bytes, EntryRefused | None]]:
    try:
        for place in places(stream, size, budget):
            label = f"{inside}{place.name}" or name
            content = inflated(stream, place.member) if place.member and can_unfold(place.member) else None
            if content is not None and not inside:
                with content:
                    yield from _archive(label, content, content.seek(0, 2), budget, inside=f"{label}/")
            else:
                yield label, *read_place(stream, place)
    except ArchiveRefused as refusal:
        yield name, b"", NestedRefused(refusal)
