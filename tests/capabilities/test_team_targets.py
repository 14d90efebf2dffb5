"""What each person of the team has in hand, did and collected in a month, against the target: a story of October."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aldia.collections.models import Activity, Target, WorklistItem
from aldia.collections.operations.promises import record_promise, withdraw_promise
from aldia.collections.operations.targets import Stale, TargetError, Wanted, save_targets
from aldia.collections.queries.promises import Patience
from aldia.customers.models import Customer, Portfolio
from aldia.domain.money import Money
from aldia.receivables.operations.payments import reverse_credit
from aldia.reporting.queries import team as team_queries
from aldia.reporting.queries import team_rows
from aldia.reporting.queries.team_rows import Month
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent, Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.capabilities.test_steps_board import charge, pay
from tests.cast import make_company, make_customer, make_user

TODAY = date(2026, 10, 20)
OCTOBER = date(2026, 10, 1)
PATIENCE = Patience("MX", 0)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(slug="equipo")
    with company_scope(company.id):
        yield company


@pytest.fixture
def ana(company: Company) -> User:
    return make_user("ana@example.com", company, Role.COLLECTOR)


@pytest.fixture
def beto(company: Company) -> User:
    return make_user("beto@example.com", company, Role.COLLECTOR)


@pytest.fixture
def norte(company: Company, ana: User) -> Customer:
    portfolio = Portfolio.objects.create(company=company, name="Norte", collector=ana)
    return make_customer(company, "Norte", "NOR010203AB1", portfolio=portfolio)


@pytest.fixture
def sur(company: Company, beto: User) -> Customer:
    portfolio = Portfolio.objects.create(company=company, name="Sur", collector=beto)
    return make_customer(company, "Sur", "SUR010203AB1", portfolio=portfolio)


@pytest.fixture
def suelto(company: Company) -> Customer:
    return make_customer(company, "Suelto", "SUE010203AB1")


def act(customer: Customer, on: date, by: User | None, kind: str = "call", outcome: str = "talked") -> Activity:
    at = datetime(on.year, on.month, on.day, 17, tzinfo=UTC)
    return Activity.objects.create(
        company_id=customer.company_id, customer=customer, kind=kind, outcome=outcome, at=at, on=on, by=by
    )


def listed(customer: Customer, on: date, who: User, rank: int = 1) -> None:
    WorklistItem.objects.create(
        company_id=customer.company_id, on=on, customer=customer, collector=who, rank=rank, currency="MXN", score=1,
        overdue=1, owed=1, unpaid_permille=500,
    )  # fmt: skip


def results(only: User | None = None, day: date = TODAY) -> dict[str, team_queries.Results]:
    found = team_queries.team(
        month=Month.of(day, TODAY), currency="MXN", today=TODAY, patience=PATIENCE, only=only.pk if only else None
    )
    return {(str(row.user).split("@")[0] if row.user else "nadie"): row.results for row in found.rows} | {
        "todos": found.total
    }


def test_october_of_ana_and_beto(norte: Customer, sur: Customer, suelto: Customer, ana: User, beto: User) -> None:
    overdue = charge(norte, date(2026, 9, 1), date(2026, 10, 1), 500_000)
    charge(norte, date(2026, 10, 5), date(2026, 11, 5), 200_000)
    southern = charge(sur, date(2026, 8, 1), date(2026, 9, 1), 300_000)
    loose = charge(suelto, date(2026, 8, 1), date(2026, 9, 1), 90_000)
    pay(charge(sur, date(2026, 8, 1), date(2026, 9, 1), 70_000), 70_000, date(2026, 9, 28))  # of September
    # Ana calls on the 6th and the customer pays on the 9th; Beto covers for her on the 12th, it pays on the 15th
    act(norte, date(2026, 10, 6), ana)
    act(norte, date(2026, 10, 6), ana, kind="note", outcome="")
    act(sur, date(2026, 10, 7), beto, outcome="no_answer")
    pay(overdue, 100_000, date(2026, 10, 9))
    act(norte, date(2026, 10, 12), beto, outcome="promised")
    pay(overdue, 50_000, date(2026, 10, 15))
    # nobody had spoken with this one for fifteen days; and what is taken back was never collected
    act(suelto, date(2026, 9, 20), ana)
    pay(loose, 30_000, date(2026, 10, 5))
    back = pay(southern, 10_000, date(2026, 10, 8))
    reverse_credit(credit_id=back.pk, on=date(2026, 10, 10), reason="Cheque devuelto", actor=None)
    withdrawn = act(suelto, date(2026, 10, 4), beto)
    Activity.objects.filter(pk=withdrawn.pk).update(withdrawn_at=datetime(2026, 10, 4, tzinfo=UTC))
    listed(norte, date(2026, 10, 6), ana)
    listed(norte, date(2026, 10, 7), ana)
    listed(sur, date(2026, 10, 7), beto)

    found = results()
    assert list(found) == ["ana", "beto", "nadie", "todos"]
    assert (found["ana"].owed, found["ana"].overdue, found["ana"].customers) == (550_000, 350_000, 1)
    assert (found["beto"].owed, found["beto"].overdue) == (300_000, 300_000)
    assert (found["nadie"].owed, found["nadie"].collected) == (60_000, 30_000)
    assert (found["ana"].collected, found["beto"].collected) == (150_000, 0)
    assert (found["ana"].after_contact, found["beto"].after_contact) == (100_000, 50_000)
    assert (found["ana"].activities, found["ana"].talked) == (2, 1)
    assert (found["beto"].activities, found["beto"].talked) == (2, 1)
    assert (found["ana"].listed, found["ana"].worked, found["beto"].worked) == (2, 1, 1)
    assert (found["todos"].collected, found["todos"].owed) == (180_000, 910_000)
    assert results(ana)["todos"].collected == 150_000
    september = results(day=date(2026, 9, 10))
    assert (september["beto"].collected, september["beto"].owed) == (70_000, 300_000)
    history = team_queries.by_month(month=Month.of(TODAY, TODAY), currency="MXN", months=2)
    assert history == [
        (date(2026, 9, 1), {beto.pk: 70_000}), (OCTOBER, {ana.pk: 150_000, None: 30_000}),
    ]  # fmt: skip


FIGURES = [
    ("owed", "owed"), ("overdue", "overdue"), ("collected", "collected"), ("after_contact", "after_contact"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "figure"), FIGURES)
def test_each_figure_is_the_sum_of_its_rows(
    what: str, figure: str, norte: Customer, sur: Customer, suelto: Customer, ana: User, beto: User
) -> None:
    for place, customer in enumerate((norte, sur, suelto)):
        for months in range(3):
            issued = date(2026, 7 + months, 3 + place)
            row = charge(customer, issued, issued + timedelta(days=25 + place), 100_000 * (place + 1) + months)
            if months != place:
                pay(row, 30_000 + place, date(2026, 10, 2 + months * 6))
        act(customer, date(2026, 10, 7), (ana, beto, ana)[place])
    for day in (TODAY, date(2026, 9, 10)):
        month, found = Month.of(day, TODAY), results(day=day)
        for name, whom in (("ana", ana.pk), ("beto", beto.pk), ("nadie", None)):
            rows = team_rows.rows_of(what, whom, month, "MXN", today=TODAY)
            assert sum(row.figure for row in rows) == getattr(found.get(name, team_queries.Results()), figure), name
        assert getattr(found["todos"], figure) or day != TODAY


def test_promises_got_and_kept(norte: Customer, ana: User) -> None:
    rows = [charge(norte, date(2026, 9, 1), date(2026, 9, 20), 100_000) for _ in range(4)]
    made = [
        record_promise(
            receivable_ids=[row.pk], amount=Money(amount, "MXN"), due_on=due_on, key=uuid7(), today=date(2026, 10, 5),
            actor=ana,
        )
        for row, amount, due_on in zip(
            rows, (100_000, 60_000, 50_000, 40_000),
            (date(2026, 10, 9), date(2026, 10, 9), date(2026, 10, 30), date(2026, 10, 9)), strict=True,
        )
    ]  # fmt: skip
    pay(rows[0], 100_000, date(2026, 10, 8))
    withdraw_promise(promise_id=made[3].pk, reason="Se equivocó", today=date(2026, 10, 6), actor=ana)
    found = results()["ana"]
    assert (found.promises, found.promised, found.kept, found.broken, found.promise_open) == (3, 210_000, 1, 1, 1)
    assert found.kept_permille == 500


def test_targets_are_kept_changed_and_taken_away(company: Company, norte: Customer, ana: User, beto: User) -> None:
    owner = make_user("jefa@example.com", company)

    def save(**amounts: Any) -> int:
        whom = {"ana": ana.pk, "beto": beto.pk, "todos": None}
        wanted = {whom[name]: Wanted(*each) for name, each in amounts.items()}
        return save_targets(month=OCTOBER, currency="MXN", wanted=wanted, actor=owner)

    assert save(ana=(200_000, 0), beto=(100_000, 0), todos=(None, 0)) == 2
    pay(charge(norte, date(2026, 9, 1), date(2026, 10, 1), 500_000), 150_000, date(2026, 10, 9))
    found = results()
    assert (found["ana"].target, found["ana"].target_permille, found["ana"].missing) == (200_000, 750, 50_000)
    assert found["todos"].target == 300_000  # the sum of its people until the team has one of its own
    assert save(ana=(250_000, 1), todos=(400_000, 0)) == 2
    assert save(ana=(250_000, 2)) == 0
    with pytest.raises(Stale):
        save(ana=(300_000, 1))
    assert save(beto=(None, 1)) == 1
    assert sorted(Target.objects.values_list("amount", "version")) == [(250_000, 2), (400_000, 1)]
    assert results()["todos"].target == 400_000
    event = AuditEvent.objects.filter(verb="collections.targets_changed").order_by("-seq").first()
    assert event is not None
    assert event.detail["changes"] == [{"person": str(beto.pk), "before": "1000.00", "after": None}]


@pytest.mark.parametrize(
    ("month", "currency", "amount", "says"),
    [
        (date(2026, 10, 2), "MXN", 100, "mes"), (date(2200, 1, 1), "MXN", 100, "mes"),
        (OCTOBER, "XYZ", 100, "moneda"), (OCTOBER, "MXN", 0, "mayor que cero"),
        (OCTOBER, "MXN", 10**19, "mayor que cero"),
    ],
)  # fmt: skip
def test_targets_that_cannot_be(company: Company, month: date, currency: str, amount: int, says: str) -> None:
    with pytest.raises(TargetError, match=says):
        save_targets(month=month, currency=currency, wanted={None: Wanted(amount)}, actor=None)
    assert not Target.objects.exists()


def test_a_target_is_of_somebody_of_the_company(company: Company, ana: User) -> None:
    Membership.objects.filter(user=ana).update(suspended_at=datetime(2026, 10, 1, tzinfo=UTC))
    for stranger in (ana.pk, uuid.uuid4()):
        with pytest.raises(TargetError, match="ya no está"):
            save_targets(month=OCTOBER, currency="MXN", wanted={stranger: Wanted(5)}, actor=None)
