"""What commands print: one JSON object on standard output, or sentences; progress on standard error."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option `--json`."""
    parser.add_argument("--json", action="store_true", help="un objeto JSON en la salida, y nada más")


def emit(args: argparse.Namespace, data: Any, text: str) -> None:
    """Print the result: `data` with --json, else `text`."""
    if getattr(args, "json", False):
        print(json.dumps(data, ensure_ascii=False, default=str))
    elif text:
        print(text)


def print_error(args: argparse.Namespace, message: str) -> None:
    """Say on standard error what went wrong; with --json also as the one object."""
    print(f"aldia: {message}", file=sys.stderr)
    if getattr(args, "json", False):
        print(json.dumps({"error": message}, ensure_ascii=False))


def say(message: str) -> None:
    """A remark to whoever watches."""
    print(message, file=sys.stderr, flush=True)


class Progress:
    """A bar on a terminal; silence elsewhere. `total` None: only counts."""

    def __init__(self, label: str, total: int | None = None) -> None:
        self.label, self.total, self.done = label, total, 0
        self.shown = sys.stderr.isatty()
        self._next = 0.0

    def advance(self, count: int = 1) -> None:
        self.set(self.done + count)

    def set(self, done: int) -> None:
        self.done = done
        if self.shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.1
            self._draw()

    def close(self) -> None:
        if self.shown:
            self._draw()
            print(file=sys.stderr)

    def _draw(self) -> None:
        if self.total:
            filled = min(int(30 * self.done / self.total), 30)
            state = f"[{'█' * filled}{'·' * (30 - filled)}] {self.done:,}/{self.total:,}"
        else:
            state = f"{self.done:,}"
        print(f"\r{self.label} {state}", end="", file=sys.stderr, flush=True)
