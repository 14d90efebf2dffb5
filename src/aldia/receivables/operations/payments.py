"""Money and other credits that people record: payments outside, write-offs, withholdings; and their undoing."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.domain import allocation
from aldia.domain.money import Money
from aldia.receivables.desk import Desk
from aldia.receivables.models import Allocation, Credit, CreditKind, Receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.presuming import release_presumptions
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import StoredFile, User
from aldia.tenancy.reading import marks, row_exists, select_rows
from aldia.tenancy.scope import transaction

PERSON = "person"
BANK = "bank"  # money that a bank movement was matched with: its movement is where it is undone
SETTLING_KINDS = (CreditKind.WRITE_OFF, CreditKind.WITHHOLDING, CreditKind.DISCOUNT, CreditKind.ADJUSTMENT)
DUPLICATE_DAYS = 5
LATER_DAYS = 12  # a cheque that is paid in, a transfer that the bank books after a long weekend


class PaymentError(ValueError):
    """A payment that cannot be recorded as asked; the sentence is for the person."""


class KeyConflict(PaymentError):
    """The same idempotency key came with another payment."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A credit that looks like the same money."""

    credit_id: uuid.UUID
    received_on: date
    amount: Money
    reference: str


class SuspectedDuplicate(PaymentError):
    """The same customer, amount and (almost) day are on file: a person says whether it is the same money."""

    def __init__(self, suspects: Sequence[Suspect]) -> None:
        super().__init__(_("Ya hay un pago igual de este cliente en esos días. ¿Es otro pago distinto?"))
        self.suspects = list(suspects)


def record_payment(
    *,
    customer_id: uuid.UUID,
    amount: Money,
    received_on: date,
    key: str,
    actor: User | None,
    today: date,
    policy: str = "oldest_due",
    named: Mapping[uuid.UUID, int] | None = None,
    method: str = "",
    reference: str = "",
    note: str = "",
    proof: StoredFile | None = None,
    is_distinct: bool = False,
    source: str = PERSON,
    is_named_at_source: bool = False,
) -> Credit:
    """Record money received and apply it: what was named first (receivable id -> minor units), the rest by policy.

    `policy` is a name in `allocation.POLICIES`, or "" to leave the rest in favour of the customer. Repeating a `key`
    returns the payment already recorded (`KeyConflict` if the content differs). `is_distinct` says that a person
    confirmed it is not the money of a payment on file; without it `SuspectedDuplicate` is raised where one looks alike.
    `is_named_at_source`: two payments that this source names differently are never the same money.
    """
    if amount.minor <= 0:
        raise PaymentError(_("El importe del pago debe ser mayor que cero."))
    if received_on > today:
        raise PaymentError(_("La fecha del pago no puede ser posterior a hoy."))
    with transaction():
        desk = Desk(actor=actor)
        if repeated := _repeated(source, key, customer_id, amount, received_on):
            return repeated
        if not row_exists(Customer, customer_id):
            raise PaymentError(_("Ese cliente no existe."))
        apart = source if is_named_at_source else ""
        if not is_distinct and (suspects := suspected_duplicates(customer_id, amount, received_on, apart_from=apart)):
            raise SuspectedDuplicate(suspects)
        credit = desk.record(
            Credit(
                id=uuid7(),
                customer_id=customer_id,
                kind=CreditKind.PAYMENT,
                source=source,
                external_key=key,
                currency=amount.currency,
                amount=amount.minor,
                received_on=received_on,
                method=method,
                reference=reference,
                note=note,
                proof=proof,
                is_distinct=is_distinct,
            )
        )
        rows = _payable(credit, named or {}, policy)
        presumed = [row.id for row in rows.values() if row.method == "PUE" and row.id in (named or {})]
        released = release_presumptions(desk, presumed, on=today) if presumed else []
        rows |= {row.id: row for row in released}
        applied = _apply(desk, credit, rows, named or {}, policy)
        desk.close()
        detail = {"customer": customer_id, "amount": amount.text, "currency": amount.currency, "applied": applied}
        audit.record(actor=actor, verb="payments.recorded", object_type="credit", object_id=credit.id, detail=detail)
        if released:
            apply_documents(keys={row.key for row in released}, today=today, actor=actor)
        return credit


