"""A call that ends in a promise or in disputes: they are kept together, and undone together."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime

from django.utils.translation import gettext as _

from aldia.collections.keys import dispute_key, promise_key
from aldia.collections.models import Activity, ActivityKind, Outcome
from aldia.collections.operations.activities import log
from aldia.collections.operations.disputes import DisputeError, open_dispute
from aldia.collections.operations.promises import record_promise
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def log_promise(
    *,
    customer_id: uuid.UUID,
    receivable_ids: Collection[uuid.UUID],
    amount: Money | None,
    due_on: date,
    key: uuid.UUID,
    at: datetime,
    today: date,
    actor: User | None,
    kind: str = ActivityKind.CALL,
    note: str = "",
    contact_id: uuid.UUID | None = None,
) -> Activity:
    """Record a promise on some receivables of a customer and the call in which it was made. No next step: the promise
    itself brings the customer back if it is broken. `amount` None: all that is owed of them.

    Raises `PromiseError` or `ActivityError`.
    """
    with transaction():
        promise = record_promise(
            receivable_ids=receivable_ids, amount=amount, due_on=due_on, key=promise_key(key), today=today,
            actor=actor, note=note,
        )  # fmt: skip
        return log(
            customer_id=customer_id, kind=kind, outcome=Outcome.PROMISED, note=note, contact_id=contact_id,
            promise_id=promise.pk, key=key, at=at, today=today, actor=actor,
        )  # fmt: skip


def log_dispute(
    *,
    customer_id: uuid.UUID,
    receivable_ids: Collection[uuid.UUID],
    reason: str,
    key: uuid.UUID,
    at: datetime,
    today: date,
    actor: User | None,
    kind: str = ActivityKind.CALL,
    note: str = "",
    contact_id: uuid.UUID | None = None,
    next_on: date | None = None,
    next_kind: str = "",
    next_note: str = "",
) -> Activity:
    """Open a dispute on all that is owed of each of some receivables, and log the call in which they were contested.

    Raises `DisputeError` or `ActivityError`.
    """
    ids = sorted(set(receivable_ids))
    with transaction():
        if not ids or Receivable.objects.filter(customer_id=customer_id, pk__in=ids).count() < len(ids):
            raise DisputeError(_("Marca en «Lo que debe» con qué no está de acuerdo."))
        opened = [
            open_dispute(
                receivable_id=each, amount=None, reason=reason, key=dispute_key(key, each), today=today, actor=actor,
                note=note,
            )
            for each in ids
        ]  # fmt: skip
        return log(
            customer_id=customer_id, kind=kind, outcome=Outcome.DISPUTED, note=note, contact_id=contact_id,
            dispute_id=opened[0].pk, next_on=next_on, next_kind=next_kind, next_note=next_note, key=key, at=at,
            today=today, actor=actor,
        )  # fmt: skip
