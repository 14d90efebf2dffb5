"""A big company's figures: kept, exact while nothing happens, never shown as if they were of now when they are not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from aldia.customers.models import Portfolio
from aldia.domain.money import Money
from aldia.jobs import figures as figures_job
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import change_due_dates, open_charge
from aldia.receivables.queries.sight import Sight
from aldia.reporting.models import KeptFigures
from aldia.reporting.operations.keeping import keep
from aldia.reporting.queries import kept as keeping
from aldia.reporting.queries.kept import is_big, kept, key_of, position
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Membership
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user
from tests.support.books import Books

TODAY, NOW = date(2026, 11, 21), datetime(2026, 11, 21, 18, tzinfo=UTC)


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(clock, "today", lambda company: TODAY)
    company = make_company(slug="tres-rios")
    with company_scope(company.id):
        yield company


@pytest.fixture
def client(company: Company) -> Client:
    client = Client()
    client.force_login(make_user("ana@example.com", company))
    return client


@pytest.fixture
def big(company: Company, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Thirty documents are many here."""
    monkeypatch.setattr(keeping, "BIG", 5)
    return Books(company, 5).live_on(60)


def charge(company: Company, pesos: int = 777) -> Receivable:
    customer = make_customer(company, "Nueva", f"NUE{uuid7().hex[-9:].upper()}")
    return open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(pesos * 100, "MXN"), issued_on=TODAY,
        due_on=TODAY, concept="", key=uuid7(), actor=None,
    )  # fmt: skip


def put(figures: dict[str, int], at: int | None = None, now: datetime = NOW) -> None:
    keep(kind="k", key="a", on=TODAY, position=position() if at is None else at, figures=figures, now=now)


def test_kept_figures_are_exact_until_something_happens(company: Company) -> None:
    put({"n": 1})
    found = kept(kind="k", key="a", on=TODAY)
    assert found is not None
    assert (found.figures, found.is_exact) == ({"n": 1}, True)
    row = charge(company)
    assert not kept(kind="k", key="a", on=TODAY).is_exact  # type: ignore[union-attr]
    put({"n": 2})
    assert kept(kind="k", key="a", on=TODAY).is_exact  # type: ignore[union-attr]
    change_due_dates(receivable_ids=[row.id], add_days=9, reason="acuerdo", actor=None)  # no money moves
    assert not kept(kind="k", key="a", on=TODAY).is_exact  # type: ignore[union-attr]


def test_figures_of_yesterday_are_not_of_today(company: Company) -> None:
    put({"n": 1})
    assert not kept(kind="k", key="a", on=TODAY + timedelta(days=1)).is_exact  # type: ignore[union-attr]
    assert kept(kind="k", key="b", on=TODAY) is None


def test_a_slow_computation_does_not_take_the_place_of_a_newer_one(company: Company) -> None:
    before = position()
    charge(company)
    put({"n": 2})
    put({"n": 1}, at=before)
    assert KeptFigures.objects.get().figures == {"n": 2}


def test_keys_tell_apart_who_sees_what(company: Company) -> None:
    user = make_user("beto@example.com")
    keys = {
        key_of(Sight(), "MXN"), key_of(Sight(), "USD"), key_of(Sight(include_off=True), "MXN"),
        key_of(Sight(collector=user.id), "MXN"),
    }  # fmt: skip
    assert len(keys) == 4


def test_small_companies_keep_nothing(client: Client, company: Company) -> None:
    Books(company, 5).live_on(30)
    assert not is_big()
    for path in ("inicio/", "inicio/cifras/", "inicio/grafica/", "reportes/indicadores/meses/"):
        assert client.get(f"/e/tres-rios/{path}").status_code == 200
    assert not KeptFigures.objects.exists()


def ask(client: Client, path: str) -> tuple[object, str]:
    answer = client.get(f"/e/tres-rios/{path}")
    assert answer.status_code == 200
    return answer.context, answer.content.decode()


