"""Statements as they are printed: pieces of text where they stand on pages become the rows of one table.

Pages say what a column is only by place. The headings are found by their words, whatever bank it is; what stands below
goes to the heading it is aligned with. Printers align in three ways and a page does not say which: each is tried, and
the one whose balances tie is taken. Lengths are hundredths of a point from the upper left corner.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from aldia.domain.folding import fold
from aldia.domain.sentences import gettext_noop
from aldia.domain.statements import dates, headers, preamble
from aldia.domain.statements.errors import NoTable
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import Hints, Row, Said, Sheet, Statement
from aldia.domain.statements.printed_lines import Cell, Page, Word, lines_of, split_dates
from aldia.domain.statements.table import read_sheet

__all__ = ["Page", "Word", "read_printed"]

REVIEW = gettext_noop(
    "Viene de un PDF: compara los movimientos con el papel antes de importar. Si tu banco los da en Excel o CSV, son "
    "mejores."
)
UNPROVEN = gettext_noop(
    "No se puede importar: el saldo inicial más los movimientos no da el saldo final que dice el PDF, o el PDF no los "
    "dice. Descarga los movimientos en Excel, CSV o TXT."
)
ABOVE = 50  # rows that what stands above the table is given: the headings are looked for among the first 60
TEXTS = ("desc", "long_desc", "concept")

Align = Callable[[Cell, Sequence[Cell]], int]


@dataclass(slots=True)
class Table:
    """The headings in force: their cells from left to right, and the column of each role."""

    headings: Sequence[Cell]
    roles: dict[str, int]
    stacked: bool = False
    open: bool = True

    @property
    def money(self) -> set[int]:
        return {at for role, at in self.roles.items() if role in headers.MONEY}

    def role_at(self, column: int) -> str:
        return next((role for role, at in self.roles.items() if at == column), "")


@dataclass(slots=True)
class Record:
    """A movement on its way: the texts of each column, and where its last line ended."""

    line: int
    cells: dict[int, list[str]]
    bottom: int

    def has(self, columns: set[int]) -> bool:
        return any(at in self.cells for at in columns)


@dataclass(slots=True)
class _Sheet:
    """The rows made so far. What is no row of the table stands to the right of all columns, where no role is."""

    align: Align
    rows: list[Row] = field(default_factory=list)
    table: Table | None = None
    last: Record | None = None
    dated: str = ""

    def close(self) -> None:
        if self.last and self.table:
            width = len(self.table.headings)
            texts = [" ".join(self.last.cells.get(at, ())) or None for at in range(width)]
            self.rows.append(Row(self.last.line, tuple(texts)))
        self.last = None

    def begin(self, line: int, table: Table) -> None:
        """A heading. One that repeats that of the page before is one text: it must not be taken for the first."""
        self.close()
        texts = tuple(cell.text for cell in table.headings)
        repeats = self.table is not None and texts == tuple(cell.text for cell in self.table.headings)
        self.table = table
        self.rows.append(Row(line, (*(None,) * len(texts), " · ".join(texts)) if repeats else texts))

    def aside(self, line: int, cells: Sequence[Cell]) -> None:
        margin = len(self.table.headings) if self.table else 0
        self.rows.append(Row(line, (*(None,) * margin, *(cell.text for cell in cells))))


def read_printed(pages: Sequence[Page], hints: Hints, remembered: Sequence[Mapping] = ()) -> tuple[Statement, ...]:
    """The statements of a printed file; each is for review. Raises `NoTable`."""
    best: tuple[Statement, ...] = ()
    for align in (by_edges, by_left, by_right):
        found = tuple(map(_for_review, read_sheet(_sheet_of(pages, align), hints, remembered)))
        if not best or _rank(found) > _rank(best):
            best = found
        if all(each.is_importable for each in best):
            break
    return best


def _rank(found: Sequence[Statement]) -> tuple[int, int, int]:
    """How well pages were read: what may enter, then no amount left without a column, then balances that tie."""
    lost = sum(len(each.skipped) + 100 * len(each.questions) for each in found)
    return sum(each.is_importable for each in found), -lost, sum(each.proof.tied for each in found)


def _for_review(statement: Statement) -> Statement:
    printed = dataclasses.replace(statement, printed=True)
    said = [Said("printed", REVIEW)]
    if not printed.questions and not printed.is_importable:
        said.append(Said("unproven", UNPROVEN))
    return dataclasses.replace(printed, findings=(*printed.findings, *said))


# Where a piece belongs


def by_edges(cell: Cell, headings: Sequence[Cell]) -> int:
    """The heading that shares an edge or the middle."""
    return min(range(len(headings)), key=lambda at: _distance(cell, headings[at]))


def _distance(cell: Cell, heading: Cell) -> int:
    middle = abs(cell.left + cell.right - heading.left - heading.right) // 2
    return min(abs(cell.left - heading.left), abs(cell.right - heading.right), middle)


def by_left(cell: Cell, headings: Sequence[Cell]) -> int:
    """Headings stand at the left of their columns: the last one that begins before the piece's middle."""
    middle = (cell.left + cell.right) // 2
    return max((at for at, heading in enumerate(headings) if heading.left <= middle), default=0)


