"""A child of `aldia serve` does not outlive it: it ends with its whole group when the parent's end of a pipe closes."""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "ALDIA_LEASH"


def hold() -> None:
    """Watch standard input if we are on a leash: it ends when the parent does, however it ends."""
    if os.environ.pop(VARIABLE, ""):
        threading.Thread(target=_wait, daemon=True, name="aldia-leash").start()


def _wait() -> None:
    while os.read(0, 1):
        continue
    os.killpg(os.getpgid(0), signal.SIGTERM)
