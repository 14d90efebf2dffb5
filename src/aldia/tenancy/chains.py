"""Hash chains of a company: a head that is locked, moved, and whose lock makes writers take turns.

Plain SQL: every posting passes here twice, and the ORM would take longer than the database.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection

from aldia.tenancy.models import ChainHead
from aldia.tenancy.reading import as_kept
from aldia.tenancy.scope import current_company_id


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain: its number and its hash ("" before the first)."""

    id: uuid.UUID
    company_id: uuid.UUID
    seq: int
    hash: str


def digest(*, prev_hash: str, body: dict[str, Any]) -> str:
    """SHA-256 over the previous link and the canonical JSON of the body."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(f"{prev_hash}\n{canonical}".encode()).hexdigest()


def lock_chain(name: str) -> Head:
    """Lock (creating it if need be) the head of one of the chains of the company in scope."""
    company_id = current_company_id()
    head = _locked(company_id, name)
    if head is None:
        ChainHead.all_companies.bulk_create([ChainHead(company_id=company_id, name=name)], ignore_conflicts=True)
        head = _locked(company_id, name)
    assert head is not None  # noqa: S101
    return head


def move_chain(head: Head, *, seq: int, link: str) -> None:
    """Make a new link the last one; the head must have been locked in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tenancy_chainhead SET seq = %s, hash = %s WHERE id = %s AND company_id = %s",
            [seq, link, as_kept(head.id), as_kept(head.company_id)],
        )


def _locked(company_id: uuid.UUID, name: str) -> Head | None:
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    sql = f"SELECT id, seq, hash FROM tenancy_chainhead WHERE company_id = %s AND name = %s{lock}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [as_kept(company_id), name])
        row = cursor.fetchone()
    if row is None:
        return None
    row_id = row[0] if isinstance(row[0], uuid.UUID) else uuid.UUID(row[0])
    return Head(row_id, company_id, row[1], row[2])
