"""The Typst compiler, kept between papers: making one reads the fonts, which costs more than setting a page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import fontpkg_inter  # type: ignore[import-untyped]
import typst

TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(fontpkg_inter.__file__).parent / "files"
PDF_TYPE = "application/pdf"
_lock = Lock()


class CannotSet(ValueError):
    """The data does not fit the template, or a picture in it cannot be drawn."""


def set_pdf(template: str, data: dict[str, Any]) -> bytes:
    """The paper as a PDF. `template` names a file of `templates/`; `data` is what it asks for. Raises `CannotSet`."""
    return _set(template, data, "pdf")[0]


def set_png(template: str, data: dict[str, Any], *, ppi: float = 96) -> list[bytes]:
    """The same paper as pictures, one a page. Raises `CannotSet`."""
    return _set(template, data, "png", ppi)


def _set(template: str, data: dict[str, Any], form: Literal["pdf", "png"], ppi: float | None = None) -> list[bytes]:
    inputs = {"data": json.dumps(data)}
    with _lock:
        try:
            found = _compiler(template).compile(format=form, ppi=ppi, sys_inputs=inputs)
        except typst.TypstError as error:
            raise CannotSet(error.message) from error
    assert found is not None  # noqa: S101
    return found if isinstance(found, list) else [found]


@cache
def _compiler(template: str) -> typst.Compiler:
    path = TEMPLATES / f"{template}.typ"
    return typst.Compiler(input=str(path), root=str(TEMPLATES), font_paths=[str(FONTS)], ignore_system_fonts=True)
