"""A company's books made at random through the real operations, and what they must say, computed the slow way."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from aldia.customers.models import Customer, Portfolio
from aldia.domain.aging import Owed, Ranges, age
from aldia.domain.money import Money
from aldia.receivables.models import Allocation, Receivable
from aldia.receivables.operations.allocating import allocate_credit, unallocate
from aldia.receivables.operations.charges import open_charge, revive_receivable, void_receivable
from aldia.receivables.operations.payments import record_payment, reverse_credit, settle
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from tests.cast import make_customer

TODAY = date(2026, 11, 21)
CURRENCIES = ("MXN", "USD")


class Books:
    """Operations at random dates of the last months, each after what it builds on."""

    def __init__(self, company: Company, seed: int, customers: int = 3) -> None:
        self.company, self.random = company, Random(seed)
        folder, _made = Portfolio.all_companies.get_or_create(company=company, name="Norte")
        self.customers = [
            make_customer(
                company, f"Cliente {n}", f"AAA010101{n:03d}", portfolio=folder if n % 2 else None, collecting=n != 2
            )
            for n in range(customers)
        ]
        self.receivables: list[Receivable] = []
        self.credits: list[uuid.UUID] = []
        self.payments = 0

    def live_on(self, steps: int) -> Books:
        for _step in range(steps):
            self.random.choice([self.charge, self.charge, self.pay, self.settle, self.undo, self.void, self.apply])()
        return self

    def day(self, since: date | None = None) -> date:
        first = since or TODAY - timedelta(days=200)
        return first + timedelta(days=self.random.randint(0, max(0, (TODAY - first).days)))

    def charge(self) -> None:
        issued = self.day()
        self.receivables.append(
            open_charge(
                customer_id=self.random.choice(self.customers).id,
                kind=self.random.choice(["charge_note", "payment_order", "late_fee"]),
                total=Money(self.random.randint(1, 900) * 100, self.random.choice(CURRENCIES)),
                issued_on=issued,
                due_on=issued + timedelta(days=self.random.randint(0, 90)),
                concept="Flete",
                key=uuid7(),
                actor=None,
            )
        )

    def pay(self) -> None:
        self.payments += 1
        credit = record_payment(
            customer_id=self.random.choice(self.customers).id,
            amount=Money(self.random.randint(1, 1500) * 100, self.random.choice(CURRENCIES)),
            received_on=self.day(),
            key=f"k{self.payments}",
            actor=None,
            today=TODAY,
            policy=self.random.choice(["oldest_due", ""]),
            is_distinct=True,
        )
        self.credits.append(credit.id)

    def settle(self) -> None:
        row = self._some(Receivable.objects.filter(balance__gt=0))
        if row is None:
            return
        self.payments += 1
        settle(
            receivable_id=row.id,
            kind="write_off",
            amount=self.random.randint(1, row.balance),
            on=self.day(row.issued_on),
            reason="prueba",
            key=f"k{self.payments}",
            actor=None,
        )

    def undo(self) -> None:
        if self.credits and self.random.random() < 0.4:
            reverse_credit(credit_id=self.random.choice(self.credits), on=self.day(), reason="rebotó", actor=None)
            return
        row = self._some(Allocation.objects.filter(reversal_of__isnull=True, reversal__isnull=True))
        if row is not None:
            unallocate(allocation_id=row.id, on=self.day(row.on), actor=None)

    def void(self) -> None:
        row = self._some(Receivable.objects.all())
        if row is not None and row.voided_on is None:
            void_receivable(receivable_id=row.id, on=self.day(row.issued_on), reason="error", actor=None)
        elif row is not None and self.random.random() < 0.5:
            revive_receivable(receivable_id=row.id, on=TODAY, actor=None)

    def apply(self) -> None:
        if self.credits:
            from aldia.receivables.models import Credit

            credit = Credit.objects.get(pk=self.random.choice(self.credits))
            if credit.reversed_on is None and credit.remaining:
                allocate_credit(credit_id=credit.id, policy="oldest_due", on=self.day(), actor=None)

    def _some(self, rows):  # type: ignore[no-untyped-def]
        found = list(rows.order_by("id"))
        return self.random.choice(found) if found else None


def owed_on(row: Receivable, day: date) -> int:
    """What was owed of one receivable at the end of a day, from its facts."""
    if row.issued_on > day or (row.voided_on is not None and row.voided_on <= day):
        return 0
    paid = sum(each.amount for each in Allocation.objects.filter(receivable=row) if each.on <= day)
    return row.total - paid


def owed_rows(day: date) -> Iterator[tuple[Receivable, int]]:
    for row in Receivable.objects.select_related("customer__portfolio"):
        yield row, owed_on(row, day)


def aged_slowly(day: date, ranges: Ranges, include_off: bool = False) -> dict[tuple[str, str], tuple[int, ...]]:
    """(customer id, currency) -> buckets by `domain.aging`, from the facts of each receivable."""
    rows = [
        Owed(str(row.customer_id), row.currency, row.due_on, owed)
        for row, owed in owed_rows(day)
        if owed and (include_off or row.customer.collecting)
    ]
    return age(rows, day, ranges)


def collecting(customers: list[Customer]) -> set[uuid.UUID]:
    return {each.id for each in customers if each.collecting}
