"""Where the table of a sheet begins and what its columns are: remembered, found, or asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import permutations

from aldia.domain.sentences import gettext_noop
from aldia.domain.statements import banks, headers, numbers
from aldia.domain.statements.mapping import Mapping, fingerprint, shape_fingerprint
from aldia.domain.statements.model import Candidate, Column, Question, Row, Value
from aldia.domain.statements.proof import Step, walk_of

SAMPLES = 5
ASK_ROLES = gettext_noop("¿Qué es cada columna? El archivo no lo dice: elige fecha, descripción, importe y saldo.")
ASK_AMOUNT = gettext_noop("Hay varias columnas de importe: ¿cuál es lo que entró o salió de la cuenta?")


@dataclass(frozen=True, slots=True)
class Layout:
    """`start` is the first row of the table, `header` the heading row's index or None. Without roles: ask."""

    start: int
    header: int | None
    mapping: Mapping
    columns: tuple[Column, ...]
    questions: tuple[Question, ...] = ()
    headings: tuple[str, ...] = ()
    currency: str = ""
    extra: Dictionary[str, str] = field(default_factory=dict)


def find_layout(rows: Sequence[Row], remembered: Sequence[Mapping], bank: str = "") -> Layout | None:
    """The table of a sheet; None when nothing in it looks like one."""
    by_print = {mapping.fingerprint: mapping for mapping in remembered if mapping.roles}
    extra = banks.BANKS[bank].headings if bank in banks.BANKS else {}
    for index, row in enumerate(rows[: headers.HEADER_ROWS]):
        known = by_print.get(fingerprint(row.cells))
        if known and known.header and _texts(row) >= 2:
            return _with_header(rows, index, known, (), extra)
    found = headers.find_header(rows, extra)
    given = by_print.get("")  # written by hand: it names no file, so it is meant for this one
    if given and (found or given.header):
        at = found.index if found else _likely_header(rows)
        return _without(rows, given) if at is None else _with_header(rows, at, given, (), extra)
    if found:
        roles = tuple(sorted(found.roles.items(), key=_place))
        bare = next((each for each in remembered if not each.roles and not each.fingerprint), Mapping())
        mapping = dataclasses.replace(bare, fingerprint=fingerprint(found.row.cells), roles=roles, header=True)
        questions = tuple(_rival(found, rivals) for rivals in found.rivals.values())
        return _with_header(rows, found.index, mapping, questions, extra)
    return _no_header(rows, by_print, given, extra)


def _with_header(
    rows: Sequence[Row], index: int, mapping: Mapping, questions: tuple[Question, ...], extra: Dictionary[str, str]
) -> Layout:
    row = rows[index]
    headings = tuple(" ".join(cell.split()) if isinstance(cell, str) else "" for cell in row.cells)
    columns = _columns(headings, rows[index + 1 :], mapping)
    money = [headings[at] for role, at in mapping.roles if role in headers.MONEY and at < len(headings)]
    named = {code for heading in money if (code := headers.heading_currency(heading))}
    currency = next(iter(named)) if len(named) == 1 else ""
    mapping = dataclasses.replace(mapping, fingerprint=mapping.fingerprint or fingerprint(row.cells))
    return Layout(index + 1, index, mapping, columns, questions, headings, currency, extra)


def _columns(headings: Sequence[str], below: Sequence[Row], mapping: Mapping) -> tuple[Column, ...]:
    width = max([len(headings), *(len(row.cells) for row in below[: headers.SAMPLE_ROWS])])
    roles = {at: role for role, at in mapping.roles}
    columns = []
    for at in range(width):
        values = (row.cells[at] for row in below[: headers.SAMPLE_ROWS] if at < len(row.cells))
        samples = [text for value in values if (text := show(value))][:SAMPLES]
        heading = headings[at] if at < len(headings) else ""
        columns.append(Column(at, heading, tuple(samples), roles.get(at, "")))
    return tuple(columns)


