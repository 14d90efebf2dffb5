"""A payment of which part went back (a refund, a dispute) or came again: taken back whole, recorded with what is left.

Nothing is changed in place: the credit is reversed and one of the new amount takes its place, on the day it happened,
so that every past day still shows what was true then. What it paid is paid again in the order it was applied, while it
lasts: the latest applied go first.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from aldia.domain import ledger
from aldia.domain.money import Money
from aldia.receivables.desk import Desk
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.payments import (
    PaymentError,
    apply_by_policy,
    credit_by_id,
    live_allocations,
)
from aldia.receivables.posting import Book, Subject
from aldia.receivables.successors import NET
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.reading import marks, select_rows
from aldia.tenancy.scope import transaction

RULE = "resized"
__all__ = ["NET", "post_fee", "resize_credit"]


def resize_credit(
    *,
    credit_id: uuid.UUID,
    amount: int,
    on: date,
    reason: str,
    actor: User | None,
    named: Mapping[uuid.UUID, int] | None = None,
    policy: str = "",
) -> Credit:
    """Bring a credit to `amount` (minor units; 0 takes it back whole); returns the one that now stands for the money.

    What it did not pay before goes to what is named (receivable id -> minor units), then by policy. Raises
    `PaymentError` for one that was taken back already, or that came from a fiscal document.
    """
    with transaction():
        desk = Desk(actor=actor)
        credit = credit_by_id(credit_id)
        if credit.reversed_on is not None:
            raise PaymentError(_("Ese abono ya se deshizo."))
        if credit.document_id is not None or amount < 0:
            raise PaymentError(_("Este abono no se puede cambiar así."))
        if credit.amount == amount:
            return credit
        undone = [desk.unapply(row, on=on, rule=RULE) for row in live_allocations(credit)]
        desk.reverse(credit, on=max([on, *(row.on for row in undone)]), reason=reason)
        if amount:
            after = desk.record(_rest_of(credit, amount, credit.reversed_on or on, reason))
            _apply_again(desk, after, undone)
            _apply_rest(desk, after, {row.receivable_id: row.receivable for row in undone}, named or {}, policy)
        if amount < credit.amount:
            _presume_no_more(undone)
        desk.close()
        audit.record(
            actor=actor,
            verb="payments.resized",
            object_type="credit",
            object_id=credit.id,
            detail={"from": credit.amount, "to": amount, "currency": credit.currency, "reason": reason},
        )
        return after if amount else credit


def post_fee(*, customer_id: uuid.UUID, amount: Money, key: str, on: date, memo: str, actor: User | None) -> None:
    """What a provider kept for itself of a payment: our expense, and no business of the customer's balance."""
    with transaction():
        book = Book(actor=actor)
        postings = ledger.charge_fee(amount)
        book.post(kind="provider_fee", key=key, on=on, postings=postings, subject=Subject(customer_id), memo=memo)
        book.close()


def _rest_of(credit: Credit, amount: int, on: date, reason: str) -> Credit:
    return Credit(
        id=uuid7(), customer_id=credit.customer_id, kind=credit.kind, source=credit.source,
        external_key=f"{NET}{credit.id.hex}", complement_id=credit.complement_id, currency=credit.currency,
        amount=amount, received_on=on, method=credit.method, reference=credit.reference,
        note=(f"{credit.note} · {reason}" if credit.note else reason)[:500], proof_id=credit.proof_id, is_distinct=True,
    )  # fmt: skip


def _apply_again(desk: Desk, credit: Credit, undone: list[Allocation]) -> None:
    """What was paid is paid again, first applied first, while the credit lasts."""
    for row in undone:
        receivable, was, was_credit = row.receivable, -row.amount, -row.credit_amount
        if receivable.currency == credit.currency:
            was = was_credit = min(was, credit.remaining)
        if 0 < was <= receivable.balance and was_credit <= credit.remaining:
            on = max(credit.received_on, row.on)
            desk.apply(credit, receivable, amount=was, credit_amount=was_credit, on=on, rule=RULE)


def _presume_no_more(undone: list[Allocation]) -> None:
    """What was paid and is owed again was certainly not paid at once: no night presumes it paid."""
    for row in undone:
        if row.receivable.method == "PUE" and row.receivable.balance:
            row.receivable.no_presumption = True


def _apply_rest(
    desk: Desk, credit: Credit, rows: dict[uuid.UUID, Receivable], named: Mapping[uuid.UUID, int], policy: str
) -> None:
    """The rest of it: what is named as far as it is still owed, then by policy."""
    payable, values = "customer_id = %s AND currency = %s AND voided_on IS NULL AND balance > 0", []
    values = [credit.customer_id, credit.currency]
    wanted = [each for each in named if each not in rows]
    if policy:
        rows = {row.id: row for row in select_rows(Receivable, payable, values)} | rows
    elif wanted:
        found = select_rows(Receivable, f"{payable} AND id IN ({marks(wanted)})", [*values, *wanted])
        rows = rows | {row.id: row for row in found}
    for receivable_id, amount in named.items():
        receivable = rows.get(receivable_id)
        share = min(amount, receivable.balance, credit.remaining) if receivable is not None else 0
        if receivable is not None and share > 0:
            on = max(credit.received_on, receivable.issued_on)
            desk.apply(credit, receivable, amount=share, credit_amount=share, on=on, rule="named")
    if policy and credit.remaining:
        own = [row for row in rows.values() if row.currency == credit.currency]
        apply_by_policy(desk, credit, own, policy, credit.received_on)
