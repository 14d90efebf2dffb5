"""Late interest and fixed fees: worked examples, and what must hold of any rule and any debt."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.charges.late import (
    Debt,
    LateTerms,
    accrued,
    charge_for,
    closed_periods,
    debt_of,
    is_above_legal,
    is_usurious,
    period_of,
)

DUE = date(2026, 9, 30)
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
DAY = timedelta(days=1)


def owed(total: int = 10_000_00, *paid: tuple[date, int], due: date = DUE) -> Debt:
    return debt_of(due_on=due, opened_on=date(2026, 8, 1), total=total, paid=paid)


def terms(rate: str = "3", **more: Any) -> LateTerms:
    return LateTerms(Decimal(rate), **more)


@pytest.mark.parametrize(
    ("rule", "debt", "charge", "tax"),
    [
        # 10,000 × 36 % / 360 × 31 days
        (terms(), owed(), 310_00, 0),
        # the same over 365: 10,000 × 0.36 / 365 × 31 = 305.753…
        (terms(basis=365), owed(), 305_75, 0),
        (terms("6", per="year"), owed(), 51_67, 0),
        (terms("0.1", per="day"), owed(), 310_00, 0),
        (terms(tax_percent=Decimal(16)), owed(), 310_00, 49_60),
        # half of it paid on the 10th: ten days on 10,000 and 21 on 5,000
        (terms(), owed(10_000_00, (date(2026, 10, 10), 5_000_00)), 205_00, 0),
        # paid whole on the 1st: one day late
        (terms(), owed(10_000_00, (date(2026, 10, 1), 10_000_00)), 10_00, 0),
        (terms(), owed(10_000_00, (DUE, 10_000_00)), 0, 0),
        (terms(), owed(10_000_00, (date(2026, 9, 15), 4_000_00)), 186_00, 0),
        # five days of grace: from the 6th, 26 days
        (terms(grace_days=5), owed(), 260_00, 0),
        (terms(grace_days=5), owed(10_000_00, (date(2026, 10, 5), 10_000_00)), 0, 0),
        (terms(minimum=500_00), owed(), 500_00, 0),
        (terms(minimum=500_00), owed(10_000_00, (DUE, 10_000_00)), 0, 0),
        (terms(cap_percent=Decimal(2)), owed(), 200_00, 0),
        (terms(cap_amount=150_00), owed(), 150_00, 0),
        (terms(cap_amount=150_00, cap_percent=Decimal(1)), owed(), 100_00, 0),
        (terms("0", fixed_fee=250_00), owed(), 250_00, 0),
        (terms(fixed_fee=250_00, tax_percent=Decimal(16)), owed(), 560_00, 89_60),
        # the rule began on the 16th: 16 days
        (terms(since=date(2026, 10, 16)), owed(), 160_00, 0),
        # the fee of the first late day is from before the rule
        (terms(since=date(2026, 10, 16), fixed_fee=250_00), owed(), 160_00, 0),
        # a payment that bounced on the 11th: nothing owed on ten of the days
        (terms(), owed(10_000_00, (DUE, 10_000_00), (date(2026, 10, 11), -10_000_00)), 200_00, 0),
    ],
)
def test_october(rule: LateTerms, debt: Debt, charge: int, tax: int) -> None:
    found = charge_for(rule, debt, *OCTOBER)
    assert (found.charge, found.tax) == (charge, tax)


def test_a_cap_is_the_debts_and_not_each_months() -> None:
    rule = terms(cap_percent=Decimal(5))
    months = [(date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), date(2026, 11, 30))]
    assert [charge_for(rule, owed(), *each).charge for each in months] == [310_00, 190_00]
    assert charge_for(rule, owed(), date(2026, 12, 1), date(2026, 12, 31)).charge == 0


def test_a_minimum_is_charged_once() -> None:
    rule = terms(minimum=500_00)
    assert charge_for(rule, owed(), date(2026, 11, 1), date(2026, 11, 30)).charge == 110_00  # 610 in all


def test_a_monthly_fee_falls_due_while_something_is_owed() -> None:
    rule = terms("0", fixed_fee=100_00, fixed_each="month")
    debt = owed(10_000_00, (date(2026, 11, 15), 10_000_00))
    assert accrued(rule, debt, date(2027, 3, 1)).charge == 200_00  # on 1 October and 1 November


def test_stretches_say_how_it_was_counted() -> None:
    found = charge_for(terms(), owed(10_000_00, (date(2026, 10, 10), 5_000_00)), *OCTOBER)
    assert [(each.first, each.days, each.base) for each in found.stretches] == [
        (date(2026, 10, 1), 10, 10_000_00),
        (date(2026, 10, 11), 21, 5_000_00),
    ]


@pytest.mark.parametrize(
    ("rule", "above_legal", "usurious"),
    [
        (terms("6", per="year"), False, False),
        (terms("6.01", per="year"), True, False),
        (terms("3"), True, False),
        (terms("3.01"), True, True),
        (terms("37", per="year"), True, False),
        (terms("37.1", per="year"), True, True),
        (terms("0.11", per="day"), True, True),
        (terms("0"), False, False),
    ],
)
def test_what_the_law_says_of_a_rate(rule: LateTerms, above_legal: bool, usurious: bool) -> None:
    assert (is_above_legal(rule), is_usurious(rule)) == (above_legal, usurious)


def test_periods() -> None:
    assert period_of("month", date(2028, 2, 3)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert period_of("fortnight", date(2026, 11, 16)) == (date(2026, 11, 16), date(2026, 11, 30))
    assert period_of("week", date(2026, 11, 22)) == (date(2026, 11, 16), date(2026, 11, 22))
    found = list(closed_periods("month", date(2026, 9, 10), date.max, date(2026, 12, 1)))
    assert found == [
        (date(2026, 9, 10), date(2026, 9, 30)),
        (date(2026, 10, 1), date(2026, 10, 31)),
        (date(2026, 11, 1), date(2026, 11, 30)),
    ]
    assert list(closed_periods("month", date(2026, 9, 10), date.max, date(2026, 9, 30))) == []
    assert list(closed_periods("month", date(2026, 9, 10), date(2026, 9, 20), date(2026, 9, 21))) == [
        (date(2026, 9, 10), date(2026, 9, 20))
    ]


PERCENT = st.decimals(0, 20, places=4)
AMOUNT = st.integers(1, 10**9)
RULES = st.builds(
    LateTerms,
    rate=PERCENT,
    per=st.sampled_from(["month", "year", "day"]),
    basis=st.sampled_from([360, 365]),
    grace_days=st.integers(0, 40),
    since=st.dates(date(2026, 8, 1), date(2026, 12, 1)),
    minimum=st.integers(0, 50_000),
    cap_percent=st.none() | PERCENT,
    cap_amount=st.none() | st.integers(0, 10**6),
    fixed_fee=st.integers(0, 50_000),
    fixed_each=st.sampled_from(["once", "month"]),
    tax_percent=st.sampled_from([Decimal(0), Decimal(8), Decimal(16)]),
)
DAYS = st.dates(date(2026, 8, 1), date(2027, 6, 30))
PAYMENTS = st.lists(st.tuples(DAYS, st.integers(-(10**6), 10**6)), max_size=6)


@given(RULES, AMOUNT, PAYMENTS, DAYS, st.lists(st.integers(1, 60), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_periods_sum_to_the_whole_however_they_are_cut(
    rule: LateTerms, total: int, paid: list[tuple[date, int]], first: date, cuts: list[int]
) -> None:
    debt, day = owed(total, *paid), first
    parts = []
    for length in cuts:
        parts.append(charge_for(rule, debt, day, day + (length - 1) * DAY))
        day += length * DAY
    whole = charge_for(rule, debt, first, day - DAY)
    assert sum(each.charge for each in parts) == whole.charge
    assert sum(each.tax for each in parts) == whole.tax
    assert sum(each.days for each in parts) == whole.days
    assert all(each.total >= 0 for each in parts)


@given(RULES, AMOUNT, PAYMENTS, DAYS)
@settings(max_examples=150, deadline=None)
def test_it_never_falls_and_never_passes_its_cap(
    rule: LateTerms, total: int, paid: list[tuple[date, int]], on: date
) -> None:
    debt = owed(total, *paid)
    today, tomorrow = accrued(rule, debt, on), accrued(rule, debt, on + DAY)
    assert tomorrow.charge >= today.charge
    assert tomorrow.tax >= today.tax
    if rule.cap_amount is not None:
        assert tomorrow.charge <= rule.cap_amount


@given(RULES, AMOUNT, DAYS)
@settings(deadline=None)
def test_who_pays_in_time_owes_nothing(rule: LateTerms, total: int, due: date) -> None:
    in_time = due + rule.grace_days * DAY
    assert accrued(rule, owed(total, (in_time, total), due=due), date(2028, 1, 1)).total == 0


@given(RULES, AMOUNT, PAYMENTS, st.randoms(), DAYS)
@settings(deadline=None)
def test_the_order_in_which_payments_are_told_is_irrelevant(
    rule: LateTerms, total: int, paid: list[tuple[date, int]], chance: Any, on: date
) -> None:
    shuffled = list(paid)
    chance.shuffle(shuffled)
    assert accrued(rule, owed(total, *paid), on) == accrued(rule, owed(total, *shuffled), on)


@given(AMOUNT, DAYS, st.integers(1, 10**6), DAYS)
@settings(deadline=None)
def test_paying_more_never_costs_more(total: int, day: date, amount: int, on: date) -> None:
    assert accrued(terms(), owed(total, (day, amount)), on).charge <= accrued(terms(), owed(total), on).charge


@given(RULES, AMOUNT, DAYS)
@settings(deadline=None)
def test_interest_is_simple(rule: LateTerms, total: int, on: date) -> None:
    """Two days of a period earn the same as any other two: interest earns none."""
    plain = LateTerms(rule.rate, rule.per, rule.basis)
    far = charge_for(plain, owed(total), date(2030, 1, 1), date(2030, 1, 31)).interest
    near = charge_for(plain, owed(total), *OCTOBER).interest
    assert abs(far - near) <= 1
