"""The braces of a template, found in one pass before any parser sees them: what is too much is refused here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from aldia.domain.sentences import quoted

MAX_SOURCE = 10_000
MAX_STATEMENTS = 150
MAX_STATEMENT = 160
MAX_DEPTH = 6

OPEN, CLOSE = "\ue000", "\ue001"  # private use: taken out of whatever comes in, so that they are ours alone
TAGS = frozenset({"if", "elsif", "else", "endif", "unless", "endunless", "for", "endfor"})
# Ours, and what no text has a use for: controls but tab and line feed, NEL, line separators, halves of surrogates.
_NO_TEXT = re.compile(f"[{OPEN}{CLOSE}\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_STATEMENT = re.compile(r"\{\{|\{%")
_INSIDE = re.compile(r"""(?:[\w .,:|=!<>-]|"[^"{}%]*"|'[^'{}%]*')*""")
_LONE_TAG = re.compile(r"^[ \t]*(\{%[^%]*%\})[ \t]*\n", re.MULTILINE)


class TemplateError(ValueError):
    """What a person wrote cannot be a template: the sentence, the `field` ("subject" or "body") and its `line`."""

    def __init__(self, sentence: str, *, line: int = 0, field: str = "body") -> None:
        super().__init__(sentence)
        self.sentence, self.line, self.field = sentence, line, field

    def __str__(self) -> str:
        if not self.line:
            return self.sentence
        return _("Línea %(line)s: %(why)s") % {"line": self.line, "why": self.sentence}


@dataclass(frozen=True, slots=True)
class Statement:
    """One pair of braces: where it is, and what is inside."""

    start: int
    end: int
    inner: str
    is_output: bool
    line: int


def statements(source: str) -> Iterator[Statement]:
    """Everything between braces, in one pass; refuses what is too much for the parser to see."""
    if len(source) > MAX_SOURCE:
        raise TemplateError(_("Es demasiado larga: se admiten %(max)s letras.") % {"max": f"{MAX_SOURCE:,}"})
    place, count, line, counted = 0, 0, 1, 0
    while match := _STATEMENT.search(source, place):
        line, counted = line + source.count("\n", counted, match.start()), match.start()
        is_output = match.group() == "{{"
        end = source.find("}}" if is_output else "%}", match.end(), match.end() + MAX_STATEMENT)
        if end < 0:
            raise TemplateError(
                _("«%(text)s» no se cierra.") % {"text": quoted(source[match.start() :], 20)}, line=line
            )
        inner = source[match.end() : end].strip()
        if not inner or not _INSIDE.fullmatch(inner) or inner.startswith("-") or inner.endswith("-"):
            raise TemplateError(
                _("No se entiende «%(text)s».") % {"text": _shown(source, match.start(), end)}, line=line
            )
        count += 1
        if count > MAX_STATEMENTS:
            raise TemplateError(
                _("Tiene demasiados datos y condiciones: se admiten %(max)s.") % {"max": MAX_STATEMENTS}
            )
        yield Statement(match.start(), end + 2, inner, is_output, line)
        place = end + 2


def refuse_unknown_tags(found: list[Statement]) -> None:
    """Only the tags on the list, not too deep."""
    depth = 0
    for each in found:
        if each.is_output:
            continue
        word = each.inner.split(" ", 1)[0]
        if word not in TAGS:
            known = _("solo se puede if, elsif, else, unless y for")
            raise TemplateError(
                _("«%(word)s» no se puede usar: %(known)s.") % {"word": quoted(word), "known": known}, line=each.line
            )
        depth += (word in ("if", "unless", "for")) - word.startswith("end")
        if depth > MAX_DEPTH:
            raise TemplateError(_("Tiene demasiadas condiciones anidadas."), line=each.line)


def written_plainly(source: str, *, swallow: bool = False) -> str:
    """The source with its statements written plainly. `swallow`: a tag alone on its line leaves no empty line."""
    pieces, place = [], 0
    for each in statements(source):
        opening, closing = ("{{ ", " }}") if each.is_output else ("{% ", " %}")
        pieces += [inert(source[place : each.start]), opening, each.inner, closing]
        place = each.end
    text = "".join([*pieces, inert(source[place:])])
    return _LONE_TAG.sub(r"\1", text) if swallow else text


def inert(text: str) -> str:
    """The text with a mark of damage where it had what is not text (taken out, what stood apart would join)."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def names_in(source: str) -> list[str]:
    """The names that `{{ … }}` puts out, in their order, each once: the parameters of an approved template."""
    found: list[str] = []
    for statement in statements(source):
        if statement.is_output:
            name = re.split(r"[^\w.]", statement.inner, maxsplit=1)[0]
            if name and name not in found:
                found.append(name)
    return found


def has_tags(source: str) -> bool:
    """Whether it has conditions or loops."""
    return any(not statement.is_output for statement in statements(source))


def _shown(source: str, start: int, end: int) -> str:
    return quoted(source[start : end + 2], 60)
