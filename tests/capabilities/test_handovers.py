"""A customer passes from one person to another: what came in before stays with who collected then.

The cast: Beto has the portfolio Norte, Eva has Sur. Every way to pass a customer on is tried.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from aldia.collections.queries.promises import Patience
from aldia.customers import sheets
from aldia.customers.models import Customer, Handover, Portfolio
from aldia.customers.operations import portfolios
from aldia.customers.operations.bulk_edit import apply_changes, preview_changes
from aldia.customers.operations.customers import Details, update_customer
from aldia.customers.operations.sheet_changes import Rules
from aldia.domain.money import Money
from aldia.integrations.spreadsheets import Sheet, write_xlsx
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import drill, team_rows
from aldia.reporting.queries.collectors import PORTFOLIO, collected_by
from aldia.reporting.queries.drill import Drill
from aldia.reporting.queries.team import by_month, team
from aldia.reporting.queries.team_rows import MONEY, Month
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

OCTOBER, LAST = date(2026, 10, 1), date(2026, 11, 30)


@dataclass(frozen=True)
class Cast:
    beto: User
    eva: User
    norte: Portfolio
    sur: Portfolio
    customer: Customer


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    company = make_company()
    with company_scope(company.id):
        yield _cast(company)


def _cast(company: Company) -> Cast:
    beto, eva = make_user("beto@tresrios.example", company), make_user("eva@tresrios.example", company)
    norte = Portfolio.objects.create(company=company, name="Norte", collector=beto)
    sur = Portfolio.objects.create(company=company, name="Sur", collector=eva)
    return Cast(beto, eva, norte, sur, make_customer(company, "Uno", "UNO010203AB1", portfolio=norte))


def pays(customer: Customer, pesos: int, on: date) -> None:
    record_payment(
        customer_id=customer.id, amount=Money(pesos * 100, "MXN"), received_on=on, key=uuid7().hex, actor=None,
        today=LAST, policy="oldest_due", is_distinct=True,
    )  # fmt: skip


def collected(first: date = OCTOBER, last: date = LAST) -> dict[str, int]:
    """Pesos by the name of who collected them."""
    found = collected_by(sight=Sight(), currency="MXN", first=first, last=last)
    for each in found:
        assert drill.figure(Drill.read(each.drill.params), sight=Sight(), today=LAST) == each.amount
    return {each.label: each.amount // 100 for each in found}


def put_into(portfolio: Portfolio | None) -> Callable[[Cast, date], None]:
    def move(cast: Cast, on: date) -> None:
        key = portfolio.pk if portfolio else None
        portfolios.assign_portfolio(customer_ids=[cast.customer.pk], portfolio_id=key, today=on, actor=None)

    return move


def by_list(cast: Cast, on: date) -> None:
    put_into(cast.sur)(cast, on)


def by_form(cast: Cast, on: date) -> None:
    update_customer(
        customer_id=cast.customer.pk, version=1, details=Details("Uno", portfolio_id=cast.sur.pk), today=on, actor=None
    )


def by_sheet(cast: Cast, on: date) -> None:
    row = dict.fromkeys(sheets.HEADINGS, "") | {"tax_id": "UNO010203AB1", "portfolio": "Sur"}
    stream = io.BytesIO()
    cells = [[row[name] for name in sheets.HEADINGS]]
    write_xlsx(stream, [Sheet("Clientes", sheets.columns(["Norte", "Sur"]), cells)])
    data, customers = stream.getvalue(), Customer.objects.all()
    seen = preview_changes(data=data, customers=customers, rules=Rules())
    apply_changes(data=data, customers=customers, rules=Rules(), token=seen.token, today=on, actor=None)


def by_collector(cast: Cast, on: date) -> None:
    portfolios.update_portfolio(
        portfolio_id=cast.norte.pk, version=1, name="Norte", collector_id=cast.eva.pk, today=on, actor=None
    )


@pytest.mark.parametrize("passing", [by_list, by_form, by_sheet, by_collector], ids=lambda way: way.__name__)
def test_what_came_in_before_stays_with_who_had_the_customer(cast: Cast, passing: Callable[[Cast, date], None]) -> None:
    pays(cast.customer, 100, date(2026, 10, 20))
    passing(cast, date(2026, 11, 10))
    pays(cast.customer, 20, date(2026, 11, 10))  # on the day itself: who had it when the day began
    pays(cast.customer, 3, date(2026, 11, 11))
    pays(cast.customer, 400, date(2026, 10, 31))  # told late: it came in when Beto collected
    assert collected() == {"beto": 520, "eva": 3}
    assert collected(date(2026, 11, 1)) == {"beto": 20, "eva": 3}


def test_the_team_of_a_month_that_is_over_stays(cast: Cast) -> None:
    pays(cast.customer, 100, date(2026, 10, 20))
    by_list(cast, date(2026, 11, 10))
    pays(cast.customer, 7, date(2026, 11, 20))
    month = Month.of(OCTOBER, LAST)
    october = team(month=month, currency="MXN", today=LAST, patience=Patience("MX", 0))
    assert {row.user: row.results.collected for row in october.rows if row.results.collected} == {cast.beto: 10_000}
    history = by_month(month=Month.of(LAST, LAST), currency="MXN", months=2)
    assert [sums for _first, sums in history] == [{cast.beto.pk: 10_000}, {cast.eva.pk: 700}]
    rows = {who: team_rows.rows_of(MONEY, who, month, "MXN", today=LAST) for who in (cast.beto.pk, cast.eva.pk, None)}
    assert {who: [row.figure for row in found] for who, found in rows.items()} == {
        cast.beto.pk: [10_000], cast.eva.pk: [], None: [],
    }  # fmt: skip


def test_from_hand_to_hand_and_back(cast: Cast) -> None:
    for day, portfolio in ((5, cast.sur), (10, cast.norte), (15, cast.sur)):
        put_into(portfolio)(cast, date(2026, 11, day))
    for day, pesos in ((5, 1), (6, 10), (10, 100), (11, 1_000), (15, 10_000), (16, 100_000)):
        pays(cast.customer, pesos, date(2026, 11, day))
    assert collected() == {"beto": 11_001, "eva": 100_110}


def test_a_slip_put_right_on_the_same_day_changes_nothing(cast: Cast) -> None:
    put_into(cast.sur)(cast, date(2026, 11, 10))
    put_into(cast.norte)(cast, date(2026, 11, 10))
    for day in (9, 10, 11):
        pays(cast.customer, 5, date(2026, 11, day))
    assert collected() == {"beto": 15}


def test_what_nobody_collected_is_of_who_takes_it_next(cast: Cast) -> None:
    put_into(None)(cast, date(2026, 11, 5))
    pays(cast.customer, 9, date(2026, 11, 5))
    pays(cast.customer, 1, date(2026, 11, 7))
    assert collected() == {"beto": 9, "": 1}
    put_into(cast.sur)(cast, date(2026, 11, 10))
    assert collected() == {"beto": 9, "eva": 1}
    put_into(cast.norte)(cast, date(2026, 11, 20))
    assert collected() == {"beto": 9, "eva": 1}


def test_a_portfolio_that_is_gone_keeps_its_past(cast: Cast) -> None:
    pays(cast.customer, 9, date(2026, 11, 1))
    portfolios.delete_portfolio(portfolio_id=cast.norte.pk, today=date(2026, 11, 5), actor=None)
    pays(cast.customer, 1, date(2026, 11, 6))
    assert collected() == {"beto": 9, "": 1}


def test_portfolios_are_those_of_today(cast: Cast) -> None:
    pays(cast.customer, 9, date(2026, 11, 1))
    by_list(cast, date(2026, 11, 10))
    (only,) = collected_by(sight=Sight(), currency="MXN", first=OCTOBER, last=LAST, by=PORTFOLIO)
    assert (only.label, only.amount) == ("Sur", 900)


def test_no_row_where_nobody_passes_anything_on(cast: Cast) -> None:
    """A new name, the same portfolio again, another portfolio of the same person, a first one."""
    other = portfolios.create_portfolio(name="Centro", collector_id=cast.beto.pk, actor=None)
    portfolios.update_portfolio(
        portfolio_id=cast.norte.pk, version=1, name="Noreste", collector_id=cast.beto.pk, today=LAST, actor=None
    )
    loose = make_customer(Company.objects.get(), "Dos", "DOS010203AB1")
    for portfolio in (cast.norte, other):
        put_into(portfolio)(cast, LAST)
    portfolios.assign_portfolio(customer_ids=[loose.pk], portfolio_id=cast.sur.pk, today=LAST, actor=None)
    assert not Handover.objects.exists()
