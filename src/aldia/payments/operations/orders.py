"""Payment orders: what a customer owes without an invoice, with the link to pay it, sent by itself."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from aldia.domain.money import Money
from aldia.messaging.models import Message
from aldia.payments.models import PaymentLink
from aldia.receivables.models import Receivable
from aldia.tenancy.models import User


class OrderError(ValueError):
    """An order that cannot be made as asked; the sentence is for the person."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was opened: what is owed, the link that asks for it, and the message that carries it (None: nobody)."""

    receivable: Receivable
    link: PaymentLink
    token: str
    message: Message | None


def create_order(
    *, customer_id: uuid.UUID, amount: Money, concept: str, due_on: date, key: uuid.UUID, actor: User | None,
    now: datetime, today: date, addresses: Sequence[str] | None = None, note: str = "",
) -> Order:  # fmt: skip
    """Open the receivable and its link at once, and send the link (`addresses` None: to the customer's contacts)."""
    raise NotImplementedError
