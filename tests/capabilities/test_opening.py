"""Opening balances: every row ends in an outcome and a sentence, balances are those of the sheet, nothing doubles."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.cli.main import main
from aldia.customers.models import CreditLine, Customer
from aldia.integrations.spreadsheets import Column, MissingColumns, Sheet, SheetError, write_xlsx
from aldia.receivables import verify
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.opening_rows import read_openings
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.opening import PreviewChanged, apply_opening, preview_opening
from aldia.receivables.operations.switching import switch_on
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_company, make_customer

TODAY = date(2026, 11, 21)
HEAD = "customer_tax_id,customer_name,series,folio,uuid,purchase_order,issued_on,due_on,currency,total,balance"
RFC = "ALG010203AB2"
KEY = "6F9619FF-8B86-4011-B42D-00C04FC964FF"
pytestmark = pytest.mark.django_db


@pytest.fixture
def company(db):
    company = make_company()
    with company_scope(company.id):
        yield company


def rows_of(*lines, head=HEAD):
    data = "\n".join([head, *lines]).encode()
    return read_openings(data, country="MX", home="MXN", decimal=".")


def line(number="A-1", total="1000.00", balance="1000.00", **changes):
    cells = {
        "tax_id": RFC,
        "name": "Abarrotes La Güera",
        "series": "",
        "folio": number,
        "uuid": "",
        "order": "OC-7",
        "issued_on": "2026-08-01",
        "due_on": "2026-08-31",
        "currency": "MXN",
        "total": total,
        "balance": balance,
    } | changes
    return ",".join(cells.values())


def load(*lines, **options):
    return apply_opening(rows=rows_of(*lines), today=TODAY, actor=None, **options)


def violations():
    return [check for check in verify.run_checks() if check.violations]


def test_a_row_opens_what_is_still_owed_and_switches_its_customer_on(company):
    done = load(line(balance="400.00"))
    row = Receivable.objects.get()
    assert [each.outcome for each in done.results] == ["opened"]
    assert (row.kind, row.number, row.purchase_order, row.total, row.balance) == (
        "opening", "A-1", "OC-7", 1000_00, 400_00,
    )  # fmt: skip
    assert (row.issued_on, row.due_on, row.opening_on) == (date(2026, 8, 1), date(2026, 8, 31), TODAY)
    credit = Credit.objects.get()
    assert (credit.kind, credit.source, credit.amount, credit.remaining) == ("opening", "opening", 600_00, 0)
    assert Allocation.objects.get().rule == "opening"
    customer = Customer.objects.get()
    assert (customer.legal_name, customer.collecting) == ("Abarrotes La Güera", True)
    assert (done.receivables, done.created, done.switched_on) == (1, 1, 1)
    assert violations() == []


def test_the_same_file_twice_doubles_nothing(company):
    lines = [line("A-1"), line("A-2", uuid=KEY), line("A-3", balance="0.01")]
    load(*lines)
    again = load(*lines)
    assert [each.outcome for each in again.results] == ["duplicate"] * 3
    assert again.receivables == 0
    assert Receivable.objects.count() == 3
    assert AuditEvent.objects.filter(verb="receivables.openings_loaded").count() == 1


def test_without_the_switch_customers_stay_off(company):
    done = load(line(), collect=False)
    assert not Customer.objects.get().collecting
    assert (done.receivables, done.switched_on) == (1, 0)


def test_spanish_headings_of_any_case_and_order(company):
    head = "SALDO;Total;moneda;VENCIMIENTO;fecha;Folio;Cliente;rfc"
    rows = read_openings(
        f"{head}\n1.500,50;2.000,00;;15/09/2026;01/08/2026;F-9;Ñandú;{RFC.lower()}\n".encode(),
        country="MX", home="MXN", decimal=".",
    )  # fmt: skip
    assert rows[0].problems == ()
    assert (rows[0].balance, rows[0].total, rows[0].currency) == (1500_50, 2000_00, "MXN")
    assert (rows[0].tax_id, rows[0].number, rows[0].due_on) == (RFC, "F-9", date(2026, 9, 15))


def test_an_excel_sheet_with_dates_and_numbers(company):
    stream = io.BytesIO()
    names = ["RFC", "Cliente", "Serie", "Folio", "Fecha", "Vencimiento", "Total", "Saldo"]
    cells = [RFC, "La Güera", "F", 12, date(2026, 8, 1), date(2026, 9, 1), Decimal("1000.5"), Decimal("0.3")]
    write_xlsx(stream, [Sheet("Saldos", [Column(name) for name in names], [cells])])
    (row,) = read_openings(stream.getvalue(), country="MX", home="MXN", decimal=".")
    assert (row.problems, row.number, row.total, row.balance) == ((), "F-12", 1000_50, 30)


@pytest.mark.parametrize(
    ("changes", "outcome", "why"),
    [
        ({"tax_id": "XAXX010101000"}, "error", "público en general"),
        ({"tax_id": "DTR010203AB1"}, "error", "tu propia empresa"),
        ({"tax_id": "NO-ES-RFC"}, "error", "RFC"),
        ({"tax_id": ""}, "error", "Falta el RFC"),
        ({"tax_id": "XEXX010101000", "name": ""}, "error", "extranjero"),
        ({"total": "-5", "balance": "-5"}, "error", "negativo"),
        ({"balance": "1000.01"}, "error", "mayor que el total"),
        ({"balance": ""}, "error", "falta el saldo"),
        ({"balance": "0"}, "ignored", "cero"),
        ({"total": "1e5", "balance": "1e5"}, "error", "no es un importe"),
        ({"total": "NaN"}, "error", "no es un importe"),
        ({"total": "１２", "balance": "１２"}, "error", "no es un importe"),
        ({"total": "1000000000000000000", "balance": "1"}, "error", "demasiado grande"),
        ({"total": "0.001", "balance": "0.001"}, "error", "decimales"),
        ({"currency": "PESOS"}, "error", "no es una moneda"),
        ({"currency": "USD", "total": "MXN 5", "balance": "5"}, "error", "debe estar en USD"),
        ({"issued_on": "31/02/2026"}, "error", "no existe en el calendario"),
        ({"issued_on": "pronto"}, "error", "no es una fecha"),
        ({"issued_on": ""}, "error", "falta la fecha"),
        ({"issued_on": "2026-11-22", "due_on": "2026-12-22"}, "error", "posterior a hoy"),
        ({"due_on": "2026-07-31"}, "error", "anterior a la emisión"),
        ({"uuid": "6F9619FF"}, "error", "no es un UUID"),
        ({"number": ""}, "error", "falta el folio"),
        ({"name": "x" * 301}, "error", "301 caracteres"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(company, changes, outcome, why):
    number = changes.pop("number", "A-1")
    done = load(line(number, **changes), line("B-2"))
    first, second = done.results
    assert (first.outcome, second.outcome) == (outcome, "opened")
    assert first.message.startswith("Fila 2")
    assert why in first.message
    assert Receivable.objects.count() == 1


def test_rows_that_repeat_each_other(company):
    done = load(line("A-1"), line("A-1"), line("A-1", total="2000"), line("A-1", uuid=KEY), line("Z", uuid=KEY))
    assert [each.code for each in done.results] == ["opened", "repeated", "conflict", "repeated", "repeated"]
    assert Receivable.objects.get().number == "A-1"


def test_two_invoices_with_one_number_are_told_apart_by_uuid(company):
    other = KEY.replace("6", "7", 1)
    done = load(line("A-1", uuid=KEY), line("A-1", uuid=other))
    assert [each.outcome for each in done.results] == ["opened", "opened"]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4", b"a,b\n1,2", HEAD.replace("issued_on", "when").encode()])
def test_a_file_that_is_no_such_sheet_is_refused_whole(data):
    with pytest.raises(SheetError):
        read_openings(data, country="MX", home="MXN", decimal=".")


def test_a_sheet_without_amounts_says_which_columns_are_missing():
    with pytest.raises(MissingColumns, match="Total, Saldo"):
        read_openings(b"RFC,Folio,Fecha\nALG010203AB2,1,2026-01-01", country="MX", home="MXN", decimal=".")


def test_the_customers_term_decides_where_no_due_date_is_given(company):
    customer = make_customer(company, tax_id=RFC, term_days=None)
    CreditLine.objects.create(
        company=company, customer=customer, name="General", currency="MXN", limit_minor=1, term_days=45, is_default=True
    )
    load(line(due_on=""))
    row = Receivable.objects.get()
    assert row.due_on == date(2026, 8, 1) + timedelta(days=45)
    assert row.credit_line is not None


# Beside CFDI on file


def test_an_invoice_already_collected_is_a_duplicate(company):
    customer = make_customer(company, tax_id=RFC)
    document = Papers(company, customer).invoice(1000_00, date(2026, 8, 1))
    apply_documents(keys={document.key}, today=TODAY, actor=None)
    done = load(line("otra", uuid=document.key), line(document.number), line(document.number, total="7", balance="7"))
    assert [each.outcome for each in done.results] == ["duplicate", "duplicate", "error"]
    assert Receivable.objects.count() == 1


@pytest.mark.parametrize("by_uuid", [True, False])
def test_the_balance_of_the_sheet_holds_for_a_cfdi_of_a_customer_that_is_off(company, by_uuid):
    customer = make_customer(company, tax_id=RFC, collecting=False)
    papers = Papers(company, customer)
    document = papers.invoice(1000_00, date(2026, 8, 1))
    papers.complement(date(2026, 9, 1), 300_00, (document, 300_00))  # is in the balance already
    done = load(line(document.number, balance="700.00", uuid=document.key if by_uuid else ""))
    row = Receivable.objects.get()
    assert done.results[0].message == "Fila 2: por cobrar $700.00, ligada a su CFDI en archivo."
    assert (row.kind, row.balance, row.document_id, row.key) == ("opening", 700_00, document.id, document.key)
    later = papers.complement(TODAY + timedelta(days=3), 100_00, (document, 100_00))
    apply_documents(keys={later.key}, today=TODAY + timedelta(days=3), actor=None)
    row.refresh_from_db()
    assert row.balance == 600_00
    assert violations() == []


def test_a_cfdi_that_disagrees_or_is_cancelled_opens_nothing(company):
    customer = make_customer(company, tax_id=RFC, collecting=False)
    papers = Papers(company, customer)
    one = papers.invoice(1000_00, date(2026, 8, 1))
    gone = papers.invoice(1000_00, date(2026, 8, 1), status="cancelled", cancelled_on=date(2026, 9, 1))
    stranger = Papers(company, make_customer(company, "Otro", "OTR010203AB4", collecting=False))
    theirs = stranger.invoice(1000_00, date(2026, 8, 1))
    done = load(
        line("a", uuid=one.key, total="1001"), line("b", uuid=gone.key), line("c", uuid=theirs.key),
    )  # fmt: skip
    assert [each.code for each in done.results] == ["other_total", "cancelled", "other_customer"]
    assert not Receivable.objects.exists()


def test_a_cfdi_that_arrives_later_is_linked_and_changes_nothing(company):
    load(line("F-1", balance="250.00"))
    customer = Customer.objects.get()
    document = Papers(company, customer).invoice(1000_00, date(2026, 8, 1))
    assert document.number == "F-1"
    apply_documents(keys={document.key}, today=TODAY, actor=None)
    row = Receivable.objects.get()
    assert (row.key, row.document_id, row.balance) == (document.key, document.id, 250_00)
    assert switch_on(customer_ids=[customer.pk], today=TODAY, actor=None).customers == 0


# Preview and command line


def test_the_preview_writes_nothing_and_its_token_applies_exactly_that(company):
    rows = rows_of(line("A-1"), line("A-2", total="x"))
    preview = preview_opening(rows=rows, today=TODAY)
    assert [each.outcome for each in preview.results] == ["opened", "error"]
    assert not Customer.objects.exists()
    apply_opening(rows=rows, today=TODAY, actor=None, token=preview.token)
    assert Receivable.objects.count() == 1
    with pytest.raises(PreviewChanged):
        apply_opening(rows=rows, today=TODAY, actor=None, token=preview.token)


amounts = st.integers(1, 10**11).flatmap(lambda total: st.tuples(st.just(total), st.integers(1, total)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(amounts, min_size=1, max_size=8))
def test_balances_are_exact_whatever_the_amounts(company, pairs):
    prefix = f"P{Receivable.objects.count()}"
    lines = [
        line(f"{prefix}-{at}", total=f"{total // 100}.{total % 100:02d}", balance=f"{left // 100}.{left % 100:02d}")
        for at, (total, left) in enumerate(pairs)
    ]
    load(*lines)
    found = {row.number: row for row in Receivable.objects.filter(number__startswith=f"{prefix}-")}
    rows = [found[f"{prefix}-{at}"] for at in range(len(pairs))]
    assert [(row.total, row.balance) for row in rows] == pairs


def test_the_command_says_what_became_of_each_row(company, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("aldia.cli.prepare.ready", lambda: None)
    file = tmp_path / "saldos.csv"
    file.write_text("\n".join([HEAD, line("A-1", balance="400"), line("A-2", total="x"), line("A-1", balance="400")]))
    assert main(["receivables", "import", str(file), "--company", str(company.pk), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["counts"] == {"opened": 1, "error": 1, "duplicate": 1}
    assert data["receivables_opened"] == 1
    first = data["items"][0]
    assert (first["outcome"], first["balance"], first["currency"], first["line"]) == ("opened", "400.00", "MXN", 2)
    assert main(["receivables", "import", str(tmp_path / "no.csv"), "--company", str(company.pk), "--json"]) == 2
    file.write_text("hola")
    assert main(["receivables", "import", str(file), "--company", str(company.pk), "--json"]) == 2
    assert "Faltan columnas" in capsys.readouterr().out
