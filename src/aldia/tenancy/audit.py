"""The audit chain: one event per operation, each carrying the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, ChainHead, User
from aldia.tenancy.scope import current_company_id

CHAIN = "audit"


def digest(*, prev_hash: str, body: dict[str, Any]) -> str:
    """SHA-256 over the previous link and the canonical JSON of the body."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(f"{prev_hash}\n{canonical}".encode()).hexdigest()


def lock_chain(name: str) -> ChainHead:
    """Lock (creating it if need be) the head of one of the company's chains."""
    company_id = current_company_id()
    head = ChainHead.objects.select_for_update().filter(name=name).first()
    if head is None:
        ChainHead.all_companies.bulk_create([ChainHead(company_id=company_id, name=name)], ignore_conflicts=True)
        head = ChainHead.objects.select_for_update().get(name=name)
    return head


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
    event.save(force_insert=True)
    ChainHead.objects.filter(pk=head.pk).update(seq=event.seq, hash=event.hash)
    return event
