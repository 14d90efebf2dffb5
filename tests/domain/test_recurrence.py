"""Dates of recurring documents: worked examples, and what holds of any rule against a second, slower model."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.calendars import NoCalendar, is_bank_day, month_end
from aldia.domain.recurrence import (
    DAY,
    LAST,
    MAX_SHIFT,
    MONTH,
    NEXT,
    NONE,
    PREVIOUS,
    WEEK,
    WITHIN,
    Rule,
    RuleRefused,
    Span,
    billed,
    dates,
    from_json,
    issue_day,
    to_json,
    upcoming,
)
from aldia.domain.recurrence_words import UnknownPlace, check_words, fill_words, span_words


def days(rule: Rule, starts_on: str, count: int = 4, **more: Any) -> list[str]:
    return [str(each.issue_on) for each in islice(upcoming(rule, date.fromisoformat(starts_on), **more), count)]


@pytest.mark.parametrize(
    ("rule", "starts_on", "expected"),
    [
        (Rule(), "2026-11-22", ["2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01"]),
        (Rule(days=(22,)), "2026-11-22", ["2026-11-22", "2026-12-22", "2027-01-22", "2027-02-22"]),
        # the 31st and the last are the last day of shorter months, also in a leap year
        (Rule(days=(31,)), "2027-12-31", ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]),
        (Rule(days=(30,)), "2027-01-01", ["2027-01-30", "2027-02-28", "2027-03-30", "2027-04-30"]),
        (Rule(days=(LAST,)), "2027-01-31", ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        # quincenas; in February the 30th and the last are one date
        (Rule(days=(15, LAST)), "2027-02-10", ["2027-02-15", "2027-02-28", "2027-03-15", "2027-03-31"]),
        (Rule(days=(30, LAST)), "2027-02-01", ["2027-02-28", "2027-03-30", "2027-03-31", "2027-04-30"]),
        # every quarter and every year, counted from the month in which it starts
        (Rule(every=3, days=(5,)), "2026-11-10", ["2027-02-05", "2027-05-05", "2027-08-05", "2027-11-05"]),
        (Rule(every=12, days=(29,)), "2028-02-29", ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28"]),
        # Mondays and Thursdays; every other Friday from the week of the start
        (Rule(WEEK, 1, (0, 3)), "2026-11-24", ["2026-11-26", "2026-11-30", "2026-12-03", "2026-12-07"]),
        (Rule(WEEK, 2, (4,)), "2026-11-28", ["2026-12-11", "2026-12-25", "2027-01-08", "2027-01-22"]),
        (Rule(DAY, 10, ()), "2026-12-25", ["2026-12-25", "2027-01-04", "2027-01-14", "2027-01-24"]),
        # 1 January 2027 is a Friday without banks, 1 May a Saturday, 28 February a Sunday
        (Rule(adjust=NEXT), "2027-01-01", ["2027-01-04", "2027-02-02", "2027-03-01", "2027-04-01"]),
        (Rule(adjust=PREVIOUS), "2027-01-01", ["2026-12-31", "2027-01-29", "2027-03-01", "2027-04-01"]),
        (Rule(days=(LAST,), adjust=WITHIN), "2027-01-31", ["2027-01-29", "2027-02-26", "2027-03-31", "2027-04-30"]),
    ],
)  # fmt: skip
def test_the_dates_of_a_rule(rule: Rule, starts_on: str, expected: list[str]) -> None:
    assert days(rule, starts_on) == expected


def test_a_rule_ends_after_its_day_or_its_number() -> None:
    rule, start = Rule(days=(LAST,)), "2026-11-30"
    assert days(rule, start, 10, ends_on=date(2027, 1, 31)) == ["2026-11-30", "2026-12-31", "2027-01-31"]
    assert days(rule, start, 10, left=2) == ["2026-11-30", "2026-12-31"]
    assert days(rule, start, 10, left=0) == []
    assert days(rule, start, 1, after=date(2026, 11, 30)) == ["2026-12-31"]
    assert days(rule, start, 1, after=date(2020, 1, 1)) == ["2026-11-30"]


def test_the_calendar_has_an_end() -> None:
    assert days(Rule(days=(LAST,)), "9999-11-30", 9) == ["9999-11-30", "9999-12-31"]
    assert days(Rule(WEEK, 1, (0,)), "9999-12-20", 9) == ["9999-12-20", "9999-12-27"]
    assert days(Rule(DAY, 5, ()), "9999-12-25", 9) == ["9999-12-25", "9999-12-30"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": "year"}, {"every": 0}, {"every": 61}, {"unit": WEEK, "every": 53, "days": (0,)}, {"days": ()},
        {"days": (0,)}, {"days": (33,)}, {"unit": WEEK, "days": (7,)}, {"unit": DAY, "days": (1,)},
        {"adjust": "nearest"}, {"covers": 2}, {"unit": ""},
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_says_why(wrong: dict[str, Any]) -> None:
    with pytest.raises(RuleRefused) as caught:
        Rule(**wrong)
    assert caught.value.message.endswith(".")


def test_bank_days_of_an_unknown_country_are_not_guessed() -> None:
    with pytest.raises(NoCalendar):
        issue_day(Rule(adjust=NEXT, country="XX"), date(2026, 11, 22))
    assert issue_day(Rule(country="XX"), date(2026, 11, 22)) == date(2026, 11, 22)


# Properties


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    unit = draw(st.sampled_from([DAY, WEEK, MONTH]))
    places = {
        DAY: st.just(()),
        WEEK: st.sets(st.integers(0, 6), min_size=1),
        MONTH: st.sets(st.integers(1, 32), min_size=1),
    }
    return Rule(
        unit,
        draw(st.integers(1, 14)),
        tuple(draw(places[unit])),
        draw(st.sampled_from([NONE, NEXT, PREVIOUS, WITHIN])),
        draw(st.sampled_from(["MX", "CL", "CO", "ES"])),
        draw(st.sampled_from([-1, 0, 1])),
    )


STARTS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


def is_date(rule: Rule, starts_on: date, on: date) -> bool:
    """The second model: looks at one day alone."""
    if rule.unit == DAY:
        return (on - starts_on).days % rule.every == 0
    if rule.unit == WEEK:
        weeks = (on.toordinal() - 1) // 7 - (starts_on.toordinal() - 1) // 7  # 1 January of the year 1 was a Monday
        return on.weekday() in rule.days and weeks % rule.every == 0
    months = (on.year * 12 + on.month) - (starts_on.year * 12 + starts_on.month)
    reached = on.day in rule.days or (on == month_end(on) and rule.days[-1] > on.day)
    return reached and months % rule.every == 0


@given(rules(), STARTS)
def test_dates_are_those_of_the_second_model(rule: Rule, starts_on: date) -> None:
    found = list(islice(dates(rule, starts_on), 8))
    span = (found[-1] - starts_on).days + 1
    assert found == [day for n in range(span) if is_date(rule, starts_on, day := starts_on + timedelta(days=n))]


@given(rules(), STARTS, st.integers(0, 400))
def test_going_on_from_any_day_is_the_same_as_from_the_start(rule: Rule, starts_on: date, later: int) -> None:
    after = starts_on + timedelta(days=later)
    from_start = (on for on in dates(rule, starts_on) if on > after)
    assert list(islice(dates(rule, starts_on, after), 5)) == list(islice(from_start, 5))


@given(rules(), STARTS)
def test_a_date_is_issued_near_it_in_order_on_a_bank_day(rule: Rule, starts_on: date) -> None:
    found = list(islice(upcoming(rule, starts_on), 8))
    assert all(one.issue_on <= other.issue_on for one, other in pairwise(found))
    for each in found:
        assert abs(each.issue_on - each.on) < MAX_SHIFT
        if rule.adjust == NONE:
            assert each.issue_on == each.on
        else:
            assert is_bank_day(rule.country, each.issue_on)
        if rule.adjust == WITHIN:
            assert each.issue_on.month == each.on.month
        if rule.adjust == PREVIOUS:
            assert each.issue_on <= each.on


@given(rules(), STARTS)
def test_periods_follow_one_another_without_gap(rule: Rule, starts_on: date) -> None:
    if len(rule.days) > 1:
        rule = Rule(rule.unit, 1, rule.days, covers=rule.covers)  # a share of each month is billed only if each is
    found = [billed(rule, on) for on in islice(dates(rule, starts_on), 6)]
    assert all(span.first <= span.last for span in found)
    assert all(two.first - one.last == timedelta(days=1) for one, two in pairwise(found))


@given(rules(), STARTS)
def test_the_period_of_a_date_holds_it(rule: Rule, starts_on: date) -> None:
    rule = Rule(rule.unit, rule.every, rule.days)
    for on in islice(dates(rule, starts_on), 4):
        span = billed(rule, on)
        assert span.first <= on <= span.last


@given(rules())
def test_a_rule_is_kept_as_json(rule: Rule) -> None:
    assert from_json(to_json(rule)) == rule


# Words


@pytest.mark.parametrize(
    ("rule", "on", "words"),
    [
        (Rule(), "2026-11-01", "noviembre de 2026"),
        (Rule(days=(22,), covers=-1), "2027-01-22", "diciembre de 2026"),
        (Rule(covers=1), "2026-12-01", "enero de 2027"),
        (Rule(every=3), "2027-01-01", "enero a marzo de 2027"),
        (Rule(every=3), "2026-11-01", "noviembre de 2026 a enero de 2027"),
        (Rule(every=12), "2027-01-01", "2027"),
        (Rule(every=12), "2027-03-01", "marzo de 2027 a febrero de 2028"),
        (Rule(days=(15, LAST)), "2026-11-15", "del 1 al 15 de noviembre de 2026"),
        (Rule(days=(15, LAST)), "2026-11-30", "del 16 al 30 de noviembre de 2026"),
        (Rule(days=(15, LAST), covers=-1), "2026-11-15", "del 16 al 31 de octubre de 2026"),
        (Rule(days=(1, 16)), "2026-11-16", "del 16 al 30 de noviembre de 2026"),
        (Rule(days=(5, 20)), "2026-12-20", "del 20 de diciembre de 2026 al 4 de enero de 2027"),
        (Rule(WEEK, 1, (4,)), "2026-11-27", "del 23 al 29 de noviembre de 2026"),
        (Rule(WEEK, 1, (0,)), "2026-11-30", "del 30 de noviembre al 6 de diciembre de 2026"),
        (Rule(DAY, 1, ()), "2026-11-22", "22 de noviembre de 2026"),
    ],
)
def test_the_period_in_words(rule: Rule, on: str, words: str) -> None:
    assert span_words(billed(rule, date.fromisoformat(on))) == words


def test_texts_say_their_period() -> None:
    span = Span(date(2026, 11, 1), date(2026, 11, 30))
    assert fill_words("Renta de {mes} {AÑO} ({periodo}) {otro} {}", span) == (
        "Renta de noviembre 2026 (noviembre de 2026) {otro} {}"
    )
    quarter = Span(date(2026, 12, 1), date(2027, 2, 28))
    assert fill_words("{mes}, {año}", quarter) == "diciembre a febrero, 2026-2027"
    half = Span(date(2026, 11, 1), date(2026, 11, 15))
    assert fill_words("Renta de {periodo}", half) == "Renta del 1 al 15 de noviembre de 2026"
    assert fill_words("Renta ({periodo})", half) == "Renta (del 1 al 15 de noviembre de 2026)"
    check_words("Renta de { Mes } y {año}")
    with pytest.raises(UnknownPlace) as caught:
        check_words("Renta de {month}")
    assert "«month»" in caught.value.message
    assert "{periodo}" in caught.value.message
