"""The customer's own report of a payment that an explanation answers."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from aldia.banking.models import BankMovement
from aldia.banking.plans import Plan
from aldia.domain.matching import Hypothesis
from aldia.domain.matching.settings import DEFAULT
from aldia.payments.models import ReportedDebt, ReportedPayment, ReportState


def report_of(movement: BankMovement, hypothesis: Hypothesis) -> uuid.UUID | None:
    """The report that waits and is this payment: its customer, amount and days, and nothing named that is not paid."""
    if not hypothesis.customer or hypothesis.known:
        return None
    is_declared = hypothesis.family == "declared"
    return _report(movement, uuid.UUID(hypothesis.customer), None if is_declared else hypothesis.documents)


def report_by_hand(movement: BankMovement, plan: Plan) -> uuid.UUID | None:
    """The same for what a person composed: the whole movement is new money, and pays all that the report names."""
    if plan.customer_id is None or plan.new_money != movement.amount or plan.amount != movement.amount:
        return None
    return _report(movement, plan.customer_id, {str(line.receivable_id) for line in plan.lines})


def _report(movement: BankMovement, customer_id: uuid.UUID, documents: Collection[str] | None) -> uuid.UUID | None:
    waiting = ReportedPayment.objects.filter(
        state=ReportState.WAITING,
        customer_id=customer_id,
        currency=movement.currency,
        amount=movement.amount,
        paid_on__gte=movement.booked_on - timedelta(days=DEFAULT.said_days),
        paid_on__lte=movement.booked_on + timedelta(days=1),
    )
    for report in waiting.order_by("paid_on", "id"):
        named = ReportedDebt.objects.filter(report=report).values_list("receivable_id", flat=True)
        if {str(each) for each in named} <= set(documents or ()) or documents is None:
            return report.pk
    return None


def reported_amounts() -> list[tuple[str, int]]:
    """The (currency, amount) of what customers say they paid, while nobody has answered them."""
    waiting = ReportedPayment.objects.filter(state=ReportState.WAITING)
    return list(waiting.values_list("currency", "amount"))
