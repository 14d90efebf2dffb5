"""Whatever the rule, the days and the accidents: never early, never twice, never missed, each turn one state."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.reminders import (
    Circumstances,
    Debt,
    Hold,
    Past,
    Rule,
    Sending,
    State,
    Step,
    When,
    Why,
    is_capped,
    plan,
    sending_day,
)
from aldia.domain.reminders.caps import free_on
from aldia.domain.reminders.ladder import turns
from aldia.domain.reminders.upcoming import forecast

START = date(2026, 1, 5)
COUNTRIES = st.sampled_from(["MX", "CL", "CO", "ES"])
SENDINGS = st.builds(
    Sending,
    country=COUNTRIES,
    weekdays=st.sampled_from(["bank", "weekdays", "every"]),
    min_days_between=st.integers(1, 4),
    max_per_week=st.integers(1, 5),
    transit_days=st.integers(0, 3),
    merge_after_days=st.integers(0, 5),
)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Rules as `rule_words.checked` lets them be: no two steps on one moment, one rhythm at most without an end."""
    steps = [Step(UUID(int=n), When.BEFORE, n) for n in draw(st.sets(st.integers(1, 20), max_size=3))]
    steps += [Step(UUID(int=100), When.ON)] if draw(st.booleans()) else []
    steps += [Step(UUID(int=200 + n), When.AFTER, n) for n in draw(st.sets(st.integers(1, 20), max_size=2))]
    if draw(st.booleans()):
        every, times = draw(st.integers(1, 15)), draw(st.none() | st.integers(1, 5))
        steps.append(Step(UUID(int=300), When.REPEAT, every, times, draw(st.none() | st.integers(1, 60))))
    return Rule(UUID(int=999), tuple(steps), START - timedelta(days=draw(st.integers(0, 200))))


DUES = st.dates(START - timedelta(days=30), START + timedelta(days=60))
FREE = Circumstances(reach={"email": Why.NOTHING})
LIVES = st.lists(st.sampled_from(["tick", "tick", "tick", "down", "held", "late"]), min_size=5, max_size=60)


class Life:
    """A receivable day by day: what is on file, and what went out when."""

    def __init__(self, rule: Rule, due_on: date, sending: Sending) -> None:
        self.rule, self.sending = rule, sending
        self.debt = Debt(due_on, 1000, since=START)
        self.file: dict[tuple[UUID, int, str], Past] = {}
        self.sent: list[tuple[date, UUID, int]] = []
        self.days: set[date] = set()

    def tick(self, today: date, hold: Hold | None = None) -> None:
        capped = is_capped(self.sending, self.days, today)
        around = Circumstances(hold, {"email": Why.NOTHING}, capped)
        for each in plan(
            rule=self.rule, debt=self.debt, past=self.file, around=around, sending=self.sending, today=today
        ):
            key = (each.turn.step.key, each.turn.cycle, each.channel)
            assert key not in self.file or self.file[key].state is State.PLANNED
            assert each.turn.on <= today
            state = each.state
            if state is State.PLANNED and each.why is Why.NOTHING:
                assert hold is None
                assert not capped
                state = State.DONE
                self.sent.append((today, key[0], key[1]))
                self.days.add(today)
            self.file[key] = Past(state, each.why, each.turn.on, UUID(int=1))


@settings(max_examples=300, deadline=None)
@given(rules(), DUES, SENDINGS, LIVES)
def test_a_life_with_outages_and_holds(rule: Rule, due_on: date, sending: Sending, life: list[str]) -> None:
    lived = Life(rule, due_on, sending)
    today = START
    for event in life:
        today += timedelta(days=1)
        if event == "down":
            continue
        lived.tick(today, Hold(Why.PAUSED) if event == "held" else None)
        if event == "late":
            lived.tick(today)  # the same day again
    counted = Counter((step, cycle) for _day, step, cycle in lived.sent)
    assert all(times == 1 for times in counted.values())
    assert all(times == 1 for times in Counter(day for day, _step, _cycle in lived.sent).values())
    waiting = [key for key, past in lived.file.items() if past.state is State.PLANNED]
    assert len(waiting) <= 1
    if life[-1] == "tick":
        came = turns(rule, due_on, 0, sending, until=today)
        missing = [turn for turn in came[:-1] if (turn.step.key, turn.cycle, "") not in lived.file]
        assert all(turn.on < START for turn in missing)
        if came:
            known = lived.file[came[-1].step.key, came[-1].cycle, ""]
            assert known.state is not State.PLANNED or known.why is Why.FREQUENCY
            assert known.state is not State.MERGED


@settings(max_examples=200, deadline=None)
@given(rules(), DUES, SENDINGS, st.integers(0, 90))
def test_turns_come_in_order_and_none_before_its_day(rule: Rule, due_on: date, sending: Sending, days: int) -> None:
    until = START + timedelta(days=days)
    found = turns(rule, due_on, 0, sending, until=until)
    assert [turn.on for turn in found] == sorted(turn.on for turn in found)
    assert all(turn.on <= until for turn in found)
    assert len({(turn.step.key, turn.cycle) for turn in found}) == len(found)
    later = turns(rule, due_on, 0, sending, until=until + timedelta(days=9))
    assert later[: len(found)] == found or {turn.on for turn in later[: len(found)]} <= {turn.on for turn in later}
    for turn in found:
        if turn.step.when in (When.AFTER, When.REPEAT):
            assert turn.on > due_on
        if turn.step.when is When.BEFORE:
            assert turn.on < due_on


@settings(max_examples=200, deadline=None)
@given(rules(), DUES, SENDINGS, st.integers(0, 40))
def test_what_is_foreseen_for_a_quiet_life_is_what_happens(
    rule: Rule, due_on: date, sending: Sending, days: int
) -> None:
    loose = Sending(
        **{name: getattr(sending, name) for name in sending.__slots__} | {"min_days_between": 1, "max_per_week": 50}
    )
    seen = forecast(
        rule=rule,
        debt=Debt(due_on, 1000, since=START),
        past={},
        around=FREE,
        sending=loose,
        today=START,
        days=days,
    )
    lived = Life(rule, due_on, loose)
    for number in range(days + 1):
        today = START + timedelta(days=number)
        if sending_day(loose, today) == today:
            lived.tick(today)
    within = [
        (each.on, each.turn.step.key, each.turn.cycle) for each in seen if each.on and (each.on - START).days <= days
    ]
    assert within == lived.sent


@given(SENDINGS, st.sets(st.integers(0, 20)), st.integers(0, 25))
def test_the_cap_lets_go_within_the_longest_wait(sending: Sending, days: set[int], day: int) -> None:
    reminded = {START + timedelta(days=each) for each in days}
    first = free_on(sending, reminded, START + timedelta(days=day))
    assert first >= START + timedelta(days=day)
    assert not is_capped(sending, reminded, first)
    assert first <= START + timedelta(days=max([day, *(each + 7 for each in days)]))
