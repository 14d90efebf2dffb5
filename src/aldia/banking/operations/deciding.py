"""Movements are decided from the books, and what is certain applies by itself."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of a round: movements decided, applied by themselves (of these by agreement, and returns), proposed;
    `changed` decisions differ from what was said before; `refused` are those that the books would not take.
    """

    decided: int = 0
    applied: int = 0
    policy: int = 0
    returned: int = 0
    proposed: int = 0
    changed: int = 0
    refused: int = 0


def reconcile(*, movement_ids: Collection[uuid.UUID] | None = None, now: datetime, full: bool = False) -> Reconciled:
    """Decide movements that wait (`movement_ids`, or all that were not decided yet; `full`: the whole queue again) and
    apply what applies by itself.
    """
    raise NotImplementedError
