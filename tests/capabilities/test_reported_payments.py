"""Payments that customers report: kept, accepted once as a payment, or rejected with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.payments.models import ReportedPayment
from aldia.payments.operations.reported import ReportError, accept_report, reject_report, report_payment
from aldia.payments.queries import reports as queries
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import SuspectedDuplicate, record_payment
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store
from tests.cast import make_company, make_customer

TODAY = date(2026, 11, 21)
PAID_ON = date(2026, 11, 19)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="avisos")
    with company_scope(company.id):
        yield company


@pytest.fixture
def guera(company: Company) -> Customer:
    return make_customer(company)


def charge(customer: Customer, total: int = 100_000, due_on: date = date(2026, 10, 15), currency: str = "MXN") -> Any:
    return open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(total, currency), issued_on=date(2026, 9, 15),
        due_on=due_on, concept="Flete", key=uuid7(), actor=None,
    )  # fmt: skip


def report(customer: Customer, amount: int, *rows: Receivable, **fields: Any) -> ReportedPayment:
    values = {"paid_on": PAID_ON, "key": uuid7(), "today": TODAY, "actor": None, **fields}
    return report_payment(
        customer_id=customer.pk, amount=Money(amount, "MXN"), receivable_ids=[row.pk for row in rows], **values
    )


def accept(row: ReportedPayment, **fields: Any) -> Credit:
    return accept_report(report_id=row.pk, today=TODAY, actor=None, **fields)


def balance(row: Receivable) -> int:
    return Receivable.objects.get(pk=row.pk).balance


def test_an_accepted_report_pays_what_it_names_oldest_due_first(guera: Customer) -> None:
    late, later, other = charge(guera), charge(guera, due_on=date(2026, 11, 1)), charge(guera)
    proof = store("spei.pdf", b"%PDF-1.7 comprobante", "application/pdf")
    row = report(guera, 150_000, later, late, method="transfer", reference="SPEI 1", proof=proof)
    credit = accept(row)
    assert (balance(late), balance(later), balance(other)) == (0, 50_000, 100_000)
    assert (credit.received_on, credit.method, credit.reference, credit.proof) == (PAID_ON, "transfer", "SPEI 1", proof)
    row.refresh_from_db()
    assert (row.state, row.credit, row.decided_on) == ("accepted", credit, TODAY)
    assert AuditEvent.objects.filter(verb="payments.report_accepted", object_id=str(row.pk)).count() == 1


def test_what_is_more_than_owed_stays_in_favour(guera: Customer) -> None:
    named, other = charge(guera), charge(guera)
    credit = accept(report(guera, 130_000, named))
    assert (balance(named), balance(other), credit.remaining) == (0, 100_000, 30_000)


def test_a_report_that_names_nothing_pays_the_oldest_due(guera: Customer) -> None:
    later, late = charge(guera, due_on=date(2026, 11, 1)), charge(guera)
    accept(report(guera, 100_000))
    assert (balance(late), balance(later)) == (0, 100_000)


def test_what_was_paid_meanwhile_is_not_paid_twice(guera: Customer) -> None:
    named = charge(guera)
    row = report(guera, 100_000, named)
    record_payment(
        customer_id=guera.pk, amount=Money(90_000, "MXN"), received_on=TODAY, key="x", actor=None, today=TODAY,
        named={named.pk: 90_000}, policy="",
    )  # fmt: skip
    credit = accept(row)
    assert (balance(named), credit.remaining) == (0, 90_000)


def test_accepting_twice_is_one_payment(guera: Customer) -> None:
    row = report(guera, 100_000, charge(guera))
    assert accept(row) == accept(row)
    assert Credit.objects.count() == 1


def test_the_same_money_on_file_asks_first(guera: Customer) -> None:
    named = charge(guera)
    row = report(guera, 100_000, named)
    record_payment(
        customer_id=guera.pk, amount=Money(100_000, "MXN"), received_on=PAID_ON, key="banco", actor=None, today=TODAY,
        policy="",
    )  # fmt: skip
    with pytest.raises(SuspectedDuplicate):
        accept(row)
    row.refresh_from_db()
    assert (row.state, Credit.objects.count()) == ("waiting", 1)
    accept(row, is_distinct=True, received_on=TODAY)
    assert (Credit.objects.count(), balance(named)) == (2, 0)


def test_a_rejected_report_says_why_and_is_never_accepted(guera: Customer) -> None:
    row = report(guera, 100_000, charge(guera))
    for _ in range(2):
        reject_report(report_id=row.pk, reason="No está en el banco", today=TODAY, actor=None)
    row.refresh_from_db()
    assert (row.state, row.reject_reason) == ("rejected", "No está en el banco")
    assert AuditEvent.objects.filter(verb="payments.report_rejected").count() == 1
    with pytest.raises(ReportError, match="ya se rechazó"):
        accept(row)


def test_an_accepted_report_is_not_rejected(guera: Customer) -> None:
    row = report(guera, 100_000, charge(guera))
    accept(row)
    with pytest.raises(ReportError, match="ya se aceptó"):
        reject_report(report_id=row.pk, reason="x", today=TODAY, actor=None)


def test_the_same_form_sent_twice_is_one_report(guera: Customer) -> None:
    key = uuid7()
    assert report(guera, 100_000, key=key) == report(guera, 100_000, key=key)
    with pytest.raises(ReportError, match="Esa clave"):
        report(guera, 100_001, key=key)


def test_reports_that_cannot_be(guera: Customer, company: Company) -> None:
    note, dollars = charge(guera), charge(guera, currency="USD")
    other = make_customer(company, "Otro", "OTR1")
    for words, made in {
        "mayor que cero": lambda: report(guera, 0, note),
        "posterior a hoy": lambda: report(guera, 1, note, paid_on=TODAY + timedelta(days=1)),
        "del cliente y de la moneda": lambda: report(guera, 1, dollars),
        "del cliente": lambda: report(other, 1, note),
        "no existe": lambda: report(Customer(pk=uuid7()), 1),
    }.items():
        with pytest.raises(ReportError, match=words):
            made()
    with pytest.raises(ReportError, match="no existe"):
        accept_report(report_id=uuid7(), today=TODAY, actor=None)
    with pytest.raises(ReportError, match="por qué"):
        reject_report(report_id=uuid7(), reason="", today=TODAY, actor=None)


def test_lists_and_other_companies(guera: Customer) -> None:
    first, second = charge(guera), charge(guera, due_on=date(2026, 10, 1))
    row = report(guera, 100_000, first, second)
    loose = report(guera, 5_000)
    assert set(queries.of_customer(guera.pk)) == {row, loose}
    assert list(queries.of_receivables([first.pk])) == [row]
    assert [each.receivable for each in queries.numbers_of([row.pk])[row.pk]] == [second, first]
    with company_scope(make_company("Otra", "OTR010203AB1").id):
        assert not queries.reports().exists()
        with pytest.raises(ReportError, match="no existe"):
            accept(row)
