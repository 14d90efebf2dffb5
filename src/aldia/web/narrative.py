"""What the bank wrote, cut into pieces so that a page can mark the evidence in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from aldia.domain.folios import split_number
from aldia.web.matching_words import EVIDENCE

LEAST_DIGITS = 2
MOST_NUMBERS = 60


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text; `css` and `label` are empty where nothing is marked."""

    text: str
    label: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One thing that was read about the other party: what it is, its value, and how its mark looks."""

    label: str
    value: str
    css: str


def pieces_of(text: str, evidence: Iterable[Any], numbers: Iterable[str] = ()) -> list[Piece]:
    """The text with its evidence marked, and the numbers of documents that it cites. Marks never overlap: of two that
    would, the shorter stands inside the longer, and a document inside everything.
    """
    marks = sorted(_read(text, evidence), key=lambda mark: mark[0] - mark[1]) + _cited(text, numbers)
    owner = [-1] * len(text)
    for number, (start, end, _label, _css) in enumerate(marks):
        owner[start:end] = [number] * (end - start)
    found: list[Piece] = []
    at = 0
    for number, run in groupby(owner):
        end = at + len(list(run))
        label, css = (marks[number][2], marks[number][3]) if number >= 0 else ("", "")
        found.append(Piece(text[at:end], label, css))
        at = end
    return found


def reads_of(evidence: Iterable[Any]) -> list[Read]:
    """Everything that was read, also what stood in a column of its own and not in the text."""
    found = []
    for kind, value, _start, _end in map(_parts, evidence):
        label, css = EVIDENCE.get(kind, (kind, "ev-key"))
        if value:
            found.append(Read(str(label), value, css))
    return found


def _parts(each: Any) -> tuple[str, str, int, int]:
    """A piece of evidence as it was kept: an object with names, or its values in order."""
    values = [each.get(name) for name in ("kind", "value", "start", "end")] if isinstance(each, Mapping) else [*each]
    kind, value, start, end = (*values, None, None, None, None)[:4]
    return str(kind or ""), str(value or ""), _place(start), _place(end)


def _place(value: object) -> int:
    return value if isinstance(value, int) else -1


def _read(text: str, evidence: Iterable[Any]) -> list[tuple[int, int, str, str]]:
    found = []
    for kind, _value, start, end in map(_parts, evidence):
        label, css = EVIDENCE.get(kind, (kind, "ev-key"))
        if 0 <= start < end <= len(text):
            found.append((start, end, str(label), css))
    return found


def _cited(text: str, numbers: Iterable[str]) -> list[tuple[int, int, str, str]]:
    """Where documents are cited by series and folio, or by the folio alone."""
    found = []
    for number in list(dict.fromkeys(numbers))[:MOST_NUMBERS]:
        series, folio = split_number(number)
        if not folio or len(folio) < LEAST_DIGITS or not folio.isdigit():
            continue
        prefix = rf"(?:{re.escape(series)}[ \-./]?)?" if series else ""
        for hit in re.finditer(rf"(?<![0-9A-Z]){prefix}0{{0,6}}{folio}(?![0-9])", text, re.IGNORECASE):
            found.append((*hit.span(), _("Cita %(number)s") % {"number": number}, "ev-doc"))
    return found
