"""What is due of one receivable, table by table. 2026: 16 March, 2 and 3 April are bank holidays of Mexico."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from aldia.domain.reminders import (
    SENTENCES,
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
    choose_channel,
    is_capped,
    is_open,
    next_opening,
    plan,
    sentence,
    stray,
)
from aldia.domain.reminders.ladder import turns
from aldia.domain.reminders.thanks import thank
from aldia.domain.reminders.upcoming import forecast, next_turn

BEFORE7, BEFORE3, ON, AFTER, REPEAT, THANKS = (UUID(int=n) for n in range(1, 7))
DUE = date(2026, 3, 10)  # a Tuesday
REACHED = {"email": Why.NOTHING}
FREE = Circumstances(reach=REACHED)
SENDING = Sending()
STEPS = (
    Step(BEFORE7, When.BEFORE, 7),
    Step(BEFORE3, When.BEFORE, 3),
    Step(ON, When.ON),
    Step(AFTER, When.AFTER, 2),
    Step(REPEAT, When.REPEAT, 7, times=3),
    Step(THANKS, When.PAID),
)
RULE = Rule(UUID(int=99), STEPS, date(2026, 1, 1))
NAMES = {BEFORE7: "before7", BEFORE3: "before3", ON: "on", AFTER: "after", REPEAT: "repeat"}


def planned(day: date, past=None, around=FREE, rule=RULE, debt=None, sending=SENDING):  # type: ignore[no-untyped-def]
    """What each turn comes to, as «step cycle: state why»."""
    debt = debt or Debt(DUE, 1000)
    found = plan(rule=rule, debt=debt, past=past or {}, around=around, sending=sending, today=day)
    return {f"{NAMES[each.turn.step.key]} {each.turn.cycle}": f"{each.state} {each.why}".strip() for each in found}


def gone(*keys: tuple[UUID, int]) -> dict[tuple[UUID, int, str], Past]:
    return {(key, cycle, ""): Past(State.DONE) for key, cycle in keys}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 2), {}),
        (date(2026, 3, 3), {"before7 0": "planned"}),
        (date(2026, 3, 5), {"before7 0": "planned"}),
        (date(2026, 3, 7), {"before7 0": "merged", "before3 0": "planned"}),
        (date(2026, 3, 9), {"before7 0": "merged", "before3 0": "planned"}),
        (date(2026, 3, 10), {"before7 0": "skipped passed", "before3 0": "skipped passed", "on 0": "planned"}),
        (date(2026, 3, 11), {"before7 0": "skipped passed", "before3 0": "skipped passed", "on 0": "planned"}),
        (
            date(2026, 3, 12),
            {"before7 0": "skipped passed", "before3 0": "skipped passed", "on 0": "merged", "after 0": "planned"},
        ),
        (
            date(2026, 3, 26),
            {
                "before7 0": "skipped passed",
                "before3 0": "skipped passed",
                "on 0": "skipped passed",
                "after 0": "merged",
                "repeat 1": "merged",
                "repeat 2": "planned",
            },
        ),
    ],
)
def test_the_latest_turn_speaks_for_the_receivable(day: date, expected: dict[str, str]) -> None:
    assert planned(day) == expected


def test_what_went_is_not_planned_again() -> None:
    past = gone((BEFORE7, 0), (BEFORE3, 0), (ON, 0), (AFTER, 0))
    assert planned(date(2026, 3, 12), past) == {}
    assert planned(date(2026, 3, 18), past) == {}
    assert planned(date(2026, 3, 19), past) == {"repeat 1": "planned"}


def test_repetitions_end_after_so_many_times() -> None:
    past = gone((BEFORE7, 0), (BEFORE3, 0), (ON, 0), (AFTER, 0), (REPEAT, 1), (REPEAT, 2), (REPEAT, 3))
    assert planned(date(2027, 3, 12), past) == {}


@pytest.mark.parametrize(
    ("step", "days"),
    [
        (Step(REPEAT, When.REPEAT, 7, times=3), [9, 16, 23]),
        (Step(REPEAT, When.REPEAT, 7, until_days=20), [9, 16]),
        (Step(REPEAT, When.REPEAT, 10, times=9, until_days=22), [12, 22]),
        (Step(REPEAT, When.REPEAT, 1, times=2), [3, 4]),
    ],
)
def test_the_days_of_repetitions_count_from_the_step_before(step: Step, days: list[int]) -> None:
    rule = Rule(UUID(int=9), (Step(AFTER, When.AFTER, 2), step), date(2026, 1, 1))
    found = turns(rule, DUE, 0, SENDING, until=DUE + timedelta(days=400))
    assert [(turn.on - DUE).days for turn in found if turn.step.key == REPEAT] == days


def test_a_second_rhythm_begins_where_the_first_ended() -> None:
    slow = UUID(int=77)
    steps = (Step(AFTER, When.AFTER, 2), Step(REPEAT, When.REPEAT, 5, times=2), Step(slow, When.REPEAT, 15, times=2))
    rule = Rule(UUID(int=9), steps, date(2026, 1, 1))
    found = turns(rule, DUE, 0, SENDING, until=DUE + timedelta(days=400))
    assert [(turn.on - DUE).days for turn in found] == [2, 7, 12, 27, 42]


@pytest.mark.parametrize(
    ("due", "transit", "first"),
    [
        (date(2026, 3, 10), 0, date(2026, 3, 11)),
        (date(2026, 3, 10), 1, date(2026, 3, 11)),
        (date(2026, 3, 10), 2, date(2026, 3, 12)),
        (date(2026, 3, 13), 1, date(2026, 3, 17)),  # Friday; Monday 16 is a holiday
        (date(2026, 3, 14), 1, date(2026, 3, 18)),  # Saturday: paid on Tuesday 17, seen on Wednesday
        (date(2026, 4, 1), 1, date(2026, 4, 6)),  # before Easter
    ],
)
def test_a_transfer_on_its_way_is_not_chased(due: date, transit: int, first: date) -> None:
    rule = Rule(UUID(int=9), (Step(AFTER, When.AFTER, 1),), date(2026, 1, 1))
    sending = Sending(transit_days=transit)
    (turn,) = turns(rule, due, 0, sending, until=due + timedelta(days=40))
    assert turn.on == first


HELD = [
    (Circumstances(Hold(Why.PAUSED), REACHED), Why.PAUSED),
    (Circumstances(Hold(Why.PROMISE, date(2026, 4, 1)), REACHED), Why.PROMISE),
    (Circumstances(Hold(Why.DISPUTED, held=1000), REACHED), Why.DISPUTED),
    (Circumstances(Hold(Why.DISPUTED, held=999), REACHED), Why.NOTHING),
    (Circumstances(reach={"email": Why.OPTED_OUT}), Why.OPTED_OUT),
    (Circumstances(reach={"email": Why.BOUNCED}), Why.BOUNCED),
    (Circumstances(reach={"sms": Why.NOTHING}), Why.NO_CONTACT),
    (Circumstances(reach=REACHED, is_capped=True), Why.FREQUENCY),
    (Circumstances(Hold(Why.PAUSED), {}, is_capped=True), Why.PAUSED),
]


@pytest.mark.parametrize(("around", "why"), HELD)
def test_what_holds_a_receivable_is_said_and_waits(around: Circumstances, why: Why) -> None:
    past = gone((BEFORE7, 0), (BEFORE3, 0), (ON, 0))
    assert planned(date(2026, 3, 12), past, around) == {"after 0": f"planned {why}".strip()}


def test_what_waited_goes_when_the_reason_ends_and_still_only_once() -> None:
    past = gone((BEFORE7, 0), (BEFORE3, 0), (ON, 0)) | {
        (AFTER, 0, ""): Past(State.PLANNED, Why.PROMISE, date(2026, 3, 12), UUID(int=5))
    }
    assert planned(date(2026, 3, 16), past) == {"after 0": "planned"}
    assert planned(date(2026, 3, 19), past) == {"after 0": "merged", "repeat 1": "planned"}


def test_a_step_that_waited_past_its_moment_says_what_it_waited_for() -> None:
    past = {(BEFORE3, 0, ""): Past(State.PLANNED, Why.PAUSED, date(2026, 3, 7), UUID(int=5))}
    rule = Rule(UUID(int=9), (Step(BEFORE3, When.BEFORE, 3),), date(2026, 1, 1))
    paused = Circumstances(Hold(Why.PAUSED), REACHED)
    assert planned(date(2026, 3, 10), past, paused, rule) == {"before3 0": "skipped paused"}
    assert planned(date(2026, 3, 10), past, FREE, rule) == {"before3 0": "skipped passed"}


@pytest.mark.parametrize(
    ("debt", "state"),
    [
        (Debt(DUE, 500, "MXN"), "planned"),
        (Debt(DUE, 499, "MXN"), "skipped below_minimum"),
        (Debt(DUE, 499, "USD"), "planned"),  # the minimum speaks of pesos
    ],
)
def test_little_balances_are_left_alone(debt: Debt, state: str) -> None:
    rule = Rule(UUID(int=9), (Step(ON, When.ON),), date(2026, 1, 1), min_balance=500, min_currency="MXN")
    assert planned(DUE, rule=rule, debt=debt) == {"on 0": state}


def test_the_minimum_is_of_what_may_be_asked_for() -> None:
    rule = Rule(UUID(int=9), (Step(ON, When.ON),), date(2026, 1, 1), min_balance=500, min_currency="MXN")
    around = Circumstances(Hold(Why.DISPUTED, held=600), REACHED)
    assert planned(DUE, rule=rule, debt=Debt(DUE, 1000), around=around) == {"on 0": "skipped below_minimum"}


def test_a_rule_activated_late_sends_the_latest_only() -> None:
    rule = Rule(UUID(int=9), STEPS, date(2026, 3, 26))
    assert planned(date(2026, 3, 26), rule=rule) == {"repeat 2": "planned"}
    assert planned(date(2026, 3, 26), rule=Rule(UUID(int=9), STEPS, None)) == {}


def test_a_receivable_that_came_late_is_reminded_once() -> None:
    debt = Debt(DUE, 1000, since=date(2026, 3, 20))
    assert planned(date(2026, 3, 26), debt=debt) == {"repeat 2": "planned"}


def test_a_due_date_moved_far_begins_again() -> None:
    past = gone((BEFORE7, 0), (BEFORE3, 0), (ON, 0), (AFTER, 0))
    again = Debt(date(2026, 4, 20), 1000, era=1)
    assert planned(date(2026, 4, 13), past, debt=again) == {"before7 1000": "planned"}
    near = Debt(date(2026, 3, 12), 1000)
    assert planned(date(2026, 3, 13), past, debt=near) == {}


def test_what_waits_for_another_day_or_another_rule() -> None:
    waiting = Past(State.PLANNED, Why.NOTHING, date(2026, 3, 12), UUID(int=5))
    past = {(AFTER, 0, ""): waiting}
    assert stray(past, [], RULE, Debt(date(2026, 3, 14), 1000)) == [(waiting, State.PLANNED, Why.MOVED)]
    assert stray(past, [], RULE, Debt(date(2026, 4, 14), 1000, era=1)) == [(waiting, State.SKIPPED, Why.MOVED)]
    other = Rule(UUID(int=9), (Step(ON, When.ON),), date(2026, 1, 1))
    assert stray(past, [], other, Debt(DUE, 1000)) == [(waiting, State.SKIPPED, Why.OTHER_RULE)]
    held = {(AFTER, 0, ""): Past(State.PLANNED, Why.MOVED, date(2026, 3, 12), UUID(int=5))}
    assert stray(held, [], RULE, Debt(date(2026, 3, 14), 1000)) == []


def test_every_channel_has_its_own_row() -> None:
    step = Step(ON, When.ON, channels=("email", "sms"), every_channel=True)
    rule = Rule(UUID(int=9), (step,), date(2026, 1, 1))
    around = Circumstances(reach={"email": Why.NOTHING, "sms": Why.BOUNCED})
    found = plan(rule=rule, debt=Debt(DUE, 1), past={}, around=around, sending=SENDING, today=DUE)
    assert [(each.channel, each.state, each.why) for each in found] == [
        ("email", State.PLANNED, Why.NOTHING),
        ("sms", State.PLANNED, Why.BOUNCED),
    ]
    one = Rule(UUID(int=9), (Step(ON, When.ON, channels=("sms", "email")),), date(2026, 1, 1))
    (found_one,) = plan(rule=one, debt=Debt(DUE, 1), past={}, around=around, sending=SENDING, today=DUE)
    assert (found_one.channel, found_one.why) == ("", Why.NOTHING)
    assert choose_channel(("sms", "email"), around.reach) == "email"
    assert choose_channel(("sms",), around.reach) == ""


@pytest.mark.parametrize("before", [("",), ("email",), ("email", "sms")])
def test_a_step_that_changes_its_channels_does_not_go_twice(before: tuple[str, ...]) -> None:
    past = {(ON, 0, channel): Past(State.DONE) for channel in before}
    single = Rule(UUID(int=9), (Step(ON, When.ON, channels=("email", "sms")),), date(2026, 1, 1))
    both = Rule(UUID(int=9), (Step(ON, When.ON, channels=("email", "sms"), every_channel=True),), date(2026, 1, 1))
    around = Circumstances(reach={"email": Why.NOTHING, "sms": Why.NOTHING})
    for rule, left in ((single, []), (both, [] if before != ("email",) else ["sms"])):
        found = plan(rule=rule, debt=Debt(DUE, 1), past=past, around=around, sending=SENDING, today=DUE)
        assert [each.channel for each in found] == left


@pytest.mark.parametrize(
    ("reminded", "day", "capped"),
    [
        ([], 10, False),
        ([10], 10, True),
        ([11], 10, True),  # a clock that went back
        ([9], 10, False),
        ([4, 6, 8], 10, True),
        ([3, 6, 8], 10, False),
        ([3, 4, 6, 8], 10, True),
    ],
)
def test_how_often_a_customer_is_written_to(reminded: list[int], day: int, capped: bool) -> None:
    assert is_capped(SENDING, [date(2026, 3, each) for each in reminded], date(2026, 3, day)) is capped


def test_days_between_messages() -> None:
    sending = Sending(min_days_between=4, max_per_week=50)
    days = [is_capped(sending, [date(2026, 3, 2)], date(2026, 3, day)) for day in range(2, 8)]
    assert days == [True, True, True, True, False, False]


MEXICO, MADRID = ZoneInfo("America/Mexico_City"), ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (datetime(2026, 3, 10, 9, 0, tzinfo=MEXICO), None),
        (datetime(2026, 3, 10, 17, 59, 59, tzinfo=MEXICO), None),
        (datetime(2026, 3, 10, 8, 59, tzinfo=MEXICO), datetime(2026, 3, 10, 9, 0, tzinfo=MEXICO)),
        (datetime(2026, 3, 10, 18, 0, tzinfo=MEXICO), datetime(2026, 3, 11, 9, 0, tzinfo=MEXICO)),
        (datetime(2026, 3, 13, 18, 0, tzinfo=MEXICO), datetime(2026, 3, 17, 9, 0, tzinfo=MEXICO)),
        (datetime(2026, 4, 2, 10, 0, tzinfo=MEXICO), datetime(2026, 4, 6, 9, 0, tzinfo=MEXICO)),
    ],
)
def test_hours_in_which_messages_leave(moment: datetime, opens: datetime | None) -> None:
    assert is_open(SENDING, moment) is (opens is None)
    assert next_opening(SENDING, moment) == (opens or moment)


@pytest.mark.parametrize(
    ("weekdays", "days"), [("bank", [6]), ("weekdays", [1, 2, 3, 6]), ("every", [1, 2, 3, 4, 5, 6])]
)
def test_days_on_which_messages_leave(weekdays: str, days: list[int]) -> None:
    sending = Sending(weekdays=weekdays)
    moments = [datetime(2026, 4, day, 12, tzinfo=MEXICO) for day in range(1, 7)]
    found = [moment.day for moment in moments if is_open(sending, moment)]
    assert found == ([1, 6] if weekdays == "bank" else days)


def test_an_hour_that_does_not_exist_and_one_that_comes_twice() -> None:
    night = Sending(
        send_from=datetime(2026, 1, 1, 2, 30).time(), send_until=datetime(2026, 1, 1, 4).time(), weekdays="every"
    )
    utc = ZoneInfo("UTC")
    spring = datetime(2026, 3, 29, 1, 0, tzinfo=utc).astimezone(MADRID)  # 3:00; there is no 2:30 that day
    assert spring.hour == 3
    assert is_open(night, spring)
    autumn = [datetime(2026, 10, 25, 0, 45, tzinfo=utc), datetime(2026, 10, 25, 1, 45, tzinfo=utc)]
    assert [moment.astimezone(MADRID).strftime("%H:%M") for moment in autumn] == ["02:45", "02:45"]
    assert all(is_open(night, moment.astimezone(MADRID)) for moment in autumn)


def thanked(**changes: object) -> tuple[State, Why]:
    values = {
        "step": Step(THANKS, When.PAID),
        "channel": "",
        "recorded_on": date(2026, 3, 12),
        "customer_hold": Why.NOTHING,
        "reach": REACHED,
        "is_written_to": False,
        "is_taken_back": False,
        "sending": SENDING,
        "today": date(2026, 3, 12),
    }
    return thank(**{**values, **changes})  # type: ignore[arg-type]


def test_thanks_for_a_payment() -> None:
    assert thanked() == (State.PLANNED, Why.NOTHING)
    assert thanked(is_taken_back=True) == (State.SKIPPED, Why.REVERSED)
    assert thanked(is_written_to=True) == (State.PLANNED, Why.FREQUENCY)
    assert thanked(customer_hold=Why.CUSTOMER_PAUSED) == (State.PLANNED, Why.CUSTOMER_PAUSED)
    assert thanked(today=date(2026, 3, 15)) == (State.PLANNED, Why.NOTHING)
    assert thanked(today=date(2026, 3, 16)) == (State.SKIPPED, Why.OLD)
    assert thanked(today=date(2026, 3, 16), reach={}) == (State.SKIPPED, Why.NO_CONTACT)
    # recorded on a Saturday, it may go until three days after the next day on which messages leave
    assert thanked(recorded_on=date(2026, 3, 14), today=date(2026, 3, 20)) == (State.PLANNED, Why.NOTHING)


def foreseen(day: date, days: int = 40, around: Circumstances = FREE, past=None, **more: object):  # type: ignore[no-untyped-def]
    found = forecast(
        rule=RULE,
        debt=Debt(DUE, 1000),
        past=past or {},
        around=around,
        sending=SENDING,
        today=day,
        days=days,
        **more,  # type: ignore[arg-type]
    )
    return [(NAMES[each.turn.step.key], each.on and each.on.isoformat()[5:], each.why) for each in found]


def test_what_will_be_sent_is_foreseen_on_days_that_send() -> None:
    assert foreseen(date(2026, 3, 2)) == [
        ("before7", "03-03", ""),
        ("before3", "03-09", ""),  # Saturday 7
        ("on", "03-10", ""),
        ("after", "03-12", ""),
        ("repeat", "03-19", ""),
        ("repeat", "03-26", ""),
        ("repeat", "04-06", ""),  # 2 April is Maundy Thursday
    ]


def test_what_waits_is_foreseen_with_its_reason() -> None:
    paused = Circumstances(Hold(Why.PAUSED, date(2026, 3, 15)), REACHED)
    past = gone((BEFORE7, 0), (BEFORE3, 0), (ON, 0))
    assert foreseen(date(2026, 3, 12), 8, paused, past) == [
        ("after", "03-17", "paused"),
        ("repeat", "03-19", ""),
    ]
    nobody = Circumstances()
    assert foreseen(date(2026, 3, 12), 0, nobody, past) == [("after", None, "no_contact")]
    capped = Circumstances(reach=REACHED, is_capped=True)
    assert foreseen(date(2026, 3, 12), 0, capped, past, reminded_on=[date(2026, 3, 12)]) == [
        ("after", "03-13", "frequency")
    ]


def test_the_next_reminder_of_a_receivable() -> None:
    found = next_turn(
        rule=RULE, debt=Debt(DUE, 1000), past=gone((BEFORE7, 0)), around=FREE, sending=SENDING, today=date(2026, 3, 4)
    )
    assert found is not None
    assert (found.turn.step.key, found.on) == (BEFORE3, date(2026, 3, 9))
    over = gone((BEFORE7, 0), (BEFORE3, 0), (ON, 0), (AFTER, 0), (REPEAT, 1), (REPEAT, 2), (REPEAT, 3))
    assert (
        next_turn(rule=RULE, debt=Debt(DUE, 1000), past=over, around=FREE, sending=SENDING, today=date(2026, 6, 4))
        is None
    )


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Why) - {Why.NOTHING}
    assert sentence("promise").startswith("El cliente prometió")
    assert sentence("") == ""
