"""What switching customers on would do, computed from their documents without writing anything."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from aldia.customers.models import Customer
from aldia.documents.models import Direction, FiscalDocument
from aldia.domain.fiscal.effects import derive
from aldia.receivables.clusters import chunks, load
from aldia.receivables.models import PuePolicy
from aldia.receivables.settings import collection_settings

EXACT_UP_TO = 3000  # documents; beyond it, the count of documents says how much work it is


@dataclass(frozen=True, slots=True)
class Forecast:
    """`customers` that would change; `receivables` None: too many documents to tell before doing it.

    `owed`: what would be left to collect, in minor units by currency.
    """

    customers: int
    documents: int
    receivables: int | None
    owed: dict[str, int]

    @property
    def is_long(self) -> bool:
        """Whether doing it takes longer than a page should."""
        return self.receivables is None


def forecast_on(*, customer_ids: Collection[uuid.UUID], today: date) -> Forecast:
    """What `switch_on` would open for these customers, among those that are off and not generic."""
    off: list[uuid.UUID] = []
    documents = 0
    for part in chunks(customer_ids):
        ids = Customer.objects.filter(id__in=part, collecting=False, generic=False).values_list("id", flat=True)
        off += ids
        documents += FiscalDocument.objects.filter(customer_id__in=list(ids), direction=Direction.ISSUED).count()
    if documents > EXACT_UP_TO:
        return Forecast(len(off), documents, None, {})
    keys: list[str] = []
    for part in chunks(off):
        issued = FiscalDocument.objects.filter(customer_id__in=part, direction=Direction.ISSUED)
        keys += issued.values_list("key", flat=True)
    receivables, owed = _derived(keys, off, today) if keys else (0, {})
    return Forecast(len(off), documents, receivables, owed)


def _derived(keys: list[str], off: list[uuid.UUID], today: date) -> tuple[int, dict[str, int]]:
    """New receivables and what they would leave owed, by the same rules that post them."""
    cluster = load(keys, as_if_on=off)
    effects = derive(
        documents=cluster.facts,
        openings=cluster.openings,
        hand=[],
        hands_off=frozenset(),
        presume_pue=collection_settings().pue_policy == PuePolicy.PRESUMED,
        today=today,
    )
    new = {
        key: wanted
        for key, wanted in effects.receivables.items()
        if wanted.void_on is None and key not in cluster.receivables
    }
    owed: Counter[str] = Counter()
    for wanted in new.values():
        owed[wanted.currency] += wanted.total
    for credit in effects.credits.values():
        for line in credit.allocations:
            if line.receivable in new:
                owed[new[line.receivable].currency] -= line.amount
    return len(new), {currency: amount for currency, amount in sorted(owed.items()) if amount}
