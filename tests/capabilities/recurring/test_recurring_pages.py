"""Pages of recurring documents: written, looked at, decided; who may; and nothing typed breaks them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client

from aldia.customers.models import Contact, Customer
from aldia.domain.recurrence import LAST, Rule
from aldia.receivables.models import Receivable
from aldia.recurring.models import Occurrence, Schedule
from aldia.recurring.operations import issuing, turning
from aldia.recurring.operations.schedules import Details, save
from aldia.tenancy.models import Company, Membership, Role
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user

TODAY = date(2026, 11, 21)
pytestmark = pytest.mark.django_db
NOTE = {
    "kind": "charge_note", "act": "save", "version": "0", "name": "Renta local 3", "rhythm": "month:1",
    "month_day": "1", "second_day": "32", "every": "", "adjust": "next", "covers": "0", "starts_on": "2026-12-01",
    "ends_on": "", "most": "", "due_days": "", "concept": "Renta de {periodo}", "amount": "12,000.00",
    "currency": "MXN", "sends": "on",
}  # fmt: skip
INVOICE = {
    **{name: value for name, value in NOTE.items() if name not in ("concept", "amount", "sends")},
    "kind": "invoice", "line": "l1", "l1-description": "Renta de {mes}", "l1-quantity": "1", "l1-unit_price": "10000",
    "l1-iva": "160000", "l1-product_key": "80131502", "l1-unit_key": "E48", "use": "G03", "method": "PPD", "form": "99",
    "conditions": "", "note": "", "is_automatic": "on",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _quick(monkeypatch: Any, settings: Any) -> None:
    monkeypatch.setattr(clock, "today", lambda company: TODAY)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="norte")
    with company_scope(company.id):
        yield company


@pytest.fixture
def customer(company: Company) -> Customer:
    customer = make_customer(company)
    Contact.objects.create(company=company, customer=customer, name="Lupita", email="lupita@laguera.example")
    return customer


@pytest.fixture
def client(company: Company) -> Client:
    return client_of(company, Role.OWNER)


def client_of(company: Company, role: str) -> Client:
    client = Client(raise_request_exception=True)
    user = make_user(f"{role}@norte.mx", company, role)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def get(client: Client, path: str) -> str:
    response = client.get(f"/e/norte/{path}")
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


def post(client: Client, path: str, data: dict[str, Any] | None = None) -> Any:
    return client.post(f"/e/norte/{path}", data or {}, follow=True)


def rent(customer: Customer, **more: Any) -> Schedule:
    values: dict[str, Any] = {
        "name": "Renta local 3", "kind": "charge_note", "customer_id": customer.pk, "rule": Rule(),
        "content": {"concept": "Renta de {mes}", "amount": 12_000_00}, "currency": "MXN", "starts_on": TODAY,
    }  # fmt: skip
    return save(details=Details(**{**values, **more}), today=TODAY, actor=None)


def turn(today: date = TODAY) -> None:
    moment = issuing.Turn(today, clock.now())
    for schedule_id in turning.due_schedules(today=today):
        turning.appear(schedule_id=schedule_id, today=today)
    for each in issuing.waiting():
        issuing.issue(occurrence_id=each, turn=moment)


def test_a_rent_from_the_form_to_its_page(client: Client, customer: Customer) -> None:
    assert "Nada se emite solo todavía" in get(client, "recurrentes/")
    assert "¿de qué cliente?" in get(client, "recurrentes/nueva/")
    assert str(customer) in get(client, "por-cobrar/buscar-cliente/?target=schedule_new")
    assert "Nota de cobro" in get(client, f"recurrentes/nueva/?customer={customer.pk}&kind=charge_note")
    panel = post(client, "recurrentes/calcular/", {**NOTE, "customer": str(customer.pk)}).content.decode()
    assert "Renta de diciembre de 2026" in panel
    assert panel.count("$12,000.00") == 10
    assert "4 ene 2027" in panel  # the first of January has no banks
    assert not Schedule.objects.exists()
    page = post(client, f"recurrentes/nueva/?customer={customer.pk}&kind=charge_note", NOTE).content.decode()
    row = Schedule.objects.get()
    assert (row.name, row.content["amount"], row.sends, row.next_on) == (
        "Renta local 3",
        12_000_00,
        True,
        date(2026, 12, 1),
    )
    assert row.rule["adjust"] == "next"
    for said in (
        "Cada mes, el 1",
        "Se envía por correo con su liga de pago",
        "Todavía no ha emitido nada",
        "1 dic 2026",
    ):
        assert said in page
    assert "Renta local 3" in get(client, "recurrentes/")
    assert "Cada mes, el 1" in get(client, "recurrentes/?q=local")


def test_an_invoice_is_scheduled_with_its_lines_and_taxes(client: Client, customer: Customer) -> None:
    form = get(client, f"recurrentes/nueva/?customer={customer.pk}&kind=invoice")
    assert "mould-line" in form
    panel = post(client, "recurrentes/calcular/", {**INVOICE, "customer": str(customer.pk)}).content.decode()
    assert "$11,600.00" in panel
    assert "Aún no se puede timbrar" in panel
    post(client, f"recurrentes/nueva/?customer={customer.pk}", INVOICE)
    row = Schedule.objects.get()
    assert (row.kind, row.is_automatic, row.currency) == ("invoice", True, "MXN")
    form = get(client, f"recurrentes/{row.pk}/editar/")
    assert "Renta de {mes}" in form
    assert "80131502" in form
    changed = {**INVOICE, "version": str(row.version), "l1-unit_price": "11000", "currency": "USD"}
    post(client, f"recurrentes/{row.pk}/editar/", changed)
    row.refresh_from_db()
    assert (row.currency, row.is_automatic) == ("USD", False)  # the rate of the day is a person's


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "obligatorio"),
        ({"rhythm": "week:1"}, "al menos un día"),
        ({"rhythm": "day", "every": ""}, "cada cuántos días"),
        ({"rhythm": "day", "every": "367"}, "366"),
        ({"rhythm": "century"}, "century"),
        ({"month_day": "40"}, "40"),
        ({"starts_on": "2024-01-01"}, "más de un año"),
        ({"ends_on": "2026-11-30"}, "antes de empezar"),
        ({"most": "0"}, "1"),
        ({"concept": "Renta de {month}"}, "«month»"),
        ({"amount": "0"}, "mayor que cero"),
        ({"amount": "-5"}, "negativo"),
        ({"amount": "1e5"}, "importe"),
        ({"currency": "XXX"}, "XXX"),
        ({"starts_on": "0000-99-99"}, "válida"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_kept(
    client: Client, customer: Customer, wrong: dict[str, str], said: str
) -> None:
    address = f"/e/norte/recurrentes/nueva/?customer={customer.pk}&kind=charge_note"
    answer = client.post(address, {**NOTE, **wrong})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Schedule.objects.exists()
    panel = post(client, "recurrentes/calcular/", {**NOTE, **wrong, "customer": str(customer.pk)})
    assert panel.status_code == 200
    assert "Falta" in panel.content.decode()


def test_lines_are_added_and_taken_without_script(client: Client, customer: Customer) -> None:
    address = f"/e/norte/recurrentes/nueva/?customer={customer.pk}"
    page = client.post(address, {**INVOICE, "act": "add"}).content.decode()
    assert page.count('name="line"') == 3  # two, and the mould
    page = client.post(address, {**INVOICE, "act": "remove:l1"}).content.decode()
    assert page.count('name="line"') == 2
    assert not Schedule.objects.exists()


def test_the_second_of_two_edits_is_a_conflict(client: Client, customer: Customer) -> None:
    row = rent(customer)
    post(client, f"recurrentes/{row.pk}/editar/", {**NOTE, "version": str(row.version), "starts_on": "2026-11-21"})
    answer = client.post(f"/e/norte/recurrentes/{row.pk}/editar/", {**NOTE, "version": str(row.version)})
    assert answer.status_code == 409


def test_it_is_paused_resumed_and_ended(client: Client, customer: Customer) -> None:
    row = rent(customer, rule=Rule(days=(LAST,)))
    assert "está en pausa" in post(client, f"recurrentes/{row.pk}/pausar/").content.decode()
    assert "Solo se pausa una serie activa" in post(client, f"recurrentes/{row.pk}/pausar/").content.decode()
    assert "Renta local 3" in get(client, "recurrentes/?state=paused")
    assert "sigue desde hoy" in post(client, f"recurrentes/{row.pk}/reanudar/").content.decode()
    assert "1 serie quedó en pausa" in post(client, "recurrentes/pausar/", {"id": str(row.pk)}).content.decode()
    assert "1 serie sigue" in post(client, "recurrentes/reanudar/?state=paused", {"id": str(row.pk)}).content.decode()
    assert "terminó" in post(client, f"recurrentes/{row.pk}/terminar/").content.decode()
    assert "No queda ninguna" in get(client, f"recurrentes/{row.pk}/")
    row.refresh_from_db()
    assert row.state == "ended"


def test_its_price_changes_from_a_day(client: Client, customer: Customer) -> None:
    row = rent(customer)
    page = post(client, f"recurrentes/{row.pk}/precio/", {"from_on": "2027-01-01", "percent": "4.66", "reason": "INPC"})
    assert "$12,559.20" in page.content.decode()
    page = post(client, f"recurrentes/{row.pk}/precio/", {"from_on": "2027-06-01", "amount": "13,000"})
    assert "$13,000.00" in page.content.decode()
    page = post(client, f"recurrentes/{row.pk}/precio/", {"from_on": "2028-01-01", "percent": "-5"}).content.decode()
    assert "$12,350.00" in page
    for bad in (
        {"percent": "x"},
        {"percent": "1.234"},
        {"percent": "--5"},
        {"percent": "٣"},
        {},
        {"amount": "NaN"},
        {"percent": "5", "amount": "1"},
    ):
        answer = post(client, f"recurrentes/{row.pk}/precio/", {"from_on": "2029-01-01", **bad})
        assert answer.status_code == 200
    assert row.prices.count() == 3
    change = row.prices.get(from_on=date(2027, 6, 1))
    assert "se quitó" in post(client, f"recurrentes/precios/{change.pk}/quitar/").content.decode()
    assert row.prices.count() == 2


def test_what_was_missed_is_decided_on_its_page(client: Client, customer: Customer) -> None:
    row = rent(customer, starts_on=date(2026, 8, 1))
    turn()
    assert Occurrence.objects.filter(state="asking").count() == 4
    assert "4 fechas esperan tu decisión" in get(client, "recurrentes/")
    page = get(client, "recurrentes/por-decidir/")
    assert page.count("Pasó su fecha sin emitirse") == 4
    ids = [str(each) for each in Occurrence.objects.order_by("on").values_list("pk", flat=True)]
    assert "1 fecha se omitió" in post(client, "recurrentes/por-decidir/omitir/", {"id": ids[0]}).content.decode()
    said = post(client, "recurrentes/por-decidir/emitir/", {"id": ids[1:3]}).content.decode()
    assert "2 fechas se están emitiendo" in said
    turn()
    assert Receivable.objects.count() == 2
    one = {"one": ids[3], "schedule": str(row.pk)}
    page = post(client, "recurrentes/por-decidir/emitir/", one).content.decode()
    assert "Lo que ha emitido" in page
    turn()
    assert "Nada por decidir" in get(client, "recurrentes/por-decidir/")
    assert "ya no esperan" in post(client, "recurrentes/por-decidir/omitir/", {"id": ids}).content.decode()
    assert "ya no esperan" in post(client, "recurrentes/por-decidir/omitir/", {"id": "nothing"}).content.decode()
    page = get(client, f"recurrentes/{row.pk}/")
    assert page.count("Emitida") == 3
    assert "NC-1" in page


def test_a_customer_that_is_off_is_said(client: Client, company: Company) -> None:
    off = make_customer(company, "Apagado", "APA010101AB1", collecting=False)
    row = rent(off)
    assert "está apagado" in get(client, f"recurrentes/{row.pk}/")
    panel = post(client, "recurrentes/calcular/", {**NOTE, "customer": str(off.pk)}).content.decode()
    assert "está apagado" in panel


def test_who_only_looks_changes_nothing(company: Company, customer: Customer) -> None:
    row = rent(customer, starts_on=date(2026, 8, 1))
    turn()
    auditor = client_of(company, Role.AUDITOR)
    for path in ("recurrentes/", "recurrentes/por-decidir/", f"recurrentes/{row.pk}/"):
        assert "Emitir</button>" not in get(auditor, path)
    for path in ("recurrentes/nueva/", f"recurrentes/{row.pk}/editar/"):
        assert auditor.get(f"/e/norte/{path}").status_code == 403
    for path in (f"recurrentes/{row.pk}/pausar/", f"recurrentes/{row.pk}/precio/", "recurrentes/por-decidir/emitir/"):
        assert auditor.post(f"/e/norte/{path}").status_code == 403


def test_who_sees_some_customers_sees_their_schedules(company: Company, customer: Customer) -> None:
    row = rent(customer, starts_on=date(2026, 8, 1))
    turn()
    client = client_of(company, Role.FINANCE)
    Membership.objects.filter(user__email="finance@norte.mx").update(own_portfolio_only=True)
    assert client.get(f"/e/norte/recurrentes/{row.pk}/").status_code == 404
    assert "Renta local 3" not in get(client, "recurrentes/")
    assert "Nada por decidir" in get(client, "recurrentes/por-decidir/")
    ids = list(Occurrence.objects.values_list("pk", flat=True))
    post(client, "recurrentes/por-decidir/emitir/", {"id": [str(each) for each in ids], "all": "1"})
    post(client, "recurrentes/por-decidir/emitir/", {"one": str(ids[0])})
    assert Occurrence.objects.filter(state="asking").count() == 4
    assert client.get(f"/e/norte/recurrentes/nueva/?customer={customer.pk}").status_code == 404
    assert client.get(f"/e/norte/recurrentes/nueva/?customer={uuid.uuid4()}").status_code == 404
