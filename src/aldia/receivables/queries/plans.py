"""Where the plans stand: of one receivable, and those that a person has to decide about."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from aldia.domain.charges.plans import Standing, standing
from aldia.receivables.following.plans import parts_of
from aldia.receivables.models import PaymentPlan, Receivable
from aldia.receivables.queries.sight import Sight


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with its instalments as they stand on a day."""

    plan: PaymentPlan
    standing: Standing

    @property
    def arrears(self) -> int:
        """What of it is overdue beyond its grace."""
        return self.standing.asked if self.state == "plan_late" else 0

    @property
    def state(self) -> str:
        """A word of the pill: cancelled, broken (declared), kept, late (beyond its grace) or going."""
        if self.plan.end_code:
            return f"plan_{self.plan.end_code}"
        if self.standing.next_due_on is None:
            return "plan_kept"
        return "plan_late" if self.standing.is_broken else "plan_going"


def plans_of(row: Receivable, today: date) -> list[PlanView]:
    """The plans that a receivable has or had, newest first; those that ended as they were agreed."""
    plans = list(PaymentPlan.objects.filter(receivable=row).select_related("created_by").order_by("-id"))
    parts = parts_of([plan.pk for plan in plans])
    return [
        PlanView(plan, standing(parts[plan.pk], owed=row.balance, today=today, grace_days=plan.grace_days))
        for plan in plans
    ]


def plan_view(plan: PaymentPlan, today: date) -> PlanView:
    """Where one plan stands on a day."""
    parts = parts_of([plan.pk])[plan.pk]
    return PlanView(plan, standing(parts, owed=plan.receivable.balance, today=today, grace_days=plan.grace_days))


def over_list(*, today: date, sight: Sight | None = None, most: int = 200) -> list[PlanView]:
    """The plans that are over, the latest first: kept, cancelled or declared broken."""
    rows = PaymentPlan.objects.filter(Q(ended_on__isnull=False) | Q(receivable__balance=0))
    rows = rows.select_related("receivable", "receivable__customer")
    plans = list((sight.narrow(rows, "receivable__customer") if sight else rows).order_by("-accepted_on", "-id")[:most])
    parts = parts_of([plan.pk for plan in plans])
    return [
        PlanView(plan, standing(parts[plan.pk], owed=plan.receivable.balance, today=today, grace_days=plan.grace_days))
        for plan in plans
    ]


def plan_list(*, today: date, sight: Sight | None = None, only_open: bool = True) -> list[PlanView]:
    """The plans in force of what is still owed, those in arrears first."""
    rows = PaymentPlan.objects.filter(ended_on__isnull=True).select_related("receivable", "receivable__customer")
    if only_open:
        rows = rows.filter(receivable__balance__gt=0)
    plans = list((sight.narrow(rows, "receivable__customer") if sight else rows).order_by("receivable__due_on", "id"))
    parts = parts_of([plan.pk for plan in plans])
    views = [
        PlanView(plan, standing(parts[plan.pk], owed=plan.receivable.balance, today=today, grace_days=plan.grace_days))
        for plan in plans
    ]
    return sorted(views, key=lambda view: not view.standing.is_broken)


def not_due_yet(which: Q, today: date) -> dict[uuid.UUID, int]:
    """What of each balance a plan leaves for later: not asked for now. `which`: a condition on `PaymentPlan`."""
    plans = list(
        PaymentPlan.objects.filter(which, ended_on__isnull=True, receivable__balance__gt=0).values_list(
            "pk", "receivable_id", "receivable__balance", "grace_days"
        )
    )
    parts = parts_of([plan_id for plan_id, *_rest in plans])
    found = {}
    for plan_id, receivable_id, owed, grace_days in plans:
        at = standing(parts[plan_id], owed=owed, today=today, grace_days=grace_days)
        if owed > at.asked:
            found[receivable_id] = owed - at.asked
    return found
