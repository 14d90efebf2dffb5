"""What a feed told us as it is kept until a job answers it: plain JSON, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any

from aldia.domain.ports.banks import Fed, FeedEvent, FeedKind
from aldia.domain.statements.model import Evidence, Movement

_DAYS = ("booked_on", "value_on")


def notice_json(event: FeedEvent) -> dict[str, Any]:
    """A notice without what its row holds in columns of its own."""
    return {
        "account": event.account,
        "movements": [fed_json(fed) for fed in event.movements],
        "ids": list(event.ids),
        "words": event.words,
    }


def notice_of(event_id: str, kind: str, said: Mapping[str, Any]) -> FeedEvent:
    """The notice that was kept."""
    movements = tuple(fed_of(each) for each in said["movements"])
    return FeedEvent(
        event_id, FeedKind(kind), "", said["account"], movements, tuple(said["ids"]), said["words"]
    )  # fmt: skip


def fed_json(fed: Fed) -> dict[str, Any]:
    """A movement as a feed told it."""
    plain = dataclasses.asdict(fed.movement)
    days = {name: plain[name].isoformat() if plain[name] else None for name in _DAYS}
    return {"id": fed.id, "is_booked": fed.is_booked, "movement": plain | days}


def fed_of(said: Mapping[str, Any]) -> Fed:
    """The other way round."""
    plain = dict(said["movement"])
    days = {name: date.fromisoformat(plain[name]) if plain[name] else None for name in _DAYS}
    evidence = tuple(Evidence(**each) for each in plain["evidence"])
    raw = tuple((heading, value) for heading, value in plain["raw"])
    return Fed(said["id"], Movement(**{**plain, **days, "evidence": evidence, "raw": raw}), said["is_booked"])
