"""The e-mail around the words: MJML compiled to what mail clients understand, filled with escaped text.

MJML never sees a value: it is compiled with numbered slots, once per shape of message (which blocks in which order, a
logo or not, colours, language), and the pieces between the slots are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from django.utils.translation import gettext as _
from mjml import mjml2html

from aldia.messaging.look import Look
from aldia.messaging.markup import Block, Button, Listing, Mark, Paragraph, Span, Table
from aldia.messaging.placeholders import LINKS, PAGE_LINK, STATEMENT_LINK
from aldia.messaging.scanning import inert
from aldia.messaging.templating import Values

FONT = "-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
LOGO_ID = "logo"
PREHEADER_LETTERS = 110
_SLOT = re.compile(r"ALDIASLOT([0-9]+)X")
_SCHEMES = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,1000}", re.IGNORECASE)
_DARK = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page, .page > table { background-color: #14181f !important; }
  .card, .card > table { background-color: #1d232c !important; }
  .card div, .card td, .card p, .card li { color: #e8ebef !important; }
  .card a.words { color: #8ab8f0 !important; }
  .card .soft, .foot div { color: #a3adba !important; }
  .card .line, .card .soft { border-color: #39424e !important; }
}
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes into the layout besides the blocks. `why`: the sentence that says why they get this."""

    subject: str
    blocks: Sequence[Block]
    values: Values
    table: str
    answers: str
    why: str


def draw(letter: Letter, look: Look, language: str) -> str:
    """The whole HTML document."""
    parts = _parts(letter.blocks)
    pieces = _compiled(tuple(kind for kind, _blocks in parts), look, language)
    ink = _Ink(letter.values, look.link)
    slots = [escape(letter.subject), escape(preheader(letter)), escape(inert(look.company))]
    for kind, blocks in parts:
        if kind == "table":
            slots.append(letter.table)
        elif kind == "button":
            slots += [text for block in blocks if isinstance(block, Button) for text in _button(block, letter.values)]
        else:
            slots.append("".join(ink.block(block) for block in blocks))
    slots.append(_footer(letter, look))
    return "".join(slots[piece] if isinstance(piece, int) else piece for piece in pieces)


def preheader(letter: Letter) -> str:
    """The beginning of the words, which mail clients show beside the subject: without the addresses of its links, of
    which nobody has a use there and half a secret would be left over where they are cut."""
    words = " ".join(
        span.text for block in letter.blocks if isinstance(block, Paragraph) for line in block.lines for span in line
    )
    said = letter.values.fill(words, lambda name, value: "" if name in LINKS else value)
    plain = " ".join(said.split())
    return plain[:PREHEADER_LETTERS]


def safe_url(url: str) -> str:
    """The address if it is one that a mail may lead to, else ""."""
    url = url.strip()
    return url if _SCHEMES.match(url) and not any(letter.isspace() for letter in url) else ""


def _parts(blocks: Sequence[Block]) -> list[tuple[str, list[Block]]]:
    """Neighbouring blocks of text together; each table and button by itself."""
    parts: list[tuple[str, list[Block]]] = []
    for block in blocks:
        kind = "table" if isinstance(block, Table) else "button" if isinstance(block, Button) else "text"
        if kind == "text" and parts and parts[-1][0] == "text":
            parts[-1][1].append(block)
        else:
            parts.append((kind, [block]))
    return parts


def _compiled(kinds: tuple[str, ...], look: Look, language: str) -> list[str | int]:
    return _layout(kinds, look.logo_id is not None, (look.accent, look.on_accent), language)


