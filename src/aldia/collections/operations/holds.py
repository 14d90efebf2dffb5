"""Credit stopped by a person, let go again, and leave to sell in spite of what stops it: always with a reason."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aldia.collections.models import CreditHold, HoldOverride
from aldia.customers.models import Customer
from aldia.domain.money import MAX_MINOR, Money
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

MOST_AT_ONCE = 500
LONGEST = timedelta(days=90)


class HoldError(ValueError):
    """A hold or a leave that cannot be recorded or changed as asked; the sentence is for the person."""


def place(*, customer_ids: Collection[uuid.UUID], reason: str, today: date, actor: User | None) -> list[CreditHold]:
    """Stop credit to customers, all or none; those that are stopped by a person already stay as they are.

    Raises `HoldError`.
    """
    reason = _reason(reason, _("Escribe por qué se detiene el crédito."))
    with transaction():
        customers = _locked(customer_ids)
        if any(row.generic for row in customers):
            raise HoldError(_("El público en general no lleva crédito."))
        held = set(_open(customers).values_list("customer_id", flat=True))
        rows = [
            CreditHold(company_id=current_company_id(), customer=row, reason=reason, placed_on=today, placed_by=actor)
            for row in customers
            if row.pk not in held
        ]
        for row in rows:
            row.save(force_insert=True)
            _audit(actor, "collections.credit_held", row.customer_id, {"hold": row.pk, "reason": reason})
    return rows


def lift(*, customer_ids: Collection[uuid.UUID], reason: str, today: date, actor: User | None) -> list[CreditHold]:
    """Give credit back to customers that a person had stopped. What the policy stops goes on. Raises `HoldError`."""
    reason = _reason(reason, _("Escribe por qué se libera el crédito."))
    with transaction():
        rows = list(_open(_locked(customer_ids)).select_for_update().order_by("id"))
        for row in rows:
            row.lifted_on, row.lifted_by, row.lift_reason = today, actor, reason
            row.save(update_fields=["lifted_on", "lifted_by", "lift_reason"])
            detail = {"hold": row.pk, "reason": reason, "held_since": row.placed_on, "held_for": row.reason}
            _audit(actor, "collections.credit_lifted", row.customer_id, detail)
    return rows


def allow(
    *,
    customer_id: uuid.UUID,
    reason: str,
    until: date,
    amount: Money | None,
    key: uuid.UUID,
    today: date,
    actor: User | None,
) -> HoldOverride:
    """Let a customer buy on credit in spite of what stops it, through a day and up to `amount` more (None: no matter).

    `key` is the leave's id: repeated, it returns the one recorded. Raises `HoldError`.
    """
    reason = _reason(reason, _("Escribe por qué se le permite."))
    if not today <= until <= today + LONGEST:
        raise HoldError(_("El permiso vale de hoy a 90 días."))
    if amount is not None and not 0 < amount.minor <= MAX_MINOR:
        raise HoldError(_("El importe debe ser mayor que cero."))
    with transaction():
        customer = next(iter(_locked([customer_id])))
        if customer.generic:
            raise HoldError(_("El público en general no lleva crédito."))
        if repeated := HoldOverride.objects.filter(pk=key).first():
            if (repeated.customer_id, repeated.until) != (customer_id, until):
                raise HoldError(_("Esa clave ya se usó para otro permiso."))
            return repeated
        row = HoldOverride(
            id=key, company_id=current_company_id(), customer_id=customer_id, reason=reason, on=today, until=until,
            currency=amount.currency if amount else "", amount=amount.minor if amount else None, created_by=actor,
        )  # fmt: skip
        row.save(force_insert=True)
        _audit(actor, "collections.credit_allowed", customer_id, {
            "leave": row.pk, "reason": reason, "until": until, "amount": str(amount) if amount else "",
        })  # fmt: skip
    return HoldOverride.objects.get(pk=row.pk)


def withdraw_leave(*, override_id: uuid.UUID, today: date, actor: User | None) -> HoldOverride:
    """End a leave before its day. Done twice, it is done once. Raises `HoldError`."""
    with transaction():
        row = HoldOverride.objects.select_for_update().filter(pk=override_id).first()
        if row is None:
            raise HoldError(_("Ese permiso no existe."))
        if row.withdrawn_on is None:
            row.withdrawn_on = today
            row.save(update_fields=["withdrawn_on"])
            detail = {"leave": row.pk, "until": row.until, "reason": row.reason}
            _audit(actor, "collections.credit_leave_withdrawn", row.customer_id, detail)
    return row


def _locked(customer_ids: Collection[uuid.UUID]) -> list[Customer]:
    """The customers, held until the end of the transaction: nobody sells to them meanwhile (`selling.gate`)."""
    wanted = set(customer_ids)
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise HoldError(_("Elige de 1 a 500 clientes."))
    rows = list(Customer.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("id"))
    if len(rows) != len(wanted):
        raise HoldError(_("Uno de los clientes elegidos no existe."))
    return rows


def _open(customers: Collection[Customer]) -> QuerySet[CreditHold]:
    return CreditHold.objects.filter(customer__in=[row.pk for row in customers], lifted_on__isnull=True)


def _reason(text: str, asked: str) -> str:
    plain = " ".join(text.split())[:500]
    if not plain:
        raise HoldError(asked)
    return plain


def _audit(actor: User | None, verb: str, customer_id: uuid.UUID, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="customer", object_id=customer_id, detail=detail)
