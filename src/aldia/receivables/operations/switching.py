"""Prendido / Apagado: switch customers on and collect what they owe on file; switch off and lose nothing."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from aldia.customers.models import Customer
from aldia.documents.models import Direction, FiscalDocument
from aldia.receivables.clusters import chunks
from aldia.receivables.operations.effects import apply_documents
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


@dataclass(frozen=True, slots=True)
class Switched:
    """How many customers changed, and how many receivables opened because of it."""

    customers: int
    receivables: int


def switch_on(*, customer_ids: Collection[uuid.UUID], today: date, actor: User | None) -> Switched:
    """Collect from these customers: what they owe on file opens, with all that their documents say. XAXX never."""
    with transaction():
        rows = Customer.objects.filter(id__in=customer_ids, collecting=False, generic=False)
        changed = list(rows.values_list("id", flat=True))
        rows.filter(id__in=changed).update(collecting=True)
        opened = open_on_file(customer_ids=changed, today=today, actor=actor)
        _record(actor, "customers.switched_on", changed, opened)
        return Switched(len(changed), opened)


def switch_off(*, customer_ids: Collection[uuid.UUID], actor: User | None) -> Switched:
    """Stop collecting: receivables stay as they are, out of the collector's sight, until switched on again."""
    with transaction():
        rows = Customer.objects.filter(id__in=customer_ids, collecting=True)
        changed = list(rows.values_list("id", flat=True))
        rows.filter(id__in=changed).update(collecting=False)
        _record(actor, "customers.switched_off", changed, 0)
        return Switched(len(changed), 0)


def open_on_file(*, customer_ids: Collection[uuid.UUID], today: date, actor: User | None) -> int:
    """Apply all the documents on file of these customers; return how many receivables opened."""
    opened = 0
    for part in chunks(customer_ids, 500):
        documents = FiscalDocument.objects.filter(customer_id__in=part, direction=Direction.ISSUED)
        keys = list(documents.values_list("key", flat=True))
        if keys:
            opened += len(apply_documents(keys=keys, today=today, actor=actor).opened)
    return opened


def _record(actor: User | None, verb: str, changed: list[uuid.UUID], opened: int) -> None:
    for customer_id in changed[:1] if len(changed) == 1 else []:
        audit.record(
            actor=actor, verb=verb, object_type="customer", object_id=customer_id, detail={"receivables": opened}
        )
    if len(changed) > 1:
        detail = {"customers": [str(each) for each in changed], "receivables": opened}
        audit.record(actor=actor, verb=verb, object_type="customer", detail=detail)
