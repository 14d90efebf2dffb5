"""Proofs about the house itself: the audit chain, references within one company, the guards in their place."""

from __future__ import annotations

from typing import NamedTuple

from django.apps import apps
from django.db import connection

from aldia.tenancy import guards
from aldia.tenancy.audit import CHAIN, event_body
from aldia.tenancy.chains import digest
from aldia.tenancy.models import AuditEvent, ChainHead
from aldia.tenancy.scope import current_company_id


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
    """Walk the company's audit events: a changed, deleted, added or re-ordered row breaks a link."""
    seq, link, rows, violations = 0, "", 0, 0
    for event in AuditEvent.objects.order_by("seq").iterator(chunk_size=2000):
        rows += 1
        expected = digest(prev_hash=link, body=event_body(event))
        violations += not (event.seq == seq + 1 and event.prev_hash == link and event.hash == expected)
        seq, link = event.seq, event.hash
    head = ChainHead.objects.filter(name=CHAIN).first()
    violations += (head.seq, head.hash) != (seq, link) if head else rows > 0
    return Check("audit_chain", rows, violations)


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
