"""PUE documents are presumed paid at the end of their month: dated, visible, undone with one click.

A CFDI with "pago en una sola exhibición" says that it is paid by the end of its month (RMF 2.7.1.39). The presumption
is a credit of its own kind that `effects.derive` asks for; here people undo and redo it, and the daily job asks again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import QuerySet, Sum

from aldia.domain.calendars import month_end
from aldia.receivables.clusters import chunks
from aldia.receivables.desk import Desk
from aldia.receivables.models import Allocation, CreditKind, PuePolicy, Receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.settings import collection_settings
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def presume_due(*, today: date) -> int:
    """The daily round: presume paid the PUE documents whose month ended; return how many were open before."""
    if collection_settings().pue_policy != PuePolicy.PRESUMED:
        return 0
    open_pue = Receivable.objects.filter(method="PUE", balance__gt=0, no_presumption=False).exclude(key="")
    due = [key for key, issued_on in open_pue.values_list("key", "issued_on") if month_end(issued_on) < today]
    for keys in chunks(due, 500):
        apply_documents(keys=keys, today=today, actor=None)
    return len(due)


def set_presumption(*, receivable_ids: Collection[uuid.UUID], presumed: bool, today: date, actor: User | None) -> int:
    """Undo (or redo) the presumption of one or many documents; return how many changed."""
    with transaction():
        rows = Receivable.objects.filter(id__in=receivable_ids, method="PUE", no_presumption=presumed).exclude(key="")
        keys = list(rows.values_list("key", flat=True))
        rows.update(no_presumption=not presumed)
        apply_documents(keys=keys, today=today, actor=actor)
        audit.record(
            actor=actor,
            verb="presumptions.redone" if presumed else "presumptions.undone",
            object_type="receivable",
            object_id=next(iter(receivable_ids), "") if len(receivable_ids) == 1 else "",
            detail={"keys": keys},
        )
        return len(keys)


def presumed_of(receivable_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """What is only presumed paid of each, in minor units: real money for it takes its place."""
    rows = _presumptions(receivable_ids).values_list("receivable_id").annotate(total=Sum("amount"))
    return dict(rows.order_by("receivable_id"))


def release_presumptions(desk: Desk, receivable_ids: Iterable[uuid.UUID], *, on: date) -> list[Receivable]:
    """Take back the presumptions of documents for which real money came; the rows, open again, are returned."""
    released = []
    for row in _presumptions(receivable_ids).select_related("credit", "receivable"):
        desk.unapply(row, on=row.on, rule="paid")
        desk.reverse(row.credit, on=max(on, row.on), reason="Llegó un pago")
        released.append(row.receivable)
    return released


def _presumptions(receivable_ids: Iterable[uuid.UUID]) -> QuerySet[Allocation]:
    """The presumptions that stand."""
    return Allocation.objects.filter(
        receivable_id__in=list(receivable_ids),
        credit__kind=CreditKind.PRESUMED,
        reversal_of__isnull=True,
        reversal__isnull=True,
    )
