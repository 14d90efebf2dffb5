"""A company whose general rule is on since January, its customer with a contact, and an outsider with the same."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from aldia.customers.models import Contact, Customer
from aldia.domain.money import Money
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.reminders.models import ReminderCandidate, ReminderRule, When
from aldia.reminders.operations.planning import Planned, plan_company
from aldia.reminders.operations.rules import RuleWords, StepWords, activate_rule, ensure_default_rule, update_rule
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer

DUE = date(2026, 3, 10)  # a Tuesday; 16 March is a bank holiday
STEPS = (
    StepWords(When.BEFORE, 7),
    StepWords(When.BEFORE, 3),
    StepWords(When.ON_DAY),
    StepWords(When.AFTER, 2),
    StepWords(When.REPEAT, 7, times=3),
    StepWords(When.PAID),
)


def contact(customer: Customer, **fields: object) -> Contact:
    fields = {"email": f"{customer.pk.hex[-6:]}@example.com", **fields}
    return Contact.all_companies.create(company_id=customer.company_id, customer=customer, **fields)


def charge(customer: Customer, total: int = 1000_00, *, due: date = DUE, currency: str = "MXN") -> Receivable:
    with company_scope(customer.company_id):
        return open_charge(
            customer_id=customer.pk,
            kind="charge_note",
            total=Money(total, currency),
            issued_on=date(2026, 1, 15),
            due_on=due,
            concept="Flete",
            key=uuid.uuid4(),
            actor=None,
        )


def general(steps: tuple[StepWords, ...] = STEPS, on: date | None = date(2026, 1, 2), **words: object) -> ReminderRule:
    """The company's general rule with these steps, active since a day."""
    rule = ensure_default_rule()
    rule = update_rule(
        rule_id=rule.pk,
        version=rule.version,
        words=RuleWords(rule.name, steps, **words),
        actor=None,  # type: ignore[arg-type]
    )
    return activate_rule(rule_id=rule.pk, version=rule.version, today=on, actor=None) if on else rule


def noon(day: date) -> datetime:
    """18:00 UTC: between ten and noon wherever these companies are."""
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


def round_of(day: date) -> Planned:
    return plan_company(as_of=noon(day), today=day)


def file() -> dict[str, str]:
    """What is on file: «when cycle[ channel]» -> «state why»."""
    rows = ReminderCandidate.objects.select_related("step").order_by("due_on", "cycle")
    return {
        f"{row.step.when}{row.step.days or ''} {row.cycle} {row.channel}".strip(): f"{row.state} {row.why}".strip()
        for row in rows
    }


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.id):
        yield company


@pytest.fixture
def customer(company: Company) -> Customer:
    customer = make_customer(company)
    contact(customer)
    return customer


@pytest.fixture
def outsider(company: Company) -> Iterator[Callable[[], int]]:
    """Another company in the same state; nothing that happens to ours may write a row of it."""
    other = make_company("Vecinos del Norte", "VNO010203AB9")
    with company_scope(other.pk):
        theirs = make_customer(other)
        contact(theirs)
        charge(theirs)
        general()

    def rows() -> int:
        return ReminderCandidate.all_companies.filter(company=other).count()

    yield rows
    assert rows() == 0
