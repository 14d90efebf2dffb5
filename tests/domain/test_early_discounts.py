"""Discounts for paying early and instalment plans: tables and properties."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aldia.domain.calendars import is_bank_day
from aldia.domain.charges import early, plans
from aldia.domain.charges.early import Tier

TEN, TWENTY = date(2026, 11, 11), date(2026, 11, 21)
TWO_TEN = (Tier(TEN, Decimal(2)),)
TIERS = (Tier(TEN, Decimal(3)), Tier(TWENTY, Decimal(1)))


@pytest.mark.parametrize(
    ("tiers", "base", "money", "pro_rata", "discount"),
    [
        (TWO_TEN, 1000_00, [(TEN, 980_00)], False, 20_00),
        (TWO_TEN, 1000_00, [(date(2026, 11, 12), 980_00)], False, 0),
        (TWO_TEN, 1000_00, [(TEN, 979_99)], False, 0),
        (TWO_TEN, 1000_00, [(TEN, 985_00)], False, 15_00),
        (TWO_TEN, 1000_00, [(TEN, 1000_00)], False, 0),
        (TWO_TEN, 1000_00, [(date(2026, 11, 5), 500_00), (TEN, 480_00)], False, 20_00),
        (TWO_TEN, 1000_00, [(TEN, 490_00)], False, 0),
        (TWO_TEN, 1000_00, [(TEN, 490_00)], True, 10_00),
        (TWO_TEN, 1000_00, [(TEN, 490_00), (date(2026, 12, 1), 500_00)], True, 10_00),
        (TIERS, 1000_00, [(TEN, 970_00)], False, 30_00),
        (TIERS, 1000_00, [(TWENTY, 990_00)], False, 10_00),
        (TIERS, 1000_00, [(TWENTY, 970_00)], False, 0),
        (TWO_TEN, 333_33, [(TEN, 326_66)], False, 6_67),
        (TWO_TEN, 1000_00, [], True, 0),
    ],
)
def test_given(
    tiers: tuple[Tier, ...], base: int, money: list[tuple[date, int]], pro_rata: bool, discount: int
) -> None:
    assert early.given(tiers=tiers, base=base, money=money, pro_rata=pro_rata) == discount


MONEY = st.lists(st.tuples(st.dates(date(2026, 11, 1), date(2026, 12, 5)), st.integers(1, 10**7)), max_size=4)


@given(st.integers(1, 10**9), MONEY, st.booleans(), st.dates(date(2026, 11, 1), date(2026, 12, 5)))
@settings(max_examples=200, deadline=None)
def test_what_is_offered_settles_exactly(base: int, money: list[tuple[date, int]], pro_rata: bool, on: date) -> None:
    assume(sum(amount for _day, amount in money) < base)
    offer = early.offer_on(tiers=TIERS, base=base, money=money, pro_rata=pro_rata, on=on)
    if offer is None:
        return
    after = [*money, (on, offer.net)]
    discount = early.given(tiers=TIERS, base=base, money=after, pro_rata=pro_rata)
    assert sum(amount for _day, amount in after) + discount == base
    assert offer.discount > 0
    assert on <= offer.tier.last_on


@given(st.integers(1, 10**9), MONEY, st.booleans())
@settings(max_examples=200, deadline=None)
def test_never_more_than_was_promised_nor_than_is_left(
    base: int, money: list[tuple[date, int]], pro_rata: bool
) -> None:
    discount = early.given(tiers=TIERS, base=base, money=money, pro_rata=pro_rata)
    paid = sum(amount for _day, amount in money)
    assert 0 <= discount <= max(base - paid, 0)
    assert discount <= early.off(base, Decimal(3)) + 1


def test_an_offer_before_any_money() -> None:
    offer = early.offer_on(tiers=TIERS, base=1000_00, money=[], pro_rata=False, on=TWENTY)
    assert offer == early.Offer(TIERS[1], 10_00, 990_00)
    assert early.offer_on(tiers=TIERS, base=1000_00, money=[], pro_rata=False, on=date(2026, 11, 22)) is None


# Plans


def test_a_plan_of_three_with_a_down_payment() -> None:
    found = plans.proposed(
        amount=10_000_00, count=3, first_on=date(2026, 12, 12), every="month", country="MX", down_payment=1_000_00,
        down_on=date(2026, 11, 23),
    )  # fmt: skip
    # 12 December is a bank holiday and a Saturday; 12 January and 12 February are bank days
    assert [(part.due_on, part.amount) for part in found] == [
        (date(2026, 11, 23), 1_000_00),
        (date(2026, 12, 14), 3_000_00),
        (date(2027, 1, 12), 3_000_00),
        (date(2027, 2, 12), 3_000_00),
    ]


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ([(TEN, 500), (TWENTY, 400)], plans.BadSum),
        ([(TWENTY, 500), (TEN, 500)], plans.BadOrder),
        ([(TEN, 500), (TEN, 500)], plans.BadOrder),
        ([(TEN, 1000)], plans.TooFew),
        ([(TEN, 1000), (TWENTY, 0)], plans.BadAmount),
    ],
)
def test_a_plan_that_cannot_be(parts: list[tuple[date, int]], refusal: type[plans.PlanRefused]) -> None:
    with pytest.raises(refusal):
        plans.checked([plans.Part(*each) for each in parts], 1000)


@given(st.integers(1, 10**9), st.integers(2, 40), st.sampled_from(plans.EVERY), st.dates(TEN, date(2027, 12, 31)))
@settings(deadline=None)
def test_a_plan_is_worth_its_debt_and_falls_on_bank_days(amount: int, count: int, every: str, first: date) -> None:
    try:
        found = plans.proposed(amount=amount, count=count, first_on=first, every=every, country="MX")
    except plans.BadAmount:
        assert amount < count
        return
    assert sum(part.amount for part in found) == amount
    assert all(is_bank_day("MX", part.due_on) for part in found)
    assert plans.checked(found, amount) == found


PARTS = [plans.Part(date(2026, month, 15), 100) for month in (10, 11, 12)]


@pytest.mark.parametrize(
    ("owed", "today", "states", "next_on", "asked", "broken"),
    [
        (300, date(2026, 10, 1), ["coming"] * 3, date(2026, 10, 15), 100, False),
        (300, date(2026, 10, 15), ["due", "coming", "coming"], date(2026, 10, 15), 100, False),
        (300, date(2026, 10, 18), ["due", "coming", "coming"], date(2026, 10, 15), 100, False),
        (300, date(2026, 10, 19), ["due", "coming", "coming"], date(2026, 10, 15), 100, True),
        (200, date(2026, 10, 19), ["paid", "coming", "coming"], date(2026, 11, 15), 100, False),
        (150, date(2026, 10, 19), ["paid", "partial", "coming"], date(2026, 11, 15), 50, False),
        (250, date(2026, 11, 20), ["due", "due", "coming"], date(2026, 10, 15), 150, True),
        (0, date(2027, 1, 1), ["paid"] * 3, None, 0, False),
        (350, date(2026, 10, 1), ["coming"] * 3, date(2026, 10, 15), 150, False),
    ],
)
def test_standing(owed: int, today: date, states: list[str], next_on: date | None, asked: int, broken: bool) -> None:
    found = plans.standing(PARTS, owed=owed, today=today, grace_days=3)
    assert [each.state for each in found.parts] == states
    assert (found.next_due_on, found.asked, found.is_broken) == (next_on, asked, broken)


@given(st.integers(0, 300), st.integers(0, 90))
def test_what_is_left_of_the_parts_is_what_is_owed(owed: int, later: int) -> None:
    found = plans.standing(PARTS, owed=owed, today=date(2026, 10, 1) + timedelta(days=later))
    assert sum(each.left for each in found.parts) == owed
    assert found.asked <= owed
