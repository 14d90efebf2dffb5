"""The rules of the mass download: what is never asked, how a period is cut, and what each answer comes to."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.fiscal.mass_download import (
    BadQuery,
    Exhausted,
    Indivisible,
    Next,
    Period,
    after_asking,
    after_download,
    after_progress,
    check_query,
    fresh,
    halves,
    is_stuck,
    oldest,
    pieces,
    states_wanted,
    to_local,
    to_moment,
    wait_for_progress,
    wait_for_retry,
)
from aldia.domain.ports.tax import Asked, Package, Progress, Query, Side, Stage, Wanted

NOW = datetime(2026, 11, 20, 12)
DAY = datetime(2026, 11, 1)
SECOND = timedelta(seconds=1)
moments = st.datetimes(datetime(2020, 11, 20), NOW - timedelta(days=1)).map(lambda each: each.replace(microsecond=0))
lengths = st.integers(2, 6 * 365 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


def query(since: datetime | None, until: datetime | None, side: Side = Side.ISSUED, uuid: str = "") -> Query:
    return Query(side, Wanted.XML, since, until, uuid)


@pytest.mark.parametrize(
    ("asked", "before", "code"),
    [
        (query(DAY, NOW), 0, ""),
        (query(DAY, NOW), 1, ""),
        (query(DAY, NOW), 2, "exhausted"),
        (query(None, NOW), 0, "no_period"),
        (query(DAY, None), 0, "no_period"),
        (query(DAY, DAY), 0, "backwards"),
        (query(DAY, DAY + SECOND), 0, "backwards"),
        (query(DAY, DAY + 2 * SECOND), 0, ""),
        (query(NOW, DAY), 0, "backwards"),
        (query(DAY, NOW + SECOND), 0, "future"),
        (query(datetime(2020, 11, 20), NOW), 0, ""),
        (query(datetime(2020, 11, 19, 23, 59, 59), NOW), 0, "too_old"),
        (query(None, None, uuid="129C4D12-1415-4ACE-BE12-34E71C4EAB4E"), 5, ""),
        (query(None, None, uuid="129c4d12-1415-4ace-be12-34e71c4eab4e"), 0, ""),
        (query(None, None, uuid="129C4D12-1415-4ACE-BE12-34E71C4EAB4"), 0, "folio"),
        (query(None, None, uuid="' OR 1=1"), 0, "folio"),
    ],
)
def test_what_sat_would_refuse_is_not_asked(asked: Query, before: int, code: str) -> None:
    if not code:
        check_query(asked, now=NOW, asked_before=before)
        return
    with pytest.raises(BadQuery) as raised:
        check_query(asked, now=NOW, asked_before=before)
    assert (raised.value.code, str(raised.value)[-1]) == (code, ".")


def test_six_years_from_a_leap_day() -> None:
    assert oldest(date(2028, 2, 29)) == datetime(2022, 3, 1)
    assert oldest(date(2026, 11, 20)) == datetime(2020, 11, 20)


def test_only_the_xml_of_others_leaves_out_what_is_cancelled() -> None:
    states = {(side, wanted): states_wanted(Query(side, wanted)) for side in Side for wanted in Wanted}
    assert [key for key, value in states.items() if value == "Vigente"] == [(Side.RECEIVED, Wanted.XML)]


@given(moments, lengths)
def test_halves_are_the_period_and_each_may_be_asked(since: datetime, length: timedelta) -> None:
    period = Period(since, since + length)
    if length < timedelta(seconds=5):
        with pytest.raises(Indivisible):
            halves(period)
        return
    first, second = halves(period)
    assert (first.since, second.until) == (period.since, period.until)
    assert first.until + SECOND == second.since
    assert min(first.until - first.since, second.until - second.since) >= timedelta(seconds=2)


@given(moments, st.integers(2, 400 * 86_400), st.integers(1, 60))
def test_pieces_follow_each_other_and_each_may_be_asked(since: datetime, seconds: int, days: int) -> None:
    until = since + timedelta(seconds=seconds)
    found = list(pieces(since, until, days))
    assert (found[0].since, found[-1].until) == (since, until)
    assert all(one.until + SECOND == other.since for one, other in pairwise(found))
    assert all(each.until - each.since >= timedelta(seconds=2) for each in found)
    assert all(each.until - each.since <= timedelta(days=days, seconds=3) for each in found)


@given(moments)
def test_never_the_same_period_a_third_time(since: datetime) -> None:
    wanted = Period(since, since + timedelta(hours=5))
    asked: dict[Period, int] = {}
    for _time in range(15):
        found = fresh(wanted, lambda each: asked.get(each, 0), now=NOW)
        assert found.since <= wanted.since <= wanted.until <= found.until <= NOW
        assert found.since >= oldest(NOW.date())
        asked[found] = asked.get(found, 0) + 1
    assert max(asked.values()) == 2


def test_where_neither_end_can_move_it_is_said() -> None:
    with pytest.raises(Exhausted):
        fresh(Period(oldest(NOW.date()), NOW), lambda _each: 2, now=NOW)


@pytest.mark.parametrize(
    ("code", "message", "next_"),
    [
        ("5000", "Solicitud Aceptada", Next.WAIT), ("300", "Usuario No Válido", Next.PERSON),
        ("300", "Token invalido.", Next.NEW_SESSION), ("301", "XML Mal Formado", Next.PERSON),
        ("301", "No se permite la descarga de xml que se encuentren cancelados.", Next.ONLY_VALID),
        ("302", "Sello Mal Formado", Next.PERSON), ("303", "", Next.PERSON), ("304", "", Next.PERSON),
        ("305", "", Next.PERSON), ("5001", "", Next.PERSON), ("5002", "", Next.SHIFT), ("5003", "", Next.SPLIT),
        ("5004", "", Next.NOTHING), ("5005", "", Next.WAIT_FOR_TWIN), ("5006", "", Next.RETRY),
        ("5011", "", Next.TOMORROW), ("5012", "", Next.ONLY_VALID), ("404", "Error no controlado", Next.RETRY),
        ("9999", "", Next.RETRY),
    ],
)  # fmt: skip
def test_after_asking(code: str, message: str, next_: Next) -> None:
    found = after_asking(Asked(code, message, "a-name" if code == "5000" else ""))
    assert found.next is next_
    assert found.said.endswith(".")


@pytest.mark.parametrize(
    ("answer", "next_"),
    [
        (Progress("5000", "", Stage.ACCEPTED, "5000"), Next.WAIT),
        (Progress("5000", "", Stage.IN_PROCESS, "5000"), Next.WAIT),
        (Progress("5000", "", Stage.NONE, ""), Next.WAIT),
        (Progress("5000", "", Stage.FINISHED, "5000", 3, ("a_01",)), Next.DOWNLOAD),
        (Progress("5000", "", Stage.FINISHED, "5000", 0), Next.NOTHING),
        (Progress("5000", "", Stage.REJECTED, "5004"), Next.NOTHING),
        (Progress("5000", "", Stage.REJECTED, "5003"), Next.SPLIT),
        (Progress("5000", "", Stage.ERROR, "5003"), Next.SPLIT),
        (Progress("5000", "", Stage.REJECTED, "5002"), Next.SHIFT),
        (Progress("5000", "", Stage.REJECTED, "5005"), Next.WAIT_FOR_TWIN),
        (Progress("5000", "", Stage.REJECTED, "5011"), Next.TOMORROW),
        (Progress("5000", "", Stage.REJECTED, "5000"), Next.ASK_AGAIN),
        (Progress("5000", "", Stage.REJECTED, "404"), Next.ASK_AGAIN),
        (Progress("5000", "", Stage.ERROR, "404"), Next.ASK_AGAIN),
        (Progress("5000", "", Stage.ERROR, "5000"), Next.ASK_AGAIN),
        (Progress("5000", "", Stage.EXPIRED, "5000"), Next.ASK_AGAIN),
        (Progress("5004", ""), Next.ASK_AGAIN),
        (Progress("300", "Token invalido."), Next.NEW_SESSION),
        (Progress("304", ""), Next.PERSON),
        (Progress("404", ""), Next.RETRY),
    ],
)
def test_after_progress(answer: Progress, next_: Next) -> None:
    assert after_progress(answer).next is next_


@pytest.mark.parametrize(
    ("answer", "next_"),
    [
        (Package("5000", "", io.BytesIO(b"PK"), 2), Next.READ),
        (Package("5000", ""), Next.RETRY),
        (Package("5004", ""), Next.ASK_AGAIN),
        (Package("5007", ""), Next.ASK_AGAIN),
        (Package("5008", ""), Next.ASK_AGAIN),
        (Package("5011", ""), Next.TOMORROW),
        (Package("404", ""), Next.RETRY),
        (Package("305", ""), Next.PERSON),
        (Package("300", "Token invalido."), Next.NEW_SESSION),
    ],
)
def test_after_download(answer: Package, next_: Next) -> None:
    assert after_download(answer).next is next_


def test_waits_grow_and_stop_growing() -> None:
    hours = [wait_for_progress(times) / timedelta(hours=1) for times in range(100)]
    assert hours == sorted(hours)
    assert (hours[0], hours[-1]) == (1 / 60, 1)
    retries = [wait_for_retry(failures) / timedelta(hours=1) for failures in range(1, 100)]
    assert retries == sorted(retries)
    assert (retries[0], retries[-1]) == (1 / 60, 3)


def test_stuck_after_three_days() -> None:
    asked = datetime(2026, 11, 1, tzinfo=UTC)
    assert not is_stuck(asked_at=asked, now=asked + timedelta(hours=72))
    assert is_stuck(asked_at=asked, now=asked + timedelta(hours=73))


@given(moments)
def test_local_times_and_back(local: datetime) -> None:
    assert to_local(to_moment(local)) == local or local.month in (4, 10)  # clocks changed in Mexico until 2022
