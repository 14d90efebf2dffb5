"""The seven steps: tables by date, and a second model that asks day by day over random histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain import steps
from aldia.domain.steps import Facts, Move, Plan, PromisedDay, Reminder, Span, Why

ISSUED, DUE = date(2026, 3, 1), date(2026, 3, 31)
PLAIN = Facts(issued_on=ISSUED, due_on=DUE, total=1_000_00)


def day(number: int) -> date:
    """Days from that of issue."""
    return ISSUED + timedelta(days=number)


WORD = PromisedDay(Span(day(10)), day(33))
TABLE = [
    ("before it exists", PLAIN, -1, 0, Why.CLOSED),
    ("issued", PLAIN, 0, 1, Why.ISSUED),
    ("sent tomorrow is not sent today", replace(PLAIN, sent=(day(6),)), 5, 1, Why.ISSUED),
    ("sent", replace(PLAIN, sent=(day(5),)), 5, 2, Why.SENT),
    ("due date moved", replace(PLAIN, moves=(Move(day(4), day(20), DUE),)), 4, 3, Why.DATE_MOVED),
    ("moved there and back", replace(PLAIN, moves=(Move(day(4), DUE, day(40)), Move(day(6), day(40), DUE))), 7, 1,
     Why.ISSUED),
    ("by a plan", replace(PLAIN, plans=(Plan(Span(day(3))),)), 3, 3, Why.PLAN),
    ("promised", replace(PLAIN, promises=(WORD,)), 10, 3, Why.PROMISE),
    ("promise withdrawn", replace(PLAIN, promises=(PromisedDay(Span(day(10), day(12)), day(33)),)), 12, 1, Why.ISSUED),
    ("reminded", replace(PLAIN, sent=(day(2),), reminders=(Reminder(day(27), DUE),)), 27, 4, Why.REMINDED),
    ("reminded of another date", replace(PLAIN, moves=(Move(day(28), day(29), DUE),),
                                         reminders=(Reminder(day(27), day(29)),)), 28, 3, Why.DATE_MOVED),
    ("reminded of another date, no move known", replace(PLAIN, reminders=(Reminder(day(9), day(12)),)), 10, 2,
     Why.SENT),
    ("the due day itself is not overdue", PLAIN, 30, 1, Why.ISSUED),
    ("fallen due", replace(PLAIN, reminders=(Reminder(day(27), DUE),)), 31, 5, Why.FALLEN_DUE),
    ("reminded again", replace(PLAIN, reminders=(Reminder(day(33), DUE),)), 33, 6, Why.REMINDED_AFTER),
    ("a letter", replace(PLAIN, reminders=(Reminder(day(33), DUE, True),)), 33, 7, Why.LETTER),
    ("a letter before due is a reminder", replace(PLAIN, reminders=(Reminder(day(20), DUE, True),)), 31, 5,
     Why.FALLEN_DUE),
    ("worked before due", replace(PLAIN, worked=(day(30),)), 31, 5, Why.FALLEN_DUE),
    ("worked", replace(PLAIN, worked=(day(31),)), 31, 7, Why.WORKED),
    ("disputed", replace(PLAIN, disputes=(Span(day(8), day(40)),)), 31, 7, Why.DISPUTED),
    ("dispute over", replace(PLAIN, disputes=(Span(day(8), day(40)),)), 40, 5, Why.FALLEN_DUE),
    ("disputed, not due", replace(PLAIN, disputes=(Span(day(8)),)), 20, 1, Why.ISSUED),
    ("a plan in arrears", replace(PLAIN, plans=(Plan(Span(day(3))),)), 31, 7, Why.PLAN_LATE),
    ("a plan cancelled", replace(PLAIN, plans=(Plan(Span(day(3), day(20))),)), 31, 5, Why.FALLEN_DUE),
    ("a plan broken", replace(PLAIN, plans=(Plan(Span(day(3), day(20)), True),)), 31, 7, Why.PLAN_LATE),
    ("promised before due, broken", replace(PLAIN, promises=(PromisedDay(Span(day(10)), day(12)),)), 31, 5,
     Why.FALLEN_DUE),
    ("promised late", replace(PLAIN, promises=(PromisedDay(Span(day(32)), day(50)),)), 32, 7, Why.PROMISED_LATE),
    ("sixty days late", PLAIN, 30 + steps.LONG_OVERDUE, 5, Why.FALLEN_DUE),
    ("more than sixty days late", PLAIN, 31 + steps.LONG_OVERDUE, 7, Why.LONG_OVERDUE),
    ("paid in part", replace(PLAIN, applied=((day(5), 400_00),)), 5, 1, Why.ISSUED),
    ("paid", replace(PLAIN, applied=((day(5), 400_00), (day(9), 600_00))), 9, 0, Why.CLOSED),
    ("payment taken back", replace(PLAIN, applied=((day(5), 1_000_00), (day(9), -1_000_00))), 9, 1, Why.ISSUED),
    ("voided", replace(PLAIN, voided_on=day(5)), 5, 0, Why.CLOSED),
    ("the day before it was voided", replace(PLAIN, voided_on=day(5)), 4, 1, Why.ISSUED),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "on", "step", "why"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_step_of_a_day(facts: Facts, on: int, step: int, why: Why) -> None:
    assert steps.standing(facts, day(on)) == steps.Standing(step, why)


def test_the_whole_way_of_a_receivable_that_is_moved_and_then_paid() -> None:
    facts = replace(
        PLAIN,
        due_on=day(45),
        moves=(Move(day(36), DUE, day(45)),),
        sent=(day(1),),
        reminders=(Reminder(day(27), DUE), Reminder(day(34), DUE), Reminder(day(43), day(45))),
        applied=((day(20), 100_00), (day(50), 900_00)),
    )
    way = steps.passages(facts, start=0, after=day(-1), until=day(90))
    assert [((each.on - ISSUED).days, each.from_step, each.to_step, each.balance) for each in way] == [
        (0, 0, 1, 1_000_00),
        (1, 1, 2, 1_000_00),
        (27, 2, 4, 900_00),
        (31, 4, 5, 900_00),
        (34, 5, 6, 900_00),
        (36, 6, 3, 900_00),
        (43, 3, 4, 900_00),
        (46, 4, 5, 900_00),
        (50, 5, 0, 900_00),
    ]
    assert steps.since(facts, day(40)) == day(36)


# A second model, as plain as can be: it knows of no days that matter, and walks them all.

DAYS = st.integers(min_value=-3, max_value=70)


@st.composite
def histories(draw: st.DrawFn) -> Facts:
    moves, due = [], 30
    for on in sorted(draw(st.lists(DAYS, max_size=3))):
        to = draw(st.integers(min_value=0, max_value=60))
        moves.append(Move(day(on), day(due), day(to)))
        due = to
    spans = st.builds(
        lambda start, length: Span(day(start), None if length is None else day(start + length)),
        DAYS,
        st.none() | st.integers(min_value=0, max_value=30),
    )
    return Facts(
        issued_on=ISSUED,
        due_on=day(due),
        total=100,
        applied=tuple((day(on), amount) for on, amount in draw(st.lists(st.tuples(DAYS, st.sampled_from((-40, 40, 60))),
                                                                      max_size=4))),
        voided_on=draw(st.none() | DAYS.map(day)),
        moves=tuple(moves),
        sent=tuple(map(day, draw(st.lists(DAYS, max_size=2)))),
        reminders=tuple(
            Reminder(day(on), day(named), letter)
            for on, named, letter in draw(st.lists(st.tuples(DAYS, st.sampled_from((30, due)), st.booleans()),
                                                   max_size=3))
        ),
        plans=tuple(draw(st.lists(st.builds(Plan, spans, st.booleans()), max_size=1))),
        promises=tuple(PromisedDay(span, span.start + timedelta(days=days)) for span, days in draw(
            st.lists(st.tuples(spans, st.integers(min_value=0, max_value=20)), max_size=2))),
        disputes=tuple(draw(st.lists(spans, max_size=2))),
        worked=tuple(map(day, draw(st.lists(DAYS, max_size=2)))),
    )  # fmt: skip


def obvious(facts: Facts, on: date) -> int:
    """The step of a day, by asking for the seventh first and so on down."""
    paid = sum(amount for when, amount in facts.applied if when <= on)
    if on < facts.issued_on or (facts.voided_on and on >= facts.voided_on) or paid >= facts.total:
        return 0
    due = facts.due_on
    for move in reversed(facts.moves):
        if move.on > on:
            due = move.old

    def stands(span: Span) -> bool:
        return on >= span.start and not (span.end and on >= span.end)

    late = on > due
    answers = {
        7: late
        and (
            on > due + timedelta(days=60)
            or any(due < when <= on for when in facts.worked)
            or any(due < each.on <= on for each in facts.reminders if each.is_letter)
            or any(stands(span) for span in facts.disputes)
            or any(
                stands(each.span) or bool(each.is_broken and each.span.end and on >= each.span.end)
                for each in facts.plans
            )
            or any(stands(each.span) and each.span.start > due for each in facts.promises)
        ),
        6: late and any(due < each.on <= on for each in facts.reminders),
        5: late,
        4: any(each.on <= on and each.due_on == due for each in facts.reminders),
        3: any(stands(each.span) for each in facts.plans)
        or any(stands(each.span) and each.due_on >= on for each in facts.promises)
        or bool(facts.moves and facts.moves[0].on <= on and facts.moves[0].old != due),
        2: any(when <= on for when in facts.sent) or any(each.on <= on for each in facts.reminders),
    }
    return next((step for step, holds in answers.items() if holds), 1)


@given(histories())
def test_each_day_has_exactly_one_step_and_the_passages_lead_there(facts: Facts) -> None:
    way = steps.passages(facts, start=0, after=day(-5), until=day(140))
    step, moves = 0, {each.on: each for each in way}
    for number in range(-4, 141):
        on = day(number)
        if on in moves:
            assert moves[on].from_step == step
            assert moves[on].balance >= 0
            step = moves[on].to_step
        assert step == steps.step_of(facts, on) == obvious(facts, on)
    assert len(moves) == len(way)


@given(histories(), st.lists(st.integers(min_value=-4, max_value=139), max_size=5))
def test_following_in_parts_is_following_at_once(facts: Facts, stops: list[int]) -> None:
    found: list[steps.Passage] = []
    step, after = 0, day(-5)
    for stop in sorted({*stops, 140}):
        part = steps.passages(facts, start=step, after=after, until=day(stop))
        found += part
        step, after = (part[-1].to_step if part else step), day(stop)
    assert found == steps.passages(facts, start=0, after=day(-5), until=day(140))
