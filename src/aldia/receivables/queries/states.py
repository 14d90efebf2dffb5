"""What a receivable or a credit is on a day: functions of stored facts and a date, in SQL and for one row."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, timedelta

from django.db.models import F, Q

from aldia.domain.aging import Ranges
from aldia.receivables.models import Allocation, Credit, CreditKind, Receivable
from aldia.receivables.settings import collection_settings

SOON_DAYS = 7
# The conditions repeat those of the partial indexes, so that both engines use them.
OPEN = Q(balance__gt=0)
PARTIAL = Q(balance__gt=0) & Q(balance__lt=F("total"))
PAID = Q(balance=0) & Q(voided_on__isnull=True)
VOIDED = Q(voided_on__isnull=False)
MONEY = (CreditKind.PAYMENT, CreditKind.ADVANCE)


def state_of(row: Receivable, today: date, presumed: Collection[uuid.UUID] = ()) -> str:
    """A word of the pill: voided, presumed, paid, paused, overdue, partial, due_today, due_soon or current."""
    if row.voided_on is not None:
        return "voided"
    if row.balance == 0:
        return "presumed" if row.id in presumed else "paid"
    if is_paused(row, today):
        return "paused"
    if row.due_on < today:
        return "overdue"
    if row.balance < row.total:
        return "partial"
    if row.due_on == today:
        return "due_today"
    return "due_soon" if row.due_on <= today + timedelta(days=SOON_DAYS) else "current"


def is_paused(row: Receivable, today: date) -> bool:
    """Whether collection of it is paused on that day (a pause covers its last day)."""
    return row.paused_on is not None and (row.paused_until is None or today <= row.paused_until)


def paused(today: date) -> Q:
    """`is_paused` as a condition."""
    return Q(paused_on__isnull=False) & (Q(paused_until__isnull=True) | Q(paused_until__gte=today))


def presumed_among(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of the receivables are paid by presumption (PUE) and by nothing that anybody saw."""
    live = Allocation.objects.filter(
        receivable_id__in=ids, credit__kind=CreditKind.PRESUMED, reversal_of__isnull=True, reversal__isnull=True
    )
    return set(live.values_list("receivable_id", flat=True))


def credit_state(credit: Credit) -> str:
    """A word of the pill: reversed, held (needs a person), available (in favour) or applied."""
    if credit.reversed_on is not None:
        return "reversed"
    if credit.held or credit.review:
        return "held"
    return "available" if credit.remaining else "applied"


def company_ranges() -> Ranges:
    """The ranges of the aging that the company chose; 30, 60, 90 where it chose none."""
    bounds = tuple(collection_settings().aging_bounds)
    return Ranges(bounds) if bounds else Ranges()
