"""Instalment plans: a receivable on a plan falls due with its next unpaid instalment.

The due date is moved like any other (`DueDateChange` with its reason), so that everything that goes by due dates, the
reminders first of all, follows the plan without knowing of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from aldia.domain.charges.plans import Part, standing
from aldia.receivables.clusters import chunks
from aldia.receivables.models import DueDateChange, Instalment, PaymentPlan, Receivable
from aldia.tenancy.models import User

if TYPE_CHECKING:
    from aldia.receivables.desk import Desk


def follow(desk: Desk) -> None:
    """Move the due dates of what the desk touches and is on a plan."""
    rows = {each.receivable_id: each.receivable for each in desk.pending}
    for receivable_id, (plan, parts) in live_plans(rows).items():
        row = rows[receivable_id]
        if row.voided_on is None:
            move_due_date(row, plan=plan, parts=parts, actor=desk.actor)


def live_plans(receivable_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[PaymentPlan, list[Part]]]:
    """The plan in force of each receivable that has one, with its instalments."""
    plans = [
        plan
        for part in chunks(receivable_ids)
        for plan in PaymentPlan.objects.filter(receivable_id__in=part, ended_on__isnull=True)
    ]
    parts = parts_of([plan.id for plan in plans])
    return {plan.receivable_id: (plan, parts[plan.id]) for plan in plans}


def parts_of(plan_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Part]]:
    """The instalments of plans, in order."""
    found: dict[uuid.UUID, list[Part]] = {each: [] for each in plan_ids}
    for ids in chunks(plan_ids):
        for row in Instalment.objects.filter(plan_id__in=ids).order_by("plan_id", "position"):
            found[row.plan_id].append(Part(row.due_on, row.amount))
    return found


def move_due_date(row: Receivable, *, plan: PaymentPlan, parts: Sequence[Part], actor: User | None) -> None:
    """Let the receivable fall due with the next instalment; with the last one when all are paid."""
    at = standing(parts, owed=row.balance, today=plan.accepted_on)
    words = {"number": at.number, "count": len(parts)}
    change_due_date(
        row, to=at.next_due_on or parts[-1].due_on, reason=_("Plan de pagos: pago %(number)s de %(count)s") % words,
        actor=actor,
    )  # fmt: skip


def change_due_date(row: Receivable, *, to: date, reason: str, actor: User | None) -> None:
    """Move a due date and keep the change."""
    if row.due_on == to:
        return
    DueDateChange.objects.create(
        company_id=row.company_id,
        receivable_id=row.id,
        old_due_on=row.due_on,
        new_due_on=to,
        reason=reason,
        changed_by=actor,
    )
    row.due_on = to
    Receivable.objects.filter(pk=row.pk).update(due_on=to)
