"""Jobs on reconciliation: movements that came in, what changed in the books, and the full pass of the night."""

from __future__ import annotations


def enqueue_reconcile() -> None:
    """Have the movements of the company in scope that wait decided soon; twice is once."""
    raise NotImplementedError
