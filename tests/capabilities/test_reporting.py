"""Aging, indicators and dashboard against the slow, obvious computation; and each figure against its own rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.customers.models import Customer, Portfolio
from aldia.documents.models import IngestBatch
from aldia.domain.aging import Ranges
from aldia.domain.indicators import shown
from aldia.domain.money import Money
from aldia.payments.models import PaymentAttempt, ProviderAccount, ReportedPayment
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import open_charge, void_receivable
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import dashboard as board
from aldia.reporting.queries import drill
from aldia.reporting.queries import work as waiting
from aldia.reporting.queries.aging import Aging, Wanted, aging
from aldia.reporting.queries.drill import BadDrill, Drill
from aldia.reporting.queries.indicators import indicators_of, months_back
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user
from tests.support.books import TODAY, Books, aged_slowly, owed_rows

SIGHT = Sight()
RANGES = Ranges()
examples = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.id):
        yield company


@pytest.fixture
def customer(company: Company) -> Customer:
    return make_customer(company)


def days(number: int) -> date:
    return TODAY - timedelta(days=number)


def charge(customer: Customer, pesos: int, issued: date, due: date, currency: str = "MXN") -> Receivable:
    return open_charge(
        customer_id=customer.id,
        kind="charge_note",
        total=Money(pesos * 100, currency),
        issued_on=issued,
        due_on=due,
        concept="",
        key=uuid7(),
        actor=None,
    )


def pay(customer: Customer, pesos: int, on: date, key: str = "k", policy: str = "oldest_due") -> Credit:
    return record_payment(
        customer_id=customer.id,
        amount=Money(pesos * 100, "MXN"),
        received_on=on,
        key=key,
        actor=None,
        today=TODAY,
        policy=policy,
    )


def aged(
    as_of: date = TODAY, by: str = "customer", ranges: Ranges = RANGES, sight: Sight = SIGHT, **wanted: object
) -> Aging:
    return aging(
        sight=sight,
        as_of=as_of,
        today=TODAY,
        home="MXN",
        ranges=ranges,
        by=by,
        wanted=Wanted(**wanted),  # type: ignore[arg-type]
    )


# -- aging -------------------------------------------------------------------------------------------------------------


def test_aging_as_of_any_day_is_what_the_facts_say(company: Company) -> None:
    @examples
    @given(
        seed=st.integers(0, 10**6),
        back=st.lists(st.integers(-30, 230), min_size=1, max_size=4),
        bounds=st.sampled_from([(30, 60, 90), (1,), (7, 15), (15, 30, 45, 60, 90, 120)]),
        include_off=st.booleans(),
    )
    def prove(seed: int, back: list[int], bounds: tuple[int, ...], include_off: bool) -> None:
        with transaction.atomic():
            Books(company, seed).live_on(25)
            for as_of in map(days, back):
                found = aged(as_of, ranges=Ranges(bounds), sight=Sight(include_off=include_off))
                rows = {(row.key, row.currency): row.buckets for row in found.rows}
                assert rows == aged_slowly(as_of, Ranges(bounds), include_off)
            transaction.set_rollback(True)

    prove()


def test_groups_hold_the_same_money(company: Company) -> None:
    @examples
    @given(seed=st.integers(0, 10**6), back=st.integers(0, 200))
    def prove(seed: int, back: int) -> None:
        with transaction.atomic():
            Books(company, seed).live_on(20)
            by = {group: aged(days(back), group) for group in ("customer", "portfolio", "currency")}
            sums = [[(each.currency, each.buckets) for each in found.totals] for found in by.values()]
            assert sums[0] == sums[1] == sums[2]
            for row in by["portfolio"].rows:
                within = aged(days(back), portfolio=row.key)
                assert within.total(row.currency).buckets == row.buckets
                assert len(within.of(row.currency)) == row.customers
            transaction.set_rollback(True)

    prove()


def test_the_rows_behind_each_cell_sum_to_it(company: Company) -> None:
    @examples
    @given(seed=st.integers(0, 10**6), back=st.integers(0, 200))
    def prove(seed: int, back: int) -> None:
        with transaction.atomic():
            Books(company, seed).live_on(20)
            as_of = days(back)
            for row in aged(as_of).rows:
                for bucket, amount in enumerate(row.buckets):
                    first, last = RANGES.due_span(bucket, as_of)
                    cell = Drill(
                        drill.OWED, row.currency, as_of=as_of, due_from=first, due_to=last, customer=uuid_of(row.key)
                    )
                    assert drill.figure(Drill.read(cell.params), sight=SIGHT, today=TODAY) == amount
            transaction.set_rollback(True)

    prove()


def uuid_of(key: str):  # type: ignore[no-untyped-def]
    import uuid

    return uuid.UUID(key)


def test_rows_as_of_a_day_are_each_what_was_owed_then(company: Company) -> None:
    Books(company, 11).live_on(60)
    for back in (0, 1, 40, 90, 150):
        found = {row.id: row.figure for row in drill.owed_rows(days(back), TODAY)}
        assert found == {row.id: owed for row, owed in owed_rows(days(back)) if owed}


def test_due_today_is_not_late_and_the_next_day_is(customer: Customer) -> None:
    charge(customer, 10, days(40), TODAY)
    assert aged().total("MXN").buckets == (1000, 0, 0, 0, 0)
    assert aged(TODAY + timedelta(days=1)).total("MXN").buckets == (0, 1000, 0, 0, 0)
    assert aged(days(41)).rows == []


def test_a_late_payment_does_not_change_the_past(customer: Customer) -> None:
    charge(customer, 10, days(100), days(70))
    pay(customer, 10, days(10))
    assert aged().rows == []
    assert aged(days(11)).total("MXN").buckets == (0, 0, 1000, 0, 0)
    assert aged(days(10)).rows == []


def test_a_void_does_not_change_the_past(customer: Customer) -> None:
    row = charge(customer, 10, days(100), days(70))
    pay(customer, 4, days(50))
    void_receivable(receivable_id=row.id, on=days(5), reason="error", actor=None)
    assert [aged(days(back)).total("MXN").total for back in (51, 50, 6, 5, 0)] == [1000, 600, 600, 0, 0]


def test_currencies_are_apart_with_the_companys_first_and_the_biggest_on_top(company: Company) -> None:
    small, big = make_customer(company, "Chica", "CHI010203AB1"), make_customer(company, "Grande", "GRA010203AB1")
    charge(small, 900, TODAY, TODAY, "EUR")
    charge(small, 10, TODAY, TODAY)
    charge(big, 20, TODAY, TODAY)
    assert [(row.label, row.currency, row.total) for row in aged().rows] == [
        ("Grande", "MXN", 2000),
        ("Chica", "MXN", 1000),
        ("Chica", "EUR", 90_000),
    ]
    assert [row.label for row in aged(sort="name").rows] == ["Chica", "Grande", "Chica"]
    assert [row.currency for row in aged(currency="EUR").rows] == ["EUR"]
    assert [row.label for row in aged(customer=big.id).rows] == ["Grande"]


def test_a_collector_sees_the_own_portfolio(company: Company) -> None:
    user = make_user("cobra@example.com", company)
    own = Portfolio.objects.create(company=company, name="Mía", collector=user)
    charge(make_customer(company, "Propia", "PRO010203AB1", portfolio=own), 5, TODAY, TODAY)
    charge(make_customer(company, "Ajena", "AJE010203AB1"), 9, TODAY, TODAY)
    restricted = Sight(collector=user.id)
    assert [row.label for row in aged(sight=restricted).rows] == ["Propia"]
    assert drill.figure(Drill(drill.OWED, "MXN"), sight=restricted, today=TODAY) == 500
    assert [(row.label, row.total) for row in aged(by="portfolio").rows] == [("Sin cartera", 900), ("Mía", 500)]


# -- drill-down addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"what": "all"},
        {"what": "owed", "currency": "'; DROP"},
        {"what": "owed", "currency": "QQQ"},
        {"what": "owed", "as_of": "ayer"},
        {"what": "owed", "customer": "7"},
        {"what": "owed", "portfolio": "norte"},
    ],
)
def test_an_address_that_names_no_figure_is_refused(params: dict[str, str]) -> None:
    with pytest.raises(BadDrill):
        Drill.read(params)


# -- indicators --------------------------------------------------------------------------------------------------------


def test_indicators_by_hand(customer: Customer) -> None:
    """October: opened with 1,000; sold 3,000, 600 collected of old and 900 of new; 2,500 left, 2,100 not yet due."""
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    charge(customer, 1000, date(2026, 8, 5), date(2026, 9, 5))
    charge(customer, 3000, date(2026, 10, 10), date(2026, 12, 10))
    pay(customer, 600, date(2026, 10, 15), "a")
    pay(customer, 1300, date(2026, 10, 20), "b")  # 400 of August, 900 of October
    charge(customer, 400, date(2026, 9, 2), date(2026, 10, 2))
    gone = charge(customer, 77, date(2026, 10, 5), date(2026, 11, 5))
    void_receivable(receivable_id=gone.id, on=date(2026, 10, 6), reason="error", actor=None)
    found = indicators_of(sight=SIGHT, currency="MXN", first=first, last=last, today=TODAY)
    amounts = {key: part.amount // 100 for key, part in found.parts.items()}
    assert amounts == {
        "opening": 1400, "sales": 3000, "returns": 0, "collected": 1900, "closing": 2500, "current": 2100,
    }  # fmt: skip
    values = {each.key: each.value for each in found.values}
    assert values["dso"] == shown(Fraction(2500 * 31, 3000))
    assert values["countback"] == shown(Fraction(2500 * 31, 3000))  # all of it is within October's sales
    assert values["best_dso"] == shown(Fraction(2100 * 31, 3000))
    assert values["add"] == shown(Fraction(400 * 31, 3000))
    assert values["cei"] == shown(Fraction(100 * (1400 + 3000 - 2500), 1400 + 3000 - 2100))
    assert values["rotation"] == shown(Fraction(190_000, 3000))
    assert values["turnover"] == shown(Fraction(2 * 3000, 1400 + 2500), 2)


def test_countback_reaches_into_older_months(customer: Customer) -> None:
    charge(customer, 100, date(2026, 9, 10), TODAY)
    charge(customer, 300, date(2026, 10, 10), TODAY)
    charge(customer, 50, date(2026, 11, 10), TODAY)
    found = indicators_of(sight=SIGHT, currency="MXN", first=date(2026, 11, 1), last=TODAY, today=TODAY)
    assert found.value("countback").value == shown(Fraction(21 + 31 + 30))
    pay(customer, 25, TODAY)
    found = indicators_of(sight=SIGHT, currency="MXN", first=date(2026, 11, 1), last=TODAY, today=TODAY)
    assert found.value("countback").value == shown(21 + 31 + Fraction(30 * 75, 100))


def test_an_indicator_without_sales_says_why(customer: Customer) -> None:
    charge(customer, 100, days(400), days(370))
    found = indicators_of(sight=SIGHT, currency="MXN", first=days(20), last=TODAY, today=TODAY)
    assert found.value("dso").value is None
    assert "No hubo ventas" in str(found.value("dso").why)
    assert found.value("cei").value == 0


def test_months_are_counted_back_with_their_days() -> None:
    found = list(months_back(date(2026, 3, 10)))[:3]
    assert found == [(date(2026, 3, 1), 10), (date(2026, 2, 1), 28), (date(2026, 1, 1), 31)]


def test_each_part_of_an_indicator_is_the_sum_of_its_rows(company: Company) -> None:
    Books(company, 5).live_on(60)
    found = indicators_of(sight=SIGHT, currency="MXN", first=days(90), last=days(10), today=TODAY)
    for part in found.parts.values():
        rows = drill.rows_behind(Drill.read(part.drill.params), sight=SIGHT, today=TODAY)
        assert part.amount == sum(row.figure for row in rows)
    assert sum(part.amount != 0 for part in found.parts.values()) >= 3


# -- dashboard ---------------------------------------------------------------------------------------------------------


def test_each_figure_of_the_dashboard_is_the_sum_of_its_rows(company: Company) -> None:
    @examples
    @given(seed=st.integers(0, 10**6), currency=st.sampled_from(["MXN", "USD"]))
    def prove(seed: int, currency: str) -> None:
        with transaction.atomic():
            Books(company, seed).live_on(25)
            found = board.dashboard(sight=SIGHT, today=TODAY, home="MXN", currency=currency, ranges=RANGES)
            figures = [getattr(found, name) for name in found.__slots__]
            figures = [each for each in figures if isinstance(each, board.Figure)]
            assert len(figures) == 9
            for figure in figures:
                rows = list(drill.rows_behind(Drill.read(figure.drill.params), sight=SIGHT, today=TODAY))
                assert figure.amount == sum(row.figure for row in rows)
                assert figure.count in (None, len(rows))
            assert found.owed.amount == sum(
                owed for row, owed in owed_rows(TODAY) if row.currency == currency and row.customer.collecting
            )
            transaction.set_rollback(True)

    prove()


def test_what_falls_due_and_what_came_in(customer: Customer) -> None:
    for pesos, due in ((1, 1), (2, 0), (4, -7), (8, -8), (16, -30), (32, -31)):
        charge(customer, pesos, days(60), days(due))
    pay(customer, 100, date(2026, 11, 1), "a", policy="")
    pay(customer, 200, date(2026, 10, 21), "b", policy="")
    pay(customer, 400, date(2026, 10, 22), "c", policy="")
    found = board.dashboard(sight=SIGHT, today=TODAY, home="MXN", currency="MXN", ranges=RANGES)
    assert (found.owed.amount, found.overdue.amount) == (6300, 100)
    assert (found.due_7.amount, found.due_30.amount) == (600, 3000)
    assert (found.collected.amount, found.collected_before.amount) == (10_000, 60_000)
    assert found.collected_same_days.amount == 20_000
    assert found.in_favour.amount == 70_000
    assert found.overdue_percent == 1000 * 100 // 6300


def test_the_history_ends_today_and_has_six_months(customer: Customer) -> None:
    charge(customer, 10, date(2026, 7, 15), date(2026, 8, 15))
    found = board.history(sight=SIGHT, today=TODAY, currency="MXN", ranges=RANGES)
    ends = [date(2026, month, day) for month, day in ((6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 21))]
    assert [end for end, _buckets in found] == ends
    assert [buckets.index(1000) if any(buckets) else None for _end, buckets in found] == [None, 0, 1, 2, 3, 4]


def test_work_names_what_waits_for_a_person(company: Company, customer: Customer) -> None:
    assert waiting.work(sight=SIGHT, today=TODAY, home="MXN") == []
    pay(customer, 5, TODAY, policy="")
    IngestBatch.objects.create(company=company, name="x.zip", state="failed")
    credit = pay(customer, 6, days(1), "z", policy="")
    Credit.objects.filter(pk=credit.pk).update(review="missing", held=600)
    found = {each.key: (each.count, each.amounts) for each in waiting.work(sight=SIGHT, today=TODAY, home="MXN")}
    assert found == {"imports_failed": (1, ()), "review": (1, (("MXN", 600),)), "in_favour": (1, (("MXN", 500),))}


def test_work_counts_payments_and_notices_that_wait(company: Company, customer: Customer) -> None:
    account = ProviderAccount.objects.create(company=company, provider="sandbox", name="Prueba", hook_token="w")
    for payer, review in ((customer, "currency"), (None, "unknown_payer"), (customer, "")):
        PaymentAttempt.objects.create(
            company=company, account=account, customer=payer, amount=100, currency="MXN", review=review
        )
    for state in ("waiting", "rejected"):
        ReportedPayment.objects.create(
            company=company, customer=customer, currency="MXN", amount=500, paid_on=TODAY, reported_on=TODAY,
            state=state,
        )  # fmt: skip
    found = {each.key: each.count for each in waiting.work(sight=SIGHT, today=TODAY, home="MXN")}
    assert found == {"online": 2, "reported": 1}
    theirs = Sight(collector=uuid.uuid4())
    assert waiting.work(sight=theirs, today=TODAY, home="MXN") == []


def test_progress_follows_the_first_day(company: Company) -> None:
    assert board.progress() == board.Progress(False, False, False)
    customer = make_customer(company)
    assert board.progress().is_new
    charge(customer, 5, TODAY, TODAY)
    assert board.progress() == board.Progress(True, True, True)
