"""Words written in a rich text editor, as the light formatting that messages are kept in, and back.

What comes from a browser is cleaned first (nh3: a few tags, no attributes but the address of a link); what is kept is
text with marks (`markup`), so a message never holds HTML that somebody else wrote.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

import nh3

from aldia.messaging.markup import Mark, spans

TAGS = {"p", "div", "br", "b", "strong", "i", "em", "ul", "ol", "li", "a"}
MOST = 60_000  # letters of HTML that one message may come as
_MARKS = {"b": "*", "strong": "*", "i": "_", "em": "_"}
_BLOCKS = frozenset({"p", "div", "ul", "ol"})
_BULLET = re.compile(r"[ \t]{0,6}[-•][ \t]+(?=\S)")
_BLANKS = re.compile(r"[ \t\u00a0]+")


def cleaned(html: str) -> str:
    """The HTML with nothing in it but paragraphs, bold, italic, lists and links to pages and mail addresses."""
    return nh3.clean(
        html[:MOST],
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        clean_content_tags={"script", "style", "title", "template", "iframe", "svg", "math"},
    )


def from_html(html: str) -> str:
    """What somebody wrote in the editor, in light formatting."""
    reader = _Reader()
    reader.feed(cleaned(html))
    reader.close()
    return reader.text()


def to_html(text: str) -> str:
    """Light formatting as the editor shows it. Braces of placeholders stay as they are."""
    found: list[str] = []
    lines: list[str] = []
    items: list[str] = []

    def close() -> None:
        if lines:
            found.append(f"<p>{'<br>'.join(lines)}</p>")
            lines.clear()
        if items:
            found.append("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")
            items.clear()

    for line in text.replace("\r\n", "\n").split("\n"):
        bullet = _BULLET.match(line)
        if not line.strip() or bool(bullet) != bool(items):
            close()
        if bullet:
            items.append(_line(line[bullet.end() :]))
        elif line.strip():
            lines.append(_line(line))
    close()
    return cleaned("".join(found))


def _line(line: str) -> str:
    tags = {Mark.BOLD: "<b>", Mark.END_BOLD: "</b>", Mark.ITALIC: "<i>", Mark.END_ITALIC: "</i>"}
    pieces = []
    for span in spans(line):
        if span.mark is Mark.LINK and span.url.startswith(("http://", "https://", "mailto:")):
            pieces.append(f'<a href="{escape(span.url)}">{escape(span.text)}</a>')
        elif span.mark is Mark.LINK:  # to a placeholder: shown as it is written
            pieces.append(escape(f"[{span.text}]({span.url})"))
        else:
            pieces.append(tags.get(span.mark) or escape(span.text))
    return "".join(pieces)


class _Reader(HTMLParser):
    """Clean HTML read into lines: one a paragraph, `- ` an item, marks that hug their words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.open: list[tuple[str, int]] = []  # marks: the letter, and where its words begin on the line
        self.link = ("", 0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _MARKS:
            self.open.append((_MARKS[tag], len(self.lines[-1])))
        elif tag == "br":
            self._break()
        elif tag == "li":
            self._break(whole=False)
            self.lines[-1] = "- "
        elif tag in _BLOCKS:
            self._break(whole=False)
        elif tag == "a":
            self.link = (dict(attrs).get("href") or "", len(self.lines[-1]))

    def handle_endtag(self, tag: str) -> None:
        if tag in _MARKS and self.open:
            self._mark(*self.open.pop())
        elif tag == "a" and self.link[0]:
            self._linked(*self.link)
            self.link = ("", 0)
        elif tag in _BLOCKS:
            self._break(whole=False)
            if self.lines[-2:] != ["", ""]:
                self.lines.append("")

    def handle_data(self, data: str) -> None:
        text = _BLANKS.sub(" ", data.replace("\n", " "))
        self.lines[-1] += text if self.lines[-1] else text.lstrip()

    def text(self) -> str:
        said = "\n".join(line.rstrip() for line in self.lines)
        return re.sub(r"\n{3,}", "\n\n", said).strip()

    def _break(self, *, whole: bool = True) -> None:
        """A new line; marks that are open end here and begin again, as they hold for one line only."""
        again = [letter for letter, _start in self.open]
        while self.open:
            self._mark(*self.open.pop())
        if whole or self.lines[-1]:
            self.lines.append("")
        self.open = [(letter, 0) for letter in again]

    def _mark(self, letter: str, start: int) -> None:
        before, words = self.lines[-1][:start], self.lines[-1][start:]
        bare = words.strip()
        if bare and letter not in bare:
            lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
            self.lines[-1] = f"{before}{lead}{letter}{bare}{letter}{tail}"

    def _linked(self, url: str, start: int) -> None:
        before, words = self.lines[-1][:start], self.lines[-1][start:].strip()
        plain = words.translate(str.maketrans("[]", "()"))
        if url == words or not words:
            self.lines[-1] = before + url
        elif not re.search(r"[()\s]", url):
            self.lines[-1] = f"{before}[{plain}]({url})"
