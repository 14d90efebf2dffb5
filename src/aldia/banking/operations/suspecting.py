"""Money that is on the books already is never booked a second time: it is recognised, or a person says it is other."""

from __future__ import annotations

import uuid
from datetime import date

from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement
from aldia.banking.operations.movements import OnTheBooks
from aldia.banking.plans import Plan, owner_of
from aldia.banking.queries.recognised import recognised
from aldia.domain.money import Money, format_money
from aldia.receivables.models import Credit, CreditKind
from aldia.receivables.operations.payments import BANK, Suspect, suspected_duplicates


def refuse_twice(movement: BankMovement, plan: Plan, on: date) -> None:
    """Raise `OnTheBooks` where the new money of a plan may be a payment on file that no movement has shown yet.

    That is one of the customer of the same amount (as what is recorded, or as the whole movement) within five days, or
    one that carries the tracking key of the movement, whatever its amount and day.
    """
    customer_id = owner_of(plan)
    suspects: dict[uuid.UUID, Suspect] = {}
    for amount in sorted({plan.new_money, movement.amount}):
        money = Money(amount, movement.currency)
        found = suspected_duplicates(customer_id, money, on, apart_from=BANK)
        suspects |= {each.credit_id: each for each in found}
    suspects |= _same_trace(movement, customer_id)
    seen = recognised(suspects)
    waiting = [each for each in suspects.values() if seen.get(each.credit_id, 0) < each.amount.minor]
    if waiting:
        raise on_the_books(waiting)


def on_the_books(suspects: list[Suspect]) -> OnTheBooks:
    """The refusal that names the payments on file, the nearest first."""
    first = suspects[0]
    amount = format_money(first.amount.minor, first.amount.currency)
    sentence = _(
        "Ya está registrado un pago de %(amount)s de este cliente, del %(day)s. Si es este dinero, reconócelo; si no, "
        "confirma que es otro pago."
    )
    return OnTheBooks(sentence % {"amount": amount, "day": f"{first.received_on:%d/%m/%Y}"}, suspects)


def suspect_of(credit: Credit) -> Suspect:
    return Suspect(credit.id, credit.received_on, Money(credit.amount, credit.currency), credit.reference)


def _same_trace(movement: BankMovement, customer_id: uuid.UUID) -> dict[uuid.UUID, Suspect]:
    if not movement.trace_key:
        return {}
    rows = Credit.objects.filter(
        customer_id=customer_id, kind=CreditKind.PAYMENT, reference=movement.trace_key, reversed_on__isnull=True,
        currency=movement.currency,
    ).exclude(source=BANK)  # fmt: skip
    return {row.id: suspect_of(row) for row in rows}
