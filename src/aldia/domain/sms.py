"""How long a text message is: its characters and the parts that a telephone network charges for.

A text whose letters are all in the GSM 7-bit alphabet has 160 in one message, else 153 in each part; one letter outside
of it (á, í, ó, ú, emoji) makes the whole text UCS-2: 70, else 67. 3GPP TS 23.038 §6.2.1 (alphabet and its extension
table) and TS 23.040 §9.2.3.24.1 (concatenated messages): https://www.3gpp.org/dynareport/23038.htm
"""

from __future__ import annotations

from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes the room of two
SHORT, SHORT_PART = 160, 153
WIDE, WIDE_PART = 70, 67
FEW = 5


@dataclass(frozen=True, slots=True)
class SmsLength:
    """`characters` as people count them; `segments` sent; `room` of each of them; `outside` the letters that made it
    UCS-2 (a few, "" when none did)."""

    characters: int
    segments: int
    room: int
    outside: str


def measure(text: str) -> SmsLength:
    """Measure a text as it would be sent. An empty one has no segment."""
    outside = "".join(dict.fromkeys(char for char in text if char not in BASIC and char not in EXTENDED))
    units = [_utf16(char) if outside else _septets(char) for char in text]
    whole, part = (WIDE, WIDE_PART) if outside else (SHORT, SHORT_PART)
    segments = 1 if 0 < sum(units) <= whole else _parts(units, part)
    return SmsLength(len(text), segments, whole if segments < 2 else part, outside[:FEW])


def _septets(char: str) -> int:
    return 2 if char in EXTENDED else 1


def _utf16(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1


def _parts(units: list[int], room: int) -> int:
    """Parts of `room` units; a letter of two is never split over two parts."""
    parts, left = 0, 0
    for size in units:
        if size > left:
            parts, left = parts + 1, room
        left -= size
    return parts
