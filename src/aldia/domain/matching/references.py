"""What the payer's words cite: folios with or without series, ranges, purchase orders, beginnings of UUIDs.

Read from the concept and the reference alone, or, when the bank gives no concept, from the narrative without the parts
known to be something else (names, accounts, tracking keys, the bank's own numbers).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aldia.domain.folding import fold
from aldia.domain.matching.model import BankMovement
from aldia.domain.statements.narrative import numeric_reference

UUID, ORDER, SERIES, KEYWORD, NUMBER, REFERENCE = "uuid", "order", "series", "keyword", "number", "reference"
MAX_RANGE = 60
_BRANCH_WORDS = frozenset(
    {"SUC", "SUCURSAL", "CAJA", "CAJERO", "CHEQUE", "CHQ", "AUT", "HORA", "FICHA", "C", "B", "SBC", "EFECTIVO"}
)
MAX_CITED = 80
_NOT_WORDS = frozenset({"name", "tax_id", "account", "trace", "bank", "bank_code", "payer_key", "folio", "reference"})
_KEYWORDS = (
    "facturas", "factura", "facts", "fact", "facs", "fac", "fras", "fra", "ftra", "fol", "folios", "folio", "cfdi",
    "remision", "remisiones", "rem", "docto", "doctos", "documento", "documentos", "doc", "recibo", "recibos", "fs",
)  # fmt: skip
KEYWORDS = frozenset(_KEYWORDS)
_ADVANCE = re.compile(r"\b(?:anticipos?|anticipado|adelantos?|enganche|prepago|a cuenta futura)\b")
_PARTIAL = re.compile(r"\b(?:abono|a cuenta|pago parcial|parcialidad|parcial|parte|anticipo a)\b")
_UUID = re.compile(
    r"(?<![0-9A-Z])(?=[0-9A-F]*[A-F])(?=[A-F]*[0-9])([0-9A-F]{8})"
    r"(?:-[0-9A-F]{4}){0,3}(?:-[0-9A-F]{12})?(?![0-9A-Z])"
)
_ORDER = re.compile(
    r"(?<![A-Z0-9])(?:O\.?/?C\.?|P\.?O\.?|ORDEN(?: DE COMPRA)?|PEDIDO|PED)[ .:#\-]{0,3}(?:NO\.? ?)?"
    r"([A-Z]{0,4}-?[0-9]{3,10})(?![0-9A-Z])"
)
_RANGE = re.compile(
    r"(?<![A-Z0-9.,$])(?<!A[ \-])([A-Z]{0,12})[ \-]?([0-9]{2,9})(?:\s*-\s*|\s+A LA\s+|\s+AL?\s+)"
    r"(?:\1[ \-]?)?([0-9]{2,9})(?![0-9A-Z])"
)
_LIST = re.compile(r"(?<![0-9A-Z.,$])([A-Z]{0,12})[ \-]?([0-9]{4,9})((?:\s?[/,]\s?[0-9]{1,9}(?![0-9]))+)(?![0-9A-Z.])")
_TOKEN = re.compile(
    r"(?:(?<![A-Z0-9])([A-Z]{1,12})[ .:#/\-]{0,3}(?:NO\.?|NUM\.?|#)?[ .]?|(?<![A-Z0-9$])(?<![0-9][.,]))"
    r"0*([1-9][0-9]{0,8})(?![0-9A-Z]|[.,][0-9]{2}(?![0-9]))"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A citation as written. `number` has no leading zeros; `start` and `end` stand in `Citing.text`."""

    kind: str
    number: str
    series: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Citing:
    """All that the payer's words say: `tokens`, and whether they speak of an advance, of a part, or were cut off."""

    text: str
    tokens: tuple[Token, ...]
    keyword: bool = False
    advance: bool = False
    partial: bool = False
    cut: bool = False


def read_citing(movement: BankMovement, limits: frozenset[int]) -> Citing:
    """`limits` are lengths at which banks cut concepts; the last number of a text of that length may be cut too."""
    text = _words_of(movement)
    cut = (bool(movement.concept) and len(text) == movement.concept_limit) or (
        not movement.concept_limit and len(text) in limits
    )
    tokens = list(_tokens(text)) if movement.concept else [_weaker(token) for token in _tokens(text)]
    if cut and tokens and tokens[-1].end == len(text):
        last = tokens[-1].end
        tokens = [token for token in tokens if token.end != last]
    tokens += _referenced(movement.bank_reference)
    folded = fold(text)
    return Citing(
        text,
        tuple(tokens[:MAX_CITED]),
        _has_keyword(text),
        bool(_ADVANCE.search(folded)),
        bool(_PARTIAL.search(folded)),
        cut,
    )


