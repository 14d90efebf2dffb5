"""Receivables without a fiscal document, and what people change of any: void, due date, pause, debit notes."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, timedelta

from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.receivables.desk import Desk
from aldia.receivables.models import Allocation, DueDateChange, Receivable, ReceivableKind
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

BY_HAND = (ReceivableKind.CHARGE_NOTE, ReceivableKind.PAYMENT_ORDER, ReceivableKind.LATE_FEE)


class ReceivableError(ValueError):
    """A change that cannot be made; the sentence is for the person."""


def open_charge(
    *,
    customer_id: uuid.UUID,
    kind: str,
    total: Money,
    issued_on: date,
    due_on: date,
    concept: str,
    key: uuid.UUID,
    actor: User | None,
    number: str = "",
) -> Receivable:
    """Open a charge note or a payment order. `key` is the receivable's id: repeating it opens nothing new."""
    if kind not in BY_HAND:
        raise ReceivableError(_("Ese tipo de cobro no existe."))
    if total.minor <= 0:
        raise ReceivableError(_("El importe debe ser mayor que cero."))
    if due_on < issued_on:
        raise ReceivableError(_("El vencimiento no puede ser anterior a la emisión."))
    with transaction():
        desk = Desk(actor=actor)
        if found := Receivable.objects.filter(pk=key).first():
            return found
        customer = Customer.objects.filter(pk=customer_id).first()
        if customer is None or customer.generic:
            raise ReceivableError(_("A ese cliente no se le puede cobrar."))
        row = desk.open(
            Receivable(
                id=key,
                customer=customer,
                kind=kind,
                number=number.strip() or next_number(kind),
                concept=concept.strip(),
                currency=total.currency,
                total=total.minor,
                issued_on=issued_on,
                due_on=due_on,
            )
        )
        desk.close()
        _record(actor, "receivables.opened", row, {"kind": kind, "total": total.text, "currency": total.currency})
        return row


def next_number(kind: str) -> str:
    """The next folio of the company's own documents; the ledger's lock keeps two from being equal."""
    prefix = {"charge_note": "NC", "payment_order": "OP", "late_fee": "RE"}[kind]
    used = Receivable.objects.filter(kind=kind, number__startswith=f"{prefix}-").values_list("number", flat=True)
    numbers = (number.rpartition("-")[2] for number in used)
    return f"{prefix}-{max((int(n) for n in numbers if n.isascii() and n.isdigit()), default=0) + 1}"


def void_receivable(*, receivable_id: uuid.UUID, on: date, reason: str, actor: User | None) -> Receivable:
    """Stop collecting a receivable that has no fiscal document; what had paid it becomes credit in favour."""
    if not reason.strip():
        raise ReceivableError(_("Escribe el motivo."))
    with transaction():
        desk = Desk(actor=actor)
        row = _receivable(receivable_id)
        if row.document_id is not None:
            raise ReceivableError(_("Una factura deja de cobrarse cancelándola ante el SAT o con una nota de crédito."))
        if row.voided_on is None:
            live = Allocation.objects.filter(receivable=row, reversal_of__isnull=True, reversal__isnull=True)
            for allocation in live.select_related("credit"):
                allocation.receivable = row
                desk.give_back(allocation, on=on, rule="void")
            desk.void(row, on=on, code="by_hand", reason=reason)
            desk.close()
            _record(actor, "receivables.voided", row, {"reason": reason})
        return row


def revive_receivable(*, receivable_id: uuid.UUID, on: date, actor: User | None) -> Receivable:
    """Undo a void made by hand."""
    with transaction():
        desk = Desk(actor=actor)
        row = _receivable(receivable_id)
        if row.voided_on is not None and row.void_code == "by_hand":
            desk.revive(row, on=on)
            desk.close()
            _record(actor, "receivables.revived", row, {})
        return row


