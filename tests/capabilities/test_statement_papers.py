"""The statement of account on paper: every figure of the screen, whose it is, and how to pay it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from aldia.customers.models import Customer
from aldia.domain.money import Money
from aldia.payments.directions import Directions, directions_of, grouped
from aldia.payments.models import CollectionAccount, ProviderAccount
from aldia.payments.tokens import payment_settings
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.queries.lists import Wanted
from aldia.receivables.queries.statement import statement
from aldia.reporting import words
from aldia.reporting.statement_papers import set_statement, statement_name, statement_pdf
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
from tests.support.books import TODAY, Books

CLABE = "646180110400000001"
FIRST = TODAY - timedelta(days=150)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.id):
        yield company


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def charge(customer: Customer, pesos: int, days: int = 10, currency: str = "MXN", number: str = "") -> None:
    open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(pesos * 100, currency),
        issued_on=TODAY - timedelta(days=40), due_on=TODAY + timedelta(days=days), concept="", number=number,
        key=uuid7(), actor=None,
    )  # fmt: skip


def collects_by(customer: Customer, **fields: Any) -> CollectionAccount:
    settings = fields.pop("settings", {})
    account = ProviderAccount.objects.create(
        company=customer.company, provider="sandbox", name="Prueba", hook_token=uuid7().hex, settings=settings
    )
    values = {
        "kind": "clabe",
        "value": CLABE,
        "bank": "STP",
        "beneficiary": "Tres Ríos SA de CV",
        "sequence": 1,
        "opened_at": datetime(2026, 10, 1, tzinfo=UTC),
    }
    return CollectionAccount.objects.create(
        company=customer.company, customer=customer, account=account, **{**values, **fields}
    )


@pytest.mark.parametrize("seed", [3, 11])
def test_every_figure_of_the_account_is_on_the_paper(company: Company, seed: int) -> None:
    for customer in Books(company, seed).live_on(70).customers:
        found = statement(customer_id=customer.id, first=FIRST, last=TODAY, today=TODAY, home="MXN")
        said = text_of(set_statement(found, customer=customer, company=company))
        assert company.legal_name in said
        assert f"{customer.legal_name} {customer.tax_id}" in said
        for part in found.currencies:

            def figure(minor: int, currency: str = part.currency) -> str:
                return words.figure(minor, currency, company)

            for minor in (part.owed, part.overdue, part.owed - part.overdue, part.in_favour, *part.buckets):
                assert figure(minor) in said
            if part.owed:
                assert f"Saldo por pagar {words.amount(part.owed, part.currency, company)}" in said
            if part.overdue:
                assert f"Vencido: {words.amount(part.overdue, part.currency, company)}" in said
            for row in part.documents:
                late = (TODAY - row.due_on).days
                cells = [row.number, words.kind_name(row.kind), words.day(row.issued_on), words.day(row.due_on)]
                cells += [str(late)] * (late > 0) + [figure(row.total), figure(row.balance)]
                assert " ".join(cells) in said
            total, owed = sum(row.total for row in part.documents), sum(row.balance for row in part.documents)
            assert not part.documents or f"Total {figure(total)} {figure(owed)}" in said
            for each in part.movements:
                line = [words.day(each.on), words.movement_text(each), figure(abs(each.amount)), figure(each.running)]
                assert " ".join(line) in said
            if part.movements:
                sums = " ".join(map(figure, (part.charged, part.paid, part.closing)))
                assert f"{words.day(FIRST)} Saldo anterior {figure(part.opening)}" in said
                assert f"{words.day(TODAY)} Saldo al cierre {sums}" in said
            for credit in part.credits:
                assert f"{figure(credit.amount)} {figure(credit.remaining - credit.held)}" in said


def test_who_owes_nothing_reads_so(company: Company) -> None:
    customer = make_customer(company)
    said = text_of(statement_pdf(customer.pk, today=TODAY))
    assert "Saldo por pagar $0.00" in said
    assert "No hay documentos que mostrar." in said
    assert "No hubo movimientos en el periodo. Saldo: 0.00" in said
    assert "CÓMO PAGAR" not in said


def test_the_account_of_the_customer_is_printed_and_no_one_elses(company: Company) -> None:
    guera, other = make_customer(company), make_customer(company, "Otra", "OTR010203AB1")
    charge(guera, 1_160)
    charge(other, 500)
    collects_by(guera)
    said = text_of(statement_pdf(guera.pk, today=TODAY))
    assert "CÓMO PAGAR CLABE interbancaria 646 180 110 400 000 001" in said
    assert "Banco STP" in said
    assert "Beneficiario Tres Ríos SA de CV" in said
    assert "646 180" not in text_of(statement_pdf(other.pk, today=TODAY))


def test_a_company_that_prints_no_accounts_prints_none(company: Company) -> None:
    guera = make_customer(company)
    charge(guera, 1_160)
    collects_by(guera)
    settings = payment_settings()
    settings.accounts_in_papers = False
    settings.save()
    assert "646 180" not in text_of(statement_pdf(guera.pk, today=TODAY))


def test_a_reference_goes_with_the_clabe_of_the_company(company: Company) -> None:
    guera = make_customer(company)
    collects_by(
        guera, kind="reference", value="00000017", bank="", beneficiary="",
        settings={"clabe": "012180001234567897", "bank": "BBVA"},
    )  # fmt: skip
    assert directions_of([guera.pk]) == {guera.pk: Directions("012180001234567897", "BBVA", "", "00000017")}
    said = text_of(statement_pdf(guera.pk, today=TODAY))
    assert "012 180 001 234 567 897" in said
    assert "Referencia 00000017" in said
    assert f"Beneficiario {company.legal_name}" in said


def test_accounts_that_cannot_be_paid_into_are_not_told(company: Company) -> None:
    guera = make_customer(company)
    collects_by(guera, closed_at="2026-11-01T00:00Z")
    collects_by(guera, value="")
    off = collects_by(guera, value="646180110400000027").account
    ProviderAccount.objects.filter(pk=off.pk).update(disabled_at="2026-11-01T00:00Z")
    assert directions_of([guera.pk]) == {}


def test_the_page_where_it_is_paid_is_printed(company: Company) -> None:
    guera = make_customer(company)
    charge(guera, 100)
    said = text_of(statement_pdf(guera.pk, today=TODAY, pay_url="https://aldia.example/l/tres-rios/abc/"))
    assert "O pague en línea" in said
    assert "https://aldia.example/l/tres-rios/abc/" in said


def test_it_speaks_the_language_of_the_customer(company: Company) -> None:
    ann = make_customer(company, "Northwind", "", language="en")
    charge(ann, 100, currency="USD")
    said = text_of(statement_pdf(ann.pk, today=TODAY))
    assert "Charge note NC-1" in said
    assert "Nota de cobro" not in said


def test_only_what_is_asked_for_is_listed(company: Company) -> None:
    guera = make_customer(company)
    charge(guera, 100, days=-5, number="VENCIDA1")
    charge(guera, 200, days=5, number="PORVENCER2")
    said = text_of(statement_pdf(guera.pk, today=TODAY, wanted=Wanted(tab="overdue")))
    assert "VENCIDA1 Nota de cobro" in said
    assert "PORVENCER2 Nota de cobro" not in said
    assert "Saldo por pagar $300.00" in said


def test_its_name_says_whose_and_of_when(company: Company) -> None:
    guera = make_customer(company)
    assert statement_name(guera, today=TODAY) == "estado-de-cuenta-ALG010203AB2-2026-11-21.pdf"
    guera.tax_id = "Ñ / ../x"
    assert statement_name(guera, today=TODAY) == "estado-de-cuenta-x-2026-11-21.pdf"


@pytest.mark.parametrize("said", ["", "64618011040000000", "64618011040000000A", "REF-17"])
def test_what_is_no_clabe_is_not_cut_in_groups(said: str) -> None:
    assert grouped(said) == said
