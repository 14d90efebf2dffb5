"""A company's window at the bank: movements put on file as an import leaves them, and what the books say beside it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Sum

from aldia.banking.models import BankAccount, BankMovement, Match, StatementImport
from aldia.banking.operations.applying import apply_match
from aldia.banking.plans import Line, Plan
from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.payments.models import ReportedPayment
from aldia.receivables.models import Allocation, Credit, JournalLine, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.models import Company, User
from tests.cast import make_company, make_customer, make_user

TODAY = date(2026, 11, 21)


def at(day: date = TODAY) -> datetime:
    return datetime.combine(day, time(18), tzinfo=UTC)


@dataclass
class Window:
    """Amounts in minor units of MXN unless said otherwise."""

    company: Company
    owner: User
    account: BankAccount
    customer: Customer
    _made: int = 0

    @classmethod
    def open(cls, slug: str = "") -> Window:
        """Inside the company's scope: `company_scope` is the caller's."""
        from aldia.tenancy.scope import company_scope

        company = make_company(slug=slug)
        with company_scope(company.pk):
            owner = make_user(f"duena@{company.slug}.example", company)
            account = BankAccount.objects.create(
                company=company, name="BBVA", number="012180001234567895", currency="MXN"
            )
            return cls(company, owner, account, make_customer(company))

    def moved(self, amount: int, on: date = TODAY, **fields: Any) -> BankMovement:
        """A movement on file."""
        self._made += 1
        statement = StatementImport.objects.filter(account=self.account).first() or StatementImport.objects.create(
            company=self.company, account=self.account, source="file", imported_at=at()
        )
        values: dict[str, Any] = {
            "account": self.account, "statement": statement, "booked_on": on, "amount": amount, "currency": "MXN",
            "dedupe_key": uuid.uuid4().hex, "text": "SPEI RECIBIDO", "seq": self._made, "line": self._made,
        }  # fmt: skip
        return BankMovement.objects.create(company=self.company, **{**values, **fields})

    def owes(self, total: int, customer: Customer | None = None, **fields: Any) -> Receivable:
        """A charge that the customer owes."""
        self._made += 1
        values: dict[str, Any] = {
            "kind": "charge_note", "issued_on": date(2026, 10, 1), "due_on": date(2026, 10, 31), "concept": "Flete",
            "key": uuid.uuid4(), "actor": None, "number": f"F-{self._made}", "currency": "MXN",
        }  # fmt: skip
        values |= fields
        currency = values.pop("currency")
        row = open_charge(customer_id=(customer or self.customer).pk, total=Money(total, currency), **values)
        return Receivable.objects.get(pk=row.pk)

    def paid(self, amount: int, on: date = TODAY, customer: Customer | None = None, **fields: Any) -> Credit:
        """A payment that somebody recorded by hand."""
        values: dict[str, Any] = {"policy": "", "is_distinct": True, "key": uuid.uuid4().hex, **fields}
        money = Money(amount, "MXN")
        owner = (customer or self.customer).pk
        return record_payment(customer_id=owner, amount=money, received_on=on, actor=self.owner, today=TODAY, **values)

    def match(self, movement: BankMovement, *lines: Line, **fields: Any) -> Match:
        """Explain a movement by hand; what is not lines goes to the plan or to the operation."""
        names = {"known", "adjustments", "left", "fee", "customer_id"}
        parts = {name: fields.pop(name) for name in names & fields.keys()}
        plan = Plan(lines=lines, **{"customer_id": self.customer.pk, **parts})
        values: dict[str, Any] = {"how": "manual", "key": uuid.uuid4().hex, "actor": self.owner, "now": at(), **fields}
        return apply_match(movement_id=movement.pk, plan=plan, **values)


def whole(row: Receivable) -> Line:
    return Line(row.pk, row.balance)


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def accounts() -> dict[tuple[str, str], int]:
    """Balance of each account by role and currency, without zeros."""
    rows = JournalLine.objects.values_list("account__role", "currency").annotate(total=Sum("amount"))
    return {(role, currency): total for role, currency, total in rows.order_by("account__role") if total}


def books() -> dict[str, Any]:
    """Everything that undoing must give back, column by column: of new rows all but their ids and their birth."""
    unlike = ("id", "created_at")
    credits = [
        {name: value for name, value in row.items() if name not in unlike}
        for row in Credit.objects.filter(reversed_on__isnull=True).values()
    ]
    live = Allocation.objects.filter(reversal_of__isnull=True, reversal__isnull=True)
    columns = ("credit__kind", "credit__external_key", "receivable_id", "amount", "credit_amount", "on", "rule")
    return {
        "receivables": list(Receivable.objects.order_by("id").values()),
        "credits": sorted(credits, key=str),
        "same credits": list(Credit.objects.exclude(kind="presumed").filter(reversed_on=None).order_by("id").values()),
        "allocations": sorted(live.values_list(*columns), key=str),
        "reports": list(ReportedPayment.objects.order_by("id").values()),
        "accounts": accounts(),
        "movements": [
            {name: value for name, value in row.items() if name != "version"}
            for row in BankMovement.objects.order_by("id").values()
        ],
    }
