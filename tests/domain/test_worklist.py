"""The collector's list as tables: what weighs, what is in hand, when a customer rests and when it comes back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.worklist import AHEAD, Debt, Entry, Standing, entry, fallback_permille, ranked

TODAY = date(2026, 11, 20)


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


def weighed(*debts: Debt, **fields: Any) -> Entry:
    found = entry(Standing(debts, **fields), today=TODAY)
    assert found is not None
    return found


def keys(found: Entry) -> list[str]:
    return [fact["key"] for fact in found.why]


@pytest.mark.parametrize(
    ("overdue", "permille"),
    [(-40, 350), (0, 350), (1, 450), (7, 450), (8, 550), (30, 550), (31, 700), (60, 700), (61, 800), (90, 800),
     (91, 880), (180, 880), (181, 950), (4000, 950)],
)  # fmt: skip
def test_without_a_forecast_age_says_how_likely_it_stays_unpaid(overdue: int, permille: int) -> None:
    assert fallback_permille(overdue) == permille


@pytest.mark.parametrize(
    ("debt", "asked"),
    [
        (Debt(1000, days(-10)), 1000),
        (Debt(1000, days(7)), 1000),
        (Debt(1000, days(8)), 0),  # too early to call about
        (Debt(1000, days(-10), promised=400), 600),
        (Debt(1000, days(-10), disputed=300, promised=400), 300),
        (Debt(1000, days(-10), disputed=800, reported=1000), 0),  # never less than nothing
        (Debt(1000, days(-10), covered=1000), 0),
        (Debt(1000, days(-10), is_paused=True), 0),
    ],
)
def test_only_what_nobody_has_in_hand_is_asked_for(debt: Debt, asked: int) -> None:
    assert debt.asked(TODAY) == asked


def test_a_customer_weighs_its_money_by_how_likely_it_stays_unpaid() -> None:
    found = weighed(Debt(100_000, days(-30), 900), Debt(50_000, days(3), 200), Debt(70_000, days(60), 990))
    assert found.score == 90_000 + 10_000
    assert (found.overdue, found.owed) == (100_000, 220_000)
    assert found.unpaid_permille == 666  # of the 150,000 that are asked for
    assert keys(found) == ["overdue", "soon", "unpaid", "never_contacted"]
    assert found.why[0] == {"key": "overdue", "amount": 100_000, "count": 1, "days": 30}


def test_the_debts_that_nobody_forecast_are_said_to_be_guessed() -> None:
    found = weighed(Debt(75_000, days(-5), 500), Debt(25_000, days(-5)))
    assert {"key": "unpaid", "permille": 487, "guessed": 250} in found.why


def test_what_is_in_hand_is_told_beside_what_weighs() -> None:
    found = weighed(Debt(100_000, days(-30), 500, promised=40_000, disputed=10_000))
    assert found.score == 25_000
    assert found.why[-2:] == ({"key": "promised", "amount": 40_000}, {"key": "disputed", "amount": 10_000})


@pytest.mark.parametrize(
    ("fields", "is_on"),
    [
        ({}, True),
        ({"is_paused": True}, False),
        ({"is_paused": True, "next_on": TODAY}, False),
        ({"contacted_on": days(0), "was_reached": True}, False),
        ({"contacted_on": days(-2), "was_reached": True}, False),
        ({"contacted_on": days(-3), "was_reached": True}, True),
        ({"contacted_on": days(0), "was_reached": False}, False),
        ({"contacted_on": days(-1), "was_reached": False}, True),  # nobody answered: again the next day
        ({"contacted_on": days(-10), "was_reached": True, "next_on": days(1)}, False),
        ({"contacted_on": days(-1), "was_reached": True, "next_on": days(0)}, True),  # agreed for today
        ({"contacted_on": days(-1), "was_reached": True, "next_on": days(-4)}, True),
        ({"contacted_on": days(-2), "was_reached": True, "broken_on": days(-1), "broken": 5}, True),
        ({"contacted_on": days(-2), "was_reached": True, "broken_on": days(-5), "broken": 5}, False),
        ({"contacted_on": days(-9), "next_on": days(5), "broken_on": days(-1), "broken": 5}, True),
    ],
)
def test_who_is_in_hand_is_not_on_the_list(fields: dict[str, Any], is_on: bool) -> None:
    assert (entry(Standing([Debt(1000, days(-10), 500)], **fields), today=TODAY) is not None) is is_on


def test_a_call_agreed_for_today_is_on_the_list_though_all_is_in_hand() -> None:
    found = weighed(Debt(1000, days(-10), promised=1000), contacted_on=days(-1), was_reached=True, next_on=TODAY)
    assert (found.score, keys(found)[0]) == (0, "next")
    assert entry(Standing([], next_on=TODAY), today=TODAY) is None  # it owes nothing any more


def test_debts_without_a_rate_are_on_the_list_and_say_so() -> None:
    found = weighed(unpriced=2)
    assert (found.score, keys(found)) == (0, ["never_contacted", "no_rate"])


def test_the_most_at_stake_comes_first_then_the_most_overdue() -> None:
    def at(score: int, overdue: int) -> Entry:
        return Entry(score, overdue, overdue, 500, ())

    order = ranked([("a", at(10, 0)), ("b", at(30, 5)), ("c", at(30, 9)), ("d", at(10, 0))])
    assert [key for key, _entry in order] == ["c", "b", "a", "d"]


amounts = st.integers(0, 10**12)
debts = st.builds(
    Debt,
    balance=st.integers(1, 10**12),
    due_on=st.integers(-400, 400).map(days),
    permille=st.none() | st.integers(0, 1000),
    promised=amounts, disputed=amounts, reported=amounts, covered=amounts, planned=amounts,
    is_paused=st.booleans(),
)  # fmt: skip


@given(st.lists(debts, max_size=6))
def test_the_weight_is_money_asked_for_and_never_more(owed: list[Debt]) -> None:
    found = entry(Standing(owed), today=TODAY)
    asked = [debt.asked(TODAY) for debt in owed]
    assert all(0 <= part <= debt.balance for part, debt in zip(asked, owed, strict=True))
    if found is None:
        assert not any(asked)
        return
    assert 0 <= found.score <= sum(asked) <= found.owed
    assert 0 <= found.unpaid_permille <= 1000
    told = sum(fact["amount"] for fact in found.why if fact["key"] in ("overdue", "soon"))
    assert told == sum(debt.balance for debt in owed if debt.due_on <= TODAY + AHEAD)


@given(st.lists(debts, min_size=1, max_size=6), st.integers(0, 5), amounts)
def test_taking_more_in_hand_never_raises_the_weight(owed: list[Debt], which: int, more: int) -> None:
    from dataclasses import replace

    target = owed[which % len(owed)]
    eased = [replace(debt, promised=debt.promised + more) if debt is target else debt for debt in owed]
    before, after = (entry(Standing(each), today=TODAY) for each in (owed, eased))
    assert (after.score if after else 0) <= (before.score if before else 0)
