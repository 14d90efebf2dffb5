"""Text as it is compared and searched: what people consider the same is the same."""

from __future__ import annotations

import unicodedata

_JOINED = str.maketrans("", "", ".'’`´")
# the same for plain text, in one step: most of what banks write
_PLAIN = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)} | dict.fromkeys(
    map(ord, ".'`")
)


def fold(text: str) -> str:
    """Lower case, no accents, words apart by one blank ("Peñón, S.A." -> "penon sa"). Idempotent."""
    if text.isascii():
        return " ".join(text.translate(_PLAIN).split())
    plain = unicodedata.normalize("NFKD", text.translate(_JOINED)).casefold()
    plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in plain).split())
