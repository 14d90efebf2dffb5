"""Customers' names as payers' names are compared with them, kept in step with the customers.

Nobody has to tell of a new or renamed customer: each round of deciding compares the two tables once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from aldia.banking.indexing.rows import here, parts, text_id
from aldia.banking.models import MatchingSettings, PayerName, PayerNameBlock
from aldia.domain.matching.names import blocks, name_key
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.reading import fetch
from aldia.tenancy.scope import current_company_id, transaction

AT_ONCE = 2_000

_CHANGED = """
SELECT c.id, c.legal_name, c.tax_id, c.generic, n.name_key, n.tax_id FROM customers_customer c
LEFT JOIN banking_payername n ON n.company_id = c.company_id AND n.customer_id = c.id
WHERE c.company_id = %s
  AND ((c.generic = false AND (n.id IS NULL OR n.source <> c.legal_name OR n.tax_id <> c.tax_id))
    OR (c.generic = true AND n.id IS NOT NULL))
ORDER BY c.id"""


@dataclass(frozen=True, slots=True)
class Renamed:
    """Whom queued movements may now mean: `names` are keys and blocks, `tax_ids` as customers have them."""

    names: frozenset[str] = frozenset()
    tax_ids: frozenset[str] = frozenset()


def sync_names(*, now: datetime) -> Renamed:
    """Index the names of customers that are new or changed; what they are called now and were before."""
    changed = fetch(_CHANGED, [here()])
    if not changed:
        return Renamed()
    names: set[str] = set()
    tax_ids: set[str] = set()
    for start in range(0, len(changed), AT_ONCE):
        with transaction():
            list(MatchingSettings.objects.select_for_update().values_list("pk"))  # two rounds at once write once
            _write(changed[start : start + AT_ONCE])
    for _customer, name, tax_id, _generic, before, tax_id_before in changed:
        for key in (name_key(name), before or ""):
            names.update((key, *blocks(key)))
        tax_ids.update((tax_id, tax_id_before or ""))
    MatchingSettings.objects.update(names_at=now)
    return Renamed(frozenset(names - {""}), frozenset(tax_ids - {""}))


def _write(changed: Sequence[tuple[Any, ...]]) -> None:
    company_id = current_company_id()
    keys = [text_id(row[0]) for row in changed]
    for part in parts(keys):
        PayerName.objects.filter(customer_id__in=[UUID(str(each)) for each in part]).delete()
    rows = [
        PayerName(
            id=uuid7(), company_id=company_id, customer_id=UUID(key), source=name, tax_id=tax_id,
            name_key=name_key(name),
        )
        for key, (_id, name, tax_id, generic, _before, _tax_id) in zip(keys, changed, strict=True)
        if not generic
    ]  # fmt: skip
    insert_rows(rows)
    insert_rows([
        PayerNameBlock(id=uuid7(), company_id=company_id, name_id=row.id, block=block)
        for row in rows
        for block in sorted(set(blocks(row.name_key)))
    ])  # fmt: skip
