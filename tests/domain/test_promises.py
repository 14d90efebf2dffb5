"""Whether promises are kept: by date and by hand, and what no history of payments can break."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.promises import PromisedPart, PromiseState, held_parts, judge, last_day

MADE, DUE = date(2026, 11, 2), date(2026, 11, 10)
LATER = DUE + timedelta(days=30)


def part(then: int, now: int, *money: tuple[date, int]) -> PromisedPart:
    return PromisedPart(then, now, money)


@pytest.mark.parametrize(
    ("amount", "parts", "as_of", "state", "paid", "needed"),
    [
        (1000, [part(1000, 1000)], DUE, "open", 0, 1000),
        (1000, [part(1000, 1000)], DUE + timedelta(days=1), "broken", 0, 1000),
        (1000, [part(1000, 0, (DUE, 1000))], DUE, "kept", 1000, 1000),
        (1000, [part(1000, 0, (MADE, 1000))], MADE, "kept", 1000, 1000),
        (1000, [part(1000, 400, (DUE, 600))], DUE, "open", 600, 1000),
        (1000, [part(1000, 400, (DUE, 600))], LATER, "partly", 600, 1000),
        # the money came, but after its day
        (1000, [part(1000, 0, (DUE + timedelta(days=5), 1000))], LATER, "broken", 0, 1000),
        # the first of two payments in time, the second too late
        (1000, [part(1000, 0, (DUE, 300), (LATER, 700))], LATER, "partly", 300, 1000),
        # two documents, paid between them
        (1500, [part(1000, 0, (DUE, 1000)), part(1000, 500, (DUE, 500))], LATER, "kept", 1500, 1500),
        # a credit note took 200: what is left of the debt is enough
        (1000, [part(1000, 0, (DUE, 800))], LATER, "kept", 800, 800),
        # promised less than owed: a credit note changes nothing
        (1000, [part(5000, 3800, (DUE, 1000))], LATER, "kept", 1000, 1000),
        (1000, [part(5000, 4800)], LATER, "broken", 0, 1000),
        # cancelled: nothing is left to be paid
        (1000, [part(1000, 0)], LATER, "kept", 0, 0),
        # paid before it was promised, on the same day: the balance then already knew
        (700, [part(700, 700, (MADE, 300))], LATER, "broken", 0, 700),
        # the debt grew again (a payment of before was undone): nothing was paid since
        (700, [part(700, 1000)], DUE, "open", 0, 700),
    ],
)
def test_by_hand(amount: int, parts: list[PromisedPart], as_of: date, state: str, paid: int, needed: int) -> None:
    found = judge(amount, parts, promised_on=MADE, last=DUE, as_of=as_of)
    assert (found.state, found.paid, found.needed) == (state, paid, needed)


def test_withdrawn_is_withdrawn_whatever_was_paid() -> None:
    paid = part(1000, 0, (DUE, 1000))
    found = judge(1000, [paid], promised_on=MADE, last=DUE, as_of=LATER, is_withdrawn=True)
    assert found.state == PromiseState.WITHDRAWN


@pytest.mark.parametrize(
    ("due_on", "grace", "last"),
    [
        (date(2026, 11, 10), 0, date(2026, 11, 10)),
        (date(2026, 11, 10), 1, date(2026, 11, 11)),
        (date(2026, 11, 13), 1, date(2026, 11, 17)),  # Friday; Monday 16 is a bank holiday in Mexico
        (date(2026, 11, 14), 1, date(2026, 11, 18)),  # Saturday: paid on Tuesday 17, there on the 18th
        (date(2026, 12, 12), 2, date(2026, 12, 16)),
    ],
)
def test_a_transfer_takes_bank_days(due_on: date, grace: int, last: date) -> None:
    assert last_day(due_on, country="MX", grace_days=grace) == last


payments = st.lists(st.tuples(st.dates(MADE, LATER), st.integers(1, 500)), max_size=6)


@st.composite
def histories(draw: st.DrawFn) -> list[PromisedPart]:
    """Debts with payments and, now and then, something else that lowered them."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        then = draw(st.integers(1, 2000))
        left, money = then, []
        for on, amount in sorted(draw(payments)):
            take = min(left, amount)
            if take:
                money.append((on, take))
                left -= take
        left -= draw(st.integers(0, left))
        found.append(PromisedPart(then, left, tuple(money)))
    return found


@given(histories(), st.integers(1, 4000), st.dates(MADE, LATER))
def test_the_state_follows_from_what_came_in_time(parts: list[PromisedPart], amount: int, as_of: date) -> None:
    found = judge(amount, parts, promised_on=MADE, last=DUE, as_of=as_of)
    assert 0 <= found.needed <= amount
    assert (found.state == PromiseState.KEPT) == (found.paid >= found.needed)
    assert (found.state == PromiseState.OPEN) == (found.paid < found.needed and as_of <= DUE)
    assert (found.state == PromiseState.PARTLY) == (0 < found.paid < found.needed and as_of > DUE)
    assert found.paid + found.late <= sum(each.owed_then - each.owed_now for each in parts)


@given(histories(), st.integers(1, 4000), st.integers(0, 40), st.integers(0, 40))
def test_once_kept_it_stays_kept(parts: list[PromisedPart], amount: int, one: int, more: int) -> None:
    """With the same balances, a later look never takes a kept promise back."""
    first = judge(amount, parts, promised_on=MADE, last=DUE, as_of=MADE + timedelta(days=one))
    then = judge(amount, parts, promised_on=MADE, last=DUE, as_of=MADE + timedelta(days=one + more))
    assert then.paid >= first.paid
    if first.state == PromiseState.KEPT and first.needed == then.needed:
        assert then.state == PromiseState.KEPT


@given(histories(), st.integers(1, 4000))
def test_more_patience_never_makes_it_worse(parts: list[PromisedPart], amount: int) -> None:
    rank = [PromiseState.BROKEN, PromiseState.PARTLY, PromiseState.KEPT]
    strict = judge(amount, parts, promised_on=MADE, last=DUE, as_of=LATER + timedelta(days=30))
    patient = judge(amount, parts, promised_on=MADE, last=LATER, as_of=LATER + timedelta(days=30))
    assert rank.index(patient.state) >= rank.index(strict.state)


@pytest.mark.parametrize(
    ("amount", "parts", "held"),
    [
        (1000, [(1000, 1000)], [1000]),
        (400, [(1000, 1000)], [400]),  # the rest is asked for
        (400, [(1000, 700)], [100]),  # 300 came already
        (400, [(1000, 600)], [0]),  # kept
        (1200, [(1000, 1000), (500, 500)], [1000, 200]),  # the oldest first
        (1200, [(1000, 0), (500, 500)], [0, 200]),
        (1000, [(1000, 1300)], [1000]),  # the debt grew: what is more was not promised
    ],
)
def test_a_promise_speaks_for_its_part_only(amount: int, parts: list[tuple[int, int]], held: list[int]) -> None:
    assert held_parts(amount, parts) == held


@given(st.integers(1, 5000), st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 2000)), min_size=1, max_size=5))
def test_it_never_holds_more_than_is_promised_or_owed(amount: int, parts: list[tuple[int, int]]) -> None:
    held = held_parts(amount, parts)
    fell = sum(max(0, then - now) for then, now in parts)
    assert all(0 <= each <= now for each, (_then, now) in zip(held, parts, strict=True))
    assert sum(held) == min(max(amount - fell, 0), sum(now for _then, now in parts))
