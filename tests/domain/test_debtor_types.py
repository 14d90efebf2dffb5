"""Debtor types by the table of points: who has shown enough, what overrules it, and what only a person may say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.debtor_types import POINTS, DebtorType, Episode, Event, Override, Seen, judge, score

TODAY = date(2026, 11, 20)


def episodes(*kinds: Event, gap: int = 30) -> list[Episode]:
    """One episode per event, the last one thirty days ago."""
    days = [TODAY - timedelta(days=gap * (len(kinds) - n)) for n in range(len(kinds))]
    return [Episode(day, (Seen(kind, day + timedelta(days=5)),)) for day, kind in zip(days, kinds, strict=True)]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([Event.PARTIAL_OR_PLAN, Event.PROMISE_KEPT], DebtorType.FORTUITOUS),
        ([Event.PAID_SOON_AFTER_REMINDER, Event.ASKED_FOR_COPY], DebtorType.DISORGANISED),
        ([Event.PAID_AFTER_MANY_REMINDERS, Event.NO_ANSWER], DebtorType.NEGLIGENT),
        ([Event.DISPUTE_OPENED, Event.PAID_AFTER_DISPUTE], DebtorType.CIRCUMSTANTIAL),
        ([Event.PAID_AFTER_ULTIMATUM, Event.PROMISE_BROKEN, Event.KEEPS_ORDERING], DebtorType.INTENTIONAL),
        ([Event.PARTIAL_OR_PLAN], None),
        ([Event.PROMISE_KEPT, Event.PROMISE_BROKEN], None),
        ([], None),
    ],
    ids=["plan", "forgets", "lies-about", "disputes", "will-not", "too-little", "contradicts", "nothing"],
)
def test_the_last_episodes_speak(kinds: list[Event], expected: DebtorType | None) -> None:
    assert judge(episodes(*kinds), today=TODAY).type == expected


def test_intent_needs_two_different_strong_signs_and_a_person() -> None:
    signs = judge(episodes(Event.PAID_AFTER_ULTIMATUM, Event.PROMISE_BROKEN, Event.KEEPS_ORDERING), today=TODAY)
    assert signs.needs_person
    alone = judge(episodes(*[Event.PAID_AFTER_ULTIMATUM] * 3), today=TODAY)
    assert alone.points[DebtorType.INTENTIONAL] == 12
    assert alone.type is None


def test_an_open_dispute_and_a_fresh_word_of_a_person_overrule_points() -> None:
    told = episodes(Event.PARTIAL_OR_PLAN, Event.PROMISE_KEPT)
    assert judge(told, today=TODAY, has_open_dispute=True).type is DebtorType.CIRCUMSTANTIAL
    said = Override(DebtorType.NEGLIGENT, TODAY - timedelta(days=180), "la conozco")
    assert judge(told, today=TODAY, has_open_dispute=True, override=said).source == "person"
    assert judge(told, today=TODAY + timedelta(days=1), override=said).type is DebtorType.FORTUITOUS


def test_only_the_last_six_episodes_count_and_an_event_three_times() -> None:
    old = [Event.PARTIAL_OR_PLAN] * 3
    new = [Event.PAID_SOON_AFTER_REMINDER] * 6
    verdict = judge(episodes(*old, *new), today=TODAY)
    assert verdict.points[DebtorType.DISORGANISED] == 9
    assert verdict.points[DebtorType.FORTUITOUS] == 0
    assert len(verdict.because) == 3
    assert [each.on for each in verdict.because] == sorted((each.on for each in verdict.because), reverse=True)


@given(st.lists(st.sampled_from(list(Event)), max_size=12))
def test_a_type_is_never_named_without_enough_points_and_distance(kinds: list[Event]) -> None:
    verdict = judge(episodes(*kinds), today=TODAY)
    ranked = sorted(verdict.points.values(), reverse=True)
    if verdict.type is not None:
        assert verdict.points[verdict.type] == ranked[0] >= 6
        assert ranked[0] - ranked[1] >= 3
        assert verdict.because
    assert all(len(points) == len(DebtorType) for points in POINTS.values())
    assert score([]) == dict.fromkeys(DebtorType, 0)
