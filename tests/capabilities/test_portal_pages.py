"""The pages of the portal: what a customer sees of its account, and what it can do about it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from aldia.collections.models import Dispute
from aldia.collections.operations.disputes import resolve_dispute
from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument
from aldia.domain.money import Money
from aldia.messaging.models import Message, Purpose
from aldia.payments.models import CollectionAccount, PaymentLink, ProviderAccount, ReportedPayment
from aldia.payments.operations.reported import accept_report, reject_report
from aldia.payments.queries.links import link_view
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.discounts import offer_discount
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, Company, StoredFile
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_company, make_user
from tests.fixtures.cfdi import builder
from tests.support.portal import Guest, customer_of, guest_of, imported, options, owes, today

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%comprobante"


@pytest.fixture(autouse=True)
def _plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_user("duena@tresrios.example", company)
    return company


@pytest.fixture
def customer(company: Company) -> Customer:
    return customer_of(company)


@pytest.fixture
def guest(customer: Customer) -> Guest:
    return guest_of(customer, "lupita@guera.example")


def page(guest: Guest, rest: str = "", **query: Any) -> str:
    response = guest.get(rest, query)
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def pays(row: Receivable, amount: int, **fields: Any) -> Credit:
    with company_scope(row.company_id):
        return record_payment(
            customer_id=row.customer_id, amount=Money(amount, row.currency), received_on=today(), key=uuid7().hex,
            actor=None, today=today(), policy="", named={row.pk: amount}, is_distinct=True, **fields,
        )  # fmt: skip


# ── the statement ─────────────────────────────────────────────────────────────────────────────────────────────


def test_totals_per_currency(guest: Guest, customer: Customer) -> None:
    owes(customer, 100_00, days=-40, number="VENCIDA-40")
    owes(customer, 50_00, days=-5, number="VENCIDA-5")
    owes(customer, 30_00, days=3, number="PRONTO")
    owes(customer, 20_00, days=60, number="DESPUES")
    owes(customer, 700_00, days=-1, currency="USD", number="DOLARES")
    text = page(guest)
    for shown in ("$200.00", "$150.00", "$30.00", "$20.00", "700.00 USD", "VENCIDA-40", "PRONTO", "DOLARES"):
        assert shown in text
    assert text.index('aria-label="Saldo en MXN"') < text.index('aria-label="Saldo en USD"')
    assert "40 días de atraso" in text
    assert customer.legal_name in text


def test_a_customer_that_owes_nothing_is_thanked(guest: Guest) -> None:
    text = page(guest)
    assert "Está al corriente" in text
    assert "No debe nada" in text
    assert "Pagar todo" not in text


def test_in_favour_is_shown(guest: Guest, customer: Customer) -> None:
    with company_scope(customer.company_id):
        record_payment(
            customer_id=customer.pk, amount=Money(80_00, "MXN"), received_on=today(), key="f", actor=None,
            today=today(), policy="", named={},
        )  # fmt: skip
    assert "A su favor" in page(guest)
    assert "$80.00" in page(guest, "pagos/")


def test_what_early_payment_saves_is_said_and_asked(guest: Guest, customer: Customer) -> None:
    row, other = owes(customer, 1_000_00, days=20, number="CON"), owes(customer, 500_00, number="SIN")
    with company_scope(customer.company_id):
        offer_discount(receivable_id=row.pk, percent=Decimal(2), until_on=today(), today=today(), actor=None)
    text = " ".join(re.sub(r"<[^>]+>", " ", page(guest)).split())
    for said in ("Pagando hoy: $1,480.00 descuento de $20.00 hasta el", "hoy $980.00 con descuento hasta el"):
        assert said in text
    assert text.count("con descuento hasta el") == 1
    assert f'data-minor="{980_00}"' in page(guest)
    assert f'data-minor="{500_00}"' in page(guest)
    assert "Pagando hoy: $980.00" in " ".join(re.sub(r"<[^>]+>", " ", page(guest, f"documento/{row.pk}/")).split())
    assert "Pagando hoy" not in page(guest, f"documento/{other.pk}/")
    everything, chosen = {"what": "all", "currency": "MXN"}, {"what": "selected", "id": str(row.pk)}
    for form, asked in ((everything, 1_480_00), (chosen, 980_00)):
        assert guest.post("pagar/", form).status_code == 303
        with company_scope(customer.company_id):
            newest = PaymentLink.objects.order_by("-created_at", "-id")[0]
            assert link_view(newest, datetime.now(UTC)).asks == asked


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"A-1", "A-2", "B-3", "D-5"}),
        ({"tab": "overdue"}, {"A-1", "A-2"}),
        ({"tab": "partial"}, {"B-3"}),
        ({"tab": "paid"}, {"C-4"}),
        ({"tab": "all"}, {"A-1", "A-2", "B-3", "C-4", "D-5"}),
        ({"number": "a-"}, {"A-1", "A-2"}),
        ({"kind": "invoice"}, set()),
        ({"late_from": "20"}, {"A-1"}),
        ({"late_from": "5", "late_to": "20"}, {"A-2"}),
        ({"due_from": "+1"}, {"B-3", "D-5"}),
        ({"due_from": "+5", "due_to": "+15"}, {"B-3"}),
        ({"issued_to": "-60"}, {"A-1"}),
        ({"bucket": "0"}, {"B-3", "D-5"}),
        ({"bucket": "1"}, {"A-2"}),
        ({"bucket": "2"}, {"A-1"}),
        ({"currency": "USD"}, set()),
    ],
    ids=[
        "open", "overdue", "partial", "paid", "all", "number", "kind", "late", "late_span", "due", "due_span", "issued",
        "not_due", "bucket_1", "bucket_2", "currency",
    ],
)  # fmt: skip
def test_filters(guest: Guest, customer: Customer, query: dict[str, str], found: set[str]) -> None:
    rows = {"A-1": -40, "A-2": -10, "B-3": 10, "C-4": 20, "D-5": 40}
    made = {number: owes(customer, 100_00, days=days, number=number) for number, days in rows.items()}
    pays(made["B-3"], 40_00)
    pays(made["C-4"], 100_00)
    days = {
        name: (today() + timedelta(days=int(value))).isoformat() if value[0] in "+-" else value
        for name, value in query.items()
        if name.endswith(("_from", "_to"))
    }
    text = page(guest, **{**query, **days})
    assert {number for number in rows if f">{number}</a>" in text} == found


@pytest.mark.parametrize(
    "query",
    [{"due_from": "ayer"}, {"late_from": "-1"}, {"late_to": "1e9"}, {"issued_to": "9999-99-99"}, {"bucket": "77"},
     {"bucket": "x"}, {"page": "-3"}, {"page": "x"}, {"sort": "legal_name"}, {"tab": "nada"}, {"number": "%"},
     {"number": "\x00"}, {"currency": "ÑÑÑÑ"}],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_read_is_left_out(guest: Guest, customer: Customer, query: dict[str, str]) -> None:
    owes(customer, 100_00)
    assert guest.get("", query).status_code == 200
    for rest in ("estado-de-cuenta.xlsx", "documentos.zip"):
        assert guest.get(rest, query).status_code < 500


def test_sorting_and_pages(guest: Guest, customer: Customer) -> None:
    for number in range(60):
        owes(customer, (number + 1) * 100, days=number, number=f"S-{number:02}")
    first, second = page(guest), page(guest, page="2")
    assert first.count('name="id"') == 50
    assert second.count('name="id"') == 10
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    dear = page(guest, sort="-total")
    assert dear.index("S-59") < dear.index("S-58")
    assert 'aria-sort="descending"' in dear


def test_our_own_words_are_not_shown(guest: Guest, customer: Customer) -> None:
    row = owes(customer, 100_00, number="PAUSADA")
    with company_scope(customer.company_id):
        Receivable.objects.filter(pk=row.pk).update(paused_on=today(), pause_reason="Cliente moroso", void_reason="XX")
        Customer.objects.filter(pk=customer.pk).update(notes="No fiarle más")
    for text in (page(guest), page(guest, f"documento/{row.pk}/")):
        assert "PAUSADA" in text
        assert "moroso" not in text
        assert "fiarle" not in text
        assert "En pausa" not in text


def test_what_we_gave_up_is_an_adjustment(guest: Guest, customer: Customer) -> None:
    row = owes(customer, 100_00)
    credit = pays(row, 60_00)
    with company_scope(customer.company_id):
        Credit.objects.filter(pk=credit.pk).update(kind="write_off", note="incobrable", reference="Perdimos")
    text = page(guest, f"documento/{row.pk}/")
    assert "Ajuste" in text
    assert "ncobrable" not in text + page(guest, "pagos/")
    assert "Perdimos" not in text


def test_the_greeting_and_the_clabe(guest: Guest, customer: Customer, company: Company) -> None:
    options(company, greeting="Hola <b>amigo</b>")
    with company_scope(company.pk):
        account = ProviderAccount.objects.create(company=company, provider="stp", name="STP", hook_token="x")
        CollectionAccount.objects.create(
            company=company, customer=customer, account=account, kind="clabe", value="646180157000000004", sequence=1,
            opened_at=datetime.now(UTC), bank="STP", beneficiary=company.legal_name,
        )  # fmt: skip
    text = page(guest)
    assert "646180157000000004" in text
    assert "data-copy" in text
    assert "Hola &lt;b&gt;amigo&lt;/b&gt;" in text


def test_complements_are_listed(guest: Guest, customer: Customer, company: Company) -> None:
    with company_scope(company.pk):
        papers = Papers(company, customer)
        invoice = papers.invoice(100_00, today() - timedelta(days=20))
        complement = papers.complement(today(), 100_00, (invoice, 100_00))
    text = page(guest, "complementos/")
    assert complement.key in text
    assert "$100.00" in text


# ── paying ────────────────────────────────────────────────────────────────────────────────────────────────────


def paid_link(guest: Guest, data: dict[str, Any]) -> PaymentLink:
    response = guest.post("pagar/", data)
    assert response.status_code == 303, response.content.decode()
    assert response["Location"].startswith(f"/l/{guest.company.slug}/")
    assert guest.client.get(response["Location"]).status_code == 303
    with company_scope(guest.company.pk):
        return PaymentLink.objects.get()


def test_paying_what_was_chosen(guest: Guest, customer: Customer) -> None:
    one, two, _three = (owes(customer, 100_00) for _ in range(3))
    link = paid_link(guest, {"what": "selected", "id": [str(one.pk), str(two.pk)], "key": "k"})
    with company_scope(customer.company_id):
        assert set(link.debts.values_list("receivable_id", flat=True)) == {one.pk, two.pk}
    assert (link.purpose, link.policy, link.covers_all, link.customer_id) == ("portal", "partial", False, customer.pk)


def test_paying_all_overdue_and_an_amount(guest: Guest, customer: Customer) -> None:
    late, _later = owes(customer, 100_00, days=-3), owes(customer, 50_00, days=30)
    assert paid_link(guest, {"what": "all", "currency": "MXN", "key": "1"}).covers_all
    guest.post("pagar/", {"what": "overdue", "currency": "MXN", "key": "2"})
    guest.post("pagar/", {"what": "amount", "currency": "MXN", "amount": "70.50", "key": "3"})
    with company_scope(customer.company_id):
        links = list(PaymentLink.objects.order_by("created_at", "id"))
        assert [link.policy for link in links] == ["partial", "partial", "fixed"]
        assert list(links[1].debts.values_list("receivable_id", flat=True)) == [late.pk]
        assert links[2].amount == 70_50


def test_a_form_sent_twice_makes_one_link_and_another_choice_another(guest: Guest, customer: Customer) -> None:
    one, two = owes(customer, 100_00), owes(customer, 100_00)
    places = [
        guest.post("pagar/", {"what": "selected", "id": str(row.pk), "key": "k"})["Location"] for row in (one, one, two)
    ]
    assert places[0] == places[1] != places[2]


@pytest.mark.parametrize(
    "data",
    [
        {"what": "selected"}, {"what": "selected", "id": "x"}, {"what": "selected", "id": str(uuid7())},
        {"what": "amount", "amount": "0"}, {"what": "amount", "amount": "abc"}, {"what": "amount", "amount": "1e5"},
        {"what": "amount", "amount": "100.01"}, {"what": "amount"}, {"what": "all", "currency": "USD"},
        {"what": "all", "currency": "'; DROP"}, {"what": "mixed"},
    ],
    ids=["none", "no_id", "unknown", "zero", "words", "exponent", "too_much", "no_amount", "other", "odd", "mixed"],
)  # fmt: skip
def test_what_cannot_be_paid_is_a_sentence(guest: Guest, customer: Customer, data: dict[str, Any]) -> None:
    mine = owes(customer, 100_00)
    if data["what"] == "mixed":
        data = {"what": "selected", "id": [str(mine.pk), str(owes(customer, 9_00, currency="USD").pk)]}
    if data.get("currency") == "'; DROP":  # read as the company's own
        assert guest.post("pagar/", {**data, "currency": "MX"}).status_code == 303
        return
    response = guest.post("pagar/", data)
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    with company_scope(customer.company_id):
        assert not PaymentLink.objects.exists()


# ── telling ───────────────────────────────────────────────────────────────────────────────────────────────────


def report_data(*rows: Receivable, **more: Any) -> dict[str, Any]:
    return {
        "amount": "1,160.50", "paid_on": (today() - timedelta(days=1)).isoformat(), "method": "transfer",
        "reference": "MBAN01", "note": "Gracias", "currency": "MXN", "key": "k", "id": [str(row.pk) for row in rows],
        **more,
    }  # fmt: skip


def test_a_reported_payment_waits_with_its_proof_and_we_are_told(guest: Guest, customer: Customer) -> None:
    row = owes(customer, 1160_50, number="F-77")
    proof = SimpleUploadedFile("../../mi pago.exe", PDF)
    response = guest.post("ya-pague/", report_data(row, proof_file=proof))
    assert response.status_code == 303, response.content.decode()[:2000]
    with company_scope(customer.company_id):
        kept = ReportedPayment.objects.get()
        assert (kept.amount, kept.currency, kept.method, kept.reported_by_id) == (1160_50, "MXN", "transfer", None)
        assert kept.proof is not None
        assert (kept.proof.name, kept.proof.content_type) == ("mi pago.pdf", "application/pdf")
        notice = Message.objects.get(purpose=Purpose.NOTICE)
        assert "1,160.50" in notice.text
        assert notice.deliveries.get().address == "duena@tresrios.example"
    text = page(guest, "mensaje" + "s/", done="report")
    assert "En revisión" in text
    assert "F-77" in text
    assert "Recibimos su aviso" in text
    assert "Aviso en revisión" in page(guest)
    got = guest.get(f"mensaje/{kept.pk}/comprobante/")
    assert b"".join(got.streaming_content) == PDF
    assert got["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got["Content-Security-Policy"]


def test_a_report_is_accepted_or_rejected_with_a_reason(guest: Guest, customer: Customer) -> None:
    one, two = owes(customer, 100_00), owes(customer, 200_00)
    guest.post("ya-pague/", report_data(one, amount="100", key="1"))
    guest.post("ya-pague/", report_data(two, amount="200", key="2"))
    with company_scope(customer.company_id):
        first, second = ReportedPayment.objects.order_by("amount")
        accept_report(report_id=first.pk, today=today(), actor=None)
        reject_report(report_id=second.pk, reason="No llegó a nuestro banco", today=today(), actor=None)
    text = page(guest, "mensajes/")
    assert "Aceptado" in text
    assert "Rechazado" in text
    assert "No llegó a nuestro banco" in text
    assert f"/pago/{first.pk}" not in text


def test_a_report_sent_twice_is_one(guest: Guest, customer: Customer) -> None:
    row = owes(customer, 100_00)
    for _ in range(2):
        proof = SimpleUploadedFile("a.pdf", PDF)
        assert guest.post("ya-pague/", report_data(row, proof_file=proof)).status_code == 303
    with company_scope(customer.company_id):
        assert ReportedPayment.objects.count() == 1
        assert StoredFile.objects.count() == 1
        assert Message.objects.filter(purpose=Purpose.NOTICE).count() == 1


@pytest.mark.parametrize(
    ("name", "content", "is_kept"),
    [
        ("a.pdf", PDF, True), ("a.jpg", b"\xff\xd8\xff\xe0jpeg", True), ("a.png", b"\x89PNG\r\n\x1a\nx", True),
        ("a.heic", b"\x00\x00\x00\x18ftypheic\x00", True), ("a.xml", b"\xef\xbb\xbf<?xml version='1.0'?><a/>", True),
        ("a.pdf", b"<html><script>alert(1)</script>", False), ("a.svg", b"<svg onload=alert(1)>", False),
        ("a.exe", b"MZ\x90", False), ("a.pdf", b"", False), ("a.zip", b"PK\x03\x04", False),
    ],
    ids=["pdf", "jpg", "png", "heic", "xml", "html", "svg", "exe", "empty", "zip"],
)  # fmt: skip
def test_proofs_are_known_by_their_bytes(
    guest: Guest, customer: Customer, name: str, content: bytes, is_kept: bool
) -> None:
    response = guest.post("ya-pague/", report_data(proof_file=SimpleUploadedFile(name, content)))
    assert response.status_code == (303 if is_kept else 422)
    with company_scope(customer.company_id):
        assert ReportedPayment.objects.exists() == is_kept
        assert StoredFile.objects.exists() == is_kept


def test_a_proof_too_large_is_refused(guest: Guest, customer: Customer) -> None:
    response = guest.post("ya-pague/", report_data(proof_file=SimpleUploadedFile("a.pdf", PDF + bytes(10 * 1024**2))))
    assert response.status_code == 422
    assert "10 MB" in response.content.decode()


@pytest.mark.parametrize(
    "more",
    [{"amount": ""}, {"amount": "-5"}, {"amount": "1_000"}, {"paid_on": ""}, {"paid_on": "2026-13-01"},
     {"paid_on": "2999-01-01"}, {"amount": "9" * 30}],
    ids=["no_amount", "negative", "underscore", "no_day", "odd_day", "future", "huge"],
)  # fmt: skip
def test_a_report_that_cannot_be_kept_is_a_sentence(guest: Guest, customer: Customer, more: dict[str, str]) -> None:
    response = guest.post("ya-pague/", report_data(**more))
    assert response.status_code == 422
    assert "MBAN01" in response.content.decode()  # what was written is still there


def test_what_was_chosen_begins_the_report(guest: Guest, customer: Customer) -> None:
    row = owes(customer, 1234_50)
    text = guest.post("ya-pague/", {"start": "1", "id": str(row.pk)}).content.decode()
    assert 'value="1234.50"' in text
    assert f'value="{row.pk}" data-minor="123450" data-currency="MXN" checked' in text
    assert f'value="{row.pk}" data-minor="123450" data-currency="MXN" checked' in page(guest, "ya-pague/", id=row.pk)


def test_a_dispute_is_opened_shown_and_answered(guest: Guest, customer: Customer) -> None:
    row = owes(customer, 100_00, number="F-9")
    data = {"reason": "quality", "amount": "40", "note": "Llegó <i>roto</i>", "key": "d"}
    for _ in range(2):
        assert guest.post(f"documento/{row.pk}/aclaracion/", data).status_code == 303
    with company_scope(customer.company_id):
        dispute = Dispute.objects.get()
        assert (dispute.amount, dispute.reason, dispute.created_by_id) == (40_00, "quality", None)
        assert Message.objects.filter(purpose=Purpose.NOTICE).count() == 1
    text = page(guest, f"documento/{row.pk}/", done="dispute")
    assert "En aclaración" in text
    assert "Llegó &lt;i&gt;roto&lt;/i&gt;" in text
    assert "No estoy de acuerdo" not in text
    with company_scope(customer.company_id):
        resolve_dispute(dispute_id=dispute.pk, resolution="Le mandamos otra", today=today(), actor=None)
    assert "Le mandamos otra" in page(guest, "mensajes/")


@pytest.mark.parametrize(
    "data",
    [{"reason": "", "note": "x"}, {"reason": "other", "note": " "}, {"reason": "other", "note": "x", "amount": "101"},
     {"reason": "other", "note": "x", "amount": "nada"}, {"reason": "nope", "note": "x"}],
    ids=["no_reason", "no_words", "too_much", "no_amount", "odd"],
)  # fmt: skip
def test_a_dispute_that_cannot_be_opened_is_a_sentence(guest: Guest, customer: Customer, data: dict[str, str]) -> None:
    row = owes(customer, 100_00)
    response = guest.post(f"documento/{row.pk}/aclaracion/", data)
    assert response.status_code == 422
    assert 'class="error"' in response.content.decode()


def test_a_question_reaches_the_company_once(guest: Guest, customer: Customer) -> None:
    row = owes(customer, 100_00, number="F-9")
    data = {"text": "¿Puedo pagar el lunes?", "about": str(row.pk), "key": "q"}
    for _ in range(2):
        assert guest.post("pregunta/", data).status_code == 303
    with company_scope(customer.company_id):
        assert "F-9: ¿Puedo pagar el lunes?" in Message.objects.get(purpose=Purpose.NOTICE).text
        assert AuditEvent.objects.filter(verb="portal.question", object_id=str(customer.pk)).count() == 1
    assert guest.post("pregunta/", {"text": "  "}).status_code == 422
    assert guest.post("pregunta/", {"text": "a" * 1001}).status_code == 422


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_workbook_holds_what_is_filtered(guest: Guest, customer: Customer) -> None:
    owes(customer, 100_00, days=-9, number="=1+1")
    owes(customer, 50_00, days=9, number="B-2")
    response = guest.get("estado-de-cuenta.xlsx", {"tab": "overdue"})
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as book:
        text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "=1+1" in text
    assert "<f>" not in text
    assert text.count("B-2") == 1  # among the movements only


def test_the_statement_is_a_pdf(guest: Guest, customer: Customer) -> None:
    owes(customer, 100_00)
    response = guest.get("estado-de-cuenta.pdf")
    assert response.content.startswith(b"%PDF-")
    assert "attachment" in response["Content-Disposition"]


def test_a_receipt_is_a_pdf(guest: Guest, customer: Customer) -> None:
    credit = pays(owes(customer, 100_00), 100_00, method="transfer")
    assert f"pago/{credit.pk}/recibo/" in page(guest, "pagos/")
    assert guest.get(f"pago/{credit.pk}/recibo/").content.startswith(b"%PDF-")


def test_an_archive_of_nothing_is_a_sentence(guest: Guest, customer: Customer) -> None:
    row = owes(customer, 100_00)
    response = guest.post("documentos.zip", {"id": str(row.pk)})
    assert response.status_code == 409
    assert "archivos para descargar" in response.content.decode()


# ── settings ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("setting", "paths", "words"),
    [
        ("may_pay", ["POST pagar/"], ["Pagar todo", "Pagar los elegidos", "Pagar otro importe"]),
        ("may_report", ["GET ya-pague/", "POST ya-pague/"], ["Ya pagué", "Ya los pagué"]),
        ("may_dispute", ["POST documento/{row}/aclaracion/"], ["No estoy de acuerdo"]),
        (
            "may_download",
            ["GET estado-de-cuenta.pdf", "GET estado-de-cuenta.xlsx", "GET documentos.zip", "POST documentos.zip",
             "GET pago/{credit}/recibo/"],
            ["Excel", "Descargar", "Recibo"],
        ),
    ],
    ids=["pay", "report", "dispute", "download"],
)  # fmt: skip
def test_what_is_switched_off_is_neither_shown_nor_done(
    guest: Guest, customer: Customer, company: Company, setting: str, paths: list[str], words: list[str]
) -> None:
    row = owes(customer, 100_00)
    credit = pays(row, 40_00)
    places = ("", f"documento/{row.pk}/", "pagos/", "mensajes/")
    before = "".join(page(guest, rest) for rest in places)
    assert [word for word in words if word not in before] == []
    options(company, **{setting: False})
    after = "".join(page(guest, rest) for rest in places)
    assert [word for word in words if word in after] == []
    for path in paths:
        method, rest = path.format(row=row.pk, credit=credit.pk).split(" ")
        response = guest.post(rest, {"id": str(row.pk)}) if method == "POST" else guest.get(rest)
        assert response.status_code == 404, path


def test_pages_speak_the_customers_language(customer: Customer) -> None:
    with company_scope(customer.company_id):
        Customer.objects.filter(pk=customer.pk).update(language="en")
    guest = guest_of(customer)
    response = guest.get()
    assert response["Content-Language"] == "en"


def test_originals_and_papers_of_what_was_imported() -> None:
    """Of real documents: XML as it came and its paper, one by one and in one archive; the complement beside them."""
    company = make_company(tax_id=builder.ISSUER[0])
    rows = imported(company)
    guest = guest_of(rows[0].customer)
    assert "ZIP" in page(guest)
    response = guest.post("documentos.zip", {"id": [str(row.pk) for row in rows]})
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        assert sorted(archive.namelist()) == ["F-dos.pdf", "F-dos.xml", "F-uno.pdf", "F-uno.xml"]
        assert archive.read("F-uno.xml") == guest.get(f"documento/{rows[1].pk}/xml/").content
    filtered = guest.get("documentos.zip", {"number": "dos"})
    with zipfile.ZipFile(io.BytesIO(b"".join(filtered.streaming_content))) as archive:
        assert sorted(archive.namelist()) == ["F-dos.pdf", "F-dos.xml"]
    paper = guest.get(f"documento/{rows[0].pk}/pdf/")
    assert paper.content.startswith(b"%PDF-")
    assert paper["Content-Disposition"] == 'attachment; filename="F-dos.pdf"'
    with company_scope(company.pk):
        complement = FiscalDocument.objects.get(kind="payment_complement")
    assert f"complemento/{complement.pk}/xml/" in page(guest, f"documento/{rows[1].pk}/")
    assert guest.get(f"complemento/{complement.pk}/pdf/").content.startswith(b"%PDF-")
    assert complement.key.encode() in guest.get(f"complemento/{complement.pk}/xml/").content.upper()


def test_an_archive_has_its_limits(guest: Guest, customer: Customer, company: Company, monkeypatch: Any) -> None:
    from aldia.portal.views import downloads

    monkeypatch.setattr(downloads, "MOST_ZIPPED", 2)
    papers = Papers(company, customer)
    for number in range(3):
        row = owes(customer, 100_00)
        with company_scope(company.pk):
            document = papers.invoice(100_00, today() - timedelta(days=number))
            Receivable.objects.filter(pk=row.pk).update(document=document)
    response = guest.get("documentos.zip")
    assert response.status_code == 409
    assert "hasta 2" in response.content.decode()
