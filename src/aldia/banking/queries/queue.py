"""The queue of movements that wait for a person: how many, of what kind, and in which order to take them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many movements wait. `outcomes` by what the engine said ("" not yet decided); `reasons` by why it asks."""

    waiting: int = 0
    doubtful: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)


def counts() -> QueueCounts:
    """The whole queue in figures."""
    raise NotImplementedError
