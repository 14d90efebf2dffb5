"""Excel and PDF of the reports carry the figures of the screens, and text stays text in both."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from aldia.customers.models import Customer
from aldia.domain.aging import Ranges
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import write_xlsx
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.queries.sight import Sight
from aldia.receivables.queries.statement import Statement, statement
from aldia.reporting import papers, sheets, words
from aldia.reporting.queries import drill
from aldia.reporting.queries.aging import Aging, aging
from aldia.reporting.queries.drill import Drill
from aldia.reporting.queries.indicators import indicators_of
from aldia.reporting.statement_papers import set_statement
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer
from tests.support.books import TODAY, Books

HOSTILE = '=HYPERLINK("http://x","y") #panic("x") $x^2$ *a* _b_ <b> \\ @SUM(1)'


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.id):
        yield company


@pytest.fixture
def books(company: Company) -> Books:
    made = Books(company, 3).live_on(60)
    for key in ("x", "y"):
        record_payment(
            customer_id=made.customers[0].id,
            amount=Money(12_345, "MXN"),
            received_on=TODAY,
            key=key,
            actor=None,
            today=TODAY,
            policy="",
            is_distinct=True,
        )
    return made


def aged(by: str = "customer", as_of: date = TODAY) -> Aging:
    return aging(sight=Sight(), as_of=as_of, today=TODAY, home="MXN", ranges=Ranges(), by=by)


def account(customer: Customer) -> Statement:
    return statement(
        customer_id=customer.id, first=TODAY - timedelta(days=150), last=TODAY, today=TODAY, home="MXN", ranges=Ranges()
    )


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def workbook(made: list[sheets.Sheet]) -> dict[str, list[list[object]]]:
    stream = io.BytesIO()
    write_xlsx(stream, made)
    book = CalamineWorkbook.from_filelike(io.BytesIO(stream.getvalue()))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def charge(customer: Customer, pesos: int, due: date, number: str = "") -> None:
    open_charge(
        customer_id=customer.id,
        kind="charge_note",
        total=Money(pesos * 100, "MXN"),
        issued_on=TODAY - timedelta(days=100),
        due_on=due,
        concept="",
        key=uuid7(),
        actor=None,
        number=number,
    )


@pytest.mark.parametrize("by", ["customer", "portfolio", "currency"])
def test_the_aging_on_paper_has_each_figure_of_the_report(books: Books, company: Company, by: str) -> None:
    for as_of in (TODAY, TODAY - timedelta(days=60)):
        found = aged(by, as_of)
        said = text_of(papers.aging_pdf(found, company=company, today=TODAY))
        assert company.legal_name in said
        assert words.day(as_of) in said
        assert "Página 1 / 1" in said
        for row in (*found.rows, *found.totals):
            cells = [words.figure(each, row.currency, company) for each in (*row.buckets, row.overdue, row.total)]
            assert " ".join([row.label, *cells]) in said or " ".join(["Total", *cells]) in said


def test_the_aging_in_excel_has_each_figure_as_a_number(books: Books, company: Company) -> None:
    found = aged()
    [rows] = workbook(sheets.aging_sheets(found, company=company)).values()
    top = next(index for index, row in enumerate(rows) if row[0] == "Cliente")
    for row, cells in zip((*found.rows, *found.totals), rows[top + 1 :], strict=True):
        amounts = [Money(each, row.currency).decimal for each in (*row.buckets, row.overdue, row.total)]
        assert [float(each) for each in amounts] == cells[3:]
    assert rows[-1][0] == "Total USD"


def test_the_statement_on_paper_and_in_excel_is_the_one_on_screen(books: Books, company: Company) -> None:
    for customer in books.customers:
        found = account(customer)
        said = text_of(set_statement(found, customer=customer, company=company))
        book = workbook(sheets.statement_sheets(found, customer=customer, company=company))
        assert customer.legal_name in said
        for part in found.currencies:
            for minor in (part.opening, part.charged, part.paid, part.closing, part.overdue, part.in_favour):
                assert words.figure(minor, part.currency, company) in said
            for row in part.documents:
                assert f"{words.figure(row.total, part.currency, company)} " in said
            sheet = book[f"Movimientos {part.currency}"]
            assert sheet[-1][4] == float(Money(part.closing, part.currency).decimal)
            running = [row[4] for row in sheet[6:-1]]
            assert running == [float(Money(each.running, part.currency).decimal) for each in part.movements]
            assert sum(row[2] or 0 for row in sheet[5:-1]) == pytest.approx(part.charged / 100)


def test_hostile_text_stays_text(company: Company) -> None:
    customer = make_customer(company, HOSTILE, "HOS010203AB1")
    charge(customer, 10, TODAY, number=HOSTILE[:80])
    record_payment(
        customer_id=customer.id, amount=Money(500, "MXN"), received_on=TODAY, key="k", actor=None, today=TODAY,
        reference=HOSTILE,
    )  # fmt: skip
    squeezed = HOSTILE.replace(" ", "")
    assert squeezed in text_of(papers.aging_pdf(aged(), company=company, today=TODAY)).replace(" ", "")
    found = account(customer)
    said = text_of(set_statement(found, customer=customer, company=company)).replace(" ", "")
    assert squeezed in said
    cells = [
        cell for rows in workbook(sheets.aging_sheets(aged(), company=company)).values() for row in rows for cell in row
    ]
    assert HOSTILE in cells


def test_an_empty_report_says_so(company: Company) -> None:
    assert "Nadie debía nada ese día." in text_of(papers.aging_pdf(aged(), company=company, today=TODAY))
    customer = make_customer(company)
    said = text_of(set_statement(account(customer), customer=customer, company=company))
    assert "No hay documentos que mostrar." in said
    assert "No hubo movimientos en el periodo." in said
    [rows] = workbook(sheets.aging_sheets(aged(), company=company)).values()
    assert rows[-1][0] == "Cliente"


def test_a_long_aging_repeats_its_heading_and_numbers_its_pages(company: Company) -> None:
    for index in range(90):
        charge(make_customer(company, f"Cliente {index:03d}", f"AAA010101{index:03d}"), 10 + index, TODAY)
    pages = PdfReader(io.BytesIO(papers.aging_pdf(aged(), company=company, today=TODAY))).pages
    texts = [page.extract_text() for page in pages]
    assert len(texts) > 2
    for number, said in enumerate(texts, 1):
        assert f"{number} / {len(texts)}" in " ".join(said.split())
        assert "Por vencer" in said


@pytest.mark.parametrize("what", ["owed", "sales", "collected", "in_favour"])
def test_the_rows_behind_a_figure_in_excel_sum_to_it(books: Books, company: Company, what: str) -> None:
    asked = Drill(what, "MXN")
    rows = drill.rows_behind(asked, sight=Sight(), today=TODAY)
    sums = drill.sums_behind(asked, sight=Sight(), today=TODAY, home="MXN")
    [made] = workbook(sheets.drill_sheets(rows, asked, sums, title="Cartera", as_of=TODAY)).values()
    column = 8 if what in drill.OF_RECEIVABLES else 5
    body = [row[column] for row in made[3:-1]]
    assert made[-1][column] == pytest.approx(sum(body)) == float(Money(sums[0].amount, "MXN").decimal)


def test_indicators_in_excel(books: Books, company: Company) -> None:
    first = TODAY - timedelta(days=90)
    found = indicators_of(sight=Sight(), currency="MXN", first=first, last=TODAY, today=TODAY)
    book = workbook(sheets.indicator_sheets(found, company=company))
    values = {row[0]: row[1] for row in book["Indicadores"][5:]}
    assert values["DSO"] == float(found.value("dso").value)  # type: ignore[arg-type]
    amounts = {row[0]: row[1] for row in book["Cifras"][5:]}
    assert amounts["Saldo al cierre"] == float(Money(found.parts["closing"].amount, "MXN").decimal)
