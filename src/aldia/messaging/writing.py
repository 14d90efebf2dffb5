"""Blocks written as plain text: the text part of a mail, an SMS, WhatsApp with its own marks, a letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aldia.messaging.layout import button_label
from aldia.messaging.markup import Block, Button, Listing, Mark, Paragraph, Span, Table
from aldia.messaging.templating import Values


@dataclass(frozen=True, slots=True)
class Style:
    """How a channel writes: the letters around bold and italic, whether links keep their words."""

    bold: str
    italic: str
    gap: str = "\n\n"
    named_links: bool = True


MAIL = Style("*", "")
WHATSAPP = Style("*", "_")
SMS = Style("", "", gap="\n", named_links=False)
LETTER = Style("", "")


def write(blocks: Sequence[Block], values: Values, *, table: str, style: Style) -> str:
    """The text of the blocks, `table` where the table goes."""
    pen = _Pen(values, style)
    written = (table if isinstance(block, Table) else pen.block(block) for block in blocks)
    return style.gap.join(text for text in written if text).strip()


class _Pen:
    def __init__(self, values: Values, style: Style) -> None:
        self.values, self.style = values, style

    def block(self, block: Block) -> str:
        if isinstance(block, Paragraph):
            return "\n".join(self.line(line) for line in block.lines)
        if isinstance(block, Listing):
            return "\n".join(f"- {self.line(item)}" for item in block.items)
        if isinstance(block, Button):
            url = self.fill(block.url)
            label = self.fill(block.label) or button_label(block.name)
            return f"{label}: {url}" if self.style.named_links and url else url
        return ""

    def line(self, line: Sequence[Span]) -> str:
        return "".join(map(self.span, line))

    def span(self, span: Span) -> str:
        if span.mark in (Mark.BOLD, Mark.END_BOLD):
            return self.style.bold
        if span.mark in (Mark.ITALIC, Mark.END_ITALIC):
            return self.style.italic
        words, url = self.fill(span.text), self.fill(span.url)
        if span.mark is Mark.TEXT or not url or url == words:
            return words
        return f"{words} ({url})" if self.style.named_links else f"{words} {url}"

    def fill(self, text: str) -> str:
        return self.values.fill(text, lambda _name, value: value)
