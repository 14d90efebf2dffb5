"""What people do in the demo, so that every screen has something to show: by hand, through the operations."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from random import Random

from aldia.customers.models import Customer
from aldia.demo.generator import DEMO_SEED
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations import charges, payments
from aldia.tenancy.models import User


def play(customers: list[Customer], owner: User, *, today: date) -> None:
    """A few days of an office, ending yesterday. `customers`: those that are switched on."""
    rng = Random(f"{DEMO_SEED}:moments")  # noqa: S311  (a story, not a secret)
    _charges(customers, owner, today, rng)
    _payments(owner, today)
    _care(owner, today)


def _charges(customers: list[Customer], owner: User, today: date, rng: Random) -> None:
    """Charge notes and payment orders: deliveries, samples, a returned cheque."""
    stories = (
        ("charge_note", "Maniobras de descarga fuera de horario", 1_850_00, 9, 6),
        ("charge_note", "Comisión por cheque devuelto", 696_00, 22, -7),
        ("payment_order", "Depósito en garantía por tarimas", 12_000_00, 4, 11),
        ("payment_order", "Exhibidor de piso, temporada navideña", 7_540_00, 2, 13),
    )
    for customer, (kind, concept, total, days_ago, due_in) in zip(rng.sample(customers, 4), stories, strict=True):
        charges.open_charge(
            customer_id=customer.pk,
            kind=kind,
            total=Money(total, "MXN"),
            issued_on=today - timedelta(days=days_ago),
            due_on=today + timedelta(days=due_in),
            concept=concept,
            key=uuid.uuid5(customer.pk, concept),
            actor=owner,
        )


def _payments(owner: User, today: date) -> None:
    """Paid outside: one in full, one in part, one a little over, and money with no invoice yet."""
    rows = list(
        Receivable.objects.filter(balance__gt=2_000_00, currency="MXN", voided_on=None).order_by("due_on", "id")
    )
    for place, (row, percent) in enumerate(zip(rows[10:130:30], (100, 40, 100, 60), strict=False)):
        extra = 150_00 if place == 2 else 0
        amount = row.balance * percent // 100 + extra
        payments.record_payment(
            customer_id=row.customer_id,
            amount=Money(amount, row.currency),
            received_on=today - timedelta(days=place + 1),
            key=f"demo-{place}",
            actor=owner,
            today=today,
            policy="",
            named={row.pk: amount - extra},
            method="03",
            reference=f"SPEI {7100234 + place * 731}",
            is_distinct=True,
        )


def _care(owner: User, today: date) -> None:
    """A pause with its reason, due dates moved, and a balance too small to chase."""
    late = list(Receivable.objects.filter(balance__gt=0, due_on__lt=today, currency="MXN").order_by("due_on", "id"))
    charges.pause(
        receivable_ids=[row.pk for row in late[4:6]],
        until=today + timedelta(days=8),
        reason="Faltó mercancía en la entrega; ventas lo está revisando",
        today=today,
        actor=owner,
    )
    charges.change_due_dates(
        receivable_ids=[row.pk for row in late[-3:]],
        add_days=10,
        reason="Acuerdo con el cliente por cierre de mes",
        actor=owner,
    )
    payments.settle(
        receivable_id=late[0].pk,
        kind="write_off",
        amount=min(late[0].balance, 35_50),
        on=today,
        reason="Diferencia menor que no se cobrará",
        key="demo-write-off",
        actor=owner,
    )
