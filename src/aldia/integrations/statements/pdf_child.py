"""A program of its own: a PDF on its input, the pieces of text of each page with their boxes on its output, as JSON.

PDFium is compiled code that reads what strangers send, and is not safe for threads: it runs here, where a crash, a
loop or a bomb ends this process and nothing else. The first line of the input is a JSON object: the password and the
limits. Boxes are in hundredths of a point from the upper left corner of the page as it is read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

SECONDS, MEMORY = 20, 1536 * 1024 * 1024
WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD


class Stop(Exception):
    """The code of what is wrong with the file."""


def main() -> None:
    """Read the request, answer it."""
    _bound()
    asked = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    out = sys.stdout.buffer
    try:
        if asked.get("unlock"):
            out.write(_unlocked(data, asked["password"]))
        else:
            out.write(json.dumps({"pages": list(_pages(data, asked))}).encode())
    except Stop as stop:
        out.write(json.dumps({"error": str(stop)}).encode())
    out.flush()


def _bound() -> None:
    """Processor time and memory, where the system can hold a process to them."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _open(data: bytes, password: str) -> Any:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        return PdfDocument(data, password=password or None)
    except PdfiumError as error:
        if getattr(error, "err_code", 0) != WRONG_PASSWORD:
            raise Stop("damaged") from error
        raise Stop("wrong_password" if password else "encrypted") from error


def _pages(data: bytes, asked: dict[str, Any]) -> Iterator[list[tuple[int, int, int, int, str]]]:
    book = _open(data, asked["password"])
    if len(book) > asked["pages"]:
        raise Stop("too_many_pages")
    left = asked["words"]
    for at in range(len(book)):
        page = book[at]
        words = list(_words(page, left))
        page.close()
        left -= len(words)
        yield words


def _words(page: Any, left: int) -> Iterator[tuple[int, int, int, int, str]]:
    text = page.get_textpage()
    count = text.count_rects()
    if count > left:
        raise Stop("too_many_words")
    width, height, turn = page.get_width(), page.get_height(), page.get_rotation()
    if turn in (90, 270):
        width, height = height, width
    seen = set()
    for at in range(count):
        box = text.get_rect(at)
        if box not in seen:  # bold letters made by printing twice
            seen.add(box)
            written = text.get_text_bounded(*box)[:400]
            yield (*_seen(box, width, height, turn), " ".join(written.split("\r\n")))
    text.close()


def _seen(box: tuple[float, float, float, float], width: float, height: float, turn: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom as the page is looked at; PDF counts from the lower left corner before turning."""
    x0, y0, x1, y1 = box
    seen = {
        0: (x0, height - y1, x1, height - y0),
        90: (y0, x0, y1, x1),
        180: (width - x1, y0, width - x0, y1),
        270: (height - y1, width - x1, height - y0, width - x0),
    }.get(turn, box)
    left, top, right, bottom = (round(value * 100) for value in seen)
    return left, top, right, bottom


def _unlocked(data: bytes, password: str) -> bytes:
    """The same file without its password."""
    import io

    from pypdfium2 import raw

    book = _open(data, password)
    stream = io.BytesIO()
    book.save(stream, flags=raw.FPDF_REMOVE_SECURITY)
    return stream.getvalue()


if __name__ == "__main__":
    main()