def test_inicio_of_a_big_company_asks_for_its_figures_and_then_has_them(client: Client, big: Books) -> None:
    context, said = ask(client, "inicio/")
    assert "found" not in context  # type: ignore[operator]
    assert "/inicio/cifras/?currency=MXN" in said
    fresh, _said = ask(client, "inicio/cifras/")
    shown, said = ask(client, "inicio/")
    assert shown["found"] == fresh["found"]  # type: ignore[index]
    assert "Cifras del" not in said


def test_after_something_happened_the_page_says_of_when_it_is(client: Client, company: Company, big: Books) -> None:
    before, _said = ask(client, "inicio/cifras/")
    charge(company)
    stale, said = ask(client, "inicio/")
    assert stale["found"].owed == before["found"].owed  # type: ignore[index]
    assert "Cifras del" in said
    assert "fresh=1" in said
    fresh, said = ask(client, "inicio/cifras/?fresh=1")
    assert fresh["found"].owed.amount == before["found"].owed.amount + 77_700  # type: ignore[index]
    assert "Cifras del" not in said
    assert "Cifras del" not in ask(client, "inicio/")[1]


@pytest.mark.parametrize("path", ["inicio/grafica/", "inicio/indicadores/", "reportes/indicadores/meses/"])
def test_parts_of_a_big_company_are_kept_too(client: Client, company: Company, big: Books, path: str) -> None:
    assert "Cifras del" not in ask(client, path)[1]
    assert KeptFigures.objects.count() == 1
    charge(company)
    assert "Cifras del" in ask(client, path)[1]
    assert "Cifras del" not in ask(client, f"{path}?fresh=1")[1]
    assert KeptFigures.objects.count() == 1


def test_what_is_kept_is_what_is_computed(client: Client, company: Company, big: Books, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    names = {"inicio/cifras/": "found", "inicio/indicadores/": "values", "reportes/indicadores/": "values"}

    def seen() -> list[object]:
        return [ask(client, path)[0][name] for path, name in names.items()]  # type: ignore[index]

    computed = seen()
    assert KeptFigures.objects.count() == 2  # Inicio and the report share the last quarter
    assert seen() == computed  # from what was kept
    monkeypatch.setattr(keeping, "BIG", 10**9)
    assert seen() == computed  # with nothing kept


def test_a_restricted_collector_never_sees_what_was_kept_for_others(
    client: Client, company: Company, big: Books
) -> None:
    charge(company)  # of a customer in no portfolio
    ask(client, "inicio/cifras/")
    beto = make_user("beto@example.com", company, role="collector")
    Membership.objects.filter(user=beto).update(own_portfolio_only=True)
    Portfolio.objects.filter(name="Norte").update(collector=beto)
    theirs = Client()
    theirs.force_login(beto)
    mine, _said = ask(client, "inicio/")
    shown, _said = ask(theirs, "inicio/cifras/")
    assert 0 < shown["found"].owed.amount < mine["found"].owed.amount  # type: ignore[index]


def test_the_job_at_dawn_makes_what_people_look_at_first(
    client: Client, company: Company, big: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures_job, "database_now", lambda: NOW)
    assert figures_job.keep_figures.func() == 8
    context, said = ask(client, "inicio/")
    assert "found" in context  # type: ignore[operator]
    for path in (
        "inicio/grafica/", "inicio/indicadores/", "reportes/indicadores/", "reportes/indicadores/?period=year",
        "reportes/indicadores/?period=month", "reportes/indicadores/?period=last_month", "reportes/indicadores/meses/",
        "reportes/indicadores/meses/?months=24",
    ):  # fmt: skip
        said += ask(client, path)[1]
    assert "Cifras del" not in said
    assert KeptFigures.objects.count() == 8  # nothing had to be computed


def test_the_job_leaves_a_small_company_alone(company: Company) -> None:
    Books(company, 5).live_on(10)
    assert figures_job.keep_figures.func() == 0
    assert not KeptFigures.objects.exists()
