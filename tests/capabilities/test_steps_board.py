"""The seven steps from the tables: SQL against the pure function over random books, and what each night writes."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aldia.collections.models import Activity, Dispute, Promise, PromisedDebt, ReceivableStep, StepMove
from aldia.collections.operations.steps import follow
from aldia.collections.queries import step_flow
from aldia.customers.models import Customer, Portfolio
from aldia.domain import steps
from aldia.domain.money import Money
from aldia.messaging.models import Delivery, Message
from aldia.payments.models import PortalPass
from aldia.receivables.models import DueDateChange, PaymentPlan, Receivable
from aldia.receivables.operations.charges import open_charge, void_receivable
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.receivables.queries.sight import Sight
from aldia.reminders.models import MessageDebt
from aldia.reporting.queries import steps as board_queries
from aldia.reporting.queries.step_facts import facts_in, facts_of
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

TODAY = date(2026, 9, 30)
ZONE = ZoneInfo("America/Mexico_City")


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="pasos")
    with company_scope(company.id):
        yield company


def noon(on: date) -> datetime:
    return datetime.combine(on, time(12), tzinfo=ZONE).astimezone(UTC)


def charge(
    customer: Customer, issued_on: date, due_on: date, total: int = 100_000, currency: str = "MXN"
) -> Receivable:
    return open_charge(
        customer_id=customer.pk, kind="charge_note", total=Money(total, currency), issued_on=issued_on, due_on=due_on,
        concept="Flete", key=uuid.uuid4(), actor=None,
    )  # fmt: skip


def pay(row: Receivable, amount: int, on: date) -> Any:
    return record_payment(
        customer_id=row.customer_id, amount=Money(amount, row.currency), received_on=on, key=uuid.uuid4().hex,
        actor=None, today=on, named={row.pk: amount}, policy="", is_distinct=True,
    )  # fmt: skip


def message(customer: Customer, on: date, purpose: str, *rows: Receivable, state: str = "sent", **fields: Any) -> None:
    values = {"channel": "email", "facts": {}, **fields}
    due_on = values.pop("named_due_on", None)
    company_id = customer.company_id
    made = Message.objects.create(
        company_id=company_id, customer=customer, purpose=purpose, key=uuid.uuid4().hex, on_day=on, **values
    )
    Delivery.objects.create(company_id=company_id, message=made, address="a@example.com", state=state)
    for row in rows:
        MessageDebt.objects.create(
            company_id=company_id, message=made, receivable=row, balance=row.balance, currency=row.currency,
            due_on=due_on or row.due_on,
        )  # fmt: skip


class Books:
    """Random books: what may happen to a receivable happens to some, on days before `TODAY`."""

    def __init__(self, company: Company, seed: int) -> None:
        self.chance, self.company = random.Random(seed), company
        self.customers = [make_customer(company, f"Cliente {n}", f"CLI0102{n:02}AB1") for n in range(12)]
        self.rows = [self.receivable() for _ in range(70)]
        for row in self.rows:  # when all is paid that will be: money follows the instalments of a plan that has some
            if self.rarely():
                self.planned(row)
        for customer in self.customers:
            if self.rarely():
                self.shown(customer)
            if self.rarely():
                self.work(customer)

    def rarely(self, percent: int = 25) -> bool:
        return self.chance.random() * 100 < percent

    def day(self, since: date) -> date:
        return since + timedelta(days=self.chance.randrange(max(1, (TODAY - since).days + 1)))

    def receivable(self) -> Receivable:
        issued = TODAY - timedelta(days=self.chance.randrange(0, 150))
        currency = "USD" if self.rarely(15) else "MXN"
        row = charge(
            self.chance.choice(self.customers), issued, issued + timedelta(days=self.chance.choice((0, 15, 30, 60))),
            currency=currency,
        )  # fmt: skip
        for happens in (self.moved, self.told, self.told, self.carried, self.promised, self.disputed):
            if self.rarely():
                happens(row)
        for _ in range(2):
            if self.rarely(30):
                self.paid(row)
        if self.rarely(5) and not Receivable.objects.get(pk=row.pk).balance < row.total:
            void_receivable(receivable_id=row.pk, reason="x", on=self.day(issued), actor=None)
        return row

    def moved(self, row: Receivable) -> None:
        old, first, on = row.due_on, row.due_on, self.day(row.issued_on)
        for new in (old + timedelta(days=self.chance.choice((-5, 10, 20, 60))), first)[: self.chance.choice((1, 1, 2))]:
            if new >= row.issued_on:
                DueDateChange.objects.create(
                    company=self.company,
                    receivable=row,
                    old_due_on=old,
                    new_due_on=new,
                    reason="x",
                    created_at=noon(on),
                )
                old, on = new, self.day(on)
        row.due_on = old
        Receivable.objects.filter(pk=row.pk).update(due_on=old)

    def told(self, row: Receivable) -> None:
        named = row.due_on - timedelta(days=self.chance.choice((0, 0, 3)))
        purpose = self.chance.choice(("before", "on", "after", "direct", "receipt"))
        state = self.chance.choice(("sent", "delivered", "opened", "bounced", "unknown", "queued"))
        channel = "letter" if self.rarely(10) else "email"
        message(row.customer, self.day(row.issued_on), purpose, row, state=state, channel=channel, named_due_on=named)

    def carried(self, row: Receivable) -> None:
        facts = {"order": str(row.pk)}
        if self.rarely(60):
            row.key = str(uuid.uuid4()).upper()
            Receivable.objects.filter(pk=row.pk).update(key=row.key)
            facts = {"document": row.key}
        message(row.customer, self.day(row.issued_on), "order" if "order" in facts else "document", facts=facts)

    def planned(self, row: Receivable) -> None:
        start = self.day(row.issued_on)
        ended = self.day(start) if self.rarely(50) else None
        PaymentPlan.objects.create(
            company=self.company, receivable=row, amount=1, original_due_on=row.due_on, accepted_on=start,
            ended_on=ended, end_code=self.chance.choice(("cancelled", "broken")) if ended else "",
        )  # fmt: skip

    def promised(self, row: Receivable) -> None:
        start = self.day(row.issued_on)
        made = Promise.objects.create(
            company=self.company, customer=row.customer, currency=row.currency, amount=1, promised_on=start,
            due_on=start + timedelta(days=self.chance.randrange(20)),
            withdrawn_on=self.day(start) if self.rarely() else None,
        )  # fmt: skip
        PromisedDebt.objects.create(company=self.company, promise=made, receivable=row, balance_then=row.balance)

    def disputed(self, row: Receivable) -> None:
        start = self.day(row.issued_on)
        Dispute.objects.create(
            company=self.company, receivable=row, amount=1, reason="amount", opened_on=start,
            resolved_on=self.day(start) if self.rarely(60) else None,
        )  # fmt: skip

    def paid(self, row: Receivable) -> None:
        left = Receivable.objects.get(pk=row.pk).balance
        if left:
            amount = left if self.rarely(60) else left // 2
            on = self.day(row.issued_on)
            credit = pay(row, amount, on)
            if self.rarely():
                reverse_credit(credit_id=credit.pk, on=self.day(on), reason="x", actor=None)

    def shown(self, customer: Customer) -> None:
        on = TODAY - timedelta(days=self.chance.randrange(100))
        if self.rarely(50):
            message(customer, on, "statement")
        else:
            first = noon(on - timedelta(days=20)) if self.rarely(50) else noon(on)
            PortalPass.objects.create(
                company=self.company, customer=customer, token_hash=uuid.uuid4().hex, expires_at=noon(TODAY),
                first_used_at=first, last_used_at=noon(on),
            )  # fmt: skip

    def work(self, customer: Customer) -> None:
        on = TODAY - timedelta(days=self.chance.randrange(100))
        withdrawn = noon(on) if self.rarely() else None
        kind = self.chance.choice(("call", "message", "visit", "note"))
        Activity.objects.create(
            company=self.company, customer=customer, kind=kind, at=noon(on), on=on, withdrawn_at=withdrawn
        )


@pytest.mark.parametrize("seed", range(4))
def test_the_board_in_sql_is_the_function_of_the_facts(company: Company, seed: int) -> None:
    books = Books(company, seed)
    ids = [row.pk for row in books.rows]
    wanted = {key: steps.step_of(facts, TODAY) for key, facts in facts_of(ids, zone=ZONE).items()}
    rows = board_queries.with_step(board_queries.open_rows(Sight(), today=TODAY), today=TODAY, zone=ZONE)
    found = {key: (step, balance, currency) for key, step, balance, currency in
             rows.values_list("pk", "step", "balance", "currency")}  # fmt: skip
    assert {key: step for key, (step, *_rest) in found.items()} == {key: step for key, step in wanted.items() if step}
    assert len({step for step, *_rest in found.values()}) >= 5  # or the books are too tame to prove it
    board = board_queries.board(sight=Sight(), today=TODAY, zone=ZONE, home="MXN")
    sums: Counter[tuple[int, str]] = Counter()
    counts: Counter[tuple[int, str]] = Counter()
    for step, balance, currency in found.values():
        sums[step, currency] += balance
        counts[step, currency] += 1
    assert {key: each.amount for key, each in board.sums.items()} == dict(sums)
    assert {key: each.count for key, each in board.sums.items()} == dict(counts)
    assert board.total == len(found)


@pytest.mark.parametrize("seed", [11, 12])
def test_following_each_night_is_following_once_and_ends_where_the_board_is(company: Company, seed: int) -> None:
    """The facts are all there from the start: nightly runs, one run, and one more write the same history."""
    books = Books(company, seed)
    facts = facts_of([row.pk for row in books.rows], zone=ZONE)
    begin = TODAY - timedelta(days=90)
    follow(on=TODAY, facts_of=facts_in(ZONE))
    at_once = _placed(books)
    assert follow(on=TODAY, facts_of=facts_in(ZONE)) == 0
    # each day's stock is what the function says of each receivable on that day
    for on in (begin, TODAY - timedelta(days=45), TODAY - timedelta(days=1), TODAY):
        stood = Counter(step for each in facts.values() if (step := steps.step_of(each, on)))
        found = {step: count for step, count in step_flow.stock(step_flow.moves(Sight()), on).items() if count}
        assert found == dict(stood), on
    now = {key: steps.step_of(each, TODAY) for key, each in facts.items()}
    memory = dict(ReceivableStep.objects.values_list("receivable_id", "step"))
    assert memory == {key: step for key, step in now.items() if step}
    by_days = step_flow.stocks(step_flow.moves(Sight()), [begin, TODAY - timedelta(days=30), TODAY])
    assert by_days == [(on, step_flow.stock(step_flow.moves(Sight()), on)) for on, _stock in by_days]
    other = make_company(slug="pasos-otra")
    with company_scope(other.id):  # the same books, followed bit by bit
        again = Books(other, seed)
        follow(on=TODAY - timedelta(days=40), facts_of=facts_in(ZONE))
        for back in (35, 34, 20, 19, 3, 1, 0):
            follow(on=TODAY - timedelta(days=back), facts_of=facts_in(ZONE))
        longer = _placed(again)
    assert [each for each in at_once if each[1] > begin] == [each for each in longer if each[1] > begin]


def _placed(books: Books) -> list[tuple[Any, ...]]:
    """The history of books by the place of each receivable in them."""
    places = {row.pk: place for place, row in enumerate(books.rows)}
    return sorted((places[key], *rest) for key, *rest in _history())


def _history() -> list[tuple[Any, ...]]:
    rows = StepMove.objects.order_by("receivable_id", "on", "id")
    return list(rows.values_list("receivable_id", "on", "from_step", "to_step", "balance", "currency"))


def test_a_payment_that_is_known_days_later_moves_on_its_own_day(company: Company) -> None:
    guera = make_customer(company)
    row = charge(guera, date(2026, 8, 1), date(2026, 9, 10))
    follow(on=date(2026, 9, 20), facts_of=facts_in(ZONE))
    pay(row, 100_000, date(2026, 9, 18))
    follow(on=date(2026, 9, 21), facts_of=facts_in(ZONE))
    ways = [each[1:5] for each in _history()]
    assert ways == [
        (date(2026, 8, 1), 0, 1, 100_000),
        (date(2026, 9, 11), 1, 5, 100_000),
        (date(2026, 9, 18), 5, 0, 100_000),
    ]
    assert not ReceivableStep.objects.exists()


def test_a_payment_dated_before_what_was_written_takes_it_out_the_day_after_that(company: Company) -> None:
    row = charge(make_customer(company), date(2026, 8, 1), date(2026, 9, 10))
    follow(on=date(2026, 9, 20), facts_of=facts_in(ZONE))
    pay(row, 100_000, date(2026, 9, 1))
    follow(on=date(2026, 9, 21), facts_of=facts_in(ZONE))
    assert _history()[-1][1:5] == (date(2026, 9, 12), 5, 0, 100_000)


def test_what_comes_back_comes_from_outside(company: Company) -> None:
    row = charge(make_customer(company), date(2026, 8, 1), date(2026, 9, 10))
    credit = pay(row, 100_000, date(2026, 9, 15))
    follow(on=date(2026, 9, 20), facts_of=facts_in(ZONE))
    reverse_credit(credit_id=credit.pk, on=date(2026, 9, 22), reason="Cheque devuelto", actor=None)
    follow(on=date(2026, 9, 24), facts_of=facts_in(ZONE))
    assert [each[1:4] for each in _history()] == [
        (date(2026, 8, 1), 0, 1), (date(2026, 9, 11), 1, 5), (date(2026, 9, 15), 5, 0), (date(2026, 9, 22), 0, 5),
    ]  # fmt: skip


def test_the_flow_of_a_period_with_its_medians(company: Company) -> None:
    guera = make_customer(company)
    first = charge(guera, date(2026, 8, 1), date(2026, 8, 31), 50_000)
    charge(guera, date(2026, 8, 5), date(2026, 9, 4), 30_000)
    DueDateChange.objects.create(
        company=company, receivable=first, old_due_on=first.due_on, new_due_on=date(2026, 9, 20),
        created_at=noon(date(2026, 9, 3)),
    )  # fmt: skip
    Receivable.objects.filter(pk=first.pk).update(due_on=date(2026, 9, 20))
    pay(first, 50_000, date(2026, 9, 25))
    follow(on=TODAY, facts_of=facts_in(ZONE))
    begin = step_flow.begins_on()
    assert begin == date(2026, 8, 1)
    found = step_flow.period(
        sight=Sight(), first=date(2026, 9, 1), last=TODAY, begin=begin, currency="MXN"
    )  # fmt: skip
    assert [(each.from_step, each.to_step, each.count, each.amount) for each in found.flows] == [
        (1, 5, 2, 80_000), (3, 5, 1, 50_000), (5, 0, 1, 50_000), (5, 3, 1, 50_000),
    ]  # fmt: skip
    assert found.before == {1: 2, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0}
    assert found.after == {1: 0, 2: 0, 3: 0, 4: 0, 5: 1, 6: 0, 7: 0}
    assert found.days == {1: 31, 3: 18, 5: 2}
    assert (found.into(5).count, found.out_of(5).count) == (3, 2)


def test_a_collector_of_the_own_portfolios_has_a_board_of_those(company: Company) -> None:
    ana = make_user("ana@example.com", company, "collector")
    mine = Portfolio.objects.create(company=company, name="Norte", collector=ana)
    charge(make_customer(company, portfolio=mine), date(2026, 9, 1), date(2026, 9, 20), 70_000)
    charge(make_customer(company, "Otra", "OTR010203AB9"), date(2026, 9, 1), date(2026, 9, 20), 10_000)
    off = make_customer(company, "Apagada", "APA010203AB9", collecting=False)
    charge(off, date(2026, 9, 1), date(2026, 9, 20), 5_000)
    follow(on=TODAY, facts_of=facts_in(ZONE))
    whole = board_queries.board(sight=Sight(), today=TODAY, zone=ZONE, home="MXN")
    own = board_queries.board(sight=Sight(ana.pk), today=TODAY, zone=ZONE, home="MXN")
    assert (whole.of(5, "MXN").amount, own.of(5, "MXN").amount) == (80_000, 70_000)
    assert (whole.count(5), own.count(5)) == (2, 1)
    assert whole.median_days == {5: 9}
    assert step_flow.moves(Sight(ana.pk)).count() == 2


@pytest.mark.parametrize(
    ("pairs", "median"), [([(3, 1)], 3), ([(1, 5), (9, 5)], 1), ([(1, 4), (9, 5)], 9), ([(2, 1), (4, 1), (8, 1)], 4)]
)
def test_a_weighted_median(pairs: list[tuple[int, int]], median: int) -> None:
    assert board_queries.weighted_median(pairs) == median
