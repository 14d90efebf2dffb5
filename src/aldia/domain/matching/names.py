"""Names of payers as banks write them: cut, without accents, without their legal suffix, with a letter wrong."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from aldia.domain.folding import fold

# Legal forms by their folded words; a bank cuts them anywhere.
_FORMS = tuple(
    tuple(form.split())
    for form in (
        "sociedad anonima de capital variable", "sociedad anonima", "sociedad civil", "asociacion civil",
        "s de rl de cv", "s de rl mi", "s de rl", "sapi de cv", "sab de cv", "sofom enr", "sa de cv", "sas de cv",
        "spr de rl de cv", "spr de rl", "sc de rl de cv", "sc de rl", "sa", "sab", "sapi", "sas", "sc", "ac", "scp",
        "spa", "eirl", "ltda", "limitada", "cia ltda", "sl", "slu", "sau", "sca", "srl", "iap", "abp",
    )
)  # fmt: skip
_SPELLED = re.compile(r"\b(?:s a p i|s a b|s a s|s p r|s a|c v|r l|s c|a c|e n r|m i)\b")


@lru_cache(maxsize=200_000)
def name_key(text: str) -> str:
    """The name as it is compared: folded, without "&", "y" or legal form (also when it is cut). "" for nothing."""
    words = fold(text.replace("&", " "))
    words = _SPELLED.sub(lambda match: match[0].replace(" ", ""), words)
    return " ".join(_without_form([word for word in words.split() if word != "y"]))


def _without_form(words: list[str]) -> list[str]:
    for length in range(min(7, len(words) - 1), 0, -1):
        if _is_form(words[-length:]):
            return words[:-length]
    return words


def _is_form(tail: list[str]) -> bool:
    """A legal form, whole, or cut after its first word ("sa de c", "s de r")."""
    for form in _FORMS:
        if len(tail) > len(form) or tail[:-1] != list(form[: len(tail) - 1]):
            continue
        if tail[-1] == form[len(tail) - 1] or (len(tail) > 1 and form[len(tail) - 1].startswith(tail[-1])):
            return len(tail) == len(form) or len(tail) > 1 or form[0] in ("sa", "sapi", "sab")
    return False


def blocks(key: str) -> tuple[str, ...]:
    """The keys by which names that may be the same meet: pairs of the first four letters of the first words."""
    starts = [word[:4] for word in key.split() if len(word) > 2][:4]
    if len(starts) < 2:
        return tuple(starts)
    return tuple(f"{min(a, b)} {max(a, b)}" for i, a in enumerate(starts) for b in starts[i + 1 :])


def is_cut(short: str, long: str) -> bool:
    """Whether `short` may be `long` cut by the bank: at least nine letters, a true beginning."""
    return len(short) >= 9 and len(short) < len(long) and long.startswith(short)


def distance(one: str, other: str, most: int) -> int:
    """Letters to add, take, change or swap; `most` + 1 when more than `most`."""
    if one == other:
        return 0
    if abs(len(one) - len(other)) > most or _letters_apart(one, other) > most:
        return most + 1
    far = most + 1
    width = len(other) + 1
    before: list[int] = []
    row = [min(j, far) for j in range(width)]
    for i, letter in enumerate(one, 1):
        two_before, before, row = before, row, [far] * width
        first = max(1, i - most)
        if first == 1:
            row[0] = min(i, far)
        least = row[0]
        for j in range(first, min(len(other), i + most) + 1):  # further from the diagonal it is more than `most`
            against = other[j - 1]
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, two_before[j - 2] + 1)
            row[j] = cost
            least = min(least, cost)
        if least > most:
            return far
    return min(row[-1], far)


def _letters_apart(one: str, other: str) -> int:
    """How many letters one has that the other lacks: never more than their distance, and quickly counted."""
    return max(sum((Counter(one) - Counter(other)).values()), sum((Counter(other) - Counter(one)).values()))
