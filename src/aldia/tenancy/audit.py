"""The audit chain: one event per operation, each carrying the hash of the one before it.

A hash covers every column of its row, the time included. Rows of before that ("at" missing in what was hashed) still
verify: their time is bound to the milliseconds inside their id, which always was covered.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from aldia.tenancy.chains import digest, lock_chain, move_chain
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, ChainHead, User
from aldia.tenancy.reading import as_kept

CHAIN = "audit"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
CLOCKS_APART = timedelta(hours=1)  # the database's clock from the application's, in rows whose time it gave


def event_body(event: AuditEvent) -> dict[str, Any]:
    """What the hash of an event covers: all of its columns but the two hashes. "at": microseconds since 1970, UTC."""
    return {**_body_of_before(event), "at": (event.created_at - EPOCH) // MICROSECOND}


def is_intact(event: AuditEvent) -> bool:
    """Whether the row still is what its hash was taken of. `prev_hash` is held against the row before by the caller."""
    if event.hash == digest(prev_hash=event.prev_hash, body=event_body(event)):
        return True
    made = made_at(event.pk)
    return abs(event.created_at - made) <= CLOCKS_APART and event.hash == digest(
        prev_hash=event.prev_hash, body=_body_of_before(event)
    )


def made_at(row_id: uuid.UUID) -> datetime:
    """The milliseconds inside a UUIDv7."""
    return EPOCH + timedelta(milliseconds=row_id.int >> 80)


def anchor() -> str:
    """The chain's last link as "SEQ:HASH", to be noted where nobody who can write the database can ("" before any)."""
    head = ChainHead.objects.filter(name=CHAIN).first()
    return f"{head.seq}:{head.hash}" if head and head.seq else ""


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
    written = json.dumps(detail or {}, default=str)
    row_id = uuid7()
    event = AuditEvent(
        id=row_id,
        created_at=made_at(row_id),
        company_id=head.company_id,
        seq=head.seq + 1,
        actor=actor,
        verb=verb,
        object_type=object_type,
        object_id=str(object_id),
        detail=json.loads(written),
        prev_hash=head.hash,
    )
    event.hash = digest(prev_hash=head.hash, body=event_body(event))
    _insert(event, written)
    move_chain(head, seq=event.seq, link=event.hash)
    return event


def _body_of_before(event: AuditEvent) -> dict[str, Any]:
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


def _insert(event: AuditEvent, detail: str) -> None:
    """Plain SQL: every operation passes here, and the time is ours, not the database's."""
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                as_kept(event.pk), as_kept(event.company_id), as_kept(event.actor_id),
                connection.ops.adapt_datetimefield_value(event.created_at), event.seq, event.verb, event.object_type,
                event.object_id, detail, event.prev_hash, event.hash,
            ],
        )  # fmt: skip


_INSERT = """INSERT INTO tenancy_auditevent (id, company_id, actor_id, created_at, seq, verb, object_type, object_id,
    detail, prev_hash, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
