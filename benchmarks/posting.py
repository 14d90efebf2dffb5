"""Posting one payment: lock the ledger, record, apply, post two entries, audit; CPU time per payment."""

from __future__ import annotations

import time
import uuid
from datetime import date

from django.db import connection

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.verify import run_checks
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope

TODAY = date(2026, 11, 21)


def run(size: int = 500) -> dict[str, object]:
    """Post `size` payments, each of one document that it names."""
    company = Company.objects.create(slug=f"bench-{uuid7().hex}", legal_name="Bench", tax_id="XAXX010101000")
    with company_scope(company.pk):
        customers = [
            Customer.objects.create(
                company=company, tax_id=f"AAA{n:06d}AAA", legal_name=f"Cliente {n}", collecting=True
            )
            for n in range(max(1, size // 10))
        ]
        rows = [_charge(customers[n % len(customers)]) for n in range(size)]
        wall, cpu = time.perf_counter(), time.process_time()
        for number, row in enumerate(rows):
            record_payment(
                customer_id=customers[number % len(customers)].pk,
                amount=Money(100_00, "MXN"),
                received_on=TODAY,
                key=str(number),
                actor=None,
                today=TODAY,
                policy="",
                named={row: 100_00},
                is_distinct=True,
            )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        violations = sum(check.violations for check in run_checks())
    return {
        "engine": connection.vendor,
        "payments": size,
        "cpu_ms_per_payment": round(cpu / size * 1000, 2),
        "wall_ms_per_payment": round(wall / size * 1000, 2),
        "violations": violations,
    }


def _charge(customer: Customer) -> uuid.UUID:
    key = uuid7()
    open_charge(
        customer_id=customer.pk,
        kind="charge_note",
        total=Money(100_00, "MXN"),
        issued_on=TODAY,
        due_on=TODAY,
        concept="",
        key=key,
        actor=None,
        number=key.hex[-8:],
    )
    return key
