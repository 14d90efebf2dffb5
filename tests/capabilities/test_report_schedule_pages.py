"""Pages of reports that go out by themselves: made from any report, seen with what they sent, and who may do what."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from aldia.customers.models import Customer, Portfolio
from aldia.domain.money import Money
from aldia.messaging.models import Message
from aldia.receivables.operations.charges import open_charge
from aldia.reporting.catalogue import REPORTS
from aldia.reporting.models import ReportSchedule, ReportSending
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user

BASE = "/e/correo/reportes/por-correo/"
TODAY = date(2026, 3, 2)


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(clock, "today", lambda company: TODAY)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 2, 13, tzinfo=UTC))  # 7:00 in Mexico City
    company = make_company(slug="correo")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def owner(company: Company) -> User:
    return make_user("marisol@correo.example", company)


@pytest.fixture
def guera(company: Company) -> Customer:
    guera = make_customer(company)
    open_charge(
        customer_id=guera.pk, kind="charge_note", total=Money(1_160_00, "MXN"), issued_on=date(2026, 2, 1),
        due_on=date(2026, 2, 20), concept="Pedido", key=uuid.uuid4(), actor=None, number="F-1",
    )  # fmt: skip
    return guera


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(owner: User) -> Client:
    return browser(owner)


def form(owner: User, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Vencidos", "format": "both", "frequency": "weekly", "weekday": "1", "month_day": "1", "at": "08:00",
        "people": [str(owner.pk)], "addresses": "",
    } | changes  # fmt: skip


def made(client: Client, owner: User, report: str = "overdue", **changes: Any) -> ReportSchedule:
    answer = client.post(f"{BASE}nuevo/?report={report}", form(owner, **changes))
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    return ReportSchedule.objects.latest("created_at")


def test_the_empty_page_offers_every_report(client: Client, company: Company) -> None:
    page = client.get(BASE).content.decode()
    assert "Ningún reporte sale solo todavía" in page
    for report in REPORTS.values():
        assert str(report.title) in page
        assert f"?report={report.key}" in page


@pytest.mark.parametrize("key", sorted(REPORTS))
def test_the_address_of_each_report_is_its_page(key: str) -> None:
    report = REPORTS[key]
    assert resolve(f"/{report.path}").url_name == report.page


@pytest.mark.parametrize("key", sorted(set(REPORTS) - {"statement"}))
def test_each_is_made_from_the_page_and_shows_how_it_looks_today(
    client: Client, owner: User, guera: Customer, key: str
) -> None:
    assert client.get(f"{BASE}nuevo/?report={key}").status_code == 200
    row = made(client, owner, key)
    assert (row.next_on, row.owner_id) == (TODAY, owner.pk)
    page = client.get(f"{BASE}{row.pk}/").content.decode()
    assert "Vista previa" in page
    assert "Cada lunes a las 08:00" in page


@pytest.mark.parametrize("key", sorted(set(REPORTS) - {"statement"}))
def test_each_is_had_at_once_as_excel_and_as_paper(client: Client, guera: Customer, key: str) -> None:
    title = str(REPORTS[key].title)
    answer = client.get(f"/e/correo/reportes/archivo/?report={key}&format=pdf")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert title in " ".join(text.split())
    answer = client.get(f"/e/correo/reportes/archivo/?report={key}&format=xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert title in str(sheet[0])


def test_a_statement_is_of_one_customer(client: Client, owner: User, guera: Customer) -> None:
    assert client.get(f"{BASE}nuevo/?report=statement").status_code == 302
    row = made(client, owner, f"statement&customer={guera.pk}", option_customer=str(guera.pk))
    assert row.options == {"customer": str(guera.pk)}
    page = client.get(f"{BASE}{row.pk}/").content.decode()
    assert str(guera) in page
    assert client.get(f"{BASE}nuevo/?report=statement&customer={uuid.uuid4()}").status_code == 404
    assert client.get(f"{BASE}nuevo/?report=statement&customer=x").status_code == 404
    assert client.get("/e/correo/reportes/archivo/?report=statement").status_code == 302


@pytest.mark.parametrize("page", ["reportes/antiguedad/", "reportes/indicadores/", "reportes/flujo/", "statement"])
def test_pages_of_reports_lead_to_having_them_sent(client: Client, guera: Customer, page: str) -> None:
    path = f"clientes/{guera.pk}/estado-de-cuenta/" if page == "statement" else page
    found = re.search(r'href="([^"]*por-correo/nuevo/[^"]*)"', client.get(f"/e/correo/{path}").content.decode())
    assert found
    start = client.get(found.group(1).replace("&amp;", "&"))
    assert start.status_code == 200
    assert ("Abarrotes" in start.content.decode()) == (page == "statement")


def test_the_cash_flow_is_scheduled_as_it_is_seen(client: Client, company: Company) -> None:
    page = client.get("/e/correo/reportes/flujo/?step=fortnight&billing=1").content.decode()
    found = re.search(r'href="([^"]*por-correo/nuevo/[^"]*)"', page)
    assert found
    start = client.get(found.group(1).replace("&amp;", "&")).content.decode()
    assert re.search(r'<option value="fortnight" selected', start)
    assert re.search(r'name="option_billing"[^>]*checked', start)


def test_it_is_changed_paused_resumed_put_away_and_back(client: Client, owner: User, guera: Customer) -> None:
    row = made(client, owner, frequency="monthly", month_day="31")
    assert row.next_on == date(2026, 3, 31)
    start = client.get(f"{BASE}{row.pk}/editar/").content.decode()
    assert 'value="31" selected' in start
    client.post(f"{BASE}{row.pk}/editar/", form(owner, name="Otro", version="1", addresses="a@b.example; c@d.example"))
    row.refresh_from_db()
    assert (row.name, row.version, row.frequency) == ("Otro", 2, "weekly")
    assert [each.get("email", "") for each in row.recipients] == ["", "a@b.example", "c@d.example"]
    for act, said in (("pausar", "En pausa"), ("reanudar", "Reanudado"), ("archivar", "Archivado")):
        page = client.post(f"{BASE}{row.pk}/{act}/", follow=True).content.decode()
        assert said in page
    assert "Otro" in client.get(f"{BASE}?tab=archived").content.decode()
    assert client.get(f"{BASE}{row.pk}/editar/").status_code == 404
    assert client.post(f"{BASE}{row.pk}/recuperar/", follow=True).status_code == 200
    row.refresh_from_db()
    assert row.archived_at is None


def test_what_somebody_changed_meanwhile_is_not_overwritten(client: Client, owner: User, guera: Customer) -> None:
    row = made(client, owner)
    client.post(f"{BASE}{row.pk}/pausar/", {"version": "1"})
    page = client.post(f"{BASE}{row.pk}/editar/", form(owner, name="Tarde", version="1"))
    assert page.status_code == 422
    assert "Alguien cambió este envío" in page.content.decode()
    assert client.post(f"{BASE}{row.pk}/reanudar/", {"version": "1"}).status_code == 409


def test_now_and_as_a_sample(client: Client, owner: User, guera: Customer) -> None:
    row = made(client, owner, addresses="contador@despacho.example")
    page = client.post(f"{BASE}{row.pk}/muestra/", follow=True).content.decode()
    assert f"Te lo mandamos a {owner.email}" in page
    assert list(Message.objects.get().deliveries.values_list("address", flat=True)) == [owner.email]
    assert "Va en camino" in client.post(f"{BASE}{row.pk}/enviar/", follow=True).content.decode()
    assert "Hoy ya salió" in client.post(f"{BASE}{row.pk}/enviar/", follow=True).content.decode()
    assert ReportSending.objects.count() == 1
    page = client.get(f"{BASE}{row.pk}/").content.decode()
    assert "En camino" in page
    assert "contador@despacho.example" in page


def test_why_it_did_not_go_is_on_its_page(client: Client, owner: User, guera: Customer, company: Company) -> None:
    row = made(client, owner)
    ReportSending.objects.create(company=company, schedule=row, on=TODAY, trouble="No queda a quién mandarlo.")
    for address in (BASE, f"{BASE}{row.pk}/"):
        assert "No salió" in client.get(address).content.decode()
    assert "No queda a quién mandarlo." in client.get(f"{BASE}{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Ponle un nombre"),
        ({"at": "25:99"}, "Escribe la hora"),
        ({"addresses": "no-es-correo"}, "no es un correo"),
        ({"people": []}, "al menos a una persona"),
        ({"people": [str(uuid.UUID(int=7))]}, "ya no es de la empresa"),
        ({"weekday": "9"}, "9"),
        ({"option_portfolio": str(uuid.UUID(int=7))}, "opción"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    client: Client, owner: User, changes: dict[str, Any], sentence: str
) -> None:
    answer = client.post(f"{BASE}nuevo/?report=overdue", form(owner, **changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize("query", ["?report=nope", "", "?report=overdue&currency=%00&portfolio=x"])
def test_addresses_that_nobody_wrote(client: Client, query: str) -> None:
    assert client.get(f"{BASE}nuevo/{query}").status_code in (200, 302)
    assert client.get(f"/e/correo/reportes/archivo/{query}").status_code in (200, 302)


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.AUDITOR])
def test_who_may_not_decide_looks_only(
    client: Client, owner: User, guera: Customer, company: Company, role: str
) -> None:
    row = made(client, owner)
    other = browser(make_user("otra@correo.example", company, role))
    assert other.get(f"{BASE}{row.pk}/").status_code == 200
    assert "Programar" not in other.get(BASE).content.decode()
    for act in ("pausar", "enviar", "muestra", "archivar", "editar"):
        assert other.post(f"{BASE}{row.pk}/{act}/").status_code == 403
    assert other.post(f"{BASE}nuevo/?report=overdue").status_code == 403


def test_a_collector_with_the_own_portfolio_sees_no_others(
    client: Client, owner: User, guera: Customer, company: Company
) -> None:
    row = made(client, owner)
    luis = make_user("luis@correo.example", company, Role.COLLECTOR)
    Membership.objects.filter(user=luis).update(own_portfolio_only=True)
    Portfolio.objects.create(company=company, name="Norte", collector=luis)
    own = browser(luis)
    assert own.get(f"{BASE}{row.pk}/").status_code == 404
    assert row.name not in own.get(BASE).content.decode().split("Los reportes que hay")[0]
    answer = own.get("/e/correo/reportes/archivo/?report=overdue&format=xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert not any(guera.legal_name in line for line in sheet)


def test_a_report_that_there_is_no_more_is_said(client: Client, owner: User, company: Company) -> None:
    row = ReportSchedule.objects.create(
        company=company, report="gone", name="De antes", format="xlsx", frequency="daily", owner=owner, next_on=TODAY,
        recipients=[{"user": str(uuid.UUID(int=1))}, {"email": "a@b.example"}], options={"portfolio": "x", "more": "y"},
    )  # fmt: skip
    page = client.get(f"{BASE}{row.pk}/").content.decode()
    assert "Ese reporte ya no existe" in page
    assert "alguien que ya no está" in page
    assert "De antes" in client.get(BASE).content.decode()
    assert client.get(f"{BASE}{row.pk}/editar/").status_code == 404
    assert "Ese reporte ya no existe" in client.post(f"{BASE}{row.pk}/enviar/", follow=True).content.decode()
    assert "Ese reporte ya no existe" in client.post(f"{BASE}{row.pk}/muestra/", follow=True).content.decode()
