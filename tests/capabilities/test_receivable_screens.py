"""Pages of receivables: every page opens, every action does its one thing, once, and says what is wrong beside it."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aldia.customers.models import Portfolio
from aldia.domain.money import Money
from aldia.receivables import verify
from aldia.receivables.models import Allocation, Credit, DueDateChange, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import record_payment
from aldia.tenancy.models import Membership, Role
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import Papers, make_company, make_customer, make_user

TODAY = date(2026, 11, 21)
HOSTILE_AMOUNTS = ["1e5", "NaN", "1000000000000000000", "１２", "-5", "0", "", "1_000", "MX$", "0.001", "USD 5", "٣"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(monkeypatch, settings):
    monkeypatch.setattr(clock, "today", lambda company: TODAY)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def company(db):
    company = make_company(slug="norte")
    with company_scope(company.id):
        yield company


@pytest.fixture
def customer(company):
    return make_customer(company, search="abarrotes la guera alg010203ab2")


@pytest.fixture
def papers(company, customer):
    return Papers(company, customer)


@pytest.fixture
def client(company):
    return client_of(make_user("duena@norte.mx", company))


def client_of(user):
    client = Client(raise_request_exception=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def invoice(papers, total=1000_00, on=date(2026, 9, 1), **fields):
    document = papers.invoice(total, on, **fields)
    apply_documents(keys={document.key}, today=TODAY, actor=None)
    return Receivable.objects.get(key=document.key)


def note(papers, total, *named, **fields):
    document = papers.note(total, date(2026, 10, 1), *named, **fields)
    apply_documents(keys={document.key}, today=TODAY, actor=None)
    return Credit.objects.get(document=document)


def charge(customer, total=500_00, currency="MXN", due_on=date(2026, 10, 31), **fields):
    values = {"kind": "charge_note", "issued_on": date(2026, 10, 1), "concept": "Flete", "key": uuid.uuid4()}
    return open_charge(
        customer_id=customer.pk, total=Money(total, currency), due_on=due_on, actor=None, **{**values, **fields}
    )


def paid(customer, amount, *rows, key="k", **fields):
    values = {"received_on": TODAY, "today": TODAY, "actor": None, "policy": ""}
    named = {row.pk: min(amount, row.balance) for row in rows}
    return record_payment(
        customer_id=customer.pk, amount=Money(amount, "MXN"), key=key, named=named, **{**values, **fields}
    )


def url(*parts):
    return "/e/norte/" + "/".join(str(part) for part in parts) + "/"


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def balance(row):
    return Receivable.objects.get(pk=row.pk).balance


def key():
    return {"key": str(uuid.uuid4())}


def payment(amount="300.00", on=TODAY, **fields):
    return {"amount": amount, "received_on": on.isoformat(), **key(), **fields}


def proven():
    assert [check for check in verify.run_checks() if check.violations] == []


# The list


@pytest.mark.parametrize("tab", ["", "open", "overdue", "partial", "paid", "voided", "all", "nonsense"])
def test_every_tab_opens_with_rows_and_without(client, papers, tab):
    assert client.get(url("por-cobrar"), {"tab": tab}).status_code == 200
    invoice(papers)
    answer = client.get(url("por-cobrar"), {"tab": tab})
    assert answer.status_code == 200
    assert ("F-1" in text_of(answer)) == (tab not in ("partial", "paid", "voided"))


def test_the_list_sums_what_it_shows(client, papers, customer):
    invoice(papers)
    charge(customer, 250_50)
    charge(customer, 99_00, "USD")
    page = text_of(client.get(url("por-cobrar")))
    assert "$1,250.50" in page
    assert "99.00 USD" in page
    narrowed = text_of(client.get(url("por-cobrar"), {"currency": "USD"}))
    assert "$1,250.50" not in narrowed
    own = text_of(client.get(url("por-cobrar"), {"own": "1", "tab": "all"}))
    assert "NC-1" in own
    assert "F-1" not in own


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "güera"}, {"q": "\x00'; drop"}, {"customer": "x"}, {"customer": str(uuid.uuid4())}, {"bucket": "99"},
        {"bucket": "1"}, {"due_from": "2026-13-01"}, {"due_to": "2026-12-01"}, {"amount_from": "1e5"},
        {"amount_from": "1,000.00"}, {"paused": "yes"}, {"paused": "no"}, {"portfolio": "none"},
        {"portfolio": str(uuid.uuid4())}, {"portfolio": "x"}, {"sort": "-balance"}, {"sort": "nothing"}, {"c": "zzz"},
        {"kind": "invoice"}, {"kind": "zzz"}, {"currency": "ZZZ"},
    ],
)  # fmt: skip
def test_no_filter_breaks_the_list_nor_its_export(client, papers, asked):
    invoice(papers)
    assert client.get(url("por-cobrar"), asked).status_code == 200
    assert client.get(url("por-cobrar", "exportar"), asked).status_code == 200
    assert client.get(url("por-cobrar", "totales"), asked).status_code == 200
    assert client.get(url("pagos"), asked).status_code == 200


def test_a_customer_that_is_off_is_listed_only_when_named(client, papers, customer):
    invoice(papers)
    type(customer).objects.filter(pk=customer.pk).update(collecting=False)
    assert "F-1" not in text_of(client.get(url("por-cobrar")))
    assert "F-1" in text_of(client.get(url("por-cobrar"), {"customer": str(customer.pk)}))


# One receivable


def test_the_page_of_a_receivable_tells_its_story(client, papers, customer):
    row = invoice(papers)
    note(papers, 100_00, row.key)
    paid(customer, 200_00, row)
    page = text_of(client.get(url("por-cobrar", row.pk)))
    for said in ("$700.00", "Nota de crédito", "Pago", "Historia", "días de atraso", "Quitar", "Abarrotes La Güera"):
        assert said in page


def test_a_payment_in_part_then_whole(client, papers):
    row = invoice(papers)
    proof = SimpleUploadedFile("pago.pdf", b"%PDF-1.4 x", "application/pdf")
    data = payment("300.00", method="transfer", reference="SPEI 77", note="Parcial", proof=proof)
    answer = client.post(url("por-cobrar", row.pk, "pagada"), data, follow=True)
    assert "Pago de $300.00 registrado" in text_of(answer)
    assert "Deshacer" in text_of(answer)
    credit = Credit.objects.get()
    assert (credit.method, credit.reference, credit.proof.name, balance(row)) == (
        "transfer", "SPEI 77", "pago.pdf", 700_00,
    )  # fmt: skip
    download = client.get(url("pagos", credit.pk, "comprobante"))
    assert b"".join(download.streaming_content) == b"%PDF-1.4 x"
    assert "attachment" in download["Content-Disposition"]
    client.post(url("por-cobrar", row.pk, "pagada"), payment("900.00"))
    assert balance(row) == 0
    assert Credit.objects.order_by("-created_at", "-id").first().remaining == 200_00
    proven()


def test_a_form_sent_twice_is_one_payment(client, papers):
    row = invoice(papers)
    data = payment("300.00")
    for _time in range(2):
        assert client.post(url("por-cobrar", row.pk, "pagada"), data).status_code == 302
    assert (Credit.objects.count(), balance(row)) == (1, 700_00)
    other = client.post(url("por-cobrar", row.pk, "pagada"), data | {"amount": "301.00"})
    assert other.status_code == 422
    assert "ya se usó" in text_of(other)


@pytest.mark.parametrize("amount", HOSTILE_AMOUNTS)
def test_an_amount_that_is_none_is_said_and_nothing_typed_is_lost(client, papers, amount):
    row = invoice(papers)
    answer = client.post(url("por-cobrar", row.pk, "pagada"), payment(amount, reference="SPEI 9"))
    assert answer.status_code == 422
    assert "SPEI 9" in text_of(answer)
    assert "data-open" in text_of(answer)
    assert not Credit.objects.exists()
    settled = client.post(
        url("por-cobrar", row.pk, "ajuste"),
        {"kind": "write_off", "amount": amount, "on": "2026-11-20", "reason": "r", **key()},
    )
    assert settled.status_code == 422
    assert balance(row) == 1000_00


@pytest.mark.parametrize("on", ["2026-11-22", "0001-01-01", "9999-12-31", "ayer", "", "2026-02-30"])
def test_a_day_that_cannot_be_is_said(client, papers, on):
    row = invoice(papers)
    data = payment() | {"received_on": on}
    assert client.post(url("por-cobrar", row.pk, "pagada"), data).status_code == 422
    assert not Credit.objects.exists()


def test_what_looks_like_the_same_payment_is_asked_about_and_keeps_the_proof(client, papers):
    row = invoice(papers)
    client.post(url("por-cobrar", row.pk, "pagada"), payment("300.00"))
    proof = SimpleUploadedFile("otro.pdf", b"%PDF-1.4 y", "application/pdf")
    asked = client.post(url("por-cobrar", row.pk, "pagada"), payment("300.00", proof=proof))
    assert asked.status_code == 422
    page = text_of(asked)
    assert "Es otro pago distinto" in page
    assert "Comprobante ya subido: otro.pdf" in page
    kept = re.search(r'name="kept" value="([^"]+)"', page)[1]
    client.post(url("por-cobrar", row.pk, "pagada"), payment("300.00", is_distinct="on", kept=kept))
    assert balance(row) == 400_00
    assert sorted(str(each.proof) for each in Credit.objects.all()) == ["None", "otro.pdf"]


def test_undo_of_a_payment_from_its_message(client, papers):
    row = invoice(papers)
    answer = client.post(url("por-cobrar", row.pk, "pagada"), payment("300.00"), follow=True)
    action, fields = undo_of(answer)
    client.post(action, fields)
    assert balance(row) == 1000_00
    assert Credit.objects.get().reversed_on == TODAY


def undo_of(answer):
    form = re.search(r'<form method="post" action="([^"]+)" class="d-inline">(.*?)</form>', text_of(answer))
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form[2]):
        fields.setdefault(name, []).append(value)
    return form[1], fields


@pytest.mark.parametrize("kind", ["write_off", "withholding", "discount", "adjustment"])
def test_settling_takes_it_off_and_undoes(client, papers, kind):
    row = invoice(papers)
    data = {"kind": kind, "amount": "1000", "on": "2026-11-20", "reason": "No pagará", **key()}
    for _time in range(2):
        answer = client.post(url("por-cobrar", row.pk, "ajuste"), data, follow=True)
        assert answer.status_code == 200
    assert (balance(row), Credit.objects.count()) == (0, 1)
    client.post(*undo_of(answer))
    assert balance(row) == 1000_00
    proven()


def test_settling_wants_a_reason_and_no_more_than_is_owed(client, papers):
    row = invoice(papers)
    data = {"kind": "discount", "amount": "1000.01", "on": "2026-11-20", "reason": "", **key()}
    assert "obligatorio" in text_of(client.post(url("por-cobrar", row.pk, "ajuste"), data))
    answer = client.post(url("por-cobrar", row.pk, "ajuste"), data | {"reason": "x"})
    assert "no pasar de lo que se debe" in text_of(answer)
    assert client.post(url("por-cobrar", row.pk, "ajuste"), data | {"kind": "payment"}).status_code == 422


def test_the_due_date_moves_with_its_reason_and_back(client, papers):
    row = invoice(papers)
    old = row.due_on
    data = {"new_due_on": "2026-12-15", "reason": "Convenio"}
    answer = client.post(url("por-cobrar", row.pk, "vencimiento"), data, follow=True)
    assert "Convenio" in text_of(answer)
    assert Receivable.objects.get().due_on == date(2026, 12, 15)
    client.post(*undo_of(answer))
    assert Receivable.objects.get().due_on == old
    assert DueDateChange.objects.count() == 2
    before_issue = client.post(url("por-cobrar", row.pk, "vencimiento"), data | {"new_due_on": "2026-08-31"})
    assert "no puede vencer antes" in text_of(before_issue)


def test_pause_and_resume(client, papers):
    row = invoice(papers)
    past = client.post(url("por-cobrar", row.pk, "pausar"), {"until": "2026-11-20", "reason": "Viaje"})
    assert "no puede terminar en el pasado" in text_of(past)
    answer = client.post(url("por-cobrar", row.pk, "pausar"), {"until": "2026-12-01", "reason": "Viaje"}, follow=True)
    assert "En pausa" in text_of(answer)
    client.post(*undo_of(answer))
    assert Receivable.objects.get().paused_on is None


def test_a_presumption_is_undone_and_redone_with_one_click(client, papers):
    row = invoice(papers, method="PUE")
    assert balance(row) == 0
    assert "Se presume pagada" in text_of(client.get(url("por-cobrar", row.pk)))
    answer = client.post(url("por-cobrar", row.pk, "presuncion"), {"to": "open"}, follow=True)
    assert "vuelve a estar por cobrar" in text_of(answer)
    assert balance(row) == 1000_00
    client.post(*undo_of(answer))
    assert balance(row) == 0
    client.post(url("por-cobrar", row.pk, "pagada"), payment("1000.00"))
    assert [each.kind for each in Credit.objects.filter(reversed_on=None)] == ["payment"]
    proven()


def test_credit_in_favour_is_applied_and_taken_back(client, papers, customer):
    row = invoice(papers)
    credit = paid(customer, 400_00)
    data = {"credit": str(credit.pk), "amount": "", "seen": str(row.balance)}
    assert client.post(url("por-cobrar", row.pk, "saldo-a-favor"), data).status_code == 302
    assert balance(row) == 600_00
    again = client.post(url("por-cobrar", row.pk, "saldo-a-favor"), data)
    assert again.status_code == 422
    allocation = Allocation.objects.get()
    answer = client.post(url("aplicaciones", allocation.pk, "quitar"), follow=True)
    assert balance(row) == 1000_00
    assert client.post(url("aplicaciones", allocation.pk, "quitar")).status_code == 302
    assert balance(row) == 1000_00
    client.post(*undo_of(answer))
    assert balance(row) == 600_00
    proven()


def test_a_debit_note_is_assigned(client, papers):
    row, debit = invoice(papers), invoice(papers, 50_00, kind="debit_note")
    answer = client.post(url("por-cobrar", debit.pk, "nota-de-cargo"), {"raises": str(row.pk)}, follow=True)
    assert Receivable.objects.get(pk=debit.pk).raises_id == row.pk
    assert "F-1" in text_of(answer)
    client.post(*undo_of(answer))
    assert Receivable.objects.get(pk=debit.pk).raises_id is None
    assert client.post(url("por-cobrar", debit.pk, "nota-de-cargo"), {"raises": "x"}).status_code == 422


def test_a_charge_is_voided_and_comes_back_and_an_invoice_is_not(client, papers, customer):
    row = charge(customer)
    answer = client.post(url("por-cobrar", row.pk, "anular"), {"reason": "Error"}, follow=True)
    assert "Ya no se cobra" in text_of(answer)
    client.post(*undo_of(answer))
    assert balance(row) == 500_00
    fiscal = invoice(papers)
    refused = client.post(url("por-cobrar", fiscal.pk, "anular"), {"reason": "Error"})
    assert "cancelándola ante el SAT" in text_of(refused)


# Many at once


def test_many_due_dates_move_by_days_and_back(client, customer):
    rows = [charge(customer), charge(customer)]
    ids = [str(row.pk) for row in rows]
    data = {"id": ids, "due-add_days": "10", "due-reason": "Fiestas"}
    answer = client.post(url("por-cobrar", "vencimientos"), data, follow=True)
    assert "Se movieron 2 vencimientos" in text_of(answer)
    assert {row.due_on for row in Receivable.objects.all()} == {date(2026, 11, 10)}
    client.post(*undo_of(answer))
    assert {row.due_on for row in Receivable.objects.all()} == {date(2026, 10, 31)}


def test_a_mistake_in_many_keeps_the_choice(client, customer):
    row = charge(customer)
    data = {"id": [str(row.pk)], "due-add_days": "10", "due-reason": ""}
    answer = client.post(url("por-cobrar", "vencimientos"), data)
    assert answer.status_code == 422
    assert str(row.pk) in text_of(answer)
    both = client.post(url("por-cobrar", "vencimientos"), data | {"due-reason": "x", "due-new_due_on": "2026-12-01"})
    assert "Da una fecha nueva o cuántos días" in text_of(both)
    none = client.post(url("por-cobrar", "vencimientos"), {"due-reason": "x"}, follow=True)
    assert "No elegiste ninguna" in text_of(none)


def test_all_of_the_filter_are_paused_and_resumed(client, customer):
    rows = [charge(customer), charge(customer, currency="USD")]
    client.post(url("por-cobrar", "pausar") + "?currency=USD", {"all": "1", "pause-reason": "Revisión"})
    assert [row.pk for row in Receivable.objects.filter(paused_on=TODAY)] == [rows[1].pk]
    client.post(url("por-cobrar", "reanudar"), {"id": [str(row.pk) for row in rows]})
    assert not Receivable.objects.filter(paused_on__isnull=False).exists()


def test_many_presumptions_are_undone(client, papers):
    rows = [invoice(papers, method="PUE"), invoice(papers, 700_00, method="PUE"), invoice(papers)]
    ids = [str(row.pk) for row in rows]
    answer = client.post(url("por-cobrar", "presuncion") + "?tab=all", {"id": ids, "to": "open"}, follow=True)
    assert "2 facturas ya no se presumen pagadas" in text_of(answer)
    assert [balance(row) for row in rows] == [1000_00, 700_00, 1000_00]
    client.post(*undo_of(answer))
    assert [balance(row) for row in rows] == [0, 0, 1000_00]


# Payments


def test_a_payment_over_several_documents(client, customer):
    first, second = charge(customer, 300_00), charge(customer, 500_00)
    page = text_of(client.get(url("pagos", "nuevo"), {"customer": str(customer.pk)}))
    assert "NC-1" in page
    assert "NC-2" in page
    data = payment("600.00", currency="MXN", policy="", **{f"pay-{first.pk}": "300", f"pay-{second.pk}": "100.50"})
    where = url("pagos", "nuevo") + f"?customer={customer.pk}"
    for _time in range(2):
        assert client.post(where, data).status_code == 302
    assert (balance(first), balance(second), Credit.objects.get().remaining) == (0, 399_50, 199_50)
    proven()


def test_the_rest_of_a_payment_follows_the_rule(client, customer):
    late, later = charge(customer, due_on=date(2026, 10, 5)), charge(customer, due_on=date(2026, 10, 9))
    data = payment("700.00", currency="MXN", policy="oldest_due")
    client.post(url("pagos", "nuevo") + f"?customer={customer.pk}", data)
    assert (balance(late), balance(later)) == (0, 300_00)


@pytest.mark.parametrize("amount", [each for each in HOSTILE_AMOUNTS if each not in ("", "0")])
def test_an_amount_beside_a_document_is_read_strictly(client, customer, amount):
    row = charge(customer)
    data = payment("500.00", currency="MXN", policy="", reference="SPEI 9", **{f"pay-{row.pk}": amount})
    answer = client.post(url("pagos", "nuevo") + f"?customer={customer.pk}", data)
    assert answer.status_code == 422
    assert "SPEI 9" in text_of(answer)
    assert not Credit.objects.exists()


def test_a_split_that_does_not_add_up_is_said(client, company, customer):
    row, dollars = charge(customer), charge(customer, currency="USD")
    stranger = charge(make_customer(company, "Otro", "OTR010203AB4"))
    where = url("pagos", "nuevo") + f"?customer={customer.pk}"
    cases = {
        "Repartiste más": {f"pay-{row.pk}": "400"},
        "Pasa de lo que se debe": {f"pay-{row.pk}": "500.01"},
        "ya no está abierto": {f"pay-{dollars.pk}": "1"},
        "ya no está abierto.": {f"pay-{stranger.pk}": "1"},
    }
    for said, typed in cases.items():
        answer = client.post(where, payment("300.00", currency="MXN", policy="", **typed))
        assert answer.status_code == 422
        assert said in text_of(answer)
    wrong = client.post(where, payment("300.00", currency="ZZZ", policy=""))
    assert wrong.status_code == 422
    assert not Credit.objects.exists()


def test_the_customer_is_found_by_name(client, customer, company):
    make_customer(company, "Ferretería Núñez", "FNU010203AB3", search="ferreteria nunez")
    assert "Ferretería Núñez" in text_of(client.get(url("pagos", "nuevo"), {"q": "nunez"}))
    found = text_of(client.get(url("por-cobrar", "buscar-cliente"), {"q": "güera", "target": "charge_new"}))
    assert "Abarrotes La Güera" in found
    assert "/por-cobrar/nueva/" in found
    assert "Ferretería" not in found
    assert client.get(url("por-cobrar", "buscar-cliente"), {"target": "//evil"}).status_code == 200


# Credits


@pytest.mark.parametrize("state", ["", "in_favour", "review", "applied", "presumed", "reversed", "zzz"])
def test_every_tab_of_credits_opens(client, papers, customer, state):
    invoice(papers, method="PUE")
    note(papers, 50_00)
    paid(customer, 70_00)
    assert client.get(url("pagos"), {"state": state}).status_code == 200
    assert client.get(url("pagos", "exportar"), {"state": state}).status_code == 200


def test_a_note_that_names_none_is_assigned_and_assigned_again(client, papers):
    first, second = invoice(papers), invoice(papers)
    credit = note(papers, 300_00)
    page = client.get(url("pagos", credit.pk))
    assert "No nombra ninguna factura" in text_of(page)
    data = {"seen": seen_in(page), f"pay-{first.pk}": "300"}
    for _time in range(2):
        assert client.post(url("pagos", credit.pk, "asignar"), data).status_code == 302
    assert (balance(first), balance(second)) == (700_00, 1000_00)
    page = client.get(url("pagos", credit.pk))
    client.post(
        url("pagos", credit.pk, "asignar"),
        {"seen": seen_in(page), f"pay-{first.pk}": "100", f"pay-{second.pk}": "200.00"},
    )
    assert (balance(first), balance(second)) == (900_00, 800_00)
    stale = client.post(url("pagos", credit.pk, "asignar"), data)
    assert "cambió mientras tanto" in text_of(stale)
    proven()


def seen_in(answer):
    return re.search(r'name="seen" value="([^"]*)"', text_of(answer))[1]


def test_what_cannot_be_assigned_is_said(client, papers):
    row, credit = invoice(papers), note(papers, 300_00)
    seen = seen_in(client.get(url("pagos", credit.pk)))
    for typed in ("300.01", "abc", "-1"):
        answer = client.post(url("pagos", credit.pk, "asignar"), {"seen": seen, f"pay-{row.pk}": typed})
        assert answer.status_code == 422
        assert typed in text_of(answer)
    assert balance(row) == 1000_00


def test_a_payment_is_undone_with_a_reason_and_a_note_is_not(client, papers, customer):
    row = invoice(papers)
    credit = paid(customer, 300_00, row)
    assert client.post(url("pagos", credit.pk, "deshacer"), {"reason": ""}).status_code == 422
    data = {"reason": "Cheque devuelto", "next": "//evil.example/"}
    for _time in range(2):
        answer = client.post(url("pagos", credit.pk, "deshacer"), data)
        assert answer["Location"].startswith("/e/norte/pagos/")
    assert balance(row) == 1000_00
    assert "Cheque devuelto" in text_of(client.get(url("pagos", credit.pk)))
    fiscal = note(papers, 10_00, row.key)
    assert "cancelando el documento" in text_of(
        client.post(url("pagos", fiscal.pk, "deshacer"), {"reason": "x"}, follow=True)
    )


# Charge notes and payment orders


def test_a_charge_note_is_made_once_with_the_customers_term(client, customer):
    type(customer).objects.filter(pk=customer.pk).update(term_days=15)
    where = url("por-cobrar", "nueva") + f"?customer={customer.pk}"
    assert "15 días después" in text_of(client.get(where))
    data = {
        "kind": "payment_order", "concept": "Flete", "amount": "1,234.50", "currency": "MXN",
        "issued_on": TODAY.isoformat(), "due_on": "", "number": "", **key(),
    }  # fmt: skip
    for _time in range(2):
        answer = client.post(where, data, follow=True)
        assert answer.status_code == 200
    row = Receivable.objects.get()
    assert (row.kind, row.number, row.balance, row.due_on) == (
        "payment_order", "OP-1", 1234_50, TODAY + timedelta(days=15),
    )  # fmt: skip
    client.post(*undo_of(answer))
    assert Receivable.objects.get().voided_on == TODAY


@pytest.mark.parametrize("amount", HOSTILE_AMOUNTS)
def test_a_charge_of_no_amount_is_refused_with_what_was_typed(client, customer, amount):
    data = {
        "kind": "charge_note", "concept": "Flete a León", "amount": amount, "currency": "MXN",
        "issued_on": TODAY.isoformat(), "due_on": "", "number": "", **key(),
    }  # fmt: skip
    answer = client.post(url("por-cobrar", "nueva") + f"?customer={customer.pk}", data)
    assert answer.status_code == 422
    assert "Flete a León" in text_of(answer)
    assert not Receivable.objects.exists()


# Who may


def test_roles_see_and_do_what_is_theirs(company, papers):
    row = invoice(papers)
    collector = client_of(make_user("cobra@norte.mx", company, Role.COLLECTOR))
    auditor = client_of(make_user("audita@norte.mx", company, Role.AUDITOR))
    page = text_of(collector.get(url("por-cobrar", row.pk)))
    assert "Registrar pago" in page
    assert "incobrable" not in page
    settle = {"kind": "discount", "amount": "1", "on": "2026-11-20", "reason": "x", **key()}
    assert collector.post(url("por-cobrar", row.pk, "ajuste"), settle).status_code == 403
    assert collector.post(url("por-cobrar", row.pk, "pagada"), payment("1.00")).status_code == 302
    assert auditor.post(url("por-cobrar", row.pk, "pagada"), payment("1.00")).status_code == 403
    assert "Registrar pago" not in text_of(auditor.get(url("por-cobrar", row.pk)))


def test_who_sees_only_the_own_portfolio_reaches_nothing_else(company, papers, customer):
    row = invoice(papers)
    credit = paid(customer, 10_00, row)
    user = make_user("cobra@norte.mx", company, Role.COLLECTOR)
    Membership.objects.filter(user=user).update(own_portfolio_only=True)
    collector = client_of(user)
    allocation = Allocation.objects.get()
    listed = text_of(collector.get(url("por-cobrar"), {"customer": str(customer.pk)}))
    assert "F-1" not in listed
    assert "La Güera" not in listed
    for address in (
        url("por-cobrar", row.pk), url("pagos", credit.pk), url("pagos", "nuevo") + f"?customer={customer.pk}",
    ):  # fmt: skip
        assert collector.get(address).status_code == 404
    assert collector.post(url("por-cobrar", row.pk, "pagada"), payment()).status_code == 404
    assert collector.post(url("aplicaciones", allocation.pk, "quitar")).status_code == 404
    collector.post(url("por-cobrar", "pausar"), {"id": [str(row.pk)], "pause-reason": "x"})
    assert Receivable.objects.get().paused_on is None
    folder = Portfolio.objects.create(company=company, name="Mía", collector=user)
    type(customer).objects.filter(pk=customer.pk).update(portfolio=folder)
    assert collector.get(url("por-cobrar", row.pk)).status_code == 200


def test_another_companys_rows_do_not_exist(client, company):
    other = make_company("Otra", "OTR010203AB9", "sur")
    with company_scope(other.id):
        theirs = make_customer(other, "Ajeno", "AJE010203AB5")
        row = charge(theirs)
        credit = paid(theirs, 10_00, row)
        allocation = Allocation.objects.get()
    one, pay = ("por-cobrar", row.pk), ("pagos", credit.pk)
    for address in (url(*one), url(*pay), url(*pay, "comprobante"), url("pagos", "nuevo") + f"?customer={theirs.pk}"):
        assert client.get(address).status_code == 404
    actions = "pagada ajuste vencimiento pausar reanudar presuncion saldo-a-favor nota-de-cargo anular recuperar"
    for what in actions.split():
        assert client.post(url(*one, what), payment(reason="x")).status_code == 404
    for address in (url(*pay, "asignar"), url(*pay, "deshacer"), url("aplicaciones", allocation.pk, "quitar")):
        assert client.post(address, {"reason": "x"}).status_code == 404
    client.post(url("por-cobrar", "pausar"), {"id": [str(row.pk)], "pause-reason": "x"})
    with company_scope(other.id):
        assert Receivable.objects.get().paused_on is None


def test_hostile_text_is_shown_as_text(client, customer):
    hostile = "<script>alert(1)</script>"
    row = charge(customer, concept=hostile, number="=1+1")
    paid(customer, 10_00, row, reference=hostile, note=hostile)
    for address in (url("por-cobrar"), url("por-cobrar", row.pk), url("pagos"), url("pagos", Credit.objects.get().pk)):
        assert hostile not in text_of(client.get(address))
