"""What customers of the demo said of what they owe: promises kept and broken, disputes, payments not yet seen."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from aldia.collections.models import DisputeReason
from aldia.collections.operations.disputes import open_dispute
from aldia.collections.operations.promises import record_promise
from aldia.domain.money import Money
from aldia.payments.operations.reported import report_payment
from aldia.receivables.models import Receivable
from aldia.tenancy.models import User

# promised so many days ago, for a day so many days from today
PROMISES = ((9, -4, "Llamó su contador: pagan el viernes"), (3, 5, "Quedó en pagar la quincena"), (1, 9, ""))
DISPUTES = (
    (DisputeReason.AMOUNT, 12, 25, "No reconocen el flete", 3),
    (DisputeReason.PAPERWORK, 5, 100, "Piden la orden de compra sellada", 4),
)


def claim(owner: User, *, today: date) -> None:
    """Record them through the operations, on the days on which they were said."""
    late = Receivable.objects.filter(
        balance__gt=5_000_00, due_on__lt=today, currency="MXN", voided_on=None, paused_on=None
    )
    rows = _one_per_customer(late.order_by("-due_on", "id"))
    for (days_ago, due_in, note), row in zip(PROMISES, rows, strict=False):
        record_promise(
            receivable_ids=[row.pk],
            amount=None,
            due_on=today + timedelta(days=due_in),
            key=uuid.uuid5(row.pk, "promise"),
            today=today - timedelta(days=days_ago),
            actor=owner,
            note=note,
        )
    for (reason, days_ago, percent, note, answer_in), row in zip(DISPUTES, rows, strict=False):
        open_dispute(
            receivable_id=row.pk,
            amount=row.balance * percent // 100,
            reason=reason,
            key=uuid.uuid5(row.pk, "dispute"),
            today=today - timedelta(days=days_ago),
            actor=owner,
            note=note,
            owner_id=owner.pk,
            answer_by=today + timedelta(days=answer_in),
        )
    if (paid := next(rows, None)) is not None:
        report_payment(
            customer_id=paid.customer_id,
            amount=Money(paid.balance, paid.currency),
            paid_on=today - timedelta(days=2),
            receivable_ids=[paid.pk],
            key=uuid.uuid5(paid.pk, "report"),
            today=today - timedelta(days=1),
            actor=owner,
            method="03",
            reference="SPEI 4471902",
            note="Mandó captura de pantalla por WhatsApp",
        )


def _one_per_customer(rows: Iterable[Receivable]) -> Iterator[Receivable]:
    seen: set[uuid.UUID] = set()
    for row in rows:
        if row.customer_id not in seen:
            seen.add(row.customer_id)
            yield row
