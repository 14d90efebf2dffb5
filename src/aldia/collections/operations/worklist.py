"""The collector's list of a day: made in the morning from how everybody stands, and again when somebody asks."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from aldia.collections.models import Activity, ActivityKind, WorklistItem
from aldia.collections.queries.promises import Patience
from aldia.collections.queries.standings import Claims, standings
from aldia.customers.models import Customer
from aldia.domain.worklist import Entry, entry, ranked
from aldia.receivables.clusters import chunks
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.chains import lock_chain
from aldia.tenancy.ids import uuid7
from aldia.tenancy.scope import current_company_id, transaction


def rebuild(
    *, on: date, currency: str, claims: Claims, paused: Collection[uuid.UUID], patience: Patience
) -> list[WorklistItem]:
    """Make (or make anew) the list of a day: whom to call, the most at stake first. Weights are in `currency`.

    Made anew, whoever was called today keeps the place that it had: the day's work does not vanish from its list.
    """
    found = standings(today=on, home=currency, claims=claims, paused=paused, patience=patience)
    entries = [(customer_id, place) for customer_id, each in found if (place := entry(each, today=on))]
    collectors = dict(Customer.objects.filter(collecting=True).values_list("pk", "portfolio__collector_id"))
    with transaction():
        _one_at_a_time()
        before = WorklistItem.objects.filter(on=on)
        kept = {row.customer_id: row for row in before.filter(customer_id__in=_called(on))}
        fresh = [pair for pair in entries if pair[0] not in kept]
        places = ranked([*fresh, *((row.customer_id, _place(row)) for row in kept.values())])
        items = [
            _item(on, currency, rank, customer_id, place, collectors.get(customer_id))
            for rank, (customer_id, place) in enumerate(places, 1)
        ]
        before.delete()
        for part in chunks(items, 1000):
            insert_rows(part)
    return items


def _one_at_a_time() -> None:
    """Two that make the list at once: the second waits, then replaces it whole."""
    lock_chain("audit")


def _called(on: date) -> list[uuid.UUID]:
    made = Activity.objects.filter(on=on, withdrawn_at__isnull=True).exclude(kind=ActivityKind.NOTE)
    return list(made.order_by().values_list("customer_id", flat=True).distinct())


def _place(row: WorklistItem) -> Entry:
    return Entry(row.score, row.overdue, row.owed, row.unpaid_permille, tuple(row.why))


def _item(
    on: date, currency: str, rank: int, customer_id: uuid.UUID, place: Entry, collector_id: uuid.UUID | None
) -> WorklistItem:
    return WorklistItem(
        id=uuid7(), company_id=current_company_id(), on=on, customer_id=customer_id, collector_id=collector_id,
        rank=rank, currency=currency, score=place.score, overdue=place.overdue, owed=place.owed,
        unpaid_permille=place.unpaid_permille, why=list(place.why),
    )  # fmt: skip
