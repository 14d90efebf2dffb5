"""The cash flow: figures against the facts they come from, what is said beside them, who sees what, and its files."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from aldia.collections.operations.promises import record_promise
from aldia.collections.queries.promises import Patience
from aldia.customers.models import Customer, Portfolio
from aldia.domain.cash_flow import MONTH, STEPS, WEEK, BadStep
from aldia.domain.money import Money
from aldia.domain.recurrence import Rule
from aldia.forecasts.models import CashForecast, InvoiceForecast, ModelRun
from aldia.forecasts.queries import parts
from aldia.forecasts.stretches import stretches_from
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.queries.sight import Sight
from aldia.recurring.operations.schedules import Details, save
from aldia.reporting.queries.cash_flow import Asked, CashFlow, cash_flow
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user

TODAY = date(2026, 3, 2)
PATIENCE = Patience("MX", 0)


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(clock, "today", lambda company: TODAY)
    company = make_company(slug="flujo")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def owner(company: Company) -> User:
    return make_user("marisol@flujo.example", company)


@pytest.fixture
def client(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def guera(company: Company) -> Customer:
    return make_customer(company)


def owes(customer: Customer, total: int, due_on: date, currency: str = "MXN") -> Receivable:
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, currency), issued_on=min(TODAY, due_on),
        due_on=due_on, concept="Pedido", key=uuid.uuid4(), actor=None, number=f"F-{Receivable.objects.count() + 1}",
    )  # fmt: skip


def run_of(company: Company, weeks: list[tuple[int, int, int]], *rows: Receivable, late: int = 14) -> ModelRun:
    """A run of today: weeks of (expected, low, high), and each receivable paid around so many days late."""
    run = ModelRun.objects.create(
        company=company, as_of=TODAY, tier=1, wanted_tier=1, code_version="1", known=50, resolved=40,
        forecast=len(rows), learnt_on=TODAY,
    )  # fmt: skip
    end = TODAY + timedelta(weeks=len(weeks)) - timedelta(days=1)
    daily = {TODAY + timedelta(days=each): weeks[each // 7][0] // 7 for each in range(len(weeks) * 7)}
    for each in stretches_from(TODAY):
        if each.first > end or each.horizon == "day":
            continue
        last = min(each.last, end)
        expected = sum(daily[each.first + timedelta(days=day)] for day in range((last - each.first).days + 1))
        low, high = expected * 3 // 4, expected * 5 // 4
        if each.horizon == "week":
            expected, low, high = weeks[(each.first - TODAY).days // 7]
        CashForecast.objects.create(
            company=company, run=run, currency="MXN", horizon=each.horizon, first=each.first, last=last,
            expected=expected, low_50=low, high_50=high, low_80=low, high_80=high, low_95=low, high_95=high,
            is_provisional=False,
        )  # fmt: skip
    for row in rows:
        InvoiceForecast.objects.create(
            company=company, run=run, receivable=row, as_of=TODAY, due_on=row.due_on, balance=row.balance,
            currency=row.currency, expected_on=row.due_on + timedelta(days=late), low_on=row.due_on,
            high_on=row.due_on + timedelta(days=late * 2), quantiles=[late + each - 10 for each in range(1, 20)],
            late_permille=900, unpaid_permille=500, never_permille=0, known_payments=9, confidence="normal",
        )  # fmt: skip
    return run


def flow_of(step: str = WEEK, sight: Sight | None = None, **asked: Any) -> CashFlow:
    return cash_flow(sight=sight or Sight(), asked=Asked("MXN", step, **asked), today=TODAY, patience=PATIENCE)


def test_weeks_are_those_of_the_forecast_and_what_lies_beyond_is_not_invented(
    company: Company, guera: Customer
) -> None:
    row = owes(guera, 1000_00, TODAY)
    run_of(company, [(420_00, 300_00, 550_00), (210_00, 50_00, 350_00)], row)
    flow = flow_of()
    shown = [(each.inflow.expected, each.inflow.low, each.inflow.high) for each in flow.periods if each.inflow]
    assert shown == [(420_00, 300_00, 550_00), (210_00, 50_00, 350_00)]
    assert [each.inflow for each in flow.periods[2:]] == [None] * 10
    assert (flow.owed, flow.expected, flow.later, flow.horizon) == (1000_00, 630_00, 370_00, date(2026, 3, 15))
    assert [each.net for each in flow.periods[:3]] == [420_00, 210_00, None]


def test_without_a_forecast_there_is_what_falls_due(company: Company, guera: Customer) -> None:
    owes(guera, 70_00, date(2026, 2, 1))
    owes(guera, 100_00, date(2026, 3, 20))
    flow = flow_of(MONTH)
    assert (flow.run, flow.later, flow.owed, flow.overdue) == (None, None, 170_00, 70_00)
    assert [each.due for each in flow.periods] == [100_00, 0, 0, 0, 0, 0]
    assert all(each.net is None for each in flow.periods)


def test_promised_money_is_beside_what_is_expected_and_shrinks_as_it_is_paid(
    company: Company, guera: Customer, owner: User
) -> None:
    row = owes(guera, 1000_00, date(2026, 2, 1))
    run_of(company, [(420_00, 300_00, 550_00)] * 4, row)
    record_promise(
        amount=Money(600_00, "MXN"), due_on=date(2026, 3, 12), receivable_ids=[row.pk], key=uuid.uuid4(), today=TODAY,
        actor=owner,
    )  # fmt: skip
    flow = flow_of()
    assert [each.promised for each in flow.periods[:3]] == [0, 600_00, 0]
    assert flow.periods[1].net == 420_00, "it is the same money, and is not added"
    record_payment(
        customer_id=guera.pk, amount=Money(250_00, "MXN"), received_on=TODAY, key="p", actor=owner, today=TODAY,
        policy="", named={row.pk: 250_00}, is_distinct=True,
    )  # fmt: skip
    assert flow_of().periods[1].promised == 350_00


def test_recurring_billing_is_apart_until_somebody_asks_for_it(company: Company, guera: Customer) -> None:
    run_of(company, [(70_00, 50_00, 150_00)] * 26, owes(guera, 900_00, TODAY))
    save(
        details=Details(
            name="Renta", kind="charge_note", customer_id=guera.pk, rule=Rule(days=(5,)), currency="MXN",
            content={"concept": "Renta de {mes}", "amount": 50_00}, starts_on=TODAY, due_days=10,
        ),
        today=TODAY, actor=None,
    )  # fmt: skip
    apart, added = flow_of(MONTH), flow_of(MONTH, with_billing=True)
    assert [each.billed for each in apart.periods] == [50_00] * 6  # of the 5th, due on the 15th
    assert [each.due_on for each in apart.bills[:2]] == [date(2026, 3, 15), date(2026, 4, 15)]
    for one, other in zip(apart.periods, added.periods, strict=True):
        assert (one.inflow, one.net is None) == (other.inflow, other.net is None)
        if one.net is not None:
            assert other.net == one.net + 50_00


def test_a_series_that_ends_or_is_paused_bills_no_more(company: Company, guera: Customer) -> None:
    words: dict[str, Any] = {
        "kind": "charge_note", "customer_id": guera.pk, "rule": Rule(days=(5,)), "currency": "MXN", "due_days": 0,
        "content": {"concept": "Renta", "amount": 50_00}, "starts_on": TODAY,
    }  # fmt: skip
    save(details=Details(name="Dos", most=2, **words), today=TODAY, actor=None)
    save(details=Details(name="Abril", ends_on=date(2026, 4, 30), **words), today=TODAY, actor=None)
    paused = save(details=Details(name="Pausa", **words), today=TODAY, actor=None)
    type(paused).objects.filter(pk=paused.pk).update(state="paused")
    assert [each.billed for each in flow_of(MONTH).periods] == [100_00, 100_00, 0, 0, 0, 0]


@pytest.mark.parametrize("step", sorted(STEPS))
def test_whatever_the_periods_the_money_is_the_same(company: Company, guera: Customer, step: str) -> None:
    rows = [owes(guera, 100_00 * each, TODAY + timedelta(days=9 * each)) for each in range(1, 12)]
    run_of(company, [(70_00 * each, 50_00 * each, 90_00 * each) for each in range(1, 11)], *rows)
    flow = flow_of(step)
    first, last = flow.periods[0].span.first, flow.periods[-1].span.last
    assert flow.expected == sum(70_00 * each for each in range(1, 11))
    assert sum(each.due for each in flow.periods) == sum(row.total for row in rows if first <= row.due_on <= last)


def test_other_periods_are_refused() -> None:
    with pytest.raises(BadStep):
        cash_flow(sight=Sight(), asked=Asked("MXN", "year"), today=TODAY, patience=PATIENCE)


def test_a_collector_sees_the_money_of_the_own_customers(company: Company, guera: Customer) -> None:
    luis = make_user("luis@flujo.example", company, Role.COLLECTOR)
    own = Portfolio.objects.create(company=company, name="Norte", collector=luis)
    mine = owes(make_customer(company, "Ferretería Norte", "FNO010203AB1", portfolio=own), 300_00, TODAY)
    run_of(company, [(900_00, 500_00, 950_00)] * 8, mine, owes(guera, 700_00, TODAY))
    for flow in (flow_of(sight=Sight(luis.pk)), flow_of(portfolio=str(own.pk))):
        assert (flow.owed, flow.has_margin) == (300_00, True)
        assert flow.expected == pytest.approx(300_00, abs=20_00)
        assert all(each.inflow.low <= each.inflow.expected <= each.inflow.high for each in flow.periods if each.inflow)
    Membership.objects.filter(user=luis).update(own_portfolio_only=True)
    client = Client()
    client.force_login(luis)
    page = client.get("/e/flujo/reportes/flujo/?step=week").content.decode()
    assert "$300.00" in page
    assert "$1,000.00" not in page
    rows = client.get("/e/flujo/reportes/flujo/detalle/?first=2026-03-02&last=2026-04-30").content.decode()
    assert "Ferretería Norte" in rows
    assert "Abarrotes La Güera" not in rows


def test_the_page_says_what_it_knows_and_what_it_does_not(company: Company, guera: Customer, client: Client) -> None:
    page = client.get("/e/flujo/reportes/flujo/").content.decode()
    assert "Todavía no hay pronóstico" in page
    run_of(company, [(420_00, 300_00, 550_00)] * 3, owes(guera, 2000_00, TODAY))
    for step in STEPS:
        page = client.get(f"/e/flujo/reportes/flujo/?step={step}").content.decode()
        assert "$1,260.00" in page
        assert "El pronóstico llega al 22 mar 2026" in page
        assert "De $2,000.00 que se deben hoy, $740.00 se esperan después" in page
        assert "no se suman" in page
    added = client.get("/e/flujo/reportes/flujo/?billing=1").content.decode()
    assert "suma lo esperado y la facturación recurrente" in added


def test_of_too_many_documents_there_are_sums_without_a_margin(
    company: Company, guera: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Portfolio.objects.create(company=company, name="Norte")
    row = owes(make_customer(company, "Ferretería Norte", "FNO010203AB1", portfolio=own), 300_00, TODAY)
    run_of(company, [(420_00, 300_00, 550_00)] * 8, row)
    simulated = flow_of(portfolio=str(own.pk))
    monkeypatch.setattr(parts, "MOST", 0)
    summed = flow_of(portfolio=str(own.pk))
    assert (simulated.has_margin, summed.has_margin) == (True, False)
    for one, other in zip(simulated.periods, summed.periods, strict=True):
        assert one.inflow
        assert other.inflow
        assert one.inflow.expected == pytest.approx(other.inflow.expected, abs=2_00)


def test_a_figure_leads_to_its_rows(company: Company, guera: Customer, client: Client) -> None:
    row = owes(guera, 1000_00, TODAY)
    run_of(company, [(420_00, 300_00, 550_00)] * 8, row)
    address = "/e/flujo/reportes/flujo/detalle/?first=2026-03-09&last=2026-03-22"
    page = client.get(address).content.decode()
    assert row.number in page
    assert client.get("/e/flujo/reportes/flujo/detalle/?first=x&last=2026-03-15").status_code == 404
    assert client.get("/e/flujo/reportes/flujo/detalle/").status_code == 404


@pytest.mark.parametrize("query", ["?step=year", "?currency=ZZZ", "?portfolio=x", "?step=%00", "?billing=7&page=-1"])
def test_what_nobody_would_ask_breaks_nothing(client: Client, query: str) -> None:
    assert client.get(f"/e/flujo/reportes/flujo/{query}").status_code == 200


def test_its_files_say_the_same(company: Company, guera: Customer, client: Client) -> None:
    run_of(company, [(420_00, 300_00, 550_00)] * 3, owes(guera, 2000_00, TODAY))
    data = b"".join(client.get("/e/flujo/reportes/flujo.xlsx?step=week"))  # type: ignore[arg-type]
    lines = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    heads = next(line for line in lines if "Flujo neto" in line)
    figures = [dict(zip(heads, line, strict=True)) for line in lines[lines.index(heads) + 1 :]]
    assert [each["Esperado"] for each in figures[:4]] == [420.0, 420.0, 420.0, ""]
    assert (figures[0]["Bajo"], figures[0]["Alto"]) == (300.0, 550.0)
    assert (figures[-1]["Esperado"], figures[-1]["Bajo"]) == (1260.0, "")
    answer = client.get("/e/flujo/reportes/flujo.pdf?step=week")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "1,260.00" in text
    assert "El pronóstico llega al" in " ".join(text.split())


def test_no_query_is_asked_for_each_row(
    company: Company, guera: Customer, client: Client, django_assert_max_num_queries: Any
) -> None:
    rows = [owes(guera, 100_00, TODAY + timedelta(days=each)) for each in range(60)]
    run_of(company, [(420_00, 300_00, 550_00)] * 12, *rows)
    for day in range(1, 21):
        save(
            details=Details(
                name=f"Renta {day}", kind="charge_note", customer_id=guera.pk, rule=Rule(days=(day,)), currency="MXN",
                content={"concept": "Renta", "amount": 50_00}, starts_on=TODAY,
            ),
            today=TODAY, actor=None,
        )  # fmt: skip
    with django_assert_max_num_queries(70):
        assert client.get("/e/flujo/reportes/flujo/").status_code == 200
