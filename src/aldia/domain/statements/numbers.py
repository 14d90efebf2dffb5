"""Amounts as banks write them: one decimal mark for the whole file, one strict parser.

Digits with thousands in their place or not at all; a currency sign or code around them; a minus in front, behind or as
parentheses; CR and DR. No exponents, no NaN, no digits of other alphabets, 15 digits at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from aldia.domain.currencies import CURRENCIES
from aldia.domain.sentences import Refusal, gettext_noop

MAX_DIGITS = 15
_DIGITS = frozenset("0123456789")
EMPTY = frozenset({"", "-", "--", "---", "–", "—", "$", "$-", "$ -", "$--", "n/a", "na", "null", ".", "nd"})
# By use, banks of these countries write whole pesos: "1.234" is one thousand and so on (COP has cents only on paper).
WHOLE_BY_USE = frozenset({"CLP", "COP", "PYG", "JPY", "KRW"})
OTHER = {".": ",", ",": "."}

_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'"})
_BODY = re.compile(r"[0-9]+(?:[., '][0-9]+)*[.,]?|[.,][0-9]+")
_AROUND = re.compile(r"US\$|MX\$|MN|M\.N\.|[$€£¥]|S/\.?|Bs\.?")
_CODE = re.compile(r"(?<![A-Za-z])([A-Za-z]{3})(?![A-Za-z])")
_SIDE = re.compile(r"(?:\b|(?<=[0-9]))(CR|DR|DB|CRED|DEB)\.?$", re.I)


class BadNumber(Refusal):
    code = "bad_amount"
    template = gettext_noop("«%(text)s» no es un importe")


@dataclass(frozen=True, slots=True)
class Written:
    """A number taken apart: `body` has only digits and separators; `side` is what CR or DR says (0: nothing)."""

    negative: bool
    body: str
    side: int = 0


def is_empty(text: str) -> bool:
    return text.strip().lower().translate(_MINUS) in EMPTY


def take_apart(text: str) -> Written | None:
    """What is written, without deciding the decimal mark. None when it is no number."""
    return _take_apart(text) if 0 < len(text) <= 60 else None


@lru_cache(maxsize=1 << 16)
def _take_apart(text: str) -> Written | None:
    """Cells are looked at several times: to find the columns, the decimal mark, the signs."""
    if text.isascii() and text.isdigit():
        return Written(False, text) if len(text) <= 40 else None
    bare = " ".join(text.translate(_MINUS).split()).strip("'")
    if not bare or len(bare) > 40 or not any(char in _DIGITS for char in bare):
        return None
    side = 0
    if match := _SIDE.search(bare):
        side, bare = (1 if match[1].upper().startswith("CR") else -1), bare[: match.start()].strip()
    bare = _CODE.sub(lambda match: "" if match[1].upper() in CURRENCIES else match[1], _AROUND.sub("", bare)).strip()
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        negative, bare = True, bare[1:-1].strip()
    signs = [bare[:1] in ("-", "+"), len(bare) > 1 and bare[-1:] in ("-", "+")]
    if all(signs):
        return None
    if signs[0]:
        negative, bare = negative or bare[0] == "-", bare[1:].strip()
    elif signs[1]:
        negative, bare = negative or bare[-1] == "-", bare[:-1].strip()
    if not _BODY.fullmatch(bare) or not bare.isascii():
        return None
    return Written(negative, bare, side)


def votes(written: Iterable[Written]) -> dict[str, int]:
    """How many numbers can only be read with each decimal mark; `?` counts those that could be either."""
    found = {".": 0, ",": 0, "?": 0}
    for number in written:
        mark = _vote(number.body)
        if mark:
            found[mark] += 1
    return found


def _vote(body: str) -> str:
    """The decimal mark this number proves; "?" when "1.234" could be either; "" when it says nothing."""
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return max(".,", key=body.rfind)
    if not points and not commas:
        return ""
    mark = "." if points else ","
    if points + commas > 1:
        return OTHER[mark]
    whole, _, tail = body.partition(mark)
    apart = " " in body or "'" in body
    if len(tail) != 3 or apart or len(whole) > 3 or whole in ("", "0"):
        return mark
    return "?"


def read_number(text: str, decimal: str) -> Decimal:
    """The exact number. Raises `BadNumber`. CR and DR are the reader's business (`take_apart`)."""
    written = take_apart(text)
    if written is None:
        raise BadNumber(text=text)
    return number_of(written, decimal, text)


def number_of(written: Written, decimal: str, text: str = "") -> Decimal:
    """As `read_number`, of a number that was taken apart before."""
    whole, mark, cents = written.body.partition(decimal)
    if whole and not whole.isdigit():
        whole = _ungrouped(whole)
    if whole == "x" or (not whole and not cents) or (cents and not cents.isdigit()):
        raise BadNumber(text=text or written.body)
    if len((whole + cents).lstrip("0")) > MAX_DIGITS:
        raise BadNumber(text=text or written.body)
    return Decimal(f"{'-' if written.negative else ''}{whole or '0'}{'.' if mark else ''}{cents}")


def _ungrouped(whole: str) -> str:
    """Digits without their thousands; "" when these are not in their places or not of one kind."""
    groups = re.split(r"[., ']", whole)
    separators = {char for char in whole if not char.isdigit()}
    even = 1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    return "".join(groups) if even and len(separators) == 1 else "x"
