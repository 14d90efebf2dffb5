"""Instalment plans: agreed on, cancelled, declared broken. While one lives its receivable falls due instalment by
instalment; when it ends the whole is due again as before."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from aldia.domain.charges.plans import Part, PlanRefused, checked, standing
from aldia.receivables.charge_models import PlanEnd
from aldia.receivables.desk import Desk
from aldia.receivables.following.plans import change_due_date, move_due_date, parts_of
from aldia.receivables.models import Instalment, PaymentPlan, Receivable
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

MAX_GRACE = 60


class PlanError(ValueError):
    """A plan that cannot be made or ended; the sentence is for the person."""


def accept_plan(
    *,
    receivable_id: uuid.UUID,
    parts: Sequence[Part],
    key: uuid.UUID,
    today: date,
    grace_days: int = 0,
    note: str = "",
    actor: User | None,
) -> PaymentPlan:
    """Agree on a plan for all that is owed of a receivable. `key` is the plan's id: repeating it makes no other.

    Raises `PlanError`; the parts must sum to what is owed now.
    """
    if not 0 <= grace_days <= MAX_GRACE:
        raise PlanError(_("Los días de gracia van de 0 a 60."))
    with transaction():
        desk = Desk(actor=actor)  # the ledger's lock: what is owed does not move meanwhile
        if found := PaymentPlan.objects.filter(pk=key).first():
            return found
        row = Receivable.objects.filter(pk=receivable_id).first()
        if row is None or row.voided_on is not None or row.balance == 0:
            raise PlanError(_("De ese documento ya no se debe nada."))
        if PaymentPlan.objects.filter(receivable=row, ended_on__isnull=True).exists():
            raise PlanError(_("Ese documento ya tiene un plan: cancélalo antes de hacer otro."))
        good = _checked(parts, row, today)
        plan = PaymentPlan(
            id=key,
            company_id=desk.company_id,
            receivable=row,
            amount=row.balance,
            original_due_on=row.due_on,
            accepted_on=today,
            grace_days=grace_days,
            note=note.strip()[:300],
            created_by=actor,
        )
        plan.save(force_insert=True)
        rows = [
            Instalment(
                id=uuid7(),
                company_id=desk.company_id,
                plan=plan,
                position=place,
                due_on=each.due_on,
                amount=each.amount,
            )
            for place, each in enumerate(good, 1)
        ]
        insert_rows(rows)
        move_due_date(row, plan=plan, parts=good, actor=actor)
        _record(actor, "accepted", plan, {"parts": [(each.due_on, each.amount) for each in good]})
        return plan


def _checked(parts: Sequence[Part], row: Receivable, today: date) -> tuple[Part, ...]:
    try:
        good = checked(parts, row.balance)
    except PlanRefused as error:
        raise PlanError(_(error.template) % error.params if error.params else _(error.template)) from None
    if good[0].due_on < max(today, row.issued_on):
        raise PlanError(_("El primer pago del plan no puede ser en el pasado."))
    return good


def cancel_plan(*, plan_id: uuid.UUID, today: date, reason: str, actor: User | None) -> PaymentPlan:
    """End a plan: all that is left is due as it was before."""
    return _end(plan_id, PlanEnd.CANCELLED, today=today, reason=reason, actor=actor)


def break_plan(*, plan_id: uuid.UUID, today: date, reason: str, actor: User | None) -> PaymentPlan:
    """Declare a plan broken, once an instalment is overdue beyond its grace: all that is left is due again."""
    return _end(plan_id, PlanEnd.BROKEN, today=today, reason=reason, actor=actor)


def _end(plan_id: uuid.UUID, code: PlanEnd, *, today: date, reason: str, actor: User | None) -> PaymentPlan:
    if not reason.strip():
        raise PlanError(_("Escribe el motivo."))
    with transaction():
        Desk(actor=actor)  # the ledger's lock
        plan = PaymentPlan.objects.select_related("receivable").filter(pk=plan_id).first()
        if plan is None:
            raise PlanError(_("Ese plan no existe."))
        if plan.ended_on is not None:
            return plan
        row = plan.receivable
        at = standing(parts_of([plan.pk])[plan.pk], owed=row.balance, today=today, grace_days=plan.grace_days)
        if at.next_due_on is None:
            raise PlanError(_("Ese plan ya se pagó completo."))
        if code == PlanEnd.BROKEN and not at.is_broken:
            raise PlanError(_("El plan va al corriente o está en sus días de gracia: no está incumplido."))
        plan.ended_on, plan.end_code, plan.end_reason = today, code, reason.strip()[:300]
        plan.save(update_fields=["ended_on", "end_code", "end_reason"])
        word = _("Plan de pagos incumplido") if code == PlanEnd.BROKEN else _("Plan de pagos cancelado")
        change_due_date(row, to=plan.original_due_on, reason=f"{word}: {reason.strip()}"[:300], actor=actor)
        _record(actor, str(code.value), plan, {"reason": reason})
        return plan


def _record(actor: User | None, verb: str, plan: PaymentPlan, detail: dict[str, object]) -> None:
    audit.record(
        actor=actor,
        verb=f"plans.{verb}",
        object_type="receivable",
        object_id=plan.receivable_id,
        detail={"plan": plan.pk, **detail},
    )
