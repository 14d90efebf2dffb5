"""A past of invoices and payments written straight into the tables: years of them in a second or two.

No entries of the ledger are made: what reads the subledger is tested with it, not what writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from aldia.customers.models import Customer
from aldia.domain.forecasting.book import Record
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.tenancy.models import Company


@dataclass
class Past:
    """Records of a simulated portfolio as receivables of a company, paid as the days go by."""

    company: Company
    records: Sequence[Record]
    currency: str = "MXN"
    rows: list[Receivable | None] = field(default_factory=list)
    people: dict[str, Customer] = field(default_factory=dict)
    _paid: set[int] = field(default_factory=set)

    def live_until(self, day: date) -> Past:
        """Everything issued before the day is there, everything paid before it is paid. May be called again, later."""
        self._issue(day)
        self._pay(day)
        return self

    def row(self, number: int) -> Receivable:
        found = self.rows[number]
        assert found is not None
        return found

    def _issue(self, day: date) -> None:
        if not self.rows:
            self.rows = [None] * len(self.records)
            names = sorted({each.customer for each in self.records})
            self.people = {
                name: Customer(
                    company=self.company, legal_name=f"Cliente {name}", tax_id=f"CLI{place:06}AB1", collecting=True
                )
                for place, name in enumerate(names)
            }
            Customer.objects.bulk_create(self.people.values())
        fresh = []
        for number, each in enumerate(self.records):
            if self.rows[number] is None and each.issued < day:
                self.rows[number] = row = self._receivable(number, each)
                fresh.append(row)
        Receivable.objects.bulk_create(fresh, batch_size=1_000)

    def _receivable(self, number: int, record: Record) -> Receivable:
        total = max(round(record.amount * 100), 1)
        return Receivable(
            company=self.company,
            customer=self.people[record.customer],
            kind="invoice",
            number=f"F-{number}",
            currency=self.currency,
            total=total,
            balance=total,
            issued_on=record.issued,
            due_on=record.due,
            method="PPD",
        )

    def _pay(self, day: date) -> None:
        credits, applied, settled = [], [], []
        for number, (row, each) in enumerate(zip(self.rows, self.records, strict=True)):
            if row is None or each.paid is None or each.paid >= day or number in self._paid:
                continue
            self._paid.add(number)
            credit = Credit(
                company=self.company,
                customer_id=row.customer_id,
                kind="payment",
                source="person",
                external_key=f"p{number}",
                currency=self.currency,
                amount=row.total,
                remaining=0,
                received_on=each.paid,
            )
            credits.append(credit)
            applied.append(
                Allocation(
                    company=self.company,
                    credit=credit,
                    receivable=row,
                    amount=row.total,
                    credit_amount=row.total,
                    on=each.paid,
                    rule="by_hand",
                )
            )
            row.balance = 0
            settled.append(row)
        Credit.objects.bulk_create(credits, batch_size=1_000)
        Allocation.objects.bulk_create(applied, batch_size=1_000)
        Receivable.objects.bulk_update(settled, ["balance"], batch_size=500)