def settle(
    *,
    receivable_id: uuid.UUID,
    kind: str,
    amount: int | None,
    on: date,
    reason: str,
    key: str,
    actor: User | None,
) -> Credit:
    """Take off a receivable what will not come as money: write-off, withholding, discount or adjustment.

    `amount` in minor units of its currency; None for all that is owed. A reason is required.
    """
    if kind not in SETTLING_KINDS:
        raise PaymentError(_("Ese tipo de ajuste no existe."))
    if not reason.strip():
        raise PaymentError(_("Escribe el motivo del ajuste."))
    with transaction():
        desk = Desk(actor=actor)
        receivable = receivable_by_id(receivable_id)
        value = receivable.balance if amount is None else amount
        if repeated := _repeated(PERSON, key, receivable.customer_id, Money(value, receivable.currency), on):
            return repeated
        if not 0 < value <= receivable.balance:
            raise PaymentError(_("El importe debe ser mayor que cero y no pasar de lo que se debe."))
        credit = desk.record(
            Credit(
                id=uuid7(),
                customer_id=receivable.customer_id,
                kind=kind,
                source=PERSON,
                external_key=key,
                currency=receivable.currency,
                amount=value,
                received_on=on,
                note=reason,
            )
        )
        desk.apply(credit, receivable, amount=value, credit_amount=value, on=on, rule=kind)
        desk.close()
        audit.record(
            actor=actor,
            verb=f"receivables.{kind}",
            object_type="receivable",
            object_id=receivable.id,
            detail={"amount": value, "currency": receivable.currency, "reason": reason},
        )
        return credit


def reverse_credit(*, credit_id: uuid.UUID, on: date, reason: str, actor: User | None) -> None:
    """Undo a credit that a person recorded: what it paid is owed again."""
    with transaction():
        desk = Desk(actor=actor)
        credit = credit_by_id(credit_id)
        if credit.reversed_on is not None:
            return
        if credit.document_id is not None:
            raise PaymentError(_("Este abono viene de un documento fiscal: se deshace cancelando el documento."))
        if credit.source == BANK:
            raise PaymentError(_("Este pago viene del banco: se deshace desde su movimiento."))
        for row in live_allocations(credit):
            desk.unapply(row, on=on, rule="reversed")
        desk.reverse(credit, on=on, reason=reason)
        desk.close()
        audit.record(
            actor=actor,
            verb="payments.reversed",
            object_type="credit",
            object_id=credit.id,
            detail={"amount": credit.amount, "currency": credit.currency, "reason": reason},
        )


def suspected_duplicates(
    customer_id: uuid.UUID, amount: Money, received_on: date, *, apart_from: str = ""
) -> list[Suspect]:
    """Payments of the customer with the same amount within five days, however they entered (but by `apart_from`).

    The bank may show it some days later, and explained in parts: what it recorded of one movement counts together.
    """
    near, later = timedelta(days=DUPLICATE_DAYS), timedelta(days=LATER_DAYS)
    live = Credit.objects.filter(
        customer_id=customer_id,
        kind=CreditKind.PAYMENT,
        currency=amount.currency,
        received_on__range=(received_on - near, received_on + later),
        reversed_on__isnull=True,
    ).exclude(source=apart_from)
    within = Q(received_on__lte=received_on + near) | Q(source=BANK)
    found = list(live.filter(within, amount=amount.minor))
    parts: dict[str, list[Credit]] = {}
    for row in live.filter(source=BANK, amount__lt=amount.minor).order_by("id"):
        parts.setdefault(row.external_key.partition(":")[0], []).append(row)
    found += [rows[0] for rows in parts.values() if sum(row.amount for row in rows) == amount.minor]
    return [Suspect(row.id, row.received_on, amount, row.reference) for row in found]


