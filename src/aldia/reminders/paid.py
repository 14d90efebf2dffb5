"""What is said of payments: how much, when, what it paid and what is left; and the receipt on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from aldia.domain.money import Money
from aldia.integrations.typesetting import CannotSet
from aldia.messaging.models import Template
from aldia.messaging.operations.outbox import Enclosure
from aldia.messaging.rendering import Rendered, render
from aldia.payments.operations.carried import Carried
from aldia.receivables.models import Allocation, Credit
from aldia.receivables.operations.payments import live_allocations
from aldia.receivables.papers import receipt_name, receipt_pdf
from aldia.reminders.attachments import PDF, Piece, keep
from aldia.reminders.carrying import values_of
from aldia.reminders.content import Debt, context_of, totals
from aldia.reminders.rounds import Round
from aldia.reminders.voice import Voice

log = structlog.get_logger("aldia.reminders")


@dataclass(frozen=True, slots=True)
class Payment:
    """Money of one customer that a message is about, and what it paid."""

    credit: Credit
    applied: tuple[Allocation, ...]

    @classmethod
    def of(cls, credit: Credit) -> Payment:
        return cls(credit, tuple(live_allocations(credit)))

    @property
    def amount(self) -> Money:
        return Money(self.credit.amount, self.credit.currency)


def paid_values(payments: Sequence[Payment], voice: Voice) -> dict[str, str]:
    """What was paid, when, and what its documents still owe."""
    sums: dict[str, int] = {}
    for payment in payments:
        sums[payment.credit.currency] = sums.get(payment.credit.currency, 0) + payment.credit.amount
    last = max(payment.credit.received_on for payment in payments)
    return {
        "pagado": voice.amounts([Money(minor, currency) for currency, minor in sorted(sums.items())]),
        "fecha_de_pago": voice.day(last),
        "saldo_restante": voice.amounts([each for each in totals(paid_debts(payments)) if each.minor]),
    }


def paid_debts(payments: Sequence[Payment]) -> list[Debt]:
    """What the payments paid, each receivable once, with what it owes now."""
    rows = {each.receivable_id: each.receivable for payment in payments for each in payment.applied}
    found = [
        Debt(
            receivable_id=row.pk,
            customer_id=row.customer_id,
            document_id=row.document_id,
            kind=row.kind,
            number=row.number,
            concept=row.concept,
            purchase_order=row.purchase_order,
            currency=row.currency,
            total=row.total,
            owed=row.balance,
            asked=row.balance,
            issued_on=row.issued_on,
            due_on=row.due_on,
        )
        for row in rows.values()
    ]
    return sorted(found, key=lambda debt: (debt.due_on, debt.number))


def paid_facts(payments: Sequence[Payment]) -> dict[str, Any]:
    return {
        "payments": [
            {"credit": str(each.credit.pk), "minor": each.credit.amount, "currency": each.credit.currency}
            for each in payments
        ]
    }


def render_paid(
    payments: Sequence[Payment],
    debts: Sequence[Debt],
    turn: Round,
    *,
    template: Template,
    contact: str,
    channel: str,
    carried: Carried,
) -> Rendered:
    customer = payments[0].credit.customer
    voice = Voice.of(turn.company, customer.language)
    context = context_of(
        speaker=turn.speaker(customer, channel),
        customer=customer,
        contact=contact,
        debts=debts,
        voice=voice,
        today=turn.today,
        extra=paid_values(payments, voice) | values_of(carried, turn),
    )
    return render(template=template, context=context, look=turn.look)


def receipt_files(credit: Credit) -> list[Enclosure]:
    """The receipt as PDF; none where it cannot be set (the message says the same)."""
    try:
        return [keep(Piece(receipt_name(credit), PDF, receipt_pdf(credit)))]
    except CannotSet as error:
        log.warning("no_paper", credit=str(credit.pk), why=str(error))
        return []
