"""References that we give out: seven digits that SPEI carries as they are, the last one a check digit.

SPEI's numeric reference takes seven digits (https://www.banxico.org.mx/sistemas-de-pago/). The first is never 0: banks
drop leading zeros. The check digit is Damm's, which finds every wrong digit and every swap of neighbours
(H. M. Damm, "Total anti-symmetrische Quasigruppen", https://doi.org/10.17192/z2004.0516).
"""

from __future__ import annotations

import re

from aldia.domain.sentences import Refusal, gettext_noop

FIRST = 100_000
MOST = 999_999 - FIRST  # how many there are
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


class NoMoreReferences(Refusal):
    code = "no_more_references"
    template = gettext_noop("Ya no quedan referencias de siete dígitos en esta cuenta.")


def check_digit(digits: str) -> str:
    """The digit that makes a row of digits sum up to nothing."""
    row = 0
    for digit in digits:
        row = int(_DAMM[row][int(digit)])
    return str(row)


def reference(sequence: int) -> str:
    """The reference of a number from 1. Raises `NoMoreReferences`."""
    if not 1 <= sequence <= MOST:
        raise NoMoreReferences()
    body = str(FIRST + sequence)
    return body + check_digit(body)


def is_reference(text: str) -> bool:
    """Whether a text is one of ours, by its shape and its check digit."""
    return re.fullmatch(r"[1-9][0-9]{6}", text, re.ASCII) is not None and check_digit(text) == "0"