def show(value: Value) -> str:
    """A cell as people see it in a list."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, Decimal):
        return f"{value:f}" if -30 < value.adjusted() < 30 else str(value)
    return " ".join(str(value).split())[:120]


def _texts(row: Row) -> int:
    return sum(isinstance(cell, str) and bool(cell.strip()) for cell in row.cells)


def _rival(found: headers.Header, rivals: Sequence[int]) -> Question:
    candidates = []
    for at in rivals:
        roles = found.roles | {"amount": at}
        answer = ", ".join(f"{role}={place}" for role, place in roles.items())
        heading = found.row.cells[at] if at < len(found.row.cells) else ""
        candidates.append(Candidate(answer, show(heading)))
    return Question("roles", ASK_AMOUNT, tuple(candidates))


# No header


def _no_header(
    rows: Sequence[Row], by_print: Dictionary[str, Mapping], given: Mapping | None, extra: Dictionary[str, str]
) -> Layout | None:
    """A table without headings, or with headings that name no date and amount."""
    shape = _shape(rows)
    if shape is not None:
        start, kinds = shape
        known = given or by_print.get(shape_fingerprint(len(kinds), kinds))
        if known:
            return _without(rows, known)
        mapping = Mapping(shape_fingerprint(len(kinds), kinds), header=False)
        guess, certain = _guess(rows[start:], kinds)
        if certain:
            return _without(rows, dataclasses.replace(mapping, roles=guess))
        question = Question("roles", ASK_ROLES, _guesses(guess))
        likely = _likely_header(rows)
        if likely is not None and likely < start:
            mapping = Mapping(fingerprint(rows[likely].cells))
            return _with_header(rows, likely, mapping, (question,), extra)
        return Layout(start, None, mapping, _columns((), rows[start:], mapping), (question,))
    likely = _likely_header(rows)
    if likely is None:
        return None
    mapping = Mapping(fingerprint(rows[likely].cells))
    return _with_header(rows, likely, mapping, (Question("roles", ASK_ROLES, ()),), extra)


def _without(rows: Sequence[Row], mapping: Mapping) -> Layout:
    shape = _shape(rows)
    start, kinds = shape if shape else (0, ())
    mapping = dataclasses.replace(
        mapping, header=False, fingerprint=mapping.fingerprint or shape_fingerprint(len(kinds), kinds)
    )
    return Layout(start, None, mapping, _columns((), rows[start:], mapping))


def _shape(rows: Sequence[Row]) -> tuple[int, tuple[str, ...]] | None:
    """The first row that could be a movement (a date and a number) and the kinds of its table's columns."""
    for index, row in enumerate(rows[: headers.HEADER_ROWS]):
        kinds = [headers.cell_kind(cell) for cell in row.cells]
        dated = [at for at, kind in enumerate(kinds) if kind in ("date", "digits")]
        counted = [at for at, kind in enumerate(kinds) if kind in ("number", "digits") and dated[:1] != [at]]
        if dated and counted and len([kind for kind in kinds if kind]) >= 3:
            below = rows[index : index + headers.SAMPLE_ROWS]
            width = max(len(other.cells) for other in below)
            columns = [[other.cells[at] for other in below if at < len(other.cells)] for at in range(width)]
            return index, tuple(headers.column_kind(cells) for cells in columns)
    return None


def _guess(rows: Sequence[Row], kinds: Sequence[str]) -> tuple[tuple[tuple[str, int], ...], bool]:
    """Roles by what stands in the columns; certain only when a running balance proves them."""
    dated = [at for at, kind in enumerate(kinds) if kind == "date"] or [
        at for at, kind in enumerate(kinds) if kind == "digits"
    ]
    money = [at for at, kind in enumerate(kinds) if kind == "number" and at not in dated[:1]]
    texts = [at for at, kind in enumerate(kinds) if kind == "text"]
    if not dated:
        return (), False
    roles = {"date": dated[0]}
    if texts:
        roles["desc"] = max(texts, key=lambda at: sum(len(show(row.cells[at])) for row in rows if at < len(row.cells)))
    for amount, balance in permutations(money[:8], 2):
        if _chains(rows, amount, balance):
            return tuple(sorted((roles | {"amount": amount, "balance": balance}).items(), key=_place)), True
    decimals = [at for at in money if any("." in show(row.cells[at]) or "," in show(row.cells[at])
                                          for row in rows[:20] if at < len(row.cells))]  # fmt: skip
    if money:
        roles["amount"] = (decimals or money)[0]
    return tuple(sorted(roles.items(), key=_place)), False


def _place(pair: tuple[str, int]) -> int:
    return pair[1]


def _chains(rows: Sequence[Row], amount: int, balance: int) -> bool:
    """Whether two columns are signed amounts and their running balance, under one decimal mark."""
    for decimal in ".,":
        steps = []
        for row in rows[: headers.SAMPLE_ROWS]:
            moved, left = (_minor(row.cells[at] if at < len(row.cells) else None, decimal) for at in (amount, balance))
            if moved is None or left is None:
                break
            steps.append(Step(row.line, moved, left))
        else:
            walk = walk_of(steps)
            if walk.state == "full" and walk.steps >= 3:
                return True
    return False


def _minor(cell: Value, decimal: str) -> int | None:
    """Ten-thousandths, enough to compare sums of any currency."""
    try:
        value = (
            cell if isinstance(cell, Decimal) else numbers.read_number(cell, decimal) if isinstance(cell, str) else None
        )
    except numbers.BadNumber:
        return None
    return int(value * 10_000) if value is not None and value.is_finite() and abs(value) < 10**15 else None


def _guesses(roles: tuple[tuple[str, int], ...]) -> tuple[Candidate, ...]:
    if not headers.is_enough(dict(roles)):
        return ()
    return (Candidate(", ".join(f"{role}={at}" for role, at in roles), gettext_noop("Como parece")),)


def _likely_header(rows: Sequence[Row]) -> int | None:
    """The row that looks most like headings though they name nothing known: most texts, no date and no number."""
    best: tuple[int, int] | None = None
    for index, row in enumerate(rows[: headers.HEADER_ROWS]):
        kinds = [headers.cell_kind(cell) for cell in row.cells]
        if kinds.count("text") < 2 or any(kind in ("date", "number", "digits") for kind in kinds):
            continue
        if best is None or kinds.count("text") > best[0]:
            best = (kinds.count("text"), index)
    return best[1] if best else None