def live_allocations(credit: Credit) -> list[Allocation]:
    """The credit's allocations that nobody undid, each with the same credit row."""
    rows = Allocation.objects.filter(credit=credit, reversal_of__isnull=True, reversal__isnull=True)
    found = list(rows.select_related("receivable").order_by("id"))
    for row in found:
        row.credit = credit
    return found


def receivable_by_id(receivable_id: uuid.UUID) -> Receivable:
    row = Receivable.objects.filter(pk=receivable_id).first()
    if row is None:
        raise PaymentError(_("Esa cuenta por cobrar no existe."))
    return row


def credit_by_id(credit_id: uuid.UUID) -> Credit:
    row = Credit.objects.filter(pk=credit_id).first()
    if row is None:
        raise PaymentError(_("Ese abono no existe."))
    return row


def _repeated(source: str, key: str, customer_id: uuid.UUID, amount: Money, on: date) -> Credit | None:
    """The credit that this key already recorded; a conflict if it was another one."""
    found = select_rows(Credit, "source = %s AND external_key = %s", [source, key])
    if not found:
        return None
    row = found[0]
    if (row.customer_id, row.amount, row.currency, row.received_on) != (
        customer_id,
        amount.minor,
        amount.currency,
        on,
    ):
        raise KeyConflict(_("Esa clave ya se usó para otro pago."))
    return row


def _apply(
    desk: Desk, credit: Credit, rows: dict[uuid.UUID, Receivable], named: Mapping[uuid.UUID, int], policy: str
) -> int:
    """Apply to what was named, then by policy; return what was applied in all."""
    for receivable_id, amount in named.items():
        receivable = rows.get(receivable_id)
        if receivable is None:
            raise PaymentError(_("Uno de los documentos elegidos ya no se puede pagar con este abono."))
        if not 0 < amount <= min(receivable.balance, credit.remaining):
            raise PaymentError(_("A %(number)s no se le puede aplicar ese importe.") % {"number": receivable.number})
        since = max(credit.received_on, receivable.issued_on)
        desk.apply(credit, receivable, amount=amount, credit_amount=amount, on=since, rule="named")
    if policy and credit.remaining:
        apply_by_policy(desk, credit, list(rows.values()), policy, credit.received_on)
    return credit.amount - credit.remaining


def apply_by_policy(desk: Desk, credit: Credit, rows: list[Receivable], policy: str, on: date) -> None:
    """Apply what is free of a credit to open receivables in the order a policy of `domain.allocation` gives."""
    items = [
        allocation.OpenItem(str(row.id), row.balance, row.due_on, row.issued_on, row.number)
        for row in rows
        if row.balance > 0
    ]
    by_id = {str(row.id): row for row in rows}
    plan = allocation.allocate(credit.remaining - credit.held, items, policy)
    for line in plan.lines:
        row = by_id[line.key]
        desk.apply(credit, row, amount=line.amount, credit_amount=line.amount, on=max(on, row.issued_on), rule=policy)


def _payable(credit: Credit, named: Collection[uuid.UUID], policy: str) -> dict[uuid.UUID, Receivable]:
    """What the credit may pay: the documents named and, where a policy chooses, all that the customer owes."""
    payable = "customer_id = %s AND currency = %s AND voided_on IS NULL"
    rows: list[Receivable] = []
    if policy:
        rows += select_rows(Receivable, f"{payable} AND balance > 0", [credit.customer_id, credit.currency])
    if named:
        which = f"{payable} AND id IN ({marks(list(named))})"
        rows += select_rows(Receivable, which, [credit.customer_id, credit.currency, *named])
    return {row.id: row for row in rows}
