"""Lists, balances, details and statements of the subledger say what its rows say, whatever happened to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.customers.models import CreditLine, Customer, Portfolio
from aldia.domain.money import Money
from aldia.receivables.models import Credit, Receivable
from aldia.receivables.operations.charges import change_due_dates, open_charge, pause, void_receivable
from aldia.receivables.operations.effects import apply_documents
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.receivables.queries import balances, credits, detail, lists, states
from aldia.receivables.queries.sight import Sight, sight_of
from aldia.receivables.queries.statement import CurrencyStatement, Statement, statement
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Membership
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_company, make_customer, make_user
from tests.support.books import TODAY, Books, collecting, owed_on

ALL = Sight(include_off=True)
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


@pytest.fixture
def papers(company: Company, customer: Customer) -> Papers:
    return Papers(company, customer)


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


def days(number: int) -> date:
    return TODAY - timedelta(days=number)


def numbers(sight: Sight = ALL, **wanted: object) -> list[int]:
    """The balances of what the list shows, as pesos, in order."""
    rows = lists.filtered(lists.receivables(sight), lists.Wanted.of(wanted), TODAY)
    return sorted(row.balance // 100 for row in rows)


# -- the list ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(customer: Customer) -> Customer:
    """10 due today, 20 late by one day, 30 by 30, 40 by 31, 50 not due; 60 paid, 70 voided, 80 partial."""
    for pesos, due in ((10, 0), (20, 1), (30, 30), (40, 31), (50, -10)):
        charge(customer, pesos, days(90), days(due))
    gone = charge(customer, 60, days(200), days(190))
    pay(customer, 60, days(100))
    assert states.state_of(Receivable.objects.get(pk=gone.pk), TODAY) == "paid"
    void_receivable(receivable_id=charge(customer, 70, days(80), days(70)).id, on=days(60), reason="x", actor=None)
    charge(customer, 80, days(80), days(70))
    pay(customer, 5, days(50), "k2")
    return customer


@pytest.mark.parametrize(
    ("tab", "expected"),
    [
        ("open", [10, 20, 30, 40, 50, 75]),
        ("overdue", [20, 30, 40, 75]),
        ("partial", [75]),
        ("paid", [0]),
        ("voided", [0]),
        ("all", [0, 0, 10, 20, 30, 40, 50, 75]),
    ],
)
def test_each_tab_shows_its_own(shelf: Customer, tab: str, expected: list[int]) -> None:
    assert numbers(tab=tab) == expected


def test_tabs_are_counted_up_to_a_cap(shelf: Customer) -> None:
    counts = lists.tab_counts(lists.receivables(ALL), TODAY)
    assert counts == {"open": 6, "overdue": 4, "partial": 1, "paid": 1, "voided": 1, "all": 8}
    assert lists.tab_counts(lists.receivables(ALL), TODAY, cap=3)["open"] == 3


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"bucket": 0}, [10, 50]),
        ({"bucket": 1}, [20, 30]),
        ({"bucket": 2}, [40]),
        ({"bucket": 3}, [75]),
        ({"bucket": 4}, []),
        ({"bucket": 99}, []),
        ({"late_from": 30, "late_to": 31}, [30, 40]),
        ({"late_from": 1}, [20, 30, 40, 75]),
        ({"due_from": days(0)}, [10, 50]),
        ({"due_to": days(31)}, [40, 75]),
        ({"issued_from": days(80)}, [75]),
        ({"issued_to": days(81)}, [10, 20, 30, 40, 50]),
        ({"amount_from": 3000, "amount_to": 4000}, [30, 40]),
        ({"kind": "invoice"}, []),
        ({"kind": "charge_note", "currency": "MXN"}, [10, 20, 30, 40, 50, 75]),
        ({"currency": "USD"}, []),
        ({"portfolio": "none"}, [10, 20, 30, 40, 50, 75]),
        ({"portfolio": "norte"}, []),
        ({"text": "güera ABARROTES"}, [10, 20, 30, 40, 50, 75]),
        ({"text": "nadie"}, []),
        ({"text": "NC-2"}, [20]),
        ({"text": "nc-2"}, [20]),
        ({"text": "2"}, [20]),
        ({"text": "%"}, []),
        ({"text": "oc-77"}, [30]),
        ({"text": "OC-7"}, []),
        ({"number": "C-3"}, [30]),
    ],
)
def test_filters(shelf: Customer, wanted: dict[str, object], expected: list[int]) -> None:
    Customer.objects.update(search="abarrotes la guera")
    Receivable.objects.filter(balance=3000).update(purchase_order="OC-77")
    assert numbers(**wanted) == expected


def test_a_paused_receivable_is_found_while_the_pause_lasts(shelf: Customer) -> None:
    row = Receivable.objects.get(balance=1000)
    pause(receivable_ids=[row.id], until=TODAY, reason="viaje", today=TODAY, actor=None)
    row.refresh_from_db()
    assert numbers(paused=True) == [10]
    assert numbers(paused=False) == [20, 30, 40, 50, 75]
    assert (states.state_of(row, TODAY), states.state_of(row, TODAY + timedelta(days=1))) == ("paused", "overdue")


def test_customers_switched_off_and_other_peoples_portfolios_are_out(company: Company, customer: Customer) -> None:
    user = make_user("cobradora@example.com", company)
    own = Portfolio.objects.create(company=company, name="Sur", collector=user)
    mine = make_customer(company, "Mía", "MIA010203AB1", portfolio=own)
    off = make_customer(company, "Apagada", "APA010203AB1", collecting=False, portfolio=own)
    for each, pesos in ((customer, 1), (mine, 2), (off, 4)):
        charge(each, pesos, TODAY, TODAY)
    member = Membership.objects.get(user=user)
    assert numbers(sight_of(member)) == [1, 2]
    assert numbers(sight_of(member, include_off=True)) == [1, 2, 4]
    member.own_portfolio_only = True
    assert numbers(sight_of(member)) == [2]
    assert numbers(sight_of(member, include_off=True)) == [2, 4]
    assert numbers(portfolio=str(own.id)) == [2, 4]


def test_totals_keep_currencies_apart_with_the_companys_first(customer: Customer) -> None:
    charge(customer, 7, TODAY, TODAY, "USD")
    charge(customer, 5, TODAY, TODAY)
    charge(customer, 6, TODAY, TODAY, "EUR")
    found = lists.totals(lists.receivables(ALL), "MXN")
    assert [(each.currency, each.count, each.total, each.balance) for each in found] == [
        ("MXN", 1, 500, 500),
        ("EUR", 1, 600, 600),
        ("USD", 1, 700, 700),
    ]
    assert lists.currencies("MXN") == ["MXN", "EUR", "USD"]


def test_another_companys_rows_are_never_in(customer: Customer) -> None:
    charge(customer, 5, TODAY, TODAY)
    ours = Receivable.objects.get(total=500).id
    other = make_company("Otra", "OTR010203AB1")
    with company_scope(other.id):
        charge(make_customer(other, "Suya", "SUY010203AB1"), 9, TODAY, TODAY)
        assert numbers() == [9]
        assert detail.receivable_detail(ours) is None
    assert numbers() == [5]


# -- balances ----------------------------------------------------------------------------------------------------------


def test_positions_are_what_the_rows_say(company: Company) -> None:
    @examples
    @given(seed=st.integers(0, 10**6))
    def prove(seed: int) -> None:
        with transaction.atomic():
            books = Books(company, seed).live_on(20)
            found = balances.owed_by_customer([each.id for each in books.customers], TODAY)
            assert found == balances.owed_by_customer(None, TODAY)
            for each in books.customers:
                for currency in ("MXN", "USD"):
                    rows = list(Receivable.objects.filter(customer=each, currency=currency))
                    free = Credit.objects.filter(customer=each, currency=currency, reversed_on__isnull=True)
                    position = found.get(each.id, {}).get(currency, balances.Position(currency))
                    assert position.owed == sum(owed_on(row, date.max) for row in rows)
                    assert position.overdue == sum(row.balance for row in rows if row.due_on < TODAY)
                    assert position.in_favour == sum(credit.remaining - credit.held for credit in free)
                    assert position.documents == sum(row.balance > 0 for row in rows)
            transaction.set_rollback(True)

    prove()


def test_credit_lines_count_what_is_owed_on_them(company: Company, customer: Customer) -> None:
    line = CreditLine.objects.create(
        company=company, customer=customer, name="A", currency="MXN", limit_minor=10_000, is_default=True
    )
    dollars = CreditLine.objects.create(company=company, customer=customer, name="B", currency="USD", limit_minor=0)
    charge(customer, 60, TODAY, TODAY)
    row = charge(customer, 50, TODAY, TODAY)
    charge(customer, 9, TODAY, TODAY, "USD")
    Receivable.objects.filter(pk=row.pk).update(credit_line=line)
    first, second = balances.credit_line_use([customer.id])[customer.id]
    assert (first.line, first.used, first.available, first.is_exceeded, first.percent) == (
        line,
        11_000,
        -1000,
        True,
        110,
    )
    assert (second.line, second.used, second.percent) == (dollars, 0, 0)
    assert [each.line for each in balances.exceeded_lines([customer.id])] == [line]


# -- credits -----------------------------------------------------------------------------------------------------------


def test_credits_by_state(customer: Customer) -> None:
    charge(customer, 10, days(5), days(1))
    pay(customer, 10, days(4), "applied")
    pay(customer, 20, days(3), "favour", policy="")
    gone = pay(customer, 30, days(2), "gone", policy="")
    reverse_credit(credit_id=gone.id, on=TODAY, reason="rebotó", actor=None)
    held = pay(customer, 40, days(1), "held", policy="")
    Credit.objects.filter(pk=held.pk).update(held=4000, review="missing")

    def found(**wanted: object) -> list[int]:
        return sorted(
            row.amount // 100 for row in credits.filtered(credits.credits(ALL), credits.WantedCredits.of(wanted))
        )

    assert found() == [10, 20, 40]
    assert found(state="applied") == [10]
    assert found(state="in_favour") == [20]
    assert found(state="held") == found(state="review") == [40]
    assert found(state="reversed") == [30]
    assert found(received_from=days(3), received_to=days(3)) == [20]
    assert found(kind="credit_note") == found(text="zzz") == []
    [total] = credits.totals(credits.filtered(credits.credits(ALL), credits.WantedCredits()), "MXN")
    assert (total.amount, total.in_favour, total.held) == (7000, 2000, 4000)
    words = {row.amount // 100: states.credit_state(row) for row in Credit.objects.all()}
    assert words == {10: "applied", 20: "available", 30: "reversed", 40: "held"}


# -- detail ------------------------------------------------------------------------------------------------------------


def test_the_timeline_tells_all_that_happened(papers: Papers, customer: Customer) -> None:
    invoice = papers.invoice(100_00, days(60))
    apply_documents(keys=[invoice.key], today=TODAY, actor=None)
    note = papers.note(30_00, days(50), invoice)
    complement = papers.complement(days(40), 20_00, (invoice, 20_00))
    apply_documents(keys=[note.key, complement.key], today=TODAY, actor=None)
    row = Receivable.objects.get(key=invoice.key)
    change_due_dates(receivable_ids=[row.id], new_due_on=TODAY, reason="acuerdo", actor=None)
    pause(receivable_ids=[row.id], until=None, reason="disputa", today=TODAY, actor=None)
    pay(customer, 50, days(5))
    found = detail.receivable_detail(row.id, ALL)
    assert found is not None
    assert found.receivable.balance == 0
    assert found.paid == 100_00
    told = {(event.kind, event.on, event.amount) for event in found.timeline}
    assert {
        ("opened", days(60), 100_00),
        ("allocated", days(50), -30_00),
        ("allocated", days(40), -20_00),
        ("allocated", days(5), -50_00),
        ("document", days(50), None),
        ("document", days(40), None),
    } <= told
    assert [event.detail["reason"] for event in found.timeline if event.kind == "due_date"] == ["acuerdo"]
    assert [event.detail["verb"] for event in found.timeline if event.kind == "audit"] == ["receivables.paused"]
    assert [event.on for event in found.timeline] == sorted((event.on for event in found.timeline), reverse=True)
    assert detail.receivable_detail(uuid7()) is None


# -- statement ---------------------------------------------------------------------------------------------------------


def account(customer: Customer, first: date, last: date, **wanted: object) -> Statement:
    return statement(
        customer_id=customer.id, first=first, last=last, today=TODAY, home="MXN", wanted=lists.Wanted.of(wanted)
    )


def assert_adds_up(part: CurrencyStatement, rows: list[Receivable], first: date, last: date) -> None:
    assert part.opening == sum(owed_on(row, first - timedelta(days=1)) for row in rows)
    assert part.closing == sum(owed_on(row, last) for row in rows)
    assert part.opening + sum(each.amount for each in part.movements) == part.closing
    assert part.opening + part.charged - part.paid == part.closing
    running = part.opening
    for each in part.movements:
        running += each.amount
        assert each.running == running
    assert sum(part.buckets) == part.owed == sum(row.balance for row in rows)
    assert part.overdue == sum(part.buckets[1:])


def test_every_statement_adds_up(company: Company) -> None:
    @examples
    @given(seed=st.integers(0, 10**6), back=st.integers(0, 220), length=st.integers(0, 220))
    def prove(seed: int, back: int, length: int) -> None:
        first = days(back)
        last = min(first + timedelta(days=length), TODAY)
        with transaction.atomic():
            for each in Books(company, seed).live_on(20).customers:
                for part in account(each, first, last).currencies:
                    rows = list(Receivable.objects.filter(customer=each, currency=part.currency))
                    assert_adds_up(part, rows, first, last)
            transaction.set_rollback(True)

    prove()


def test_a_statement_up_to_today_closes_with_what_is_owed(customer: Customer) -> None:
    charge(customer, 100, days(40), days(10))
    pay(customer, 130, days(20))
    charge(customer, 70, days(5), TODAY)
    charge(customer, 9, days(5), TODAY, "USD")
    pesos, dollars = account(customer, days(30), TODAY).currencies
    kinds = [(each.kind, each.amount, each.running, each.numbers) for each in pesos.movements]
    assert kinds == [("payment", -100_00, 0, ("NC-1",)), ("charge", 70_00, 70_00, ())]
    assert (pesos.opening, pesos.closing, pesos.in_favour) == (100_00, 70_00, 30_00)
    assert (dollars.currency, dollars.closing) == ("USD", 9_00)


def test_the_documents_of_a_statement_are_filtered_and_its_balances_are_not(shelf: Customer) -> None:
    [part] = account(shelf, days(30), TODAY, bucket=2).currencies
    assert [row.balance for row in part.documents] == [40_00]
    assert part.owed == 225_00
    [part] = account(shelf, days(30), TODAY, tab="voided").currencies
    assert [row.total for row in part.documents] == [70_00]


def test_the_books_of_the_tests_are_alive(company: Company) -> None:
    """The random books have what the properties are about: partial, paid, voided, undone, off."""
    books = Books(company, 7).live_on(60)
    assert collecting(books.customers) != {each.id for each in books.customers}
    counts = lists.tab_counts(lists.receivables(ALL), TODAY)
    assert min(counts.values()) > 0
    assert Credit.objects.filter(reversed_on__isnull=False).exists()
