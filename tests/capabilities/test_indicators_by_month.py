"""Every indicator of every month, and every roll, against a second model that walks the facts of each document.

The second model knows nothing of SQL sums: it asks each receivable what was owed on a day, each credit when it came.
Histories are made at random through the real operations: charges, payments, write-offs, undone and reversed ones,
cancellations and their undoing, in two currencies, by customers switched off and on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.domain.aging import Ranges
from aldia.domain.calendars import add_months, month_end
from aldia.domain.indicators import shown
from aldia.domain.money import Money
from aldia.receivables.models import Credit, CreditKind, Receivable
from aldia.receivables.operations.charges import open_charge, void_receivable
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import drill, history
from aldia.reporting.queries.drill import Drill
from aldia.reporting.queries.history import Month, months_of
from aldia.reporting.queries.indicators import PLACES, indicators_of
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.support.books import TODAY, Books, owed_on

MONTHS = 5
RANGES = Ranges((15, 30, 75))
examples = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company()
    with company_scope(company.id):
        yield company


def note(books: Books, pesos: int, on: date, currency: str) -> None:
    """A credit note that came in, applied to nothing: what a period's net sales are lowered by."""
    Credit.objects.create(
        company=books.company,
        customer=books.customers[0],
        kind=CreditKind.CREDIT_NOTE,
        source="person",
        external_key=uuid7().hex,
        currency=currency,
        amount=pesos * 100,
        remaining=pesos * 100,
        received_on=on,
    )


class SecondModel:
    """The books as lists of facts; every figure is a loop over them."""

    def __init__(self, currency: str) -> None:
        rows = Receivable.objects.filter(currency=currency, customer__collecting=True)
        self.rows = list(rows)
        self.credits = list(
            Credit.objects.filter(currency=currency, customer__collecting=True, reversed_on__isnull=True)
        )

    def owed(self, day: date) -> int:
        return sum(owed_on(row, day) for row in self.rows)

    def current(self, day: date) -> int:
        return sum(owed_on(row, day) for row in self.rows if row.due_on >= day)

    def net_sales(self, first: date, last: date, as_of: date) -> int:
        sold = [
            row.total
            for row in self.rows
            if first <= row.issued_on <= last
            and row.kind != "opening"
            and (row.voided_on is None or row.voided_on > as_of)
        ]
        notes = [
            each.amount for each in self.credits if each.kind == "credit_note" and first <= each.received_on <= last
        ]
        return sum(sold) - sum(notes)

    def collected(self, first: date, last: date) -> int:
        money = ("payment", "advance")
        return sum(each.amount for each in self.credits if each.kind in money and first <= each.received_on <= last)

    def countback(self, last: date) -> Fraction | None:
        """Month by month from the newest, day by day inside the one that is more than enough."""
        left, first, end, days = self.owed(last), last.replace(day=1), last, 0
        for _month in range(24):
            if left <= 0:
                break
            sales, length = self.net_sales(first, end, last), (end - first).days + 1
            if sales > left:
                return days + Fraction(left, sales) * length
            days, left = days + length, left - max(0, sales)
            end = first - timedelta(days=1)
            first = end.replace(day=1)
        return Fraction(days) if left <= 0 else None

    def indicators(self, first: date, last: date) -> dict[str, Fraction | None]:
        days = (last - first).days + 1
        opening, closing, current = self.owed(first - timedelta(days=1)), self.owed(last), self.current(last)
        sales, money = self.net_sales(first, last, last), self.collected(first, last)
        could = opening + sales - current
        return {
            "dso": Fraction(closing, sales) * days if sales > 0 else None,
            "countback": self.countback(last),
            "best_dso": Fraction(current, sales) * days if sales > 0 else None,
            "add": (Fraction(closing, sales) - Fraction(current, sales)) * days if sales > 0 else None,
            "cei": Fraction(opening + sales - closing, could) * 100 if could > 0 else None,
            "rotation": Fraction(money, sales) * 100 if sales > 0 else None,
            "turnover": sales / Fraction(opening + closing, 2) if opening + closing > 0 else None,
        }

    def rolls(self, before: date, after: date) -> dict[int, tuple[int, list[int]]]:
        """Of each range at an end: what was owed, and where what is owed still of those documents is later."""
        found: dict[int, tuple[int, list[int]]] = {n: (0, [0] * RANGES.size) for n in range(RANGES.size)}
        for row in self.rows:
            if row.issued_on > before:
                continue
            start = RANGES.bucket_of((before - row.due_on).days)
            then, still = found[start]
            still[RANGES.bucket_of((after - row.due_on).days)] += owed_on(row, after)
            found[start] = (then + owed_on(row, before), still)
        return found


