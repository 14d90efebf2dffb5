"""What the readings of webhooks share: when one came, whether what was signed is fresh, and a name for each event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aldia.domain.ports.channels import BadSignature, Event

BEGINNING = datetime.fromtimestamp(0, UTC)


def received_at(headers: Mapping[str, str]) -> datetime:
    """When the notice came, as the endpoint wrote it."""
    try:
        return datetime.fromisoformat(headers.get(":received", ""))
    except ValueError:
        return BEGINNING


def refuse_stale(headers: Mapping[str, str], signed_at: object, tolerance: timedelta) -> None:
    """Refuse what was signed long before it came (or will be): somebody kept it. `signed_at`: seconds since 1970."""
    try:
        moment = datetime.fromtimestamp(int(str(signed_at)), UTC)
    except (ValueError, OverflowError, OSError):
        raise BadSignature from None
    if abs(received_at(headers) - moment) > tolerance:
        raise BadSignature


def name_of(raw: Any) -> str:
    """A name for an event whose provider gives none: the same content has the same name, however it is written."""
    plain = json.dumps(raw, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:40]


def signed_at(body: bytes) -> object:
    """The time that Mailgun signed, from the block that its view has just verified."""
    return json.loads(body)["signature"]["timestamp"]


def storable(event: Event) -> Event:
    """The event without letters that no database keeps (NUL, halves of pairs): an answer may hold anything."""
    found = _storable({each.name: getattr(event, each.name) for each in fields(event)})
    return replace(event, **{**found, "kind": event.kind, "at": event.at})


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_storable(str(name)): _storable(each) for name, each in value.items()}
    return [_storable(each) for each in value] if isinstance(value, list | tuple) else value
