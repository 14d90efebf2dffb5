"""Pieces of text on a page to lines of cells, by the gaps between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from aldia.domain.statements import dates, headers, numbers
from aldia.domain.statements.model import plain

TALLEST = 40_00  # letters of a table are smaller: stamps and what is written along the margin are left out
WIDE_GAP = 8  # tenths of the height of letters: less is a space between words, more a gap between columns
_COLUMNS = re.compile(r"\s{2,}")


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text with its box."""

    left: int
    top: int
    right: int
    bottom: int
    text: str


Cell = Word


@dataclass(frozen=True, slots=True)
class Page:
    words: tuple[Word, ...]


def lines_of(page: Page) -> list[list[Cell]]:
    """The lines of a page from top to bottom, each as cells from left to right."""
    words = [word for word in page.words if word.text.strip() and 0 < word.bottom - word.top < TALLEST]
    words.sort(key=lambda word: (word.top + word.bottom, word.left))
    lines: list[list[Word]] = []
    for word in words:
        if lines and _beside(lines[-1], word):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [list(_cells(sorted(line, key=lambda word: word.left))) for line in lines]


def _beside(line: Sequence[Word], word: Word) -> bool:
    """Whether the middle of one is within the height of the other."""
    top, bottom = min(each.top for each in line), max(each.bottom for each in line)
    return top <= (word.top + word.bottom) // 2 <= bottom or word.top <= (top + bottom) // 2 <= word.bottom


def _cells(line: Sequence[Word]) -> Iterator[Cell]:
    """Words with a space between them are one cell; amounts and dates stand alone."""
    height = max(word.bottom - word.top for word in line)
    current: Cell | None = None
    for word in (piece for each in line for piece in _pieces(each)):
        if current and word.left - current.right < height * WIDE_GAP // 10 and not _stand_apart(current, word):
            glue = "" if word.left - current.right < height * 2 // 10 else " "
            current = replace(
                current, right=max(current.right, word.right), top=min(current.top, word.top),
                bottom=max(current.bottom, word.bottom), text=current.text + glue + word.text,
            )  # fmt: skip
            continue
        if current:
            yield _clean(current)
        current = word
    if current:
        yield _clean(current)


def _clean(cell: Cell) -> Cell:
    return replace(cell, text=plain(cell.text))


def _pieces(word: Word) -> Iterator[Word]:
    """A line printed as one text with blanks between its columns, taken apart by the share of its letters."""
    text = word.text.replace("\u00a0", " ")
    length = max(len(text), 1)
    start = 0
    for gap in (*_COLUMNS.finditer(text), None):
        end = gap.start() if gap else len(text)
        if part := text[start:end].strip():
            begin = start + len(text[start:end]) - len(text[start:end].lstrip())
            width = word.right - word.left
            yield replace(
                word, left=word.left + width * begin // length,
                right=word.left + width * (begin + len(part)) // length, text=part,
            )  # fmt: skip
        start = gap.end() if gap else end


def _stand_apart(one: Cell, two: Cell) -> bool:
    """Two amounts, or an amount beside anything, are two cells however near they stand."""
    if two.left - one.right < (two.bottom - two.top) * 2 // 10:
        return False  # letters of one word, printed one by one
    return _is_amount(one.text) or _is_amount(two.text) or headers.cell_kind(one.text) == "date"


def _is_amount(text: str) -> bool:
    written = numbers.take_apart(text)
    return written is not None and bool(re.search(r"[.,][0-9]{2}$", written.body))


def split_dates(cells: Sequence[Cell]) -> list[Cell]:
    """Dates that are one text with what follows them become cells of their own."""
    found: list[Cell] = []
    for at, cell in enumerate(cells):
        rest: Cell | None = cell
        while rest and at == 0 and (parts := _leading_date(rest)):
            found.append(parts[0])
            rest = parts[1]
        if rest:
            found.append(rest)
    return found


def _leading_date(cell: Cell) -> tuple[Cell, Cell | None] | None:
    tokens = cell.text.split(" ")
    for count in (3, 2, 1):
        head = " ".join(tokens[:count])
        if len(tokens) >= count and dates.take_apart(head, serials=False):
            break
    else:
        return None
    tail = " ".join(tokens[count:])
    if not tail:
        return cell, None
    edge = cell.left + (cell.right - cell.left) * len(head) // len(cell.text)
    begin = cell.left + (cell.right - cell.left) * (len(head) + 1) // len(cell.text)
    return replace(cell, right=edge, text=head), replace(cell, left=begin, text=tail)
