"""Disputes: a part (or all) of a receivable that the customer contests. Only that part is not asked for meanwhile."""

from __future__ import annotations

import uuid
from datetime import date

from django.utils.translation import gettext as _

from aldia.collections.models import Dispute, DisputeReason
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.tenancy import audit
from aldia.tenancy.models import Membership, User
from aldia.tenancy.scope import current_company_id, transaction


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

    `owner_id` is who answers for it (a member of the company). `key` is the dispute's id: repeating it returns the one
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
            note=note.strip()[:500], owner_id=_owner(owner_id), opened_on=today, answer_by=answer_by, created_by=actor,
        )  # fmt: skip
        dispute.save(force_insert=True)
        _audit(actor, "collections.dispute_opened", dispute, {
            "amount": Money(contested, row.currency).text, "currency": row.currency, "why": reason,
            "number": row.number, "answer_by": answer_by,
        })  # fmt: skip
    return dispute


def resolve_dispute(*, dispute_id: uuid.UUID, resolution: str, today: date, actor: User | None) -> Dispute:
    """Say how it ended: all of the receivable is asked for again. Done twice, it is done once. Raises `DisputeError`.

    What the answer changes of the debt (a credit note, a write-off) is recorded where such things are.
    """
    if not resolution.strip():
        raise DisputeError(_("Escribe cómo se resolvió."))
    with transaction():
        dispute = Dispute.objects.select_for_update().filter(pk=dispute_id).first()
        if dispute is None:
            raise DisputeError(_("Esa disputa no existe."))
        if dispute.resolved_on is None:
            dispute.resolved_on, dispute.resolution = today, resolution.strip()[:500]
            dispute.save(update_fields=["resolved_on", "resolution"])
            _audit(actor, "collections.dispute_resolved", dispute, {"resolution": dispute.resolution})
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
