"""The pages of the forecast: figures that lead to their rows, whose rows they are, and what is said when none are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from aldia.customers.models import Customer, Portfolio
from aldia.domain.forecasting import replay
from aldia.forecasts.models import CashForecast, InvoiceForecast, ModelRun
from aldia.forecasts.operations.running import run_nightly
from aldia.forecasts.queries import current, parts
from aldia.jobs import forecasting as jobs
from aldia.queue.models import Job
from aldia.receivables.models import Receivable
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from benchmarks._forecast_book import simulate
from tests.cast import make_company, make_user
from tests.support.history import Past

DAY = date(2025, 6, 2)


class House:
    """A company with a past, its owner, and a collector who sees one portfolio only."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.owner = make_user("marisol@tresrios.example", company)
        self.collector = make_user("beto@tresrios.example", company, Role.COLLECTOR)
        self.viewer = make_user("ojo@tresrios.example", company, Role.AUDITOR)
        self.past = Past(company, simulate(seed=5, invoices=500, customers=20, days=540)).live_until(DAY)
        folder = Portfolio.objects.create(company=company, name="Norte", collector=self.collector)
        mine = [each.pk for each in list(self.past.people.values())[:6]]
        Customer.objects.filter(pk__in=mine).update(portfolio=folder)
        Membership.objects.filter(user=self.collector).update(own_portfolio_only=True)
        self.mine = set(mine)

    def get(self, user: User, path: str, **params: str) -> Any:
        client = Client()
        client.force_login(user)
        return client.get(f"/e/{self.company.slug}/{path}", params)


@pytest.fixture
def house(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(replay, "CUTS", 4)
    monkeypatch.setattr(clock, "today", lambda company: DAY)
    company = make_company()
    with company_scope(company.pk):
        yield House(company)


@pytest.fixture
def run(house: House) -> ModelRun:
    return run_nightly(as_of=DAY, today=DAY)


def test_the_week_leads_to_its_invoices_and_they_add_up(house: House, run: ModelRun) -> None:
    page = house.get(house.owner, "pronostico/")
    assert page.status_code == 200
    week = current.cash(run, "MXN", "week")[1]
    text = page.content.decode()
    assert f"first={week.first}&amp;last={week.last}" in text
    rows = house.get(house.owner, "pronostico/dias/", first=str(week.first), last=str(week.last), currency="MXN")
    assert rows.status_code == 200
    assert rows.context["total"] == pytest.approx(week.expected, rel=0.1)
    assert rows.context["total"] == sum(each.amount for each, _row in rows.context["shares"]) + rows.context["rest"]


@pytest.mark.parametrize("by", ["week", "half_mon", "month", "nonsense"])
def test_every_rhythm_has_a_chart_and_its_table(house: House, run: ModelRun, by: str) -> None:
    page = house.get(house.owner, "pronostico/", by=by)
    assert page.status_code == 200
    assert page.content.decode().count('class="whisker"') >= 5


def test_a_collector_sees_the_own_part_of_everything(house: House, run: ModelRun) -> None:
    page = house.get(house.collector, "pronostico/")
    mine = InvoiceForecast.objects.filter(receivable__customer__in=house.mine)
    assert sum(row.expected for row, _span in page.context["rows"]) <= sum(mine.values_list("balance", flat=True))
    assert {each["customer"].pk for each in page.context["customers"]} <= house.mine
    listed = house.get(house.collector, "pronostico/facturas/").context["page"]
    assert listed.total == mine.count() > 0
    assert {row["receivable"].customer_id for row in listed.rows} <= house.mine
    assert house.get(house.owner, "pronostico/facturas/").context["page"].total == InvoiceForecast.objects.count()
    scores = house.get(house.collector, "pronostico/aciertos/")
    assert scores.status_code == 200
    assert scores.context["chart"] is None  # the money of the whole company is not theirs to see


def test_parts_of_the_book_make_the_whole(house: House, run: ModelRun) -> None:
    rows = InvoiceForecast.objects.filter(run=run)
    whole = parts.cash_of(run, rows, "MXN", "month")
    halves = [
        parts.cash_of(run, rows.filter(**condition), "MXN", "month")
        for condition in (
            {"receivable__customer__in": house.mine},
            {"receivable__customer__portfolio__isnull": True},
        )
    ]
    for month, first, second, kept in zip(whole, *halves, current.cash(run, "MXN", "month"), strict=True):
        assert first.expected + second.expected == pytest.approx(month.expected, abs=2)
        assert month.expected == pytest.approx(kept.expected, abs=3)  # cents
    assert CashForecast.objects.filter(horizon="month").count() == len(whole)  # those of parts are not kept


@pytest.mark.parametrize("horizon", ["day", "week", "half_mon", "month"])
def test_the_rows_behind_a_figure_say_the_same_sum(house: House, run: ModelRun, horizon: str) -> None:
    rows = InvoiceForecast.objects.filter(run=run, currency="MXN")
    for kept in current.cash(run, "MXN", horizon):
        _shares, total, _count = parts.shares_of(run, rows, kept.first, kept.last, 0)
        assert total == pytest.approx(kept.expected, abs=3)  # cents


def test_whoever_asks_for_centuries_gets_what_there_is(house: House, run: ModelRun) -> None:
    rows = InvoiceForecast.objects.filter(run=run, currency="MXN")
    _shares, always, count = parts.shares_of(run, rows, date.min, date.max, 0)
    _shares, ever, same = parts.shares_of(run, rows, run.as_of, run.as_of + parts.FARTHEST, 0)
    assert (always, count) == (ever, same)
    assert 0 < always <= sum(rows.values_list("balance", flat=True))
    assert parts.shares_of(run, rows, date.min, run.as_of - timedelta(days=1), 5) == ([], 0, 0)


def test_the_list_filters_by_day_and_is_exported(house: House, run: ModelRun) -> None:
    page = house.get(house.owner, "pronostico/facturas/", **{"from": "2025-06-05", "to": "2025-06-12"})
    days = [row["forecast"].expected_on for row in page.context["page"].rows]
    assert days
    assert all(date(2025, 6, 5) <= day <= date(2025, 6, 12) for day in days)
    assert days == sorted(days)
    found = house.get(house.owner, "pronostico/facturas.xlsx")
    sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(found.streaming_content))).get_sheet_by_index(0)
    assert len(sheet.to_python()) == InvoiceForecast.objects.count() + 1
    assert house.get(house.viewer, "pronostico/facturas.xlsx").status_code == 200


