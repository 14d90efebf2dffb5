"""Who had a customer before: kept when it passes on, so that the money of a day stays with who collected then."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import date

from aldia.customers.models import Customer, Handover, Portfolio
from aldia.tenancy.scope import current_company_id

BATCH = 1_000


def keep_moves(moves: Mapping[uuid.UUID, tuple[uuid.UUID | None, uuid.UUID | None]], *, today: date) -> None:
    """Customers that pass from one portfolio to another (None: none), while both are still there.

    Joins the caller's transaction.
    """
    leaving = {pk: (old, new) for pk, (old, new) in moves.items() if old and old != new}
    if leaving:
        of: dict[uuid.UUID | None, uuid.UUID | None] = dict(Portfolio.objects.values_list("pk", "collector_id"))
        had = {pk: of.get(old) for pk, (old, new) in leaving.items() if of.get(old) != of.get(new)}
        _keep({pk: who for pk, who in had.items() if who}, today)


def keep_collector(portfolio_id: uuid.UUID, collector_id: uuid.UUID | None, *, today: date) -> None:
    """The customers of a portfolio that passes from this collector to somebody else. Joins the transaction."""
    if collector_id is not None:
        members: Collection[uuid.UUID] = Customer.objects.filter(portfolio_id=portfolio_id).values_list("pk", flat=True)
        _keep(dict.fromkeys(members, collector_id), today)


def _keep(had: Mapping[uuid.UUID, uuid.UUID], today: date) -> None:
    """Of several on one day the first stays: who had it when the day began."""
    company_id = current_company_id()
    rows = [Handover(company_id=company_id, customer_id=pk, collector_id=who, until=today) for pk, who in had.items()]
    Handover.all_companies.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