def change_due_dates(
    *,
    receivable_ids: Collection[uuid.UUID],
    actor: User | None,
    reason: str,
    new_due_on: date | None = None,
    add_days: int | None = None,
) -> int:
    """Move the due date of one or many, to a date or by days; each change is kept with its reason."""
    if not reason.strip():
        raise ReceivableError(_("Escribe por qué cambia el vencimiento."))
    if (new_due_on is None) == (add_days is None):
        raise ReceivableError(_("Da una fecha nueva o cuántos días se recorre."))
    with transaction():
        changed = 0
        rows = Receivable.objects.select_for_update().filter(id__in=receivable_ids, voided_on__isnull=True)
        for row in rows.order_by("issued_on", "number", "id"):
            due = new_due_on or row.due_on + timedelta(days=add_days or 0)
            if due < row.issued_on:
                raise ReceivableError(_("%(number)s no puede vencer antes de su emisión.") % {"number": row.number})
            changed += _move_due_date(row, due, reason, actor)
        audit.record(
            actor=actor,
            verb="receivables.due_date_changed",
            object_type="receivable",
            object_id=next(iter(receivable_ids), "") if len(receivable_ids) == 1 else "",
            detail={"ids": sorted(map(str, receivable_ids)), "to": new_due_on, "days": add_days, "reason": reason},
        )
        return changed


def _move_due_date(row: Receivable, due: date, reason: str, actor: User | None) -> int:
    if due == row.due_on:
        return 0
    DueDateChange.objects.create(
        company_id=row.company_id,
        receivable=row,
        old_due_on=row.due_on,
        new_due_on=due,
        reason=reason[:300],
        changed_by=actor,
    )
    return Receivable.objects.filter(pk=row.pk).update(due_on=due)


def pause(
    *, receivable_ids: Collection[uuid.UUID], until: date | None, reason: str, today: date, actor: User | None
) -> int:
    """Leave receivables out of collection until a day (None: until a person resumes), with a reason."""
    if not reason.strip():
        raise ReceivableError(_("Escribe el motivo de la pausa."))
    if until is not None and until < today:
        raise ReceivableError(_("La pausa no puede terminar en el pasado."))
    with transaction():
        rows = Receivable.objects.filter(id__in=receivable_ids)
        count = rows.update(paused_on=today, paused_until=until, pause_reason=reason[:300])
        _record_many(actor, "receivables.paused", receivable_ids, {"until": until, "reason": reason})
        return count


def resume(*, receivable_ids: Collection[uuid.UUID], actor: User | None) -> int:
    """Collect paused receivables again."""
    with transaction():
        rows = Receivable.objects.filter(id__in=receivable_ids, paused_on__isnull=False)
        count = rows.update(paused_on=None, paused_until=None, pause_reason="")
        _record_many(actor, "receivables.resumed", receivable_ids, {})
        return count


def assign_debit_note(*, receivable_id: uuid.UUID, raises_id: uuid.UUID | None, actor: User | None) -> Receivable:
    """Say which receivable a debit note adds to (None: stands alone)."""
    with transaction():
        row = _receivable(receivable_id)
        target = _receivable(raises_id) if raises_id else None
        if target is not None and (target.customer_id != row.customer_id or target.pk == row.pk):
            raise ReceivableError(_("La nota de cargo y la factura deben ser del mismo cliente."))
        Receivable.objects.filter(pk=row.pk).update(raises=target)
        _record(actor, "receivables.debit_note_assigned", row, {"raises": raises_id})
        row.raises = target
        return row


def new_key() -> uuid.UUID:
    """An idempotency key for a form about to be shown."""
    return uuid7()


def _receivable(receivable_id: uuid.UUID) -> Receivable:
    row = Receivable.objects.select_for_update().filter(pk=receivable_id).first()
    if row is None:
        raise ReceivableError(_("Esa cuenta por cobrar no existe."))
    return row


def _record(actor: User | None, verb: str, row: Receivable, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="receivable", object_id=row.id, detail=detail)


def _record_many(actor: User | None, verb: str, ids: Collection[uuid.UUID], detail: dict[str, object]) -> None:
    one = next(iter(ids), "") if len(ids) == 1 else ""
    audit.record(
        actor=actor, verb=verb, object_type="receivable", object_id=one, detail={**detail, "ids": sorted(map(str, ids))}
    )