@lru_cache(maxsize=256)
def _layout(kinds: tuple[str, ...], has_logo: bool, colours: tuple[str, str], language: str) -> list[str | int]:
    """The document in pieces, and between them the numbers of what goes there."""
    count = iter(range(1000))

    def slot() -> str:
        return f"ALDIASLOT{next(count)}X"

    accent, on_accent = colours
    head = (
        f"<mj-head><mj-title>{slot()}</mj-title><mj-preview>{slot()}</mj-preview>"
        f'<mj-attributes><mj-all font-family="{FONT}"/>'
        '<mj-text font-size="16px" line-height="24px" color="#1b2430" padding="6px 32px"/>'
        '<mj-table font-size="14px" color="#1b2430" padding="6px 24px 14px"/></mj-attributes>'
        f"<mj-style>{_DARK}</mj-style></mj-head>"
    )
    company = slot()
    name = (
        f'<mj-image src="cid:{LOGO_ID}" alt="{company}" width="150px" align="left" padding="26px 32px 8px"/>'
        if has_logo
        else f'<mj-text font-size="18px" font-weight="bold" padding="26px 32px 8px">{company}</mj-text>'
    )
    body = "".join(_mjml(kind, slot, accent, on_accent) for kind in kinds)
    source = (
        f'<mjml lang="{language}">{head}<mj-body css-class="page" background-color="#eef0f3">'
        f'<mj-section css-class="card" background-color="#ffffff" border-top="4px solid {accent}" padding="0 0 22px">'
        f'<mj-column>{name}{body}</mj-column></mj-section><mj-section css-class="foot" padding="14px 0 30px">'
        '<mj-column><mj-text font-size="12px" line-height="18px" color="#5c6570" padding="4px 32px">'
        f"{slot()}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    pieces = _SLOT.split(mjml2html(source))
    return [int(piece) if place % 2 else piece for place, piece in enumerate(pieces)]


def _mjml(kind: str, slot: Callable[[], str], accent: str, on_accent: str) -> str:
    if kind == "table":
        return f"<mj-table>{slot()}</mj-table>"
    if kind == "button":
        return (
            f'<mj-button href="{slot()}" background-color="{accent}" color="{on_accent}" font-size="16px" '
            'font-weight="bold" border-radius="6px" inner-padding="12px 26px" align="left" padding="10px 32px 16px">'
            f"{slot()}</mj-button>"
        )
    return f"<mj-text>{slot()}</mj-text>"


def _button(button: Button, values: Values) -> list[str]:
    """The address and the words of a button."""
    url = safe_url(values.fill(button.url, _as_it_is))
    label = values.fill(button.label, _as_it_is) or button_label(button.name)
    return [escape(url), escape(label)]


def button_label(name: str) -> str:
    """The words of a button that the template gives none."""
    labels = {STATEMENT_LINK: _("Ver estado de cuenta"), PAGE_LINK: _("Abrir en Aldía")}
    return labels.get(name) or _("Pagar en línea")


def _footer(letter: Letter, look: Look) -> str:
    """Who to answer, why they get this, and how to reach the company."""
    lines = [letter.answers, letter.why]
    reach = " · ".join(text for text in (look.company, look.phone, look.website) if text)
    lines += [reach, look.footer]
    return "<br>".join(escape(inert(line)) for line in lines if line)


def _as_it_is(_name: str, value: str) -> str:
    return value


class _Ink:
    """Draws blocks of text as HTML: everything escaped, links to where a mail may lead."""

    TAGS = {Mark.BOLD: "<strong>", Mark.END_BOLD: "</strong>", Mark.ITALIC: "<em>", Mark.END_ITALIC: "</em>"}

    def __init__(self, values: Values, colour: str) -> None:
        self.values, self.colour = values, colour

    def block(self, block: Block) -> str:
        if isinstance(block, Listing):
            items = "".join(f'<li style="margin:0 0 4px;">{self.line(item)}</li>' for item in block.items)
            return f'<ul style="margin:0 0 12px;padding:0 0 0 22px;">{items}</ul>'
        lines = block.lines if isinstance(block, Paragraph) else ()
        return f'<p style="margin:0 0 12px;">{"<br>".join(self.line(line) for line in lines)}</p>'

    def line(self, line: Sequence[Span]) -> str:
        return "".join(self.TAGS.get(span.mark) or self.words(span) for span in line)

    def words(self, span: Span) -> str:
        said = self.values.fill(escape(span.text), self.value)
        url = safe_url(self.values.fill(span.url, _as_it_is)) if span.mark is Mark.LINK else ""
        return self.link(url, self.values.fill(escape(span.text), _escaped)) if url else said

    def value(self, _name: str, value: str) -> str:
        """A value among words: an address is a link, a line feed is kept."""
        if _ADDRESS.fullmatch(value):
            return self.link(value, escape(value))
        return escape(value).replace("\n", "<br>")

    def link(self, url: str, words: str) -> str:
        return f'<a class="words" href="{escape(url)}" style="color:{self.colour};">{words}</a>'


def _escaped(_name: str, value: str) -> str:
    return escape(value)
