"""Nightly runs over a simulated past: what is kept, what it learns from, and when it steps back."""

from __future__ import annotations

import json
import uuid
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError, transaction

from aldia.cli.commands import forecast
from aldia.cli.errors import WrongUsage
from aldia.domain.forecasting import replay
from aldia.domain.forecasting.book import UNPAID
from aldia.domain.money import Money, minor_text
from aldia.forecasts.models import CashForecast, ForecastScore, InvoiceForecast, ModelRun, RiskScore
from aldia.forecasts.operations.running import run_if_due, run_nightly
from aldia.forecasts.queries import current
from aldia.forecasts.queries.book import subledger
from aldia.receivables.models import Allocation, Credit, Receivable
from aldia.receivables.operations.charges import open_charge
from aldia.receivables.operations.payments import record_payment, reverse_credit
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope
from benchmarks._forecast_book import simulate
from tests.cast import make_company, make_customer
from tests.support.history import Past

DAY = date(2025, 6, 2)  # a Monday


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay of a quarter of the mornings, where a test does not ask for all."""
    monkeypatch.setattr(replay, "CUTS", 3)


@pytest.fixture
def past(db: None) -> Iterator[Past]:
    company = make_company()
    with company_scope(company.pk):
        yield Past(company, simulate(seed=5, invoices=900, customers=30, days=540)).live_until(DAY)


def test_a_run_says_something_of_every_open_receivable(past: Past) -> None:
    run = run_nightly(as_of=DAY, today=DAY)
    still = set(Receivable.objects.filter(balance__gt=0).values_list("pk", flat=True))
    said = current.of_receivables(still)
    assert still
    assert set(said) == still
    assert current.latest_run() == run
    assert dict(current.unpaid_permille(run)) == {row: each.unpaid_permille for row, each in said.items()}
    for each in said.values():
        assert sum(each.buckets) == pytest.approx(1000, abs=2)
        assert each.late_permille == pytest.approx(1000 - each.buckets[0], abs=1)
        if each.expected_on:
            assert each.low_on <= each.expected_on
            assert each.expected_on >= DAY
            assert each.high_on is None or each.expected_on <= each.high_on
            assert each.quantiles == sorted(each.quantiles)
    assert run.tier == 2
    assert {reason["group"] for each in said.values() for reason in each.reasons} >= {"habit"}
    assert AuditEvent.objects.filter(verb="forecast.run").count() == 1


def test_money_by_week_adds_up_and_is_banded(past: Past) -> None:
    run = run_nightly(as_of=DAY, today=DAY)
    owed = sum(Receivable.objects.values_list("balance", flat=True))
    for horizon in ("day", "week", "half_mon", "month", "quarter", "halfyear"):
        rows = current.cash(run, "MXN", horizon)
        assert rows[0].first == DAY
        assert all(a.last + timedelta(1) == b.first for a, b in pairwise(rows))
        assert sum(row.expected for row in rows) <= owed
        for row in rows:
            assert row.low_95 <= row.low_80 <= row.low_50 <= row.expected <= row.high_50 <= row.high_80 <= row.high_95
    assert current.cash_currencies(run) == ["MXN"]
    weeks, months = (sum(row.expected for row in current.cash(run, "MXN", each)) for each in ("week", "month"))
    assert weeks == pytest.approx(months, abs=100)
    assert [row.last.weekday() for row in current.cash(run, "MXN", "week")][:-1] == [6] * 25


def test_the_first_run_judges_the_past_so_that_day_one_shows_an_error(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "CUTS", 12)
    run = run_nightly(as_of=DAY, today=DAY)
    scores = ForecastScore.objects.filter(source="backtest")
    assert scores.count() >= 10
    assert run.calibration["source"] == "backtest"
    assert run.calibration["weeks"] >= 20
    assert not CashForecast.objects.filter(is_provisional=True).exists()
    figures = [each.figures for each in scores]
    assert all(each["made_on"] < DAY.isoformat() for each in figures)
    ours, due = (sum(each[name] for each in figures) / len(figures) for name in ("error", "due_error"))
    assert ours < 0.75 * due
    inside = sum(each["inside"] for each in figures) / len(figures)
    assert 720 < inside < 930


def test_scores_of_customers_tell_slow_from_quick(past: Past) -> None:
    run_nightly(as_of=DAY, today=DAY)
    found = current.risk_of([each.pk for each in past.people.values()])
    rows = sorted(found.values(), key=lambda row: row.score)
    assert len(rows) == len({each.customer for each in past.records if each.issued < DAY})
    assert all(0 <= row.score <= 100 for row in rows)
    assert rows[0].band == "A"
    slow = [row.mean_delay for row in rows[-5:] if row.mean_delay is not None]
    quick = [row.mean_delay for row in rows[:5] if row.mean_delay is not None]
    assert min(slow) >= 4
    assert sum(slow) / len(slow) > sum(quick) / len(quick) + 10


def test_what_was_said_is_never_changed(past: Past) -> None:
    run = run_nightly(as_of=DAY, today=DAY)
    for model, change in (
        (ModelRun, {"tier": 0}),
        (InvoiceForecast, {"unpaid_permille": 1}),
        (CashForecast, {"expected": 1}),
        (RiskScore, {"score": 1}),
        (ForecastScore, {"source": "made"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**change)
    assert ModelRun.objects.get() == run


def test_the_past_is_forecast_as_it_was_and_not_as_it_became(past: Past) -> None:
    """As of four weeks ago, what was paid since is open again and unpaid."""
    then = DAY - timedelta(28)
    ledger = subledger(as_of=then, today=DAY)
    still = {ledger.ids[row] for row in ledger.open_rows}
    expected = {
        past.row(number).pk
        for number, each in enumerate(past.records)
        if each.issued <= then and (each.paid is None or each.paid >= then)
    }
    assert still == expected
    control = subledger(as_of=DAY, today=DAY)
    assert still != {control.ids[row] for row in control.open_rows}


def test_a_night_that_was_done_is_not_done_again(past: Past) -> None:
    assert run_if_due(as_of=DAY, today=DAY) is not None
    assert run_if_due(as_of=DAY, today=DAY) is None
    assert run_if_due(as_of=DAY + timedelta(1), today=DAY + timedelta(1)) is not None


def test_weeks_of_nights_learn_weekly_calibrate_and_are_judged(past: Past) -> None:
    runs = []
    for number in range(0, 64, 3):
        day = DAY + timedelta(number)
        past.live_until(day)
        runs.append(run_nightly(as_of=day, today=day))
    learnt = [run.learnt_on for run in runs]
    assert learnt[1] == runs[0].as_of  # three days later nothing is learnt anew
    assert len(set(learnt)) < len(learnt)
    made = ForecastScore.objects.filter(source="made").order_by("-on", "-id")
    latest = next(each for each in made if each.figures["made_on"] == DAY.isoformat())
    assert latest.figures["resolved"] > 30
    assert latest.figures["error"] <= latest.figures["due_error"]
    weeks = latest.figures["cash"]["MXN"]
    assert len(weeks) >= 7
    came = sum(week[4] for week in weeks)
    first, last = date.fromisoformat(weeks[0][0]), date.fromisoformat(weeks[-1][0]) + timedelta(6)
    paid = Allocation.objects.filter(on__gte=first, on__lte=last, receivable__issued_on__lte=DAY)
    assert came == sum(paid.values_list("amount", flat=True))
    kept = set(InvoiceForecast.objects.order_by().values_list("as_of", flat=True).distinct())
    assert DAY in kept  # the first of its week stays, the next one of that week is gone
    assert DAY + timedelta(3) not in kept
    assert runs[-2].as_of in kept


def test_a_method_that_came_out_worse_steps_back_at_once(past: Past) -> None:
    """Everybody changes habit the day after the run: four weeks later the regression is not trusted any more."""
    first = run_nightly(as_of=DAY, today=DAY)
    assert first.tier == 2
    later = DAY + timedelta(28)
    changed = [
        replace(each, paid=DAY + timedelta(1 + number % 3))
        if each.issued < DAY and (each.paid is None or each.paid >= DAY)
        else each
        for number, each in enumerate(past.records)
    ]
    past.records = changed
    past.live_until(later)
    run = run_nightly(as_of=later, today=later)
    assert (run.tier, run.wanted_tier) == (1, 2)
    assert run.why in ("worse", "coverage")


def test_without_history_the_due_day_and_a_wide_margin(db: None) -> None:
    company = make_company()
    with company_scope(company.pk):
        past = Past(company, simulate(seed=2, invoices=12, customers=4, days=30)).live_until(date(2024, 2, 1))
        run = run_nightly(as_of=date(2024, 2, 1), today=date(2024, 2, 1))
        assert (run.tier, run.forecast) == (0, len([row for row in past.rows if row and row.balance]))
        rows = InvoiceForecast.objects.filter(expected_on__isnull=False)
        assert rows
        assert all((row.high_on - row.low_on).days > 15 for row in rows if row.high_on and row.low_on > run.as_of)
        assert CashForecast.objects.filter(is_provisional=False).count() == 0


def test_the_command_says_what_is_kept(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """As of a past morning, which is how a company can have the nights that it missed."""
    args = Namespace(action="run", company=str(past.company.pk), as_of=DAY, json=True)
    assert forecast.run(args) == 0
    data = json.loads(capsys.readouterr().out)
    run = ModelRun.objects.get()
    assert (data["run"], data["as_of"], data["tier"]) == (str(run.pk), "2025-06-02", run.tier)
    weeks = current.cash(run, "MXN", "week")
    assert [row["expected"] for row in data["weeks"]] == [minor_text(week.expected, "MXN") for week in weeks]
    with pytest.raises(WrongUsage):
        forecast.run(Namespace(action="run", company=str(past.company.pk), as_of=date(2099, 1, 1), json=True))


def test_an_empty_company_has_an_empty_run(db: None) -> None:
    company = make_company()
    with company_scope(company.pk):
        run = run_nightly(as_of=DAY, today=DAY)
        assert (run.tier, run.known, run.forecast) == (0, 0, 0)
        assert current.cash_currencies(run) == []
        assert current.risk_of([make_customer(company).pk]) == {}


@pytest.mark.parametrize(
    ("kinds", "balance", "outcome"),
    [
        (("payment",), 0, "paid"),
        (("payment", "discount"), 0, "paid"),
        (("credit_note",), 0, "absent"),
        (("presumed",), 0, "absent"),
        (("payment", "write_off"), 0, "never"),
        (("payment",), 40, "open"),
    ],
    ids=["money", "discount", "credit-note", "presumed", "written-off", "part"],
)
def test_only_money_is_a_payment(db: None, kinds: tuple[str, ...], balance: int, outcome: str) -> None:
    company = make_company()
    with company_scope(company.pk):
        row = Receivable.objects.create(
            company=company, customer=make_customer(company), kind="invoice", number="F-1", currency="MXN", total=100,
            balance=balance, issued_on=date(2025, 1, 1), due_on=date(2025, 1, 31),
        )  # fmt: skip
        share = (100 - balance) // len(kinds)
        for number, kind in enumerate(kinds):
            credit = Credit.objects.create(
                company=company, customer=row.customer, kind=kind, source="person", external_key=kind, currency="MXN",
                amount=share, remaining=0, received_on=date(2025, 2, 5),
            )  # fmt: skip
            Allocation.objects.create(
                company=company, credit=credit, receivable=row, amount=share, credit_amount=share,
                on=date(2025, 2, 5 + number), rule="by_hand",
            )  # fmt: skip
        ledger = subledger(as_of=DAY, today=DAY)
        if outcome == "absent":
            assert len(ledger.book) == 0
            return
        assert int(ledger.balance[0]) == balance
        paid = date(2025, 2, 5).toordinal()
        assert (int(ledger.book.paid[0]) == paid) is (outcome == "paid")


@pytest.mark.parametrize("chunk", [5_000, 0])  # by ids, and all at once
def test_a_payment_that_was_taken_back_is_known_until_it_was(
    db: None, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("aldia.forecasts.queries.book.CHUNK", chunk or 1)
    company = make_company()
    with company_scope(company.pk):
        first, second, third, again = (date(2025, 3, day) for day in (1, 3, 5, 9))
        rows = [
            open_charge(
                customer_id=make_customer(company, tax_id=f"XAX010101AA{number}", collecting=True).pk,
                kind="charge_note", total=Money(100_00, "MXN"), issued_on=date(2025, 2, 1), due_on=date(2025, 2, 20),
                concept="", key=uuid.uuid4(), actor=None,
            )
            for number in range(1 if chunk else 5)
        ]  # fmt: skip
        row = rows[0]
        paid = _pay(row, first)
        reverse_credit(credit_id=paid, on=third, reason="El cheque rebotó", actor=None)
        _pay(row, again)

        def known(on: date) -> int:
            ledger = subledger(as_of=on, today=DAY)
            return int(ledger.book.paid[ledger.ids.index(row.pk)])

        assert known(second) == first.toordinal()
        assert known(third + timedelta(1)) == UNPAID
        assert known(DAY) == again.toordinal()


def _pay(row: Receivable, on: date) -> uuid.UUID:
    made = record_payment(
        customer_id=row.customer_id, amount=Money(row.total, "MXN"), received_on=on, key=str(uuid.uuid4()), actor=None,
        today=on, named={row.pk: row.total}, policy="", is_distinct=True,
    )  # fmt: skip
    return made.pk
