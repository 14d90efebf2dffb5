"""The parts of a document's number by which payers cite it."""

from __future__ import annotations

import re

_PARTS = re.compile(r"^(?P<series>.*?)(?P<folio>[0-9]*)$", re.DOTALL)
_FISCAL = re.compile(r"^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$")
MOST_SERIES, MOST_FOLIO = 25, 40


def split_number(number: str) -> tuple[str | None, str | None]:
    """Series (letters and digits before the last run of digits, upper case) and folio (without leading zeros).

    "FAC-00123" is ("FAC", "123"), "A 2024-15" is ("A2024", "15"); None for a part it has not.
    """
    found = _PARTS.match(number.strip().upper())
    series, folio = (found["series"], found["folio"]) if found else ("", "")
    bare = "".join(char for char in series if char.isalnum())
    return bare[:MOST_SERIES] or None, folio.lstrip("0")[:MOST_FOLIO] or None


def uuid_start(key: str) -> str | None:
    """The first eight digits of a fiscal UUID; None for any other key."""
    return key[:8].upper() if _FISCAL.match(key.upper()) else None
