"""The pages of the team: what a manager sees of everybody, a collector of the own month, and targets saved together."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from aldia.collections.models import Target
from aldia.collections.operations.promises import record_promise
from aldia.collections.operations.targets import Wanted, save_targets
from aldia.customers.models import Customer, Portfolio
from aldia.customers.operations.portfolios import update_portfolio
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.capabilities.test_steps_board import charge, pay
from tests.capabilities.test_steps_pages import text_of
from tests.capabilities.test_team_targets import act, listed
from tests.cast import make_company, make_customer, make_user

AT = "/e/equipo-paginas"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="equipo-paginas")
    with company_scope(company.id):
        yield company


@pytest.fixture
def today(company: Company) -> date:
    return clock.today(company)


@pytest.fixture
def ana(company: Company) -> User:
    return make_user("ana@example.com", company, Role.COLLECTOR)


@pytest.fixture
def beto(company: Company) -> User:
    return make_user("beto@example.com", company, Role.COLLECTOR)


@pytest.fixture
def boss(company: Company) -> Client:
    client = Client()
    client.force_login(make_user("jefa@example.com", company))
    return client


@pytest.fixture
def collector(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def norte(company: Company, ana: User) -> Customer:
    portfolio = Portfolio.objects.create(company=company, name="Norte", collector=ana)
    return make_customer(company, "Ferretería Norte", "NOR010203AB1", portfolio=portfolio)


@pytest.fixture
def month(today: date, norte: Customer, ana: User, beto: User) -> str:
    """This month: Ana called today, a promise was made, 400 of 1,000 came in; her target is 800."""
    row = charge(norte, today - timedelta(days=70), today - timedelta(days=40), 100_000)
    act(norte, today, ana)
    listed(norte, today, ana)
    record_promise(
        receivable_ids=[row.pk], amount=None, due_on=today + timedelta(days=3), key=uuid7(), today=today, actor=ana
    )
    pay(row, 40_000, today)
    first = today.replace(day=1)
    save_targets(month=first, currency="MXN", wanted={ana.pk: Wanted(80_000)}, actor=None)
    return f"{first:%Y-%m}"


def test_every_figure_of_a_person_leads_to_its_rows(boss: Client, month: str, ana: User) -> None:
    page = boss.get(f"{AT}/cobranza/equipo/").content.decode()
    assert "50 % de $800.00" in text_of(page)
    found = re.findall(rf'href="([^"]*renglones/\?what=(\w+)&amp;who={ana.pk}[^"]*)"', page)
    urls = {what: unescape(url) for url, what in found}
    assert set(urls) == {"owed", "overdue", "collected", "after_contact", "activities", "promises", "worklist"}
    sums = {"owed": "$600.00", "overdue": "$600.00", "collected": "$400.00", "after_contact": "$400.00"}
    for what, url in urls.items():
        rows = text_of(boss.get(url).content.decode())
        assert "Ferretería Norte" in rows, what
        assert sums.get(what, "") in rows, what


def test_a_collector_has_the_own_month_and_nobody_elses(collector: Client, month: str, ana: User, beto: User) -> None:
    shown = text_of(collector.get(f"{AT}/cobranza/mi-mes/").content.decode())
    assert "50 % de la meta de $800.00 . Faltan $400.00 ." in shown
    assert "1 de 1" in shown
    rows = f"{AT}/cobranza/equipo/renglones/?what=collected&who="
    assert "$400.00" in text_of(collector.get(rows + str(ana.pk)).content.decode())
    assert collector.get(rows + str(beto.pk)).status_code == 404
    assert collector.get(rows + "none").status_code == 404
    for page in ("", "exportar/", "metas/"):
        assert collector.get(f"{AT}/cobranza/equipo/{page}").status_code == 403


def test_who_passed_a_customer_on_keeps_the_results_without_a_way_to_the_customer(
    collector: Client, month: str, norte: Customer, ana: User, beto: User, today: date
) -> None:
    rows = f"{AT}/cobranza/equipo/renglones/?who={ana.pk}&what="
    whats, link = ("collected", "after_contact", "activities", "promises", "worklist"), f"/clientes/{norte.pk}/"
    Membership.objects.filter(user=ana).update(own_portfolio_only=True)
    assert all(link in collector.get(rows + what).content.decode() for what in whats)  # the control: it is still hers
    portfolio = Portfolio.objects.get()
    update_portfolio(portfolio_id=portfolio.pk, version=1, name="Norte", collector_id=beto.pk, today=today, actor=None)
    for what in whats:
        page = collector.get(rows + what).content.decode()
        assert "Ferretería Norte" in page, what
        assert link not in page, what
    assert "$400.00" in text_of(collector.get(rows + "collected").content.decode())


def test_a_manager_of_the_own_portfolio_sees_that_alone(
    boss: Client, company: Company, month: str, norte: Customer
) -> None:
    user = User.objects.get(email="jefa@example.com")
    Membership.objects.filter(user=user).update(own_portfolio_only=True)
    page = boss.get(f"{AT}/cobranza/equipo/").content.decode()
    assert "Ferretería" not in page
    assert "$800.00" not in page
    assert "amount-team" not in boss.get(f"{AT}/cobranza/equipo/metas/").content.decode()


def test_the_team_in_excel(boss: Client, month: str) -> None:
    answer = boss.get(f"{AT}/cobranza/equipo/exportar/?month={month}")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    rows = {row[0]: row for row in book.get_sheet_by_index(0).to_python()}
    assert rows["ana"][4:9] == [600.0, 600.0, 400.0, 800.0, 400.0]
    assert rows["Todo el equipo"][6] == 400.0


def test_targets_are_saved_together_or_not_at_all(boss: Client, month: str, ana: User, beto: User) -> None:
    url = f"{AT}/cobranza/equipo/metas/"
    form = {
        "month": month, "currency": "MXN", f"amount-{ana.pk}": "90,000.50", f"version-{ana.pk}": "1",
        f"amount-{beto.pk}": "mucho", f"version-{beto.pk}": "0", "amount-team": "", "version-team": "0",
    }  # fmt: skip
    answer = boss.post(url, form)
    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode()
    assert "90,000.50" in answer.content.decode()
    assert list(Target.objects.values_list("amount", flat=True)) == [80_000]
    assert boss.post(url, {**form, f"amount-{beto.pk}": "1000"}).status_code == 302
    assert dict(Target.objects.values_list("collector_id", "amount")) == {ana.pk: 9_000_050, beto.pk: 100_000}
    stale = boss.post(url, {**form, f"amount-{ana.pk}": "1", f"amount-{beto.pk}": ""})
    assert stale.status_code == 422
    assert "Alguien guardó metas" in stale.content.decode()
    assert 'value="90000.50"' in stale.content.decode()  # as they stand now, to be written anew


@pytest.mark.parametrize(
    "query", ["?month=2026-13", "?month=9999-01", "?month=%00&currency=ZZZ", "?month=2031-05", "?month=2001-01"]
)
def test_no_address_is_an_error_of_ours(boss: Client, month: str, query: str) -> None:
    for page in ("equipo/", "equipo/exportar/", "equipo/metas/", "mi-mes/"):
        assert boss.get(f"{AT}/cobranza/{page}{query}").status_code == 200, page
    assert boss.get(f"{AT}/cobranza/equipo/renglones/{query}&what=owed&who=none").status_code == 200
    for bad in ("what=x&who=none", "what=owed", "what=owed&who=yo"):
        assert boss.get(f"{AT}/cobranza/equipo/renglones/{query}&{bad}").status_code == 404
