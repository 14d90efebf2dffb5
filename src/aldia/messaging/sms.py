"""How many parts a text message takes, and how to write it in letters that cost less.

3GPP TS 23.038 §6.2.1 (the 7-bit alphabet and its extension) and TS 23.040 §9.2.3.24.1 (messages in parts):
https://www.3gpp.org/dynareport/23038.htm. The short alphabet has ñ, é, ü, ¡ and ¿ but not á, í, ó, ú: one of those
makes every part hold 70 letters instead of 160. `plain` writes them without the accent, as telephones do.
"""

from __future__ import annotations

from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")  # each takes the room of two
_PLAINER = str.maketrans(
    dict(zip("áíóúÁÍÓÚâêîôûçÀÈÌÒÙ", "aiouAIOUaeioucAEIOU", strict=True))
    | {"“": '"', "”": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "•": "-",
       "\xa0": " ", "\t": " "}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` of the encoding ("GSM-7" or "UCS-2"), in so many `parts`, each of which is paid."""

    encoding: str
    units: int
    parts: int


def segments(text: str) -> Segments:
    """What sending this text takes; an empty one takes nothing."""
    short = all(letter in BASIC or letter in EXTENDED for letter in text)
    sizes = [2 if (letter in EXTENDED if short else ord(letter) > 0xFFFF) else 1 for letter in text]
    whole, part = (160, 153) if short else (70, 67)
    units = sum(sizes)
    return Segments("GSM-7" if short else "UCS-2", units, min(1, units) if units <= whole else _parts(sizes, part))


def plain(text: str) -> str:
    """The text in letters of the short alphabet, where that loses nothing but accents; else as it is."""
    plainer = text.translate(_PLAINER)
    return plainer if segments(plainer).encoding == "GSM-7" else text


def _parts(sizes: list[int], room: int) -> int:
    """Parts of `room` units; a letter of two is never split over two parts."""
    parts, left = 0, 0
    for size in sizes:
        if size > left:
            parts, left = parts + 1, room
        left -= size
    return parts