def _referenced(reference: str) -> list[Token]:
    """The bank's reference: the seven digits of a transfer, or what the payer wrote where there is room for words."""
    if not reference.isdigit():
        return [Token(token.kind, token.number, token.series) for token in _tokens(reference.upper())]
    number = numeric_reference(reference)
    return [Token(REFERENCE, number)] if number and len(number) <= 9 else []


def _weaker(token: Token) -> Token:
    """Without a concept the words are the bank's, and a bare number may be a branch or a cashier."""
    weak = token.kind == NUMBER or (token.kind == SERIES and token.series in _BRANCH_WORDS)
    return replace(token, kind=REFERENCE, series="") if weak else token


def _words_of(movement: BankMovement) -> str:
    if movement.concept:
        return movement.concept.upper().strip()
    pieces = list(movement.text)
    for evidence in movement.evidence:
        if evidence.kind in _NOT_WORDS and evidence.start >= 0:
            pieces[evidence.start : evidence.end] = "|" * (evidence.end - evidence.start)
    return "".join(pieces).upper().strip()


def _tokens(text: str) -> Iterator[Token]:
    """Citations in the order in which they stand; what one kind has read, no other reads again."""
    if not any(char.isdigit() for char in text):
        return
    found: list[Token] = []
    left = text
    for pattern, make in ((_UUID, _uuid), (_ORDER, _order), (_RANGE, _range), (_LIST, _list)):
        for match in list(pattern.finditer(left)):
            if made := make(match):
                found += made
                left = left[: match.start()] + "|" * (match.end() - match.start()) + left[match.end() :]
    keyword = _has_keyword(left)
    for match in _TOKEN.finditer(left):
        letters, number = match[1] or "", match[2]
        if letters.lower() in KEYWORDS or (not letters and keyword):
            found.append(Token(KEYWORD, number, "", match.start(), match.end()))
        elif letters:
            found.append(Token(SERIES, number, letters, match.start(), match.end()))
        elif len(number) > 1:
            found.append(Token(NUMBER, number, "", match.start(), match.end()))
    yield from sorted(found, key=lambda token: (token.end, token.start, token.number))


def _has_keyword(text: str) -> bool:
    return not KEYWORDS.isdisjoint(re.findall(r"[a-z]+", text.lower()))


def _uuid(match: re.Match[str]) -> list[Token]:
    return [Token(UUID, match[1], "", match.start(), match.end())]


def _order(match: re.Match[str]) -> list[Token]:
    return [Token(ORDER, match[1].replace("-", ""), "", match.start(), match.end())]


def _numbered(match: re.Match[str], numbers: list[int]) -> list[Token]:
    letters = match[1]
    kind = SERIES if letters and letters.lower() not in KEYWORDS else KEYWORD
    series = letters if kind == SERIES else ""
    return [Token(kind, str(number), series, match.start(), match.end()) for number in numbers]


def _range(match: re.Match[str]) -> list[Token]:
    """ "1201 A 1205", "F1201-F1205": both ends and all between. "A 1201 A 1205" are two folios of series A."""
    if match[1] == "A" and " A " in match[0]:
        return []
    first, last = int(match[2]), int(match[3])
    if len(match[3]) < len(match[2]):
        last = int(match[2][: len(match[2]) - len(match[3])] + match[3])
    return _numbered(match, list(range(first, last + 1))) if 0 < last - first <= MAX_RANGE else []


def _list(match: re.Match[str]) -> list[Token]:
    """ "1234/35/41": the later ones lack their first digits."""
    head = match[2]
    numbers = [int(head)]
    for tail in re.findall(r"[0-9]+", match[3]):
        number = int(head[: len(head) - len(tail)] + tail) if len(tail) < len(head) else int(tail)
        if number <= numbers[-1]:
            return []
        numbers.append(number)
    return _numbered(match, numbers)