def months(currency: str, today: date = TODAY) -> list[Month]:
    return months_of(sight=Sight(), currency=currency, until=today, today=today, ranges=RANGES, months=MONTHS)


def test_each_month_says_what_the_second_model_says(company: Company) -> None:
    @examples
    @given(seed=st.integers(0, 10**6), currency=st.sampled_from(["MXN", "USD"]))
    def prove(seed: int, currency: str) -> None:
        with transaction.atomic():
            books = Books(company, seed).live_on(45)
            for back in (10, 40, 41, 100):
                note(books, 50 + back, TODAY - timedelta(days=back), currency)
            model = SecondModel(currency)
            found = months(currency)
            assert [month.last for month in found] == [
                month_end(add_months(date(2026, 6, 1), n)) for n in range(MONTHS)
            ]
            for month in found:
                assert month.values == model.indicators(month.first, month.last)
                before = month.first - timedelta(days=1)
                rolled = {roll.bucket: (roll.then, list(roll.still)) for roll in month.rolls}
                assert rolled == model.rolls(before, month.last)
            transaction.set_rollback(True)

    prove()


def test_any_period_says_what_the_second_model_says(company: Company) -> None:
    @examples
    @given(seed=st.integers(0, 10**6), back=st.integers(0, 120), length=st.integers(1, 120))
    def prove(seed: int, back: int, length: int) -> None:
        with transaction.atomic():
            books = Books(company, seed).live_on(35)
            last = TODAY - timedelta(days=back)
            first = last - timedelta(days=length - 1)
            note(books, 70, last, "MXN")
            expected = SecondModel("MXN").indicators(first, last)
            found = indicators_of(sight=Sight(), currency="MXN", first=first, last=last, today=TODAY)
            assert {each.key: each.value for each in found.values} == {
                key: None if value is None else shown(value, PLACES.get(key, 1)) for key, value in expected.items()
            }
            transaction.set_rollback(True)

    prove()


def test_the_second_model_can_fail(company: Company) -> None:
    """The control: a model that forgets cancellations does not agree."""
    books = Books(company, 4).live_on(40)
    gone = open_charge(
        customer_id=books.customers[0].id, kind="charge_note", total=Money(9_000, "MXN"), issued_on=date(2026, 7, 5),
        due_on=date(2026, 8, 5), concept="", key=uuid7(), actor=None,
    )  # fmt: skip
    void_receivable(receivable_id=gone.id, on=date(2026, 9, 10), reason="error", actor=None)
    found = months("MXN")
    model = SecondModel("MXN")
    assert all(month.values == model.indicators(month.first, month.last) for month in found)
    for row in model.rows:
        row.voided_on = None
    assert any(month.values != model.indicators(month.first, month.last) for month in found)


def test_the_rows_of_a_roll_sum_to_it(company: Company) -> None:
    Books(company, 9).live_on(70)
    some = 0
    for month in months("MXN"):
        for roll in month.rolls:
            rows = history.roll_drills(month, roll, "MXN", RANGES)
            sums = {
                name: drill.figure(Drill.read(each.params), sight=Sight(), today=TODAY) for name, each in rows.items()
            }
            assert sums == {"then": roll.then, "still": sum(roll.still), "worse": roll.worse}
            some += roll.worse != 0
    assert some >= 3


def test_what_is_kept_reads_back_the_same(company: Company) -> None:
    import json

    Books(company, 2).live_on(40)
    found = months("MXN")
    assert history.from_kept(json.loads(json.dumps(history.as_kept(found)))) == found
    assert any(month.countback is not None for month in found)


def test_months_of_an_empty_company_are_zeros_and_undefined(company: Company) -> None:
    found = months("MXN")
    assert len(found) == MONTHS
    assert all(month.values["dso"] is None and month.amounts.closing == 0 for month in found)


def test_an_unfinished_month_is_not_in_the_history(company: Company) -> None:
    assert months("MXN", date(2026, 11, 29))[-1].last == date(2026, 10, 31)
    assert months("MXN", date(2026, 11, 30))[-1].last == date(2026, 11, 30)
