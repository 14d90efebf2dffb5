"""What a synchronisation asks for: gaps, overlap, pieces; whatever was covered, nothing is left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.domain.fiscal.mass_download import Period
from aldia.domain.fiscal.sync_plan import OVERLAP, SECOND, gaps, plan
from aldia.domain.ports.tax import Side, Wanted

NOW = datetime(2026, 5, 20, 9)
START = datetime(2026, 1, 1)
WHOLE = Period(START, NOW)


def asked(side: Side, wanted: Wanted, covered: list[Period], since: date = date(2026, 1, 1)) -> list[Period]:
    known = {(side, wanted): covered}
    found = plan(since=since, now=NOW, sides=[side], covered=known)
    return [each.period for each in found if each.wanted is wanted]


def test_the_first_time_everything_is_asked_for_in_pieces_that_follow_each_other() -> None:
    found = asked(Side.ISSUED, Wanted.XML, [])
    assert (found[0].since, found[-1].until) == (START, NOW)
    assert all(later.since - earlier.until == SECOND for earlier, later in pairwise(found))
    assert len(found) == 2


def test_then_what_is_new_and_four_days_before_it() -> None:
    found = asked(Side.ISSUED, Wanted.XML, [Period(START, datetime(2026, 5, 17, 9))])
    assert found == [Period(datetime(2026, 5, 17, 9) + SECOND - OVERLAP, NOW)]


def test_the_listing_goes_back_to_january_of_the_year_before() -> None:
    """A document of last year may be cancelled until its annual return is due."""
    covered = [Period(datetime(2023, 1, 1), datetime(2026, 5, 17, 9))]
    (first, second) = asked(Side.RECEIVED, Wanted.METADATA, covered, since=date(2023, 1, 1))
    assert (first.since, second.until) == (datetime(2025, 1, 1), NOW)


def test_what_a_failed_run_left_is_asked_for_again() -> None:
    covered = [Period(START, datetime(2026, 2, 1)), Period(datetime(2026, 3, 1), datetime(2026, 5, 20, 8, 59, 50))]
    found = asked(Side.ISSUED, Wanted.XML, covered)
    assert found[0].since <= datetime(2026, 2, 1) - OVERLAP + SECOND
    assert found[0].until == datetime(2026, 3, 1) - SECOND


def test_nothing_is_asked_before_six_years_ago() -> None:
    assert asked(Side.ISSUED, Wanted.XML, [], since=date(2015, 1, 1))[0].since == datetime(2020, 5, 20)


moments = st.integers(0, int((NOW - START).total_seconds())).map(lambda seconds: START + timedelta(seconds=seconds))
periods = st.lists(st.tuples(moments, moments).map(lambda pair: Period(min(pair), max(pair))), max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine says nothing of the plan
@given(periods)
def test_gaps_and_what_is_covered_are_everything_and_never_the_same(covered: list[Period]) -> None:
    found = gaps(WHOLE, covered)
    seconds = sum((each.until - each.since).total_seconds() + 1 for each in found)
    for gap in found:
        assert WHOLE.since <= gap.since <= gap.until <= WHOLE.until
        assert not any(gap.since in each or gap.until in each for each in covered)
    assert seconds + _length(covered) == (NOW - START).total_seconds() + 1


def _length(covered: list[Period]) -> float:
    """Seconds that a set of periods covers, each counted once."""
    total, at = 0.0, START - SECOND
    for each in sorted(covered):
        first = max(each.since, at + SECOND)
        if each.until >= first:
            total += (each.until - first).total_seconds() + 1
            at = each.until
    return total


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine says nothing of the plan
@given(periods)
def test_what_is_asked_covers_every_gap(covered: list[Period]) -> None:
    found = asked(Side.ISSUED, Wanted.XML, covered)
    for gap in gaps(WHOLE, covered):
        if gap.until - gap.since >= 3 * SECOND:
            assert not gaps(gap, found)
