"""What changed in the books calls for a new decision on the queued movements that it could concern, and on no other."""

from __future__ import annotations

import uuid
from collections.abc import Collection


def requeue(
    *,
    customer_ids: Collection[uuid.UUID] = (),
    receivable_ids: Collection[uuid.UUID] = (),
    amounts: Collection[tuple[str, int]] = (),
    aliases: Collection[tuple[str, str]] = (),
) -> int:
    """Mark queued movements to be decided again: those that a customer, a document, an amount (currency, minor units)
    or a learned payer (kind, value) could concern. Returns how many; `reconcile()` then decides them.
    """
    raise NotImplementedError
