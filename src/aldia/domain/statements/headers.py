"""The header row of a sheet: what each column means, by its heading and by what stands under it.

Headings are compared without accents, case and currency ("Abonos (CLP)" is "abonos"): exact first, then by how they
begin, then by a telling word. What stands below must agree: a column of texts is no amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from aldia.domain.currencies import CURRENCIES
from aldia.domain.folding import fold
from aldia.domain.statements import dates, numbers
from aldia.domain.statements.model import Row, Value
from aldia.domain.statements.vocabulary import IN, NOT_THE_AMOUNT, OUT, PREFIXES, SYNONYMS

HEADER_ROWS = 60
SAMPLE_ROWS = 60
MONEY = frozenset({"debit", "credit", "amount", "balance"})

_CURRENCY = re.compile(
    r"\(?\b(?:pesos?(?: mexicanos| chilenos| colombianos)?|m\.?n\.?|moneda nacional|euros?|d[oó]lares|usd?\$)\b\)?|[$€]"
    r"|\(\s*\)",
    re.I,
)
_CODE = re.compile(r"(?:\(\s*([A-Za-z]{3})\s*\)|(?<=[\s(])([A-Z]{3})\s*\)?$)")
_NUMERO = re.compile(r"(?:\bn[º°]|\bn[uú]m\.|\bno\.|\bnro\.)", re.I)


Claim = tuple[int, int, str]  # strength and rank (smaller is stronger), role


@dataclass(frozen=True, slots=True)
class Header:
    """The header row: its roles, and pairs of columns that could both be what a role means."""

    index: int
    row: Row
    roles: dict[str, int]
    rivals: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        return is_enough(self.roles)


def is_enough(roles: Mapping[str, int]) -> bool:
    """A date and something that says how much."""
    money = "amount" in roles or "debit" in roles or "credit" in roles
    return "date" in roles and money


def heading_key(text: str) -> str:
    """A heading as it is compared: "Abonos (CLP)" -> "abonos", "N° Documento" -> "n documento"."""
    bare = _CODE.sub(lambda match: "" if (match[1] or match[2]).upper() in CURRENCIES else match[0], text.strip())
    return fold(_NUMERO.sub("n ", _CURRENCY.sub(" ", bare)))


def heading_currency(text: str) -> str:
    """The currency that a heading names, "" if none."""
    match = _CODE.search(text.strip())
    code = (match[1] or match[2]).upper() if match else ""
    return code if code in CURRENCIES else ""


def _table(extra: Mapping[str, str]) -> dict[str, list[tuple[str, int]]]:
    """Heading -> roles with their rank within the role."""
    table: dict[str, list[tuple[str, int]]] = {}
    for source in (extra, SYNONYMS):
        for role, names in source.items():
            for rank, name in enumerate(names.split("|")):
                key = fold(name)
                if all(role != known for known, _ in table.setdefault(key, [])):
                    table[key].append((role, rank if source is SYNONYMS else rank - 100))
    return table


_PLAIN_TABLE = _table({})


def _claims(heading: Value, table: Mapping[str, list[tuple[str, int]]]) -> list[Claim]:
    """What a heading may mean: (strength, rank, role), smaller is stronger."""
    if not isinstance(heading, str) or len(heading) > 80:
        return []
    key = heading_key(heading)
    if not key:
        return []
    if key in table:
        return [(0, rank, role) for role, rank in table[key]]
    compact = key.replace(" ", "")
    if compact in table:
        return [(0, rank, role) for role, rank in table[compact]]
    if len(key) > 45:
        return []
    claims = [(1, place, role) for place, (role, starts) in enumerate(PREFIXES.items()) if key.startswith(starts)]
    words = set(key.split())
    return [claim for claim in claims if claim[2] not in MONEY - {"balance"} or not words & NOT_THE_AMOUNT][:1]


def find_header(rows: Sequence[Row], headings: Mapping[str, str] | None = None) -> Header | None:
    """The row of the first 60 that names most roles, with a date and an amount among them; the first of equals."""
    best: Header | None = None
    for index in range(min(len(rows), HEADER_ROWS)):
        header = header_at(rows, index, headings)
        if header and header.readable and (best is None or len(header.roles) > len(best.roles)):
            best = header
    return best


def header_at(rows: Sequence[Row], index: int, headings: Mapping[str, str] | None = None) -> Header | None:
    """What a row would mean as the header of those below it; None where it names nothing."""
    row = rows[index]
    if any(isinstance(cell, Decimal | date) for cell in row.cells):
        return None
    table = _table(headings) if headings else _PLAIN_TABLE
    claims = [_claims(cell, table) for cell in row.cells]
    if sum(1 for claim in claims if claim) < 2:
        return None
    return _assign(index, row, claims, rows[index + 1 : index + 1 + SAMPLE_ROWS])


def _assign(index: int, row: Row, claims: Sequence[list[Claim]], below: Sequence[Row]) -> Header:
    """One column one role, strongest claims first."""
    width = max([len(claims), *(len(other.cells) for other in below)])
    columns = [[other.cells[at] for other in below if at < len(other.cells)] for at in range(width)]
    kinds = [column_kind(cells) for cells in columns]
    bids = []
    for at, column in enumerate(claims):
        for strength, rank, role in column:
            place = _under(row.cells, at, role, kinds)
            if place is None:
                continue
            if role != "flag":
                bids.append((strength, rank, place, role))
            elif says_side(cell for cell in columns[place] if cell != row.cells[at]):
                bids.append((-1, rank, place, role))
    bids.sort()
    roles: dict[str, int] = {}
    taken: set[int] = set()
    for _strength, _rank, at, role in bids:
        if at not in taken and role not in roles:
            roles[role] = at
            taken.add(at)
    free = [(at, role) for _strength, _rank, at, role in bids if at not in taken]
    rivals = tuple(sorted({at for at, role in free if role == "amount" and kinds[at] == "number"}))
    _use_free(roles, free)
    _tidy(roles)
    doubtful = {"amount": (roles["amount"], *rivals)} if rivals and "amount" in roles else {}
    return Header(index, row, roles, doubtful)


def _under(headings: Sequence[Value], at: int, role: str, kinds: Sequence[str]) -> int | None:
    """The column of a heading: its own, or under a merged heading the next one without heading that fits."""
    if kinds[at] != "empty" and fits(role, kinds[at]):
        return at
    for place in range(at + 1, min(at + 4, len(kinds))):
        if place < len(headings) and headings[place]:
            break
        if kinds[place] != "empty" and fits(role, kinds[place]):
            return place
    return at if kinds[at] == "empty" else None


def _use_free(roles: dict[str, int], free: Sequence[tuple[int, str]]) -> None:
    """A second date is the value date, a second text the longer text."""
    for at, role in free:
        other = {"date": "value_date", "desc": "long_desc", "long_desc": "concept"}.get(role)
        if other and at not in roles.values():
            if other in roles and other == "long_desc":
                other = "concept"
            roles.setdefault(other, at)


def _tidy(roles: dict[str, int]) -> None:
    """Columns of charges and deposits say more than a third one called amount; a lone long text is the text."""
    if "debit" in roles and "credit" in roles:
        roles.pop("amount", None)
        roles.pop("flag", None)
    if "amount" in roles and not ("debit" in roles and "credit" in roles):
        for role in ("debit", "credit"):
            roles.pop(role, None)
    if "date" not in roles and "value_date" in roles:
        roles["date"] = roles.pop("value_date")
    if "desc" not in roles:
        for role in ("long_desc", "concept"):
            if role in roles:
                roles["desc"] = roles.pop(role)
                break


def says_side(cells: Iterable[Value]) -> bool:
    """Whether what stands in a column tells charges from deposits."""
    words = {fold(cell) or cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()}
    return bool(words) and all(word in OUT or word in IN or word in ("c", "+", "-") for word in words)


def fits(role: str, kind: str) -> bool:
    """Whether what stands in a column can play the role. Empty columns can play any."""
    if kind == "empty":
        return True
    if role in MONEY:
        return kind in ("number", "digits")
    if role in ("date", "value_date"):
        return kind in ("date", "digits")
    if role in ("desc", "long_desc", "concept", "payer_name", "payee_name", "currency", "status"):
        return kind in ("text", "code")
    if role == "flag":
        return kind in ("text", "code")
    return True


def column_kind(cells: Iterable[Value]) -> str:
    """What most of a column is: date, number, digits (could be either), text, or empty."""
    found = {"date": 0, "number": 0, "digits": 0, "text": 0}
    for cell in cells:
        kind = cell_kind(cell)
        if kind:
            found[kind] += 1
    if not any(found.values()):
        return "empty"
    if found["text"] > found["date"] + found["number"] + found["digits"]:
        return "text"
    if not found["date"] and not found["number"]:
        return "digits"
    return "date" if found["date"] > found["number"] else "number"


def cell_kind(cell: Value) -> str:
    """date, number, digits, text, or "" for an empty cell."""
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, date):
        return "date"
    if isinstance(cell, Decimal):
        return "digits" if dates.take_apart(cell) else "number"
    text = cell.strip()
    if numbers.is_empty(text):
        return ""
    is_date = dates.take_apart(text, serials=False) is not None or dates.is_pending(text)
    is_number = numbers.take_apart(text) is not None
    if is_date and is_number:
        return "digits"
    return "date" if is_date else "number" if is_number else "text"
