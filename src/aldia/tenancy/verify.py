"""Proofs about the house itself: the audit chain, references within one company, the guards in their place."""

from __future__ import annotations

from typing import NamedTuple

from django.apps import apps
from django.db import connection

from aldia.tenancy import guards
from aldia.tenancy.audit import CHAIN, is_intact
from aldia.tenancy.models import AuditEvent, ChainHead
from aldia.tenancy.scope import current_company_id

ANCHOR_DIGITS = 16  # of the hash, at least, in a noted link


class Check(NamedTuple):
    """`rows` looked at, `violations` found."""

    name: str
    rows: int
    violations: int


def company_checks() -> list[Check]:
    """The checks of the company in scope."""
    return [audit_chain(), references_stay_inside()]


def house_checks() -> list[Check]:
    """The checks of the installation."""
    return [guards_in_place()]


def audit_chain() -> Check:
    """Walk the company's audit events: a changed, deleted, added or re-ordered row breaks a link.

    The head says where the chain ends, so that rows cut off its tail are missed too; and a company that has any chain
    has this one, so that it cannot be taken away as a whole.
    """
    seq, link, rows, violations = 0, "", 0, 0
    for event in AuditEvent.objects.order_by("seq").iterator(chunk_size=2000):
        rows += 1
        violations += not (event.seq == seq + 1 and event.prev_hash == link and is_intact(event))
        seq, link = event.seq, event.hash
    heads = {head.name: (head.seq, head.hash) for head in ChainHead.objects.all()}
    violations += heads.get(CHAIN) != (seq, link) if rows else bool(heads)
    return Check("audit_chain", rows, violations)


def audit_anchor(*, noted: str) -> Check:
    """Whether the chain still goes through a link ("SEQ:HASH") that was noted elsewhere.

    Who can write the database can write the whole chain anew from any row on; that is found only by what they cannot
    write: a mail, a paper, an evidence file.
    """
    seq, _colon, link = noted.strip().partition(":")
    known = seq.isdecimal() and len(link) >= ANCHOR_DIGITS and len(seq) < ANCHOR_DIGITS
    stands = known and AuditEvent.objects.filter(seq=int(seq), hash__startswith=link.lower()).exists()
    return Check("audit_anchor", 1, int(not stands))


def references_stay_inside() -> Check:
    """Count references from the company's rows to rows that are not the company's (or not there)."""
    company_id = current_company_id()
    company = company_id if connection.vendor == "postgresql" else company_id.hex
    rows = violations = 0
    with connection.cursor() as cursor:
        for reference in guards.references(apps):
            found = (
                f"SELECT COUNT(*) FROM {reference.table} t WHERE t.company_id = %s AND t.{reference.column} IS NOT NULL"  # noqa: S608
            )
            cursor.execute(found, [company])
            rows += cursor.fetchone()[0]
            inside = (
                f"SELECT 1 FROM {reference.target} o WHERE o.id = t.{reference.column} AND o.company_id = t.company_id"  # noqa: S608
            )
            cursor.execute(f"{found} AND NOT EXISTS ({inside})", [company])
            violations += cursor.fetchone()[0]
    return Check("references_stay_inside", rows, violations)


def guards_in_place() -> Check:
    """Every trigger and policy that the models ask for is there."""
    wanted = guards.expected_names(apps, connection.vendor)
    return Check("guards_in_place", len(wanted), len(wanted - guards.installed_names(connection)))
