"""Bytes to text: what says its encoding is believed, what lies is not, and a binary file is refused."""

from __future__ import annotations

import re

from aldia.domain.statements.errors import UnknownFormat

# "DescripciÃ³n": UTF-8 that somebody read as Windows-1252 and saved again.
_TWICE = re.compile("Ã[\u0080-\u00bf\u0152-\u2122]|Â[\u00a0-\u00bf]")
_ENDS = re.compile("\r\n?|\u2028|\u2029|\u0085|\x0c|\x0b")


def decode(data: bytes) -> str:
    """The text with plain line ends. Raises `UnknownFormat` for what is no text."""
    text = _decode(data)
    if _TWICE.search(text[:20_000]):
        text = _undo_twice(text)
    return _ENDS.sub("\n", text.replace("\ufeff", "")).replace("\x1a", "")


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        return _with_nulls(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _with_nulls(data: bytes) -> str:
    """UTF-16 without its mark has a null in every other place; anything else with nulls is no text."""
    sample = data[:4_000]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = sample[offset::2]
        if half and half.count(0) * 10 >= len(half) * 8 and sample[1 - offset :: 2].count(0) == 0:
            return data.decode(encoding, errors="replace")
    raise UnknownFormat(format="binario")


def _undo_twice(text: str) -> str:
    try:
        return text.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
