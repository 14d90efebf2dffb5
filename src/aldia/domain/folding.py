"""Text as it is compared and searched: what people consider the same is the same."""

from __future__ import annotations

import unicodedata

_JOINED = str.maketrans("", "", ".'’`´")


def fold(text: str) -> str:
    """Lower case, no accents, words apart by one blank ("Peñón, S.A." -> "penon sa"). Idempotent."""
    plain = unicodedata.normalize("NFKD", text.translate(_JOINED)).casefold()
    plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in plain).split())
