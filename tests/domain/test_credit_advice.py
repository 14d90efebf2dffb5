"""What a customer's behaviour advises of its credit: a table of customers, and what no behaviour may bring about."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.domain.credit_advice import (
    TERMS,
    Because,
    Behaviour,
    Terms,
    advise,
    is_near,
    rounded_up,
    score_of,
    shorter,
)

MONTH = 100_000_00


def seen(*delays: int, band: str = "B", monthly: int = MONTH, still_late: int = 0) -> Behaviour:
    return Behaviour("MXN", monthly, 12, 24, delays, still_late, 10, band, True)


ON_TIME, LATE = (0, -1, 0, -2, 0), (20, 25, 18, 31, 22)


@pytest.mark.parametrize(
    ("behaviour", "now", "days", "limit", "because"),
    [
        # nothing is said of who is not known, whatever the band
        (seen(5, 5), Terms(30), None, None, [Because.LITTLE_HISTORY]),
        (seen(40, 41, 42, still_late=1), Terms(30), None, None, [Because.LITTLE_HISTORY]),
        # 100,000 a month, 30 days out, a quarter more for low risk, rounded up
        (seen(*ON_TIME), Terms(30), 30, 130_000_00, [Because.PAYS_ON_TIME, Because.PURCHASES]),
        (seen(*ON_TIME, band="A"), Terms(45, 1), 45, 230_000_00, [Because.PAYS_ON_TIME, Because.PURCHASES]),
        # 22 days late in median: 15 instead of 30, and money that is out 37 days
        (seen(*LATE, band="C"), Terms(30), 15, 130_000_00, [Because.PAYS_LATE, Because.PURCHASES]),
        (seen(5, 6, 40, 41, 7, band="C"), Terms(30), 15, 74_000_00, [Because.OFTEN_VERY_LATE, Because.PURCHASES]),
        (seen(5, 6, 7, band="D"), Terms(30, 9_000_00), 15, 35_000_00, [Because.RISK, Because.PURCHASES]),
        # the worst pays cash
        (seen(60, 90, 120, band="E"), Terms(60, MONTH), 0, 0,
         [Because.RISK, Because.PAYS_LATE, Because.OFTEN_VERY_LATE, Because.PURCHASES]),
        # close enough is left alone, and who buys nothing keeps what it has
        (seen(*ON_TIME), Terms(30, 120_000_00), 30, 120_000_00,
         [Because.PAYS_ON_TIME, Because.PURCHASES, Because.NEAR]),
        (seen(*ON_TIME, monthly=0), Terms(30, 7), 30, 7, [Because.PAYS_ON_TIME, Because.NO_PURCHASES]),
        (seen(3, 4, 5, 9, still_late=1), Terms(30), 30, 150_000_00, [Because.OWES_LATE_NOW, Because.PURCHASES]),
    ],
)  # fmt: skip
def test_the_advice_and_its_reasons(
    behaviour: Behaviour, now: Terms, days: int | None, limit: int | None, because: list[Because]
) -> None:
    found = advise(behaviour, now)
    assert (found.days, found.limit, list(found.because)) == (days, limit, because)


def test_the_limit_can_be_worked_out_from_what_is_shown() -> None:
    found = advise(seen(*LATE, band="C"), Terms(30))
    assert (found.used_days, found.percent) == (37, 100)
    assert found.limit == rounded_up(-(-MONTH * 37 * 100 // 3000))


@pytest.mark.parametrize(
    ("minor", "shown"), [(0, 0), (7, 7), (99, 99), (101, 110), (1_873_412, 1_900_000), (1_900_000, 1_900_000)]
)
def test_limits_are_round(minor: int, shown: int) -> None:
    assert rounded_up(minor) == shown


@pytest.mark.parametrize(
    ("days", "steps", "left"), [(30, 1, 15), (30, 2, 7), (20, 1, 15), (0, 1, 0), (7, 5, 0), (365, 1, 90)]
)
def test_terms_go_down_by_steps(days: int, steps: int, left: int) -> None:
    assert shorter(days, steps) == left


@pytest.mark.parametrize(("delays", "score"), [((), 16), ((0,) * 10, 2), ((31,) * 10, 86), ((0, 0, 31), 26)])
def test_without_a_forecast_the_share_very_late_is_the_risk(delays: tuple[int, ...], score: int) -> None:
    assert score_of(delays) == score


CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine says nothing of it
DELAYS = st.lists(st.integers(-30, 200), max_size=20).map(tuple)
ANY = st.builds(
    Behaviour, st.just("MXN"), st.integers(0, 10**12), st.just(12), st.just(20), DELAYS, st.integers(0, 3),
    st.integers(0, 100), st.sampled_from("ABCDE"), st.booleans(),
)  # fmt: skip
NOW = st.builds(Terms, st.integers(0, 365), st.none() | st.integers(0, 10**12))


@CALM
@given(ANY, NOW)
def test_a_term_is_never_longer_and_every_advice_has_a_reason(behaviour: Behaviour, now: Terms) -> None:
    found = advise(behaviour, now)
    assert found.because
    if found.days is not None:
        assert found.days <= now.days
        assert found.days == now.days or found.days in TERMS
    assert found.limit is None or found.limit >= 0


@CALM
@given(ANY, NOW)
def test_a_worse_band_never_gets_more(behaviour: Behaviour, now: Terms) -> None:
    values = {name: getattr(behaviour, name) for name in Behaviour.__slots__ if name != "band"}
    given = [advise(Behaviour(band=each, **values), Terms(now.days)) for each in "ABCDE"]
    days, limits = [each.days for each in given], [each.limit for each in given]
    if None not in days:
        assert days == sorted(days, reverse=True)
    if None not in limits:
        assert limits == sorted(limits, reverse=True)


@CALM
@given(st.integers(0, 10**14), st.integers(0, 10**14))
def test_near_is_within_a_tenth(one: int, other: int) -> None:
    assert is_near(one, other) is (abs(one - other) * 10 <= other)
