"""The audit chain: one event per operation, each carrying the hash of the one before it."""

from __future__ import annotations

import json
from typing import Any

from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.chains import digest, lock_chain, move_chain
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, User

CHAIN = "audit"


def event_body(event: AuditEvent) -> dict[str, Any]:
    """What the hash of an event covers."""
    return {
        "id": str(event.pk),
        "company": str(event.company_id),
        "seq": event.seq,
        "actor": str(event.actor_id or ""),
        "verb": event.verb,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "detail": event.detail,
    }


def record(
    *,
    actor: User | None,
    verb: str,
    object_type: str = "",
    object_id: object = "",
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event to the chain of the company in scope, inside the caller's transaction."""
    head = lock_chain(CHAIN)
    plain = json.loads(json.dumps(detail or {}, default=str))
    event = AuditEvent(
        id=uuid7(),
        company_id=head.company_id,
        seq=head.seq + 1,
        actor=actor,
        verb=verb,
        object_type=object_type,
        object_id=str(object_id),
        detail=plain,
        prev_hash=head.hash,
    )
    event.hash = digest(prev_hash=head.hash, body=event_body(event))
    insert_rows([event])
    move_chain(head, seq=event.seq, link=event.hash)
    return event
