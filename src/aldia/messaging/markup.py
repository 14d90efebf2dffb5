"""Light formatting, as people write it in WhatsApp: *bold*, _italic_, [words](link), lists with a dash, empty lines.

One pass, in time that grows with the length of the text. What comes out is blocks of spans; nothing of it is HTML yet,
and tokens of values (`templating.Values`) are still in place, so that no value is ever read as formatting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from aldia.messaging.placeholders import LINKS, TABLE
from aldia.messaging.scanning import CLOSE, OPEN
from aldia.messaging.templating import TOKEN, Values


class Mark(StrEnum):
    """What a span is."""

    TEXT = "text"
    BOLD = "bold"
    END_BOLD = "end_bold"
    ITALIC = "italic"
    END_ITALIC = "end_italic"
    LINK = "link"


@dataclass(slots=True)
class Span:
    """A piece of a line. `url` of links: text that may hold a token."""

    mark: Mark
    text: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    lines: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A link alone on its line. `label` empty: the layout has its own for what it leads to (`name`)."""

    url: str
    label: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Where the table of documents goes."""


Block = Paragraph | Listing | Button | Table
_SPECIAL = re.compile(r"[*_\[]|https?://[^\s<>()\[\]\"“”«»]{1,500}", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]\n]{1,200})\]\(([^()\s]{0,500})\)")
_BULLET = re.compile(r"[ \t]{0,6}[-•][ \t]+(?=\S)")
_MARKS = {"*": (Mark.BOLD, Mark.END_BOLD), "_": (Mark.ITALIC, Mark.END_ITALIC)}
_TRAILING = ".,;:!?"


def blocks(text: str, values: Values) -> list[Block]:
    """The blocks of a text with tokens, in order."""
    found: list[Block] = []
    lines: list[tuple[Span, ...]] = []
    items: list[tuple[Span, ...]] = []
    for line in _lines(text, values):
        bullet = _BULLET.match(line)
        own = _own_block(line, values)
        if lines and (not line or bullet or own):
            found.append(Paragraph(tuple(lines)))
            lines = []
        if items and not bullet:
            found.append(Listing(tuple(items)))
            items = []
        if own:
            found.append(own)
        elif bullet:
            items.append(tuple(spans(line[bullet.end() :])))
        elif line and not _dead_link(line):
            lines.append(tuple(spans(line)))
    if lines:
        found.append(Paragraph(tuple(lines)))
    if items:
        found.append(Listing(tuple(items)))
    return found


def spans(line: str) -> list[Span]:
    """The spans of one line: formatting that is not closed on it is just letters."""
    found: list[Span] = []
    opened: dict[str, int] = {}
    place = 0
    while match := _SPECIAL.search(line, place):
        if match.start() > place:
            found.append(Span(Mark.TEXT, line[place : match.start()]))
        place = _take(line, match, found, opened)
    if place < len(line):
        found.append(Span(Mark.TEXT, line[place:]))
    for letter, index in opened.items():
        found[index] = Span(Mark.TEXT, letter)
    return found


def _take(line: str, match: re.Match[str], found: list[Span], opened: dict[str, int]) -> int:
    """Read what begins at the match; return where to go on."""
    start, letter = match.start(), match.group()
    if letter in _MARKS:
        _emphasis(line, start, found, opened)
        return start + 1
    if letter != "[":
        url = letter.rstrip(_TRAILING)
        found.append(Span(Mark.LINK, url, url))
        return start + len(url)
    link = _LINK.match(line, start)
    if link is None:
        found.append(Span(Mark.TEXT, letter))
        return start + 1
    found.append(Span(Mark.LINK, link.group(1), link.group(2)))
    return link.end()


def _emphasis(line: str, place: int, found: list[Span], opened: dict[str, int]) -> None:
    letter = line[place]
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    begins, ends = _MARKS[letter]
    if letter in opened and before.strip() and not _joins(after, OPEN):
        index = opened.pop(letter)
        for other, since in list(opened.items()):
            if since > index:  # begun inside and not ended inside: just a letter
                found[since] = Span(Mark.TEXT, other)
                del opened[other]
        found.append(Span(ends))
    elif letter not in opened and after.strip() and not _joins(before, CLOSE):
        opened[letter] = len(found)
        found.append(Span(begins))
    else:
        found.append(Span(Mark.TEXT, letter))


def _joins(neighbour: str, token: str) -> bool:
    """Whether the letter beside a mark belongs to the same word."""
    return neighbour.isalnum() or neighbour == token


def _lines(text: str, values: Values) -> Iterator[str]:
    """The lines, with the table's token on a line of its own."""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if OPEN not in line:
            yield line.strip()
            continue
        start = 0
        for match in TOKEN.finditer(line):
            if values.found[int(match.group(1))][0] == TABLE:
                if line[start : match.start()].strip():
                    yield line[start : match.start()].strip()
                yield match.group()
                start = match.end()
        if start == 0 or line[start:].strip():
            yield line[start:].strip()


def _own_block(line: str, values: Values) -> Button | Table | None:
    """The block that a line is by itself: the table, or a link of ours (to pay, to the statement, to a page)."""
    token = TOKEN.fullmatch(line)
    if token:
        name = values.found[int(token.group(1))][0]
        if name == TABLE:
            return Table()
        return Button(line, name=name) if name in LINKS else None
    link = _LINK.fullmatch(line)
    inside = TOKEN.fullmatch(link.group(2)) if link else None
    if link is None or inside is None:
        return None
    name = values.found[int(inside.group(1))][0]
    return Button(link.group(2), link.group(1), name) if name in LINKS else None


def _dead_link(line: str) -> bool:
    """A line that is only a link to nothing: its value was empty."""
    link = _LINK.fullmatch(line)
    return link is not None and not link.group(2)