def by_right(cell: Cell, headings: Sequence[Cell]) -> int:
    """Headings stand at the right of their columns: the first one that ends after the piece's middle."""
    middle = (cell.left + cell.right) // 2
    return min((at for at, heading in enumerate(headings) if heading.right >= middle), default=len(headings) - 1)


# Rows


def _sheet_of(pages: Sequence[Page], align: Align) -> Sheet:
    made = _Sheet(align)
    for number, page in enumerate(pages, 1):
        lines = lines_of(page)
        tables = dict(_headings(lines))
        if tables and made.table:
            made.table.open = False
        for at, cells in enumerate(lines):
            line = number * 1_000 + at + 1
            if at in tables:
                made.begin(line, tables[at])
            elif at + 1 in tables and tables[at + 1].stacked:
                continue  # the upper line of headings on two lines
            elif made.table is None:
                made.rows.append(Row(line, tuple(cell.text for cell in cells)))
            else:
                _take(made, line, cells)
    made.close()
    if made.table is None:
        raise NoTable
    return Sheet("", tuple(_pressed(made.rows)))


def _pressed(rows: Sequence[Row]) -> Iterator[Row]:
    """What stands above the table in few rows: several lines of it become one."""
    first = next(at for at, row in enumerate(rows) if _is_heading(row))
    each = -(-first // ABOVE) or 1
    for start in range(0, first, each):
        part = rows[start : min(start + each, first)]
        yield Row(part[0].line, tuple(cell for row in part for cell in row.cells))
    yield from rows[first:]


def _is_heading(row: Row) -> bool:
    found = headers.header_at([row], 0)
    return found is not None and found.readable


def _headings(lines: Sequence[Sequence[Cell]]) -> Iterator[tuple[int, Table]]:
    """Lines that are headings of a table of movements, alone or with the line above them."""
    for at, cells in enumerate(lines):
        if not _are_words(cells):
            continue
        alone = _as_headings(cells)
        both = _stacked(lines[at - 1], cells) if at else None
        table = _as_headings(both) if both else None
        if table and (alone is None or len(table.roles) > len(alone.roles)):
            table.stacked = True
            yield at, table
        elif alone:
            yield at, alone


def _as_headings(cells: Sequence[Cell]) -> Table | None:
    if not 3 <= len(cells) <= 20 or not _are_words(cells):
        return None
    cells = [_without_code(cell) for cell in cells]
    found = headers.header_at([Row(1, tuple(cell.text for cell in cells))], 0)
    return Table(cells, found.roles) if found and found.readable and len(found.roles) >= 3 else None


def _are_words(cells: Sequence[Cell]) -> bool:
    return all(headers.cell_kind(cell.text) in ("text", "") for cell in cells)


def _without_code(cell: Cell) -> Cell:
    """ "COD. DESCRIPCIÓN" are two headings printed as one."""
    first, _, rest = cell.text.partition(" ")
    return dataclasses.replace(cell, text=rest) if rest and fold(first) in ("cod", "codigo", "cve", "no") else cell


def _stacked(upper: Sequence[Cell], lower: Sequence[Cell]) -> list[Cell] | None:
    """Headings on two lines: "SALDO" over "OPERACIÓN" and "LIQUIDACIÓN"."""
    if not upper or not lower or lower[0].top - upper[0].bottom > 2 * max(lower[0].bottom - lower[0].top, 500):
        return None
    over = {at: [cell for cell in upper if cell.left < low.right and low.left < cell.right]
            for at, low in enumerate(lower)}  # fmt: skip
    used = {id(cell) for cells in over.values() for cell in cells}
    merged = [
        dataclasses.replace(
            low,
            left=min([low.left, *(cell.left for cell in over[at] if len(lower) < 2 or _alone(cell, lower))]),
            text=" ".join([*(cell.text for cell in over[at]), low.text]),
        )
        for at, low in enumerate(lower)
    ]
    return sorted([*merged, *(cell for cell in upper if id(cell) not in used)], key=lambda cell: cell.left)


def _alone(cell: Cell, lower: Sequence[Cell]) -> bool:
    return sum(cell.left < low.right and low.left < cell.right for low in lower) == 1


def _take(made: _Sheet, line: int, cells: Sequence[Cell]) -> None:
    """A line below headings: a movement, more of the one before, or something beside the table."""
    table = made.table
    if table is None:
        return
    date_at = table.roles["date"]
    parts = split_dates(cells)
    placed = _placed(parts, table, made.align)
    texts = [cell.text for cell in parts]
    dated = date_at in placed and dates.take_apart(placed[date_at][0], serials=False) is not None
    top, bottom = min(cell.top for cell in cells), max(cell.bottom for cell in cells)
    if dated:
        made.close()
        table.open, made.dated = True, placed[date_at][0]
        made.last = Record(line, placed, bottom)
    elif preamble.is_summary(texts) and not _continues(made, table, placed, top, bottom):
        made.close()
        table.open = False
        _summary(made, line, cells, placed)
    elif not _belongs(made, table, placed, top, bottom):
        made.aside(line, cells)
    elif made.last and table.money & set(placed) and made.last.has(table.money - {table.roles.get("balance", -1)}):
        made.close()
        made.last = Record(line, {date_at: [made.dated], **placed}, bottom)  # the day is printed once
    elif made.last:
        for at, more in placed.items():
            made.last.cells.setdefault(at, []).extend(more)
        made.last.bottom = bottom


def _belongs(made: _Sheet, table: Table, placed: dict[int, list[str]], top: int, bottom: int) -> bool:
    """Whether a line without date is more of the table: an amount, or words close below the last."""
    if not table.open or made.last is None or not set(placed) <= table.money | _texts(table) | _codes(table):
        return False
    return bool(table.money & set(placed)) or top - made.last.bottom < 2 * (bottom - top) + 400


def _continues(made: _Sheet, table: Table, placed: dict[int, list[str]], top: int, bottom: int) -> bool:
    """ "SALDO DE LA FACTURA 9", printed as the second line of a movement that has its money already."""
    near = made.last is not None and 0 <= top - made.last.bottom < (bottom - top)
    return bool(near and made.last and made.last.has(table.money) and set(placed) <= _texts(table))


def _texts(table: Table) -> set[int]:
    return {at for role, at in table.roles.items() if role in TEXTS}


def _codes(table: Table) -> set[int]:
    """Columns that may hold more of a movement, and those without a meaning."""
    meant = {at for role, at in table.roles.items() if role in headers.MONEY or role in ("date", "value_date")}
    return set(range(len(table.headings))) - meant


def _summary(made: _Sheet, line: int, cells: Sequence[Cell], placed: dict[int, list[str]]) -> None:
    """A line of totals or balances: within the columns if it states only what stands under them."""
    table = made.table
    states_balance = len(cells) == 2 and preamble.amount_label([cell.text for cell in cells]) in ("opening", "closing")
    total = preamble.is_total([cell.text for cell in cells])
    balance = table.roles.get("balance") if table else None
    if table and ((states_balance and table.money & set(placed) == {balance}) or total):
        made.rows.append(Row(line, tuple(" ".join(placed.get(at, ())) or None for at in range(len(table.headings)))))
    else:
        made.aside(line, cells)


def _placed(cells: Sequence[Cell], table: Table, align: Align) -> dict[int, list[str]]:
    """The texts of a line by column. Words do not stand under amounts: they belong to the text at their left."""
    found: dict[int, list[str]] = {}
    words = [at for at in range(len(table.headings)) if at not in table.money]
    for cell in cells:
        at = align(cell, table.headings)
        kind = headers.cell_kind(cell.text)
        if at in table.money and kind not in ("number", "digits"):
            left = [place for place in words if table.headings[place].left <= cell.left] or words
            at = left[-1] if left else at
        elif table.role_at(at) in ("date", "value_date") and kind not in ("date", "digits"):
            nearest = [place for place in words if table.role_at(place) not in ("date", "value_date")]
            at = min(nearest, key=lambda place: abs(table.headings[place].left - cell.left), default=at)
        found.setdefault(at, []).append(cell.text)
    return found
