"""Whether two writings of an account number are the same account: CLABE, number, IBAN, or its last digits."""

from __future__ import annotations

SHORT = 4  # what banks show of a hidden number
LONG = 7  # from here a number inside another (the account in its CLABE) is no chance


def same_number(one: str, other: str) -> bool | None:
    """True or False, or None where one of them says too little."""
    first, second = _bare(one), _bare(other)
    if len(first) < SHORT or len(second) < SHORT:
        return None
    short, long = sorted((first, second), key=len)
    if long.endswith(short) or short == long:
        return True
    return len(short) >= LONG and short in long


def _bare(text: str) -> str:
    """Letters and digits without what hides the rest (****1234, XXXX1234) and without zeros in front."""
    plain = "".join(char if char.isalnum() else " " for char in text.upper().replace("*", " "))
    joined = "".join(word.lstrip("X") if word.startswith("XX") else word for word in plain.split())
    return joined.lstrip("0")
