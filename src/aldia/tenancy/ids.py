"""UUIDv7: identifiers made by the application, ordered by time so that indexes grow at one end (RFC 9562 §5.7)."""

from __future__ import annotations

import os
import time
import uuid

MILLISECOND = 1_000_000  # in nanoseconds


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, 12 of their fraction, 62 random ones.

    The fraction (RFC 9562 §6.2, method 3) keeps what a process makes within one millisecond in its order.
    """
    milliseconds, rest = divmod(time.time_ns(), MILLISECOND)
    fraction = (rest << 12) // MILLISECOND
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)
