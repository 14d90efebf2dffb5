"""Which complements a set of receipts needs, the place of each instalment, and when each is due."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.fiscal.complement_plan import (
    Ending,
    Line,
    Pair,
    Paper,
    Phase,
    Place,
    Plan,
    Receipt,
    Risk,
    Said,
    Urgency,
    due_on,
    place,
    plan,
    pue_risk,
    tells_today,
    urgency,
)

OPEN, FLYING, STANDING, ENDING = Phase.OPEN, Phase.FLYING, Phase.STANDING, Phase.ENDING
NOV = date(2026, 11, 3)


def money(name: str, on: date = NOV, customer: str = "c", currency: str = "MXN", **lines: int) -> Receipt:
    return Receipt(name, customer, currency, on, {key: Line(paid, paid) for key, paid in lines.items()})


def paper(name: str, phase: Phase, group: str = "", replaces: str = "", stuck: bool = False, **lines: int) -> Paper:
    """Lines as credit_invoice=amount."""
    pairs = {_pair(key): Line(paid, paid) for key, paid in lines.items()}
    return Paper(name, phase, group, pairs, replaces, stuck)


def _pair(text: str) -> Pair:
    credit, _, invoice = text.partition("_")
    return credit, invoice


def said(found: Plan) -> list[tuple[str, str, str, dict[str, int]]]:
    return [
        (d.group, d.paper, d.replaces, {f"{credit}_{key}": line.amount for (credit, key), line in d.lines.items()})
        for d in found.drafts
    ]


def settled(receipts: list[Receipt], papers: list[Paper], is_monthly: bool = False) -> Plan:
    return plan(receipts, papers, is_monthly=is_monthly)


def test_each_receipt_has_its_draft_and_one_payment_of_two_invoices_is_one() -> None:
    found = settled([money("a", A=100, B=50), money("b", A=30)], [])
    assert said(found) == [("a", "", "", {"a_A": 100, "a_B": 50}), ("b", "", "", {"b_A": 30})]
    assert (found.discards, found.endings) == ([], [])


def test_a_month_is_merged_by_customer_and_currency() -> None:
    receipts = [
        money("a", A=100),
        money("b", date(2026, 11, 29), A=30),
        money("c", date(2026, 12, 1), A=7),
        money("d", A=1, currency="USD"),
        money("e", Z=5, customer="other"),
    ]
    groups = {group: lines for group, _paper, _replaces, lines in said(settled(receipts, [], is_monthly=True))}
    assert groups == {
        "c:2026-11:MXN": {"a_A": 100, "b_A": 30},
        "c:2026-12:MXN": {"c_A": 7},
        "c:2026-11:USD": {"d_A": 1},
        "other:2026-11:MXN": {"e_Z": 5},
    }


def test_a_draft_follows_its_money_and_goes_with_it() -> None:
    before = [paper("p", OPEN, "a", a_A=100)]
    assert said(settled([money("a", A=60)], before)) == [("a", "p", "", {"a_A": 60})]
    gone = settled([], before)
    assert (gone.drafts, gone.discards) == ([], ["p"])


def test_on_the_way_to_the_stamp_nothing_is_touched() -> None:
    found = settled([money("a", A=60)], [paper("p", FLYING, "a", a_A=100)])
    assert (found.drafts, found.discards, found.endings, found.live) == ([], [], [], {"p"})


def test_money_undone_ends_its_complement_and_money_moved_is_substituted_first() -> None:
    standing = paper("p", STANDING, "a", a_A=100)
    assert settled([], [standing]).endings == [Ending("p")]
    moved = settled([money("a", B=100)], [standing])
    assert said(moved) == [("for:p", "", "p", {"a_B": 100})]
    assert (moved.endings, moved.live) == ([], set())
    draft = paper("q", OPEN, "for:p", "p", a_B=100)
    again = settled([money("a", B=100)], [standing, draft])
    assert (said(again), again.endings) == ([("for:p", "q", "p", {"a_B": 100})], [])
    flying = settled([money("a", B=100)], [standing, paper("q", FLYING, "for:p", "p", a_B=100)])
    assert (flying.drafts, flying.endings, flying.live) == ([], [], {"q"})
    stamped = settled([money("a", B=100)], [standing, paper("q", STANDING, "for:p", "p", a_B=100)])
    assert (stamped.drafts, stamped.endings, stamped.live) == ([], [Ending("p", "q")], {"q"})
    over = settled([money("a", B=100)], [paper("p", ENDING, "a", a_A=100), paper("q", STANDING, "for:p", "p", a_B=100)])
    assert (over.drafts, over.endings, over.live) == ([], [], {"q"})


def test_money_that_comes_back_needs_no_substitute_any_more() -> None:
    papers = [paper("p", STANDING, "a", a_A=100), paper("q", OPEN, "for:p", "p", a_B=100)]
    found = settled([money("a", A=100)], papers)
    assert (found.drafts, found.discards, found.endings, found.live) == ([], ["q"], [], {"p"})


def test_of_a_month_only_what_is_left_goes_into_the_substitute() -> None:
    month = paper("p", STANDING, "c:2026-11:MXN", a_A=100, b_A=30)
    found = settled([money("b", date(2026, 11, 9), A=30)], [month], is_monthly=True)
    assert said(found) == [("for:p", "", "p", {"b_A": 30})]


def test_what_was_left_in_favour_and_applied_later_has_a_complement_of_its_own() -> None:
    found = settled([money("a", A=100, B=20)], [paper("p", STANDING, "a", a_A=100)])
    assert said(found) == [("a", "", "", {"a_B": 20})]
    assert found.live == {"p"}


def test_a_cancellation_under_way_leaves_room_for_a_new_one_and_a_refused_one_for_a_person() -> None:
    assert said(settled([money("a", A=100)], [paper("p", ENDING, "a", a_A=100)])) == [("a", "", "", {"a_A": 100})]
    stuck = settled([], [paper("p", STANDING, "a", stuck=True, a_A=100)])
    assert (stuck.drafts, stuck.endings, stuck.live) == ([], [], {"p"})


def test_two_in_force_for_the_same_money_leave_one() -> None:
    """The receiver would not let the first one go, and the second was stamped meanwhile."""
    first, second = paper("p", STANDING, "a", stuck=True, a_A=100), paper("q", STANDING, "a", a_A=100)
    found = settled([money("a", A=100)], [first, second])
    assert (found.drafts, found.endings, found.live) == ([], [], {"q"})


PAIRS = st.dictionaries(st.sampled_from(["A", "B", "C"]), st.integers(1, 9), max_size=3)
RECEIPTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), PAIRS, max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Receipt], list[Paper]]:
    receipts = [money(name, **lines) for name, lines in draw(RECEIPTS).items()]
    papers = []
    for number in range(draw(st.integers(0, 4))):
        lines = {(credit, key): Line(n, n) for credit, inner in draw(RECEIPTS).items() for key, n in inner.items()}
        phase = draw(st.sampled_from(list(Phase)))
        replaces = f"p{draw(st.integers(0, number - 1))}" if number and draw(st.booleans()) else ""
        if lines:
            papers.append(Paper(f"p{number}", phase, f"g{number}", lines, replaces, draw(st.booleans())))
    return receipts, papers


@given(histories(), st.booleans())
def test_whatever_happened_each_line_is_said_at_most_once(
    history: tuple[list[Receipt], list[Paper]], is_monthly: bool
) -> None:
    receipts, papers = history
    found = plan(receipts, papers, is_monthly=is_monthly)
    drafted = [pair for draft in found.drafts for pair in draft.lines]
    wanted = {(receipt.id, key) for receipt in receipts for key in receipt.lines}
    assert len(drafted) == len(set(drafted))
    assert set(drafted) <= wanted
    ends = {ending.paper for ending in found.endings}
    assert not ends & found.live
    told = [pair for each in papers if each.id in found.live for pair in each.lines]
    assert len(told) == len(set(told))
    assert not set(told) & set(drafted)
    phases = {each.id: each.phase for each in papers}
    assert all(phases[each] is STANDING for each in ends)
    assert all(phases[each] is OPEN for each in found.discards)


@given(histories())
def test_carried_out_a_plan_asks_for_nothing_more(history: tuple[list[Receipt], list[Paper]]) -> None:
    """Drafts made as it says and the ends begun: the second look finds everything as it should be."""
    receipts, _papers = history
    first = plan(receipts, [], is_monthly=False)
    papers = [Paper(f"n{n}", OPEN, d.group, d.lines, d.replaces) for n, d in enumerate(first.drafts)]
    again = plan(receipts, papers, is_monthly=False)
    assert [(d.paper, d.lines) for d in again.drafts] == [(p.id, p.lines) for p in papers]
    assert again.discards == []
    stamped = [Paper(p.id, STANDING, p.group, p.lines) for p in papers]
    at_rest = plan(receipts, stamped, is_monthly=False)
    assert (at_rest.drafts, at_rest.endings, at_rest.live) == ([], [], {p.id for p in papers})


@pytest.mark.parametrize(
    ("total", "noted", "instalments", "paid", "expected"),
    [
        (900, 100, [], 500, Place(1, 800, 0)),  # the guide's example: what a credit note took off is not owed
        (900, 100, [(1, 500)], 300, Place(2, 300, 500)),
        (900, 0, [(1, 500), (2, 400)], 1, Place(3, 1, 899, lacks=1)),
        (900, 0, [(1, 300), (3, 200)], 300, Place(2, 600, 300)),  # the substitute of one in the middle
        (900, 0, [(2, 200)], 300, Place(1, 900, 0)),
        (900, 0, [(None, 200)], 300, Place(2, 700, 200)),
        (900, 0, [(None, 200), (2, 100)], 300, Place(3, 600, 300)),
    ],
)
def test_the_place_of_an_instalment(
    total: int, noted: int, instalments: list[tuple[int | None, int]], paid: int, expected: Place
) -> None:
    found = place(total=total, noted=noted, said=[Said(*each) for each in instalments], paid=paid)
    assert found == expected


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), st.integers(0, 300))
def test_the_balances_of_instalments_follow_each_other(payments: list[int], noted: int) -> None:
    total = sum(payments) + noted
    told: list[Said] = []
    left = total - noted
    for turn, paid in enumerate(payments, start=1):
        found = place(total=total, noted=noted, said=told, paid=paid)
        assert found == Place(turn, left, sum(payments[: turn - 1]))
        left -= paid
        told.append(Said(found.number, paid))
    assert left == 0


@pytest.mark.parametrize(
    ("paid_on", "day", "expected"),
    [
        (date(2026, 11, 1), 5, date(2026, 12, 5)),  # a Saturday: natural days, no weekend moves it
        (date(2026, 11, 30), 5, date(2026, 12, 5)),
        (date(2026, 12, 31), 5, date(2027, 1, 5)),
        (date(2027, 1, 31), 31, date(2027, 2, 28)),
        (date(2026, 11, 2), 10, date(2026, 12, 10)),
    ],
)
def test_the_deadline(paid_on: date, day: int, expected: date) -> None:
    assert due_on(paid_on, day=day) == expected


def test_how_pressing_it_is() -> None:
    due = date(2026, 12, 5)
    days = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 5), date(2026, 12, 6)]
    assert [urgency(due, day) for day in days] == [Urgency.CALM, Urgency.SOON, Urgency.TODAY, Urgency.LATE]
    told = [day for day in range(1, 32) if tells_today(date(2026, 12, day))]
    assert told == [1, 3, 5, 6]


@pytest.mark.parametrize(
    ("balance", "today", "expected"),
    [
        (100, date(2026, 11, 24), None),
        (100, date(2026, 11, 25), Risk.WATCH),
        (100, date(2026, 11, 30), Risk.WATCH),
        (100, date(2026, 12, 1), Risk.BROKEN),
        (0, date(2026, 12, 1), None),
    ],
)
def test_a_pue_invoice_that_nobody_paid(balance: int, today: date, expected: Risk | None) -> None:
    assert pue_risk(date(2026, 11, 10), balance=balance, today=today) == expected
