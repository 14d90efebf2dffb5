"""Apply and take back credits by hand: credit notes to the invoice a person says, credit in favour to what is owed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from aldia.receivables.desk import Desk
from aldia.receivables.models import Allocation, Credit, CreditKind, Receivable
from aldia.receivables.operations.effects import SOURCE
from aldia.receivables.operations.payments import (
    PaymentError,
    apply_by_policy,
    credit_by_id,
    live_allocations,
)
from aldia.receivables.operations.presuming import release_presumptions
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def allocate_credit(
    *,
    credit_id: uuid.UUID,
    named: Mapping[uuid.UUID, int] | None = None,
    policy: str = "",
    on: date,
    actor: User | None,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> Credit:
    """Apply what a credit has left: to named receivables (id -> minor units), then by policy if one is given.

    `seen` is what receivables owed when the person looked: if that changed nothing is applied (the same form sent
    twice applies once). A credit that came from a document is from then on in the person's hands: documents no longer
    move it.
    """
    with transaction():
        desk = Desk(actor=actor)
        credit = credit_by_id(credit_id)
        if credit.reversed_on is not None:
            raise PaymentError(_("Ese abono ya se deshizo."))
        if credit.source == SOURCE:
            credit.hands_off, credit.held, credit.review = True, 0, ""
            desk.touch(credit)
        release_presumptions(desk, named or {}, on=on)
        rows = _candidates(credit)
        if any(
            receivable_id not in rows or rows[receivable_id].balance != owed
            for receivable_id, owed in (seen or {}).items()
        ):
            raise PaymentError(_("Lo que se debe cambió mientras tanto. Revísalo y repítelo."))
        for receivable_id, amount in (named or {}).items():
            _apply_one(desk, credit, rows.get(receivable_id), amount, on)
        if policy:
            apply_by_policy(desk, credit, list(rows.values()), policy, on)
        desk.close()
        _record(actor, "credits.allocated", credit, {"named": {str(k): v for k, v in (named or {}).items()}})
        return credit


def unallocate(*, allocation_id: uuid.UUID, on: date, actor: User | None) -> Credit:
    """Take back one allocation: the receivable owes it again, the credit has it in favour."""
    with transaction():
        desk = Desk(actor=actor)
        row = Allocation.objects.select_related("credit", "receivable").filter(pk=allocation_id).first()
        if row is None or row.reversal_of_id is not None:
            raise PaymentError(_("Esa aplicación no existe."))
        credit = row.credit
        if Allocation.objects.filter(reversal_of=row).exists():
            return credit
        if credit.kind == CreditKind.PRESUMED:
            raise PaymentError(_("Un pago presunto se quita con «No está pagada»."))
        desk.give_back(row, on=on, rule="unassigned")
        if credit.source == SOURCE:
            credit.hands_off = True
            desk.touch(credit)
        desk.close()
        _record(actor, "credits.unallocated", credit, {"receivable": row.receivable_id, "amount": row.amount})
        return credit


def reassign_credit(*, credit_id: uuid.UUID, named: Mapping[uuid.UUID, int], on: date, actor: User | None) -> Credit:
    """Take back all that a credit pays and apply it anew as a person says."""
    with transaction():
        desk = Desk(actor=actor)
        credit = credit_by_id(credit_id)
        for row in live_allocations(credit):
            desk.unapply(row, on=on, rule="unassigned")
        desk.close()
        return allocate_credit(credit_id=credit_id, named=named, on=on, actor=actor)


def _candidates(credit: Credit) -> dict[uuid.UUID, Receivable]:
    rows = Receivable.objects.filter(customer_id=credit.customer_id, currency=credit.currency, balance__gt=0)
    return {row.id: row for row in rows}


def _apply_one(desk: Desk, credit: Credit, receivable: Receivable | None, amount: int, on: date) -> None:
    if receivable is None:
        raise PaymentError(_("Ese documento no está abierto, es de otro cliente o está en otra moneda."))
    if not 0 < amount <= min(receivable.balance, credit.remaining):
        raise PaymentError(_("El importe pasa de lo que se debe o de lo que queda del abono."))
    since = max(on, receivable.issued_on, credit.received_on)
    desk.apply(credit, receivable, amount=amount, credit_amount=amount, on=since, rule="by_hand")


def _record(actor: User | None, verb: str, credit: Credit, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="credit", object_id=credit.id, detail=detail)
