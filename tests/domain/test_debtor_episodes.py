"""From dated facts to events: a table, what is our own fault, and whole customers told by date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.debtor_episodes import Contact, Debt, Fault, Happening, Reminder, episodes_of
from aldia.domain.debtor_types import DebtorType, Event, judge

TODAY = date(2026, 11, 20)
DUE = date(2026, 6, 1)


def on(days: int) -> date:
    """So many days after it fell due."""
    return DUE + timedelta(days=days)


def debt(*money: tuple[int, int], key: str = "a", ended: int | None = None, due: int = 0, **fields: Any) -> Debt:
    """Owed 1,000 from `DUE` + `due`; money and end by days since `DUE`."""
    values: dict[str, Any] = {"issued_on": on(due - 30), "amount": 1000, **fields}
    if "reminded" in values:
        values["reminders"] = tuple(Reminder(on(day)) for day in values.pop("reminded"))
    paid = tuple((on(day), amount) for day, amount in money)
    return Debt(key=key, due_on=on(due), money=paid, ended_on=None if ended is None else on(ended), **values)


def events(*debts: Debt, told: list[Happening] | None = None, calls: list[Contact] | None = None) -> list[set[str]]:
    found = episodes_of(debts, told or (), calls or (), today=TODAY)
    return [{str(seen.event) for seen in each.events} for each in found]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (debt((0, 1000), ended=0), []),
        (debt((3, 1000), ended=3), []),  # a weekend is no delay
        (debt((10, 1000), ended=10), [set()]),  # late, and nobody asked
        (debt((10, 1000), ended=10, reminded=[8]), [{"paid_soon_after_reminder"}]),
        (debt((10, 1000), ended=10, reminded=[1, 7]), [{"paid_soon_after_reminder"}]),
        (debt((12, 1000), ended=12, reminded=[1, 8]), [set()]),  # four days after the second
        (debt((20, 1000), ended=20, reminded=[-3, 0, 18]), [{"paid_soon_after_reminder"}]),  # before it was due
        (debt((20, 1000), ended=20, reminded=[1, 8, 15]), [{"paid_after_many_reminders"}]),
        (debt((40, 1000), ended=40, reminders=(Reminder(on(9)), Reminder(on(30), True))), [{"paid_after_ultimatum"}]),
        (debt((20, 1000), ended=20, reminders=(Reminder(on(30), True),)), [set()]),  # the last word came after it
        (debt((5, 400), (20, 600), ended=20), [{"partial_or_plan"}]),
        (debt((-5, 400), (20, 600), ended=20), [set()]),  # the part came before it fell due
        (debt((5, 400)), [{"partial_or_plan"}]),
        (debt(ended=30), [set()]),  # a credit note, not money
    ],
)  # fmt: skip
def test_what_one_document_says(made: Debt, expected: list[set[str]]) -> None:
    assert events(made) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([False, False, False], {"no_answer"}),
        ([False, False, True, False, False], set()),
        ([True, False, False, False], {"no_answer"}),
        ([False, False], set()),
    ],
)
def test_three_calls_in_a_row_that_nobody_answers(answers: list[bool], expected: set[str]) -> None:
    calls = [Contact(on(5 + place), answer) for place, answer in enumerate(answers)]
    assert events(debt((30, 1000), ended=30), calls=calls) == [expected]
    earlier = [Contact(on(-20 + place), answer) for place, answer in enumerate(answers)]
    assert events(debt((30, 1000), ended=30), calls=earlier) == [set()]


def test_going_on_to_buy_or_to_pay_newer_ones_while_the_old_one_is_open() -> None:
    old = debt((60, 1000), ended=60)
    bought = debt(key="b", due=75, issued_on=on(45))
    soon = debt((70, 1000), key="b", due=70, ended=70, issued_on=on(10))
    newer_paid = debt((40, 1000), key="b", due=40, ended=40, issued_on=on(10))
    assert "keeps_ordering" in events(old, bought)[0]
    assert events(old, soon) == [set()]  # bought in the first fortnight: it may not have been noticed yet
    assert "keeps_ordering" in events(old, newer_paid)[0]


def test_a_longer_delay_of_a_larger_one_or_at_the_end_of_the_month() -> None:
    usual = [debt((due + 6, 1000), key=str(due), due=due, ended=due + 6, issued_on=on(due)) for due in (0, 30, 61)]
    large = debt((122, 2000), key="x", due=91, ended=122, amount=2000, issued_on=on(91))
    assert events(*usual, large)[-1] == {"delay_grew_with_size"}
    small = debt((122, 1000), key="x", due=91, ended=122, issued_on=on(91))  # 31 August: the end of the month
    assert events(*usual, small)[-1] == {"delay_grew_with_size"}
    middle = debt((116, 1000), key="x", due=85, ended=116, issued_on=on(85))  # 25 August
    assert events(*usual, middle)[-1] == set()
    dollars = debt((122, 2000), key="x", due=91, ended=122, amount=2000, issued_on=on(91), currency="USD")
    assert events(*usual, dollars)[-1] == set()


def test_documents_of_a_day_are_one_episode_and_each_event_counts_once() -> None:
    pair = [debt((5, 400), (8, 100), (20, 500), key=key, ended=20) for key in "ab"]
    told = [Happening(Event.PROMISE_BROKEN, on(day), ("a", "b")) for day in (9, 14)]
    found = episodes_of(pair, told, today=TODAY)
    assert [(each.since, [(str(seen.event), seen.on) for seen in each.events]) for each in found] == [
        (DUE, [("partial_or_plan", on(5)), ("promise_broken", on(9))])
    ]


def test_an_event_belongs_to_the_oldest_episode_that_it_names() -> None:
    first, second = debt((40, 1000), key="a", ended=40), debt((45, 1000), key="b", due=14, ended=45, issued_on=on(0))
    told = [
        Happening(Event.PROMISE_BROKEN, on(20), ("a", "b")), Happening(Event.ASKED_FOR_COPY, on(20)),
        Happening(Event.PROMISE_KEPT, on(45), ("b",)), Happening(Event.ASKED_FOR_COPY, on(-10)),
    ]  # fmt: skip
    assert events(first, second, told=told) == [{"promise_broken", "asked_for_copy"}, {"promise_kept"}]


@pytest.mark.parametrize("fault", [Fault.SENT_LATE, Fault.UNAPPLIED, Fault.NO_COMPLEMENT, Fault.CARRIED_IN])
def test_what_was_our_fault_says_nothing(fault: Fault) -> None:
    made = debt((5, 400), (40, 600), ended=40, reminded=[1, 8, 15], fault=fault)
    told = [Happening(Event.PROMISE_BROKEN, on(20), ("a",)), Happening(Event.NO_ANSWER, on(20))]
    assert events(made, told=told) == []


def test_of_what_the_customer_was_right_about_only_the_dispute_remains() -> None:
    made = debt((40, 1000), ended=40, reminded=[1, 8, 15], fault=Fault.CUSTOMER_WAS_RIGHT)
    told = [
        Happening(Event.PROMISE_BROKEN, on(20), ("a",)), Happening(Event.DISPUTE_OPENED, on(3), ("a",)),
        Happening(Event.PAID_AFTER_DISPUTE, on(40), ("a",)),
    ]  # fmt: skip
    calls = [Contact(on(day), False) for day in (5, 6, 7)]
    assert events(made, told=told, calls=calls) == [{"dispute_opened", "paid_after_dispute"}]


def month(n: int, **fields: Any) -> dict[str, Any]:
    return {"key": str(n), "due": 30 * n, **fields}


def who_forgets() -> tuple[list[Debt], list[Happening]]:
    made = [debt((30 * n + 9, 1000), **month(n, ended=30 * n + 9, reminded=[30 * n + 7])) for n in range(3)]
    return made, [Happening(Event.ASKED_FOR_COPY, on(8))]


def who_cannot() -> tuple[list[Debt], list[Happening]]:
    made = [debt((30 * n + 5, 300), (30 * n + 14, 700), **month(n, ended=30 * n + 14)) for n in range(2)]
    return made, [Happening(Event.PROMISE_KEPT, on(30 * n + 14), (str(n),)) for n in range(2)]


def who_will_not() -> tuple[list[Debt], list[Happening]]:
    made = [
        debt((30 * n + 29, 1000), **month(n, ended=30 * n + 29, reminders=(Reminder(on(30 * n + 20), True),)))
        for n in range(3)
    ]
    return made, [Happening(Event.PROMISE_BROKEN, on(30 * n + 10), (str(n),)) for n in range(3)]


def who_lets_it_lie() -> tuple[list[Debt], list[Happening]]:
    reminded = [1, 8, 15]
    made = [
        debt((30 * n + 18, 1000), **month(n, ended=30 * n + 18, reminded=[30 * n + day for day in reminded]))
        for n in range(3)
    ]
    return made, [Happening(Event.NO_ANSWER, on(30 * n + 12), (str(n),)) for n in range(2)]


def who_contests() -> tuple[list[Debt], list[Happening]]:
    made = [debt((30, 1000), **month(0, ended=30))]
    return made, [
        Happening(Event.DISPUTE_OPENED, on(3), ("0",)), Happening(Event.PAID_AFTER_DISPUTE, on(30), ("0",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "expected", "needs_person"),
    [
        (who_forgets, DebtorType.DISORGANISED, False),
        (who_cannot, DebtorType.FORTUITOUS, False),
        (who_will_not, DebtorType.INTENTIONAL, True),
        (who_lets_it_lie, DebtorType.NEGLIGENT, False),
        (who_contests, DebtorType.CIRCUMSTANTIAL, False),
    ],
)
def test_whole_customers(story: Any, expected: DebtorType, needs_person: bool) -> None:
    debts, told = story()
    verdict = judge(episodes_of(debts, told, today=TODAY), today=TODAY)
    assert (verdict.type, verdict.needs_person) == (expected, needs_person)
    assert verdict.because  # never a bare label


days = st.integers(-30, 160)


@given(
    st.lists(st.tuples(days, st.lists(st.tuples(days, st.integers(1, 500)), max_size=4), st.booleans()), max_size=8),
    st.lists(st.tuples(st.sampled_from(list(Event)), days, st.integers(0, 8)), max_size=8),
    st.lists(st.tuples(days, st.booleans()), max_size=8),
)
def test_whatever_happened_it_is_told_within_reason(
    made: list[tuple[int, list[tuple[int, int]], bool]],
    told: list[tuple[Event, int, int]],
    calls: list[tuple[int, bool]],
) -> None:
    debts = [
        Debt(n, on(due - 30), on(due), 1000, tuple((on(day), amount) for day, amount in money),
             max((on(day) for day, _amount in money), default=on(due)) if ended else None)
        for n, (due, money, ended) in enumerate(made)
    ]  # fmt: skip
    happenings = [Happening(event, on(day), (key,) if key else ()) for event, day, key in told]
    found = episodes_of(debts, happenings, [Contact(on(day), answered) for day, answered in calls], today=TODAY)
    assert [each.since for each in found] == sorted({each.since for each in found})
    overdue = {each.due_on for each in debts if (each.ended_on or TODAY) > each.due_on + timedelta(days=3)}
    assert {each.since for each in found} == overdue
    for each in found:
        kinds = [seen.event for seen in each.events]
        assert len(kinds) == len(set(kinds))
    counted: dict[Event, int] = {}
    for event, _day, _key in told:
        counted[event] = counted.get(event, 0) + 1
    for event in (Event.PROMISE_KEPT, Event.DISPUTE_OPENED, Event.ASKED_FOR_COPY):
        assert sum(seen.event == event for each in found for seen in each.events) <= counted.get(event, 0)