def test_an_invoice_says_when_how_sure_and_why(house: House, run: ModelRun) -> None:
    row = next(each for each in InvoiceForecast.objects.filter(expected_on__isnull=False) if each.reasons)
    text = house.get(house.owner, f"por-cobrar/{row.receivable_id}/").content.decode()
    assert "Cuándo la pagarán" in text
    assert "8 de cada 10 veces" in text
    assert "en mediana" in text or "factura" in text
    paid = Receivable.objects.filter(balance=0).first()
    assert paid is not None
    assert "Cuándo la pagarán" not in house.get(house.owner, f"por-cobrar/{paid.pk}/").content.decode()


def test_past_forecasts_stand_beside_what_happened(house: House, run: ModelRun) -> None:
    page = house.get(house.owner, "pronostico/aciertos/")
    text = page.content.decode()
    assert "Esto es una repetición" in text
    assert page.context["verdict"]["count"] > 50
    assert len(page.context["rows"]) == 4
    assert "came-in" in text
    assert page.context["weeks"] >= 12


def test_before_the_first_run_it_says_what_to_do(house: House) -> None:
    for path, word in (("", "Todavía no hay pronóstico"), ("facturas/", "Nada"), ("aciertos/", "Todavía no hay nada")):
        page = house.get(house.owner, f"pronostico/{path}")
        assert page.status_code == 200
        assert word in page.content.decode()
    assert house.get(house.owner, "pronostico/dias/", first="2025-06-01", last="2025-06-08").status_code == 404
    client = Client()
    client.force_login(house.viewer)
    assert client.post(f"/e/{house.company.slug}/pronostico/calcular/").status_code == 403
    client.force_login(house.owner)
    assert client.post(f"/e/{house.company.slug}/pronostico/calcular/").status_code == 302
    assert Job.objects.filter(task_path="aldia.jobs.forecasting.forecast_now").count() == 1


@pytest.mark.parametrize("first", ["", "ayer", "2025-06-09"])
def test_days_that_are_none_are_no_page(house: House, run: ModelRun, first: str) -> None:
    assert house.get(house.owner, "pronostico/dias/", first=first, last="2025-06-08").status_code == 404


def test_the_first_forecast_comes_by_itself_soon_after_the_documents(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = jobs.forecast_first.call()
    assert str(ModelRun.objects.get().pk) == made
    assert jobs.forecast_first.call() == ""
