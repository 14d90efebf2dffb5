"""Disputes: a part (or all) of a receivable that the customer contests. Only that part is not asked for meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, timedelta

from django.utils.translation import gettext as _

from aldia.collections.models import Dispute, DisputeOutcome, DisputeReason
from aldia.customers.models import Customer
from aldia.domain.calendars import NoCalendar, add_bank_days
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.tenancy import audit
from aldia.tenancy.models import Company, Membership, User
from aldia.tenancy.scope import current_company_id, transaction

ANSWER_DAYS = 5  # bank days to answer in, where nobody says another day


class DisputeError(ValueError):
    """A dispute that cannot be opened or resolved as asked; the sentence is for the person."""


def open_dispute(
    *,
    receivable_id: uuid.UUID,
    amount: int | None,
    reason: str,
    key: uuid.UUID,
    today: date,
    actor: User | None,
    note: str = "",
    owner_id: uuid.UUID | None = None,
    answer_by: date | None = None,
) -> Dispute:
    """Contest `amount` (minor units; None: all that is owed) of a receivable. One at a time on each.

    `owner_id` is who answers for it (a member of the company; None: whoever collects from the customer, else who opens
    it) and `answer_by` until when (None: `usual_deadline`). `key` is the dispute's id: repeating it returns the one
    opened. Raises `DisputeError`.
    """
    if reason not in DisputeReason.values:
        raise DisputeError(_("Elige el motivo de la disputa."))
    if answer_by is not None and answer_by < today:
        raise DisputeError(_("La fecha para responder no puede estar en el pasado."))
    with transaction():
        row = Receivable.objects.select_for_update().filter(pk=receivable_id).first()
        if row is None:
            raise DisputeError(_("Esa cuenta por cobrar no existe."))
        if repeated := _repeated(key, row, amount, reason):
            return repeated
        contested = _checked(row, amount)
        dispute = Dispute(
            id=key, company_id=current_company_id(), receivable=row, amount=contested, reason=reason,
            note=note.strip()[:500], owner_id=_owner(owner_id) or _usual_owner(row, actor), opened_on=today,
            answer_by=answer_by or usual_deadline(today), created_by=actor,
        )  # fmt: skip
        dispute.save(force_insert=True)
        _audit(actor, "collections.dispute_opened", dispute, {
            "amount": Money(contested, row.currency).text, "currency": row.currency, "why": reason,
            "number": row.number, "answer_by": dispute.answer_by, "owner": dispute.owner_id,
        })  # fmt: skip
    return dispute


def usual_deadline(today: date) -> date:
    """Until when a dispute of today is answered, unless somebody says otherwise."""
    try:
        return add_bank_days(Company.objects.get(pk=current_company_id()).country, today, ANSWER_DAYS)
    except NoCalendar:
        return today + timedelta(days=7)


def change_dispute(
    *, dispute_id: uuid.UUID, owner_id: uuid.UUID | None, answer_by: date | None, today: date, actor: User | None
) -> Dispute:
    """Say who answers for an open dispute and until when (None: nobody, no day). Raises `DisputeError`."""
    with transaction():
        dispute = _locked(dispute_id)
        if dispute.resolved_on is not None:
            raise DisputeError(_("Esa disputa ya se resolvió."))
        if answer_by is not None and answer_by != dispute.answer_by and answer_by < today:
            raise DisputeError(_("La fecha para responder no puede estar en el pasado."))
        before = {"owner": dispute.owner_id, "answer_by": dispute.answer_by}
        owner = owner_id if owner_id == dispute.owner_id else _owner(owner_id)
        after = {"owner": owner, "answer_by": answer_by}
        if before != after:
            dispute.owner_id, dispute.answer_by = owner, answer_by
            dispute.save(update_fields=["owner", "answer_by"])
            _audit(actor, "collections.dispute_changed", dispute, {"before": before, "after": after})
    return dispute


def resolve_dispute(
    *, dispute_id: uuid.UUID, resolution: str, today: date, actor: User | None, outcome: str | None = None
) -> Dispute:
    """Say how it ended: all of the receivable is asked for again. Done twice, it is done once. Raises `DisputeError`.

    `outcome`: who was right (`DisputeOutcome`; None: not said). What the answer changes of the debt (a credit note, a
    write-off) is recorded where such things are.
    """
    if not resolution.strip():
        raise DisputeError(_("Escribe cómo se resolvió."))
    if outcome is not None and outcome not in DisputeOutcome.values:
        raise DisputeError(_("Elige quién tenía razón."))
    with transaction():
        dispute = _locked(dispute_id)
        if dispute.resolved_on is None:
            dispute.resolved_on, dispute.resolution, dispute.outcome = today, resolution.strip()[:500], outcome
            dispute.save(update_fields=["resolved_on", "resolution", "outcome"])
            _audit(
                actor, "collections.dispute_resolved", dispute, {"resolution": dispute.resolution, "outcome": outcome}
            )
    return dispute


def resolve_disputes(
    *, dispute_ids: Collection[uuid.UUID], resolution: str, outcome: str | None, today: date, actor: User | None
) -> int:
    """End many with the same words: all of them or none; how many were open. Raises `DisputeError`."""
    with transaction():
        waiting = Dispute.objects.filter(pk__in=list(dispute_ids), resolved_on__isnull=True).order_by("pk")
        ids = list(waiting.values_list("pk", flat=True))
        for each in ids:
            resolve_dispute(dispute_id=each, resolution=resolution, outcome=outcome, today=today, actor=actor)
    return len(ids)


def reopen_dispute(*, dispute_id: uuid.UUID, actor: User | None) -> Dispute:
    """Take back that it was resolved: its part is not asked for again. Raises `DisputeError`."""
    with transaction():
        dispute = _locked(dispute_id)
        if dispute.resolved_on is None:
            return dispute
        row = Receivable.objects.select_for_update().get(pk=dispute.receivable_id)
        if not row.balance:
            raise DisputeError(_("%(number)s ya no debe nada.") % {"number": row.number})
        if Dispute.objects.filter(receivable=row, resolved_on__isnull=True).exists():
            raise DisputeError(_("%(number)s ya tiene una disputa abierta.") % {"number": row.number})
        before = {"resolved_on": dispute.resolved_on, "resolution": dispute.resolution, "outcome": dispute.outcome}
        dispute.resolved_on, dispute.resolution, dispute.outcome = None, "", None
        dispute.save(update_fields=["resolved_on", "resolution", "outcome"])
        _audit(actor, "collections.dispute_reopened", dispute, {"before": before})
    return dispute


def _locked(dispute_id: uuid.UUID) -> Dispute:
    dispute = Dispute.objects.select_for_update().filter(pk=dispute_id).first()
    if dispute is None:
        raise DisputeError(_("Esa disputa no existe."))
    return dispute


def _checked(row: Receivable, amount: int | None) -> int:
    """How much is contested: of an open receivable, no more than it owes, and of none that is contested already."""
    if not row.balance:
        raise DisputeError(_("%(number)s ya no debe nada.") % {"number": row.number})
    contested = row.balance if amount is None else amount
    if not 0 < contested <= row.balance:
        raise DisputeError(_("El importe debe ser mayor que cero y no pasar de lo que se debe."))
    if Dispute.objects.filter(receivable=row, resolved_on__isnull=True).exists():
        raise DisputeError(_("%(number)s ya tiene una disputa abierta.") % {"number": row.number})
    return contested


def _owner(user_id: uuid.UUID | None) -> uuid.UUID | None:
    if user_id is None:
        return None
    if not Membership.objects.filter(user_id=user_id, suspended_at__isnull=True).exists():
        raise DisputeError(_("Esa persona no está en la empresa."))
    return user_id


def _usual_owner(row: Receivable, actor: User | None) -> uuid.UUID | None:
    """Whoever collects from the customer, while in the company; else whoever opens the dispute."""
    portfolio = Customer.objects.select_related("portfolio").get(pk=row.customer_id).portfolio
    collector = portfolio.collector_id if portfolio else None
    if collector and Membership.objects.filter(user_id=collector, suspended_at__isnull=True).exists():
        return collector
    return actor.pk if actor else None


def _repeated(key: uuid.UUID, row: Receivable, amount: int | None, reason: str) -> Dispute | None:
    found = Dispute.objects.filter(pk=key).first()
    if found is None:
        return None
    if found.receivable_id != row.pk or found.reason != reason or amount not in (None, found.amount):
        raise DisputeError(_("Esa clave ya se usó para otra disputa."))
    return found


def _audit(actor: User | None, verb: str, dispute: Dispute, detail: dict[str, object]) -> None:
    detail = {"receivable": dispute.receivable_id, **detail}
    audit.record(actor=actor, verb=verb, object_type="dispute", object_id=dispute.pk, detail=detail)
