"""Who owes what in the demo, for the story of its bank."""

from __future__ import annotations

import uuid
from random import Random

from aldia.customers.models import Customer
from aldia.demo.bank_story import Debtor, Owed
from aldia.demo.generator import DEMO_SEED
from aldia.demo.people import DemoCast
from aldia.payments.models import PaymentLink
from aldia.receivables.models import Receivable


def debtors_of(cast: DemoCast, currency: str) -> list[Debtor]:
    """Who owes, oldest documents first; customers with links are left to the test provider."""
    clabes = {person.party.foreign_id or person.rfc: person.clabe for person in cast.customers}
    linked = set(PaymentLink.objects.values_list("customer_id", flat=True))
    rows = Receivable.objects.filter(
        balance__gt=0, currency=currency, voided_on=None, paused_on=None, customer__generic=False,
        customer__collecting=True,
    )  # fmt: skip
    found: dict[uuid.UUID, tuple[Customer, list[Owed]]] = {}
    for row in rows.select_related("customer", "document").order_by("due_on", "id"):
        if row.customer_id not in linked or currency != "MXN":
            found.setdefault(row.customer_id, (row.customer, []))[1].append(_owed(row))
    order = Random(f"{DEMO_SEED}:debtors")  # noqa: S311
    debtors = [
        Debtor(str(key), who.legal_name, who.tax_id, clabes.get(who.foreign_id or who.tax_id, ""), tuple(owed))
        for key, (who, owed) in sorted(found.items(), key=lambda pair: pair[1][0].legal_name)
    ]
    order.shuffle(debtors)
    return debtors


def _owed(row: Receivable) -> Owed:
    net = row.document.subtotal - row.document.discount if row.document and row.document.total == row.total else 0
    return Owed(str(row.pk), row.number, row.currency, row.balance, row.total, row.issued_on, net)
