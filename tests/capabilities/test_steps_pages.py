"""The pages of the seven steps: every figure leads to the rows that sum to it, and to nobody else's."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from aldia.collections.operations.disputes import open_dispute
from aldia.collections.operations.promises import record_promise
from aldia.collections.operations.steps import follow
from aldia.customers.models import Customer, Portfolio
from aldia.jobs.steps import follow_first, follow_steps
from aldia.receivables.models import Receivable
from aldia.reporting.queries.step_facts import facts_in
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.capabilities.test_steps_board import charge, message, pay
from tests.cast import make_company, make_customer, make_user

AT = "/e/pasos-paginas"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="pasos-paginas")
    with company_scope(company.id):
        yield company


@pytest.fixture
def ana(company: Company) -> User:
    return make_user("ana@example.com", company, Role.COLLECTOR)


@pytest.fixture
def client(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def today(company: Company) -> date:
    return clock.today(company)


@pytest.fixture
def guera(company: Company) -> Customer:
    return make_customer(company)


@pytest.fixture
def debts(guera: Customer, today: date) -> dict[int, Receivable]:
    """One receivable in each step; that of step n owes n × 1,000."""
    month, week = timedelta(days=30), timedelta(days=7)
    dues = {1: today + month, 2: today + month, 3: today + month, 4: today, 5: today - week, 6: today - week,
            7: today - week}  # fmt: skip
    rows = {step: charge(guera, today - month, due, step * 100_000) for step, due in dues.items()}
    message(guera, today - week, "receipt", rows[2])
    record_promise(
        receivable_ids=[rows[3].pk], amount=None, due_on=today + week, key=uuid7(), today=today, actor=None
    )  # fmt: skip
    message(guera, today - timedelta(days=2), "before", rows[4])
    message(guera, today - timedelta(days=2), "after", rows[6])
    open_dispute(receivable_id=rows[7].pk, amount=None, reason="amount", key=uuid7(), today=today, actor=None)
    return rows


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_each_card_leads_to_the_rows_that_sum_to_it(client: Client, debts: dict[int, Receivable]) -> None:
    page = client.get(f"{AT}/cobranza/pasos/").content.decode()
    for step, row in debts.items():
        card = page.split(f'<span class="step-no" aria-hidden="true">{step}</span>')[1].split("</li>")[0]
        assert f"${step},000.00" in card
        assert "1 documento" in card
        link = re.findall(rf'href="([^"]*pasos/documentos/\?step={step}[^"]*)"', page)[0]
        rows = client.get(unescape(link)).content.decode()
        assert f"/por-cobrar/{row.pk}/" in rows
        assert sum(f"/por-cobrar/{other.pk}/" in rows for other in debts.values()) == 1
        assert f"1 documento · ${step},000.00" in text_of(rows)
    assert "4 · $10,000.00" in text_of(page)
    assert "3 · $18,000.00" in text_of(page)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (1, "Nada indica que el cliente la tenga"), (2, "Se le envió o la vio en su portal"),
        (3, "Prometió cuándo pagarla"), (4, "Se le recordó antes de vencer"),
        (5, "Venció y no se le ha vuelto a recordar"), (6, "Se le recordó ya vencida"), (7, "Está en disputa"),
    ],
)  # fmt: skip
def test_a_row_says_why_it_is_where_it_is(client: Client, debts: dict[int, Receivable], step: int, why: str) -> None:
    assert why in client.get(f"{AT}/cobranza/pasos/documentos/?step={step}").content.decode()


def test_the_strip_of_inicio_has_the_seven(client: Client, debts: dict[int, Receivable]) -> None:
    page = text_of(client.get(f"{AT}/inicio/pasos/").content.decode())
    for step, name in ((1, "Emitida"), (3, "Con fecha acordada"), (7, "En cobranza")):
        assert f"{step} {name} 1 ${step},000.00" in page


def sheet_of(answer: Any) -> list[list[Any]]:
    return (
        CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content))).get_sheet_by_index(0).to_python()
    )


def test_all_of_them_in_excel(client: Client, debts: dict[int, Receivable]) -> None:
    answer = client.get(f"{AT}/cobranza/pasos/exportar/")
    rows = sheet_of(answer)
    found = {row[4]: row[0] for row in rows if row[4] in {each.number for each in debts.values()}}
    assert {number: name[0] for number, name in found.items()} == {row.number: str(n) for n, row in debts.items()}


def test_the_history_of_flow_and_the_rows_behind_it(
    client: Client, company: Company, guera: Customer, today: date
) -> None:
    paid = charge(guera, today - timedelta(days=60), today - timedelta(days=20), 50_000)
    charge(guera, today - timedelta(days=50), today - timedelta(days=3), 30_000)
    pay(paid, 50_000, today - timedelta(days=5))
    assert "Todavía no hay historia" in client.get(f"{AT}/cobranza/pasos/flujo/").content.decode()
    assert follow_steps.func() == 5  # both come in, both fall due, one is paid
    page = client.get(f"{AT}/cobranza/pasos/flujo/?period=quarter").content.decode()
    link = re.findall(r'href="([^"]*flujo/documentos/\?[^"]*from=5&amp;to=0)"', page)[0]
    rows = client.get(unescape(link)).content.decode()
    assert set(re.findall(r"/por-cobrar/([0-9a-f-]{36})/", rows)) == {str(paid.pk)}
    assert "$500.00" in rows
    assert "5 · Vencida → Pagada o cancelada" in text_of(rows)
    assert "Ver como tabla" in page
    export = unescape(re.findall(r'href="([^"]*flujo/exportar/[^"]*)"', page)[0])
    assert [row[1:4] + row[7:] for row in sheet_of(client.get(export)) if row[3] == paid.number] == [
        ["1 · Emitida", "5 · Vencida", paid.number, 500.0, 0.0],
        ["5 · Vencida", "Pagada o cancelada", paid.number, 500.0, 0.0],
    ]
    assert len(sheet_of(client.get(unescape(link).replace("documentos", "exportar")))) == 2


def test_history_is_there_soon_after_the_first_documents(guera: Customer, today: date) -> None:
    assert follow_first.func() == 0, "nothing has come in yet"
    charge(guera, today - timedelta(days=60), today - timedelta(days=20), 50_000)
    assert follow_first.func() == 2, "it comes in and falls due"
    charge(guera, today - timedelta(days=50), today - timedelta(days=3), 30_000)
    assert follow_first.func() == 0, "from then on the nights do it"


@pytest.mark.parametrize(
    "query",
    ["?first=x&last=2026-13-40", "?first=2026-11-20&last=2026-11-01", "?step=9&from=x&to=12",
     "?portfolio=x&currency=%00", "?period=zzz&c=broken&sort=-nothing", "?first=1990-01-01&last=1990-02-01"],
)  # fmt: skip
def test_no_address_is_an_error(client: Client, guera: Customer, today: date, query: str) -> None:
    charge(guera, today - timedelta(days=60), today - timedelta(days=20), 50_000)
    follow(on=today - timedelta(days=1), facts_of=facts_in(ZoneInfo("America/Mexico_City")))
    for page in ("", "documentos/", "exportar/", "flujo/", "flujo/documentos/", "flujo/exportar/"):
        assert client.get(f"{AT}/cobranza/pasos/{page}{query}").status_code == 200, page


def test_a_collector_of_the_own_portfolio_sees_those(client: Client, company: Company, ana: User, today: date) -> None:
    norte = Portfolio.objects.create(company=company, name="Norte", collector=ana)
    mine = make_customer(company, "Mía", "MIA010203AB1", portfolio=norte)
    theirs = make_customer(company, "Ajena", "AJE010203AB1")
    for customer in (mine, theirs):
        charge(customer, today - timedelta(days=60), today - timedelta(days=20), 50_000)
    follow_steps.func()
    Membership.objects.filter(user=ana).update(own_portfolio_only=True)
    for page in ("documentos/", "documentos/?step=5", "flujo/documentos/?period=quarter"):
        shown = client.get(f"{AT}/cobranza/pasos/{page}").content.decode()
        assert "Mía" in shown, page
        assert "Ajena" not in shown, page
    assert "1 · $500.00" in text_of(client.get(f"{AT}/cobranza/pasos/").content.decode())


def test_nothing_to_collect_says_what_to_do(client: Client) -> None:
    assert "Nadie te debe nada aquí" in client.get(f"{AT}/cobranza/pasos/").content.decode()
    assert "ningún paso tiene documentos" in client.get(f"{AT}/inicio/pasos/").content.decode()
