"""Papers that carry files inside (attachments of the PDF) and a seal over all of their bytes; and reading both back.

The seal is a comment line after the end of the PDF (ISO 32000-1 §7.2.3: readers pass over it): SHA-256 of every byte
before it. It tells a damaged file; who forges one can seal it anew, so what counts is what the house has on record.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typst
from pypdfium2 import PdfDocument, PdfiumError

from aldia.integrations.typesetting.press import FONTS, TEMPLATES, CannotSet

SEAL = b"%aldia-sha256 "
_LENGTH = len(SEAL) + 64 + 1


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file inside a PDF. `name` is its path there: letters, digits, ".", "-", "/"."""

    name: str
    data: bytes
    content_type: str = "application/octet-stream"
    title: str = ""


class CannotRead(ValueError):
    """Not a PDF, or one too damaged to be opened."""


def set_with_enclosures(template: str, data: dict[str, Any], enclosures: Iterable[Enclosure]) -> bytes:
    """The paper with its files inside, sealed. The template attaches what `data["enclosed"]` lists. Raises `CannotSet`.

    A folder of its own, for this once: the compiler reads files, and only below its root.
    """
    with tempfile.TemporaryDirectory(prefix="aldia-paper-") as folder:
        root = Path(folder)
        for each in TEMPLATES.glob("*.typ"):
            shutil.copy(each, root / each.name)
        named = list(_laid_out(root, enclosures))
        try:
            compiler = typst.Compiler(
                input=str(root / f"{template}.typ"), root=str(root), font_paths=[str(FONTS)], ignore_system_fonts=True
            )
            made = compiler.compile(format="pdf", sys_inputs={"data": json.dumps({**data, "enclosed": named})})
        except typst.TypstError as error:
            raise CannotSet(error.message) from error
    assert isinstance(made, bytes)  # noqa: S101
    return sealed(made)


def _laid_out(root: Path, enclosures: Iterable[Enclosure]) -> Iterator[dict[str, str]]:
    for place, each in enumerate(enclosures):
        path = f"enclosed-{place}"
        (root / path).write_bytes(each.data)
        yield {"path": path, "name": each.name, "type": each.content_type, "title": each.title}


def sealed(pdf: bytes) -> bytes:
    """The bytes with their seal after them."""
    body = pdf.rstrip(b"\n") + b"\n"
    return body + SEAL + hashlib.sha256(body).hexdigest().encode() + b"\n"


def seal_holds(pdf: bytes) -> bool | None:
    """Whether the file is, byte for byte, what was sealed; None where there is no seal."""
    body, seal = pdf[:-_LENGTH], pdf[-_LENGTH:]
    if not seal.startswith(SEAL):
        return False if SEAL in pdf else None
    return seal == SEAL + hashlib.sha256(body).hexdigest().encode() + b"\n"


def enclosures_in(pdf: bytes) -> dict[str, bytes]:
    """The files inside a PDF by their names. Raises `CannotRead`, also when a name stands twice."""
    with _opened(pdf) as document:
        found: dict[str, bytes] = {}
        for place in range(document.count_attachments()):
            each = document.get_attachment(place)
            name = each.get_name()
            if name in found:
                raise CannotRead
            found[name] = bytes(each.get_data())
        return found


def text_in(pdf: bytes) -> str:
    """The words on its pages, without blanks: what is printed, to be held against what is inside."""
    with _opened(pdf) as document:
        return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)


@contextmanager
def _opened(pdf: bytes) -> Iterator[PdfDocument]:
    try:
        document = PdfDocument(pdf)
    except PdfiumError as error:
        raise CannotRead from error
    try:
        yield document
    except PdfiumError as error:
        raise CannotRead from error
    finally:
        document.close()
