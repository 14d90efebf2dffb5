"""Inline icons: Tabler's outline set, read once from the assembled `vendor/icons` and kept in memory.

`icons.txt` beside this file names every icon that the build copies; a test keeps it equal to what templates use.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from django.utils.safestring import SafeString

FOLDER = Path(__file__).resolve().parent / "static" / "vendor" / "icons"
_NAME = re.compile(r"[a-z0-9-]+")
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_BLANK = re.compile(r"\s+")


@lru_cache(maxsize=512)
def icon_html(name: str, css: str = "") -> SafeString:
    """The icon as decoration (hidden from screen readers); an empty square where the set was not assembled."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not an icon name: {name!r}")
    path = FOLDER / f"{name}.svg"
    found = _BODY.search(path.read_text()) if path.exists() else None
    body = _BLANK.sub(" ", found[1]).strip() if found else ""
    body = body.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "").strip()
    return SafeString(
        f'<svg class="icon {css}" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{body}</svg>'
    )
