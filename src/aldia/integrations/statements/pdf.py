"""Statements printed as PDF: what they say is read by where it stands, in a process of its own, under tight limits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aldia.domain.statements import errors
from aldia.domain.statements.mapping import Mapping
from aldia.domain.statements.model import Hints, Statement
from aldia.domain.statements.printed import Page, Word, read_printed
from aldia.integrations.spreadsheets.guard import MEGABYTE

FILE = 20 * MEGABYTE
PAGES, WORDS, SECONDS = 300, 200_000, 30
_CHILD = Path(__file__).with_name("pdf_child.py")


def read_pdf(data: bytes, hints: Hints, remembered: Sequence[Mapping]) -> tuple[Statement, ...]:
    """The statements of a printed file, for a person to review. Raises `StatementError`."""
    pages = _pages(data)
    if not any(page.words for page in pages):
        raise errors.ScannedPdf
    return read_printed(pages, hints, remembered)


def unlock(data: bytes, password: str) -> bytes:
    """The file without its password, which is kept nowhere. Raises `StatementError`."""
    answer = _ask(data, {"password": password[:200], "unlock": True})
    if answer.startswith(b"%PDF"):
        return answer
    raise _refusal(json.loads(answer).get("error", ""))


def _pages(data: bytes) -> list[Page]:
    try:
        answer = json.loads(_ask(data, {"password": "", "pages": PAGES, "words": WORDS}))
    except ValueError as error:
        raise errors.DamagedPdf from error
    if "error" in answer:
        raise _refusal(answer["error"])
    return [Page(tuple(Word(*word) for word in words)) for words in answer["pages"]]


def _ask(data: bytes, request: dict[str, Any]) -> bytes:
    """What the child answers. It is ended when it takes too long; its memory and time are bounded from within too."""
    if len(data) > FILE:
        raise errors.TooLarge(size=f"{len(data) / MEGABYTE:.1f}", limit=FILE // MEGABYTE)
    command = [sys.executable, "-I", str(_CHILD)]
    sent = json.dumps(request).encode() + b"\n" + data
    try:
        done = subprocess.run(
            command,
            input=sent,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise errors.DamagedPdf from error
    if done.returncode or not done.stdout:
        raise errors.DamagedPdf
    return done.stdout


def _refusal(code: str) -> errors.StatementError:
    if code == "encrypted":
        return errors.EncryptedPdf()
    if code == "wrong_password":
        return errors.WrongPassword()
    if code in ("too_many_pages", "too_many_words"):
        return errors.TooManyPages(limit=PAGES)
    return errors.DamagedPdf()
