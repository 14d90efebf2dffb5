"""The collector's list, day by day: who is on it, in which order, why, and what takes a customer off or brings back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from aldia.collections.models import Activity, ActivityKind, Outcome, WorklistItem
from aldia.collections.operations.activities import finish_next, log, withdraw
from aldia.collections.operations.calls import log_promise
from aldia.collections.operations.disputes import open_dispute
from aldia.collections.queries import worklist
from aldia.customers.models import Customer, Portfolio
from aldia.domain.money import Money
from aldia.forecasts.models import Confidence, InvoiceForecast, ModelRun
from aldia.jobs.collecting import worklist_of
from aldia.payments.models import ReportedDebt, ReportedPayment
from aldia.receivables.models import Receivable
from aldia.receivables.operations.charges import open_charge, pause, void_receivable
from aldia.receivables.operations.payments import record_payment
from aldia.receivables.queries.sight import Sight
from aldia.reminders.operations.pauses import pause_customers, resume_customers
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company, Role
from aldia.tenancy.scope import company_scope
from tests.cast import Papers, make_company, make_customer, make_user

MONDAY = date(2026, 11, 9)


@dataclass
class Office:
    """A company that calls its customers, and the day on its calendar."""

    company: Company
    today: date = MONDAY
    _count: int = 0

    def customer(self, name: str, **fields: Any) -> Customer:
        self._count += 1
        return make_customer(self.company, name, f"XYZ{self._count:06}AB1", **fields)

    def owes(self, customer: Customer, total: int, overdue: int = 10, currency: str = "MXN") -> Receivable:
        """A charge that fell due so many days ago."""
        due_on = self.today - timedelta(days=overdue)
        return open_charge(
            customer_id=customer.pk, kind="charge_note", total=Money(total, currency), due_on=due_on,
            issued_on=min(due_on, self.today) - timedelta(days=30), concept="Flete", key=uuid7(), actor=None,
        )  # fmt: skip

    def pays(self, row: Receivable, amount: int) -> None:
        record_payment(
            customer_id=row.customer_id, amount=Money(amount, row.currency), received_on=self.today, key=str(uuid7()),
            actor=None, today=self.today, named={row.pk: amount}, policy="", is_distinct=True,
        )  # fmt: skip

    @property
    def noon(self) -> datetime:
        return datetime.combine(self.today, time(18), tzinfo=UTC)

    def calls(self, customer: Customer, outcome: str = Outcome.TALKED, **fields: Any) -> Activity:
        fields = {"kind": ActivityKind.CALL, "outcome": outcome, **fields}
        return log(customer_id=customer.pk, key=uuid7(), at=self.noon, today=self.today, actor=None, **fields)

    def promises(self, *rows: Receivable, days: int, amount: int | None = None) -> Activity:
        return log_promise(
            customer_id=rows[0].customer_id, receivable_ids=[row.pk for row in rows], key=uuid7(), at=self.noon,
            amount=None if amount is None else Money(amount, "MXN"), due_on=self.today + timedelta(days=days),
            today=self.today, actor=None,
        )  # fmt: skip

    def morning(self, days: int = 0) -> list[str]:
        """So many days later: the names on the list of that morning, in its order."""
        self.today += timedelta(days=days)
        worklist_of(self.company, self.today)
        return [row.customer.legal_name for row in self.items()]

    def items(self) -> list[WorklistItem]:
        return list(worklist.items(self.today, Sight()))

    def item(self, customer: Customer) -> WorklistItem:
        return next(row for row in self.items() if row.customer_id == customer.pk)

    def why(self, customer: Customer) -> list[str]:
        return [fact["key"] for fact in self.item(customer).why]

    def forecast(self, *rows: tuple[Receivable, int]) -> None:
        """A run of this morning that gives each its probability to stay unpaid."""
        run = ModelRun.objects.create(
            company=self.company, as_of=self.today, tier=1, wanted_tier=1, code_version="1", known=1, resolved=1,
            forecast=len(rows), learnt_on=self.today,
        )  # fmt: skip
        for row, permille in rows:
            InvoiceForecast.objects.create(
                company=self.company, run=run, receivable=row, as_of=self.today, due_on=row.due_on,
                balance=row.balance, currency=row.currency, low_on=self.today, late_permille=500,
                unpaid_permille=permille, never_permille=10, known_payments=3, confidence=Confidence.NORMAL,
            )  # fmt: skip


@pytest.fixture
def office(db: None) -> Iterator[Office]:
    company = make_company(slug="cobranza")
    with company_scope(company.id):
        yield Office(company)


def test_the_most_money_likely_to_stay_unpaid_comes_first(office: Office) -> None:
    big, slow, tiny = (office.customer(name) for name in ("Grande", "Lenta", "Chica"))
    safe, risky = office.owes(big, 500_000, 3), office.owes(slow, 300_000, 45)
    office.owes(tiny, 1_000, 200)
    office.forecast((safe, 100), (risky, 900))
    assert office.morning() == ["Lenta", "Grande", "Chica"]
    item = office.item(slow)
    assert (item.rank, item.score, item.overdue, item.owed, item.unpaid_permille) == (1, 270_000, 300_000, 300_000, 900)
    assert office.item(tiny).score == 950  # the table's: nobody forecast it
    assert {"key": "unpaid", "permille": 950, "guessed": 1000} in office.item(tiny).why


def test_who_is_off_or_owes_nothing_or_only_later_is_not_on_it(office: Office) -> None:
    later, off, paid = office.customer("Después"), office.customer("Apagada"), office.customer("Pagada")
    office.owes(later, 100_000, overdue=-30)
    office.owes(off, 100_000)
    Customer.objects.filter(pk=off.pk).update(collecting=False)
    row = office.owes(paid, 100_000)
    office.pays(row, 100_000)
    assert office.morning() == []
    assert office.morning(23) == ["Después"]  # seven days before it falls due
    assert office.why(later)[:2] == ["soon", "unpaid"]


def test_a_promise_holds_its_part_until_its_day_and_broken_brings_the_customer_back(office: Office) -> None:
    guera = office.customer("La Güera")
    row = office.owes(guera, 100_000)
    assert office.morning() == ["La Güera"]
    office.promises(row, days=4, amount=60_000)  # Friday
    assert office.morning(1) == []  # called yesterday
    assert office.morning(2) == ["La Güera"]  # Thursday: 40,000 nobody promised
    assert {"key": "promised", "amount": 60_000} in office.item(guera).why
    assert office.item(guera).score == 40_000 * 550 // 1000
    office.calls(guera, next_on=office.today + timedelta(days=20))  # to be called in three weeks
    assert office.morning(4) == []  # the Monday after: a bank holiday, money may still come on Tuesday
    assert office.morning(1) == []
    assert office.morning(1) == ["La Güera"]  # broken: the step agreed on does not hold any more
    assert office.item(guera).why[:1] == [{"key": "broken", "on": "2026-11-18", "amount": 60_000}]
    office.pays(row, 60_000)  # late, but it came
    assert office.morning(1) == []


def test_only_the_contested_part_is_left_alone(office: Office) -> None:
    guera = office.customer("La Güera")
    row = office.owes(guera, 100_000)
    open_dispute(receivable_id=row.pk, amount=100_000, reason="amount", key=uuid7(), today=office.today, actor=None)
    assert office.morning() == []
    other = office.owes(guera, 30_000, overdue=5)
    assert office.morning(1) == ["La Güera"]
    assert office.item(guera).score == 30_000 * 450 // 1000
    void_receivable(receivable_id=other.pk, reason="Error", on=office.today, actor=None)
    assert office.morning(1) == []


def test_what_is_said_to_be_paid_or_in_favour_or_paused_is_not_asked_for(office: Office) -> None:
    said, favour, paused, left = (office.customer(name) for name in ("Dice", "Favor", "Pausa", "Quieta"))
    row = office.owes(said, 100_000)
    report = ReportedPayment.objects.create(
        company=office.company, customer=said, currency="MXN", amount=100_000, paid_on=MONDAY, reported_on=MONDAY
    )
    ReportedDebt.objects.create(company=office.company, report=report, receivable=row)
    office.owes(favour, 100_000)
    record_payment(
        customer_id=favour.pk, amount=Money(70_000, "MXN"), received_on=MONDAY, key="x", actor=None, today=MONDAY,
        named={}, policy="", is_distinct=True,
    )  # fmt: skip
    held = office.owes(paused, 100_000)
    pause(receivable_ids=[held.pk], until=MONDAY + timedelta(days=2), reason="Auditoría", today=MONDAY, actor=None)
    office.owes(left, 100_000)
    pause_customers(customer_ids=[left.pk], until=None, reason="Huelga", today=MONDAY, actor=None)
    assert office.morning() == ["Favor"]
    assert office.item(favour).score == 30_000 * 550 // 1000
    assert office.morning(3) == ["Pausa", "Favor"]
    resume_customers(customer_ids=[left.pk], today=office.today, actor=None)
    assert office.morning(1) == ["Pausa", "Quieta", "Favor"]


def test_who_was_reached_rests_three_days_and_who_did_not_answer_one(office: Office) -> None:
    talked, missed = office.customer("Contestó"), office.customer("No contestó")
    office.owes(talked, 200_000)
    office.owes(missed, 100_000)
    office.morning()
    office.calls(talked)
    office.calls(missed, Outcome.NO_ANSWER)
    assert office.morning(1) == ["No contestó"]
    assert office.morning(1) == ["No contestó"]
    assert office.morning(1) == ["Contestó", "No contestó"]


def test_a_step_agreed_on_brings_the_customer_on_its_day_however_little_it_weighs(office: Office) -> None:
    guera = office.customer("La Güera")
    row = office.owes(guera, 100_000)
    office.promises(row, days=30)
    step = office.calls(guera, next_on=MONDAY + timedelta(days=8), next_note="Confirmar que programó el pago")
    assert office.morning(7) == []
    assert office.morning(1) == ["La Güera"]
    assert (office.why(guera)[0], office.item(guera).score) == ("next", 0)
    finish_next(activity_id=step.pk, today=office.today, actor=None)
    assert office.morning() == []


def test_made_again_the_list_keeps_whoever_was_called_today(office: Office) -> None:
    one, two = office.customer("Uno"), office.customer("Dos")
    row = office.owes(one, 200_000)
    office.owes(two, 100_000)
    assert office.morning() == ["Uno", "Dos"]
    call = office.promises(row, days=3)
    assert office.morning() == ["Uno", "Dos"]
    done = {each.customer.legal_name: (each.done, each.owing) for each in worklist.items(office.today, Sight())}  # type: ignore[attr-defined]
    assert done == {"Uno": (True, True), "Dos": (False, True)}
    assert worklist.progress(worklist.items(office.today, Sight()), "MXN") == worklist.Progress(
        2, 1, 165_000, 110_000, "MXN"
    )
    withdraw(activity_id=call.pk, now=office.noon, today=office.today, actor=None)
    assert worklist.progress(worklist.items(office.today, Sight()), "MXN").done == 0


def test_who_paid_since_the_morning_is_done(office: Office) -> None:
    row = office.owes(office.customer("Uno"), 200_000)
    office.morning()
    office.pays(row, 200_000)
    assert worklist.progress(worklist.items(office.today, Sight()), "MXN").left == 0


def test_foreign_debts_weigh_at_the_last_rate_on_file_and_say_when_there_is_none(office: Office) -> None:
    dollars, euros = office.customer("Dólares"), office.customer("Euros")
    Papers(office.company, dollars).invoice(1_000, MONDAY, currency="USD", exchange_rate="18.5000")
    office.owes(dollars, 10_000, currency="USD")
    office.owes(euros, 10_000, currency="EUR")
    assert office.morning() == ["Dólares", "Euros"]
    assert office.item(dollars).owed == 185_000
    assert (office.item(euros).score, office.why(euros)[-1]) == (0, "no_rate")


def test_the_list_is_of_whoever_collects_the_portfolio(office: Office) -> None:
    ana = make_user("ana@example.com", office.company, Role.COLLECTOR)
    north = Portfolio.objects.create(company=office.company, name="Norte", collector=ana)
    mine, other = office.customer("Mía", portfolio=north), office.customer("Ajena")
    for customer in (mine, other):
        office.owes(customer, 100_000)
    office.morning()
    assert {row.customer.legal_name: row.collector for row in office.items()} == {"Mía": ana, "Ajena": None}
    assert [row.customer for row in worklist.items(office.today, Sight(ana.pk))] == [mine]


def test_no_query_for_each_customer(office: Office, django_assert_max_num_queries: Any) -> None:
    rows = [office.owes(office.customer(f"Cliente {n}"), 100_000 + n) for n in range(12)]
    for row in rows[:6]:
        office.promises(row, days=0)
    office.today += timedelta(days=9)
    with django_assert_max_num_queries(28):
        worklist_of(office.company, office.today)
    with django_assert_max_num_queries(5):
        worklist.listed(office.items(), office.today)
