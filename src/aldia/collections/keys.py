"""The ids of what is kept together with an activity, so that undoing the one undoes the other."""

from __future__ import annotations

import uuid


def promise_key(activity_key: uuid.UUID) -> uuid.UUID:
    """The id of the promise that is recorded together with an activity."""
    return uuid.uuid5(activity_key, "promise")


def dispute_key(activity_key: uuid.UUID, receivable_id: uuid.UUID) -> uuid.UUID:
    """The id of the dispute of a receivable that is opened together with an activity."""
    return uuid.uuid5(activity_key, f"dispute {receivable_id}")
