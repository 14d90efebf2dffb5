from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.allocation import (
    NAMED,
    POLICIES,
    NamedTwice,
    OpenItem,
    OverAmount,
    OverBalance,
    Plan,
    UnknownItem,
    allocate,
)

D = date(2026, 1, 1)
BY_ITSELF = sorted(set(POLICIES) - {NAMED})


def item(key: str, balance: int, due: int = 0, issued: int = 0, number: str = "") -> OpenItem:
    return OpenItem(key, balance, D + timedelta(days=due), D + timedelta(days=issued), number)


def paid(plan: Plan) -> dict[str, int]:
    return {line.key: line.amount for line in plan.lines}


ITEMS = st.lists(
    st.builds(
        item, st.text("abcdef", min_size=1, max_size=3), st.integers(0, 60), st.integers(0, 3), st.integers(0, 3)
    ),
    max_size=9,
    unique_by=lambda each: each.key,
)
AMOUNT = st.integers(0, 400)


@given(AMOUNT, ITEMS, st.sampled_from(BY_ITSELF))
def test_nothing_is_lost_created_or_overpaid(amount: int, items: list[OpenItem], policy: str) -> None:
    plan = allocate(amount, items, policy)
    balances = {each.key: each.balance for each in items}
    assert plan.allocated + plan.left == amount
    assert plan.left >= 0
    assert len(paid(plan)) == len(plan.lines)
    assert all(0 < line.amount <= balances[line.key] for line in plan.lines)
    assert plan.left == 0 or plan.allocated == sum(balances.values())  # all is paid before something is left
    assert sum(line.amount < balances[line.key] for line in plan.lines) <= 1  # at most one in part


@given(AMOUNT, ITEMS, st.sampled_from(BY_ITSELF), st.randoms(use_true_random=False))
def test_the_order_of_the_items_is_irrelevant(amount: int, items: list[OpenItem], policy: str, random: object) -> None:
    mixed = list(items)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert allocate(amount, mixed, policy) == allocate(amount, items, policy)


@given(AMOUNT, ITEMS)
def test_oldest_first_pays_no_younger_one_while_an_older_is_owed(amount: int, items: list[OpenItem]) -> None:
    for policy, day in (("oldest_due", "due_on"), ("oldest_issued", "issued_on")):
        plan = paid(allocate(amount, items, policy))
        for older in items:
            for younger in items:
                if getattr(older, day) < getattr(younger, day) and younger.key in plan:
                    assert plan.get(older.key, 0) == older.balance


@given(AMOUNT, ITEMS)
def test_exact_finds_a_set_whenever_there_is_one_and_the_smallest(amount: int, items: list[OpenItem]) -> None:
    owed = [each for each in items if each.balance]
    sizes = [n for n in range(1, len(owed) + 1) for s in combinations(owed, n) if sum(e.balance for e in s) == amount]
    plan = allocate(amount, items, "exact_else_oldest")
    if sizes:
        assert plan.left == 0
        balances = {each.key: each.balance for each in items}
        assert all(line.amount == balances[line.key] for line in plan.lines)
        assert len(plan.lines) == min(sizes)
    else:
        assert plan == allocate(amount, items, "oldest_due")


INVOICES = [
    item("A", 100, due=30, issued=0, number="1"),
    item("B", 300, due=10, issued=5, number="2"),
    item("C", 200, due=20, issued=10, number="3"),
    item("Z", 0, due=1),
]


@pytest.mark.parametrize(
    ("policy", "amount", "lines", "left"),
    [
        ("oldest_due", 350, {"B": 300, "C": 50}, 0),
        ("oldest_issued", 350, {"A": 100, "B": 250}, 0),
        ("largest", 350, {"B": 300, "C": 50}, 0),
        ("largest", 550, {"B": 300, "C": 200, "A": 50}, 0),
        ("exact_else_oldest", 200, {"C": 200}, 0),
        ("exact_else_oldest", 500, {"B": 300, "C": 200}, 0),
        ("exact_else_oldest", 300, {"B": 300}, 0),  # one item rather than A and C
        ("exact_else_oldest", 350, {"B": 300, "C": 50}, 0),
        ("oldest_due", 700, {"B": 300, "C": 200, "A": 100}, 100),
        ("oldest_due", 0, {}, 0),
    ],
)
def test_policies(policy: str, amount: int, lines: dict[str, int], left: int) -> None:
    plan = allocate(amount, INVOICES, policy)
    assert (paid(plan), plan.left) == (lines, left)
    assert list(paid(plan)) == list(lines)


def test_ties_are_settled_by_number_and_then_key() -> None:
    twins = [item("b", 10, number="2"), item("a", 10, number="2"), item("c", 10, number="1")]
    for policy in BY_ITSELF:
        assert list(paid(allocate(25, twins, policy))) == ["c", "a", "b"]


def test_too_many_items_to_try_every_set_fall_back_to_the_oldest() -> None:
    many = [item(f"{n:04d}", 2, due=n) for n in range(2000)]
    plan = allocate(5, many, "exact_else_oldest")
    assert paid(plan) == {"0000": 2, "0001": 2, "0002": 1}
    assert paid(allocate(2, many, "exact_else_oldest")) == {"0000": 2}


@pytest.mark.parametrize(
    ("amount", "named", "lines", "left"),
    [
        (350, [("C", None), ("A", None)], {"C": 200, "A": 100}, 50),
        (250, [("C", None), ("A", None)], {"C": 200, "A": 50}, 0),
        (350, [("A", 40), ("B", 60)], {"A": 40, "B": 60}, 250),
        (100, [("A", 0), ("B", None)], {"B": 100}, 0),
        (350, [], {}, 350),
    ],
)
def test_named_pays_those_in_their_order_and_no_other(
    amount: int, named: list[tuple[str, int | None]], lines: dict[str, int], left: int
) -> None:
    plan = allocate(amount, INVOICES, NAMED, named)
    assert (list(paid(plan).items()), plan.left) == (list(lines.items()), left)


@pytest.mark.parametrize(
    ("named", "error", "says"),
    [
        ([("X", None)], UnknownItem, "X no está abierto"),
        ([("A", None), ("A", 1)], NamedTwice, "1 aparece dos veces"),
        ([("A", 101)], OverBalance, "documento 1 más de lo que se debe"),
        ([("A", 100), ("B", 251)], OverAmount, "suman más"),
    ],
)
def test_what_a_person_asks_and_cannot_be_is_refused(
    named: list[tuple[str, int | None]], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        allocate(350, INVOICES, NAMED, named)


def test_what_no_caller_may_ask() -> None:
    with pytest.raises(ValueError, match="negative amount"):
        allocate(-1, [], "largest")
    with pytest.raises(ValueError, match="negative"):
        allocate(1, [item("a", -1)], "largest")
    with pytest.raises(ValueError, match="twice"):
        allocate(1, [item("a", 1), item("a", 2)], "largest")
    with pytest.raises(ValueError, match="named"):
        allocate(1, [item("a", 1)], "largest", [("a", None)])
    with pytest.raises(ValueError, match="negative amount was asked"):
        allocate(1, [item("a", 1)], NAMED, [("a", -1)])
    with pytest.raises(KeyError):
        allocate(1, [], "newest")
