from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.aging import BadRanges, Owed, Ranges, age, days_late

TODAY = date(2026, 11, 21)
BOUNDS = st.lists(st.integers(1, 400), min_size=1, max_size=6, unique=True).map(lambda days: tuple(sorted(days)))


@pytest.mark.parametrize(
    ("bounds", "labels"),
    [
        ((30, 60, 90), ("Por vencer", "1–30", "31–60", "61–90", "+90")),
        ((15,), ("Por vencer", "1–15", "+15")),
        ((1, 2, 7), ("Por vencer", "1", "2", "3–7", "+7")),
    ],
)
def test_labels(bounds: tuple[int, ...], labels: tuple[str, ...]) -> None:
    assert Ranges(bounds).labels == labels
    assert Ranges(bounds).size == len(labels)


@pytest.mark.parametrize(
    ("late", "label"),
    [
        (-400, "Por vencer"),
        (0, "Por vencer"),
        (1, "1–30"),
        (30, "1–30"),
        (31, "31–60"),
        (60, "31–60"),
        (61, "61–90"),
        (90, "61–90"),
        (91, "+90"),
        (4000, "+90"),
    ],
)
def test_buckets(late: int, label: str) -> None:
    ranges = Ranges()
    assert ranges.labels[ranges.bucket_of(late)] == label


@pytest.mark.parametrize(
    ("due_on", "as_of", "late"),
    [
        (date(2026, 11, 21), date(2026, 11, 21), 0),
        (date(2026, 11, 20), date(2026, 11, 21), 1),
        (date(2026, 11, 22), date(2026, 11, 21), -1),
        (date(2028, 2, 28), date(2028, 3, 1), 2),
        (date(2027, 2, 28), date(2027, 3, 1), 1),
    ],
)
def test_days_late(due_on: date, as_of: date, late: int) -> None:
    assert days_late(due_on, as_of) == late


@given(st.sets(st.integers(1, 12), min_size=1).map(lambda days: tuple(sorted(days))), st.integers(-2, 14))
def test_a_due_date_is_inside_the_span_of_its_bucket_and_of_no_other(bounds: tuple[int, ...], late: int) -> None:
    ranges, due_on = Ranges(bounds), TODAY - timedelta(days=late)
    spans = [ranges.due_span(bucket, TODAY) for bucket in range(ranges.size)]
    inside = [n for n, (first, last) in enumerate(spans) if (first or date.min) <= due_on <= (last or date.max)]
    assert inside == [ranges.bucket_of(days_late(due_on, TODAY))]


@pytest.mark.parametrize("bounds", [(), (0,), (-5, 30), (30, 30), (60, 30), (3651,), tuple(range(1, 14))])
def test_ranges_that_make_no_sense_are_refused(bounds: tuple[int, ...]) -> None:
    with pytest.raises(BadRanges, match="30,60,90"):
        Ranges(bounds)


def test_ranges_as_people_type_them() -> None:
    assert Ranges.parse(" 15, 45,90 ").bounds == (15, 45, 90)


@pytest.mark.parametrize("text", ["", "30,", "a", "30;60", "30,20", "３０", "1e2", "30,99999", "-1", "1_0", "²"])
def test_what_is_no_list_of_days_is_refused(text: str) -> None:
    with pytest.raises(BadRanges):
        Ranges.parse(text)


def owed(group: str, currency: str, late: int, balance: int) -> Owed:
    return Owed(group, currency, TODAY - timedelta(days=late), balance)


def test_aging_by_group_and_currency() -> None:
    rows = [
        owed("Abarrotes", "MXN", 0, 100),
        owed("Abarrotes", "MXN", 31, 20),
        owed("Abarrotes", "MXN", 60, 3),
        owed("Abarrotes", "USD", 31, 7),
        owed("Café", "MXN", 91, 5),
    ]
    assert age(rows, TODAY, Ranges()) == {
        ("Abarrotes", "MXN"): (100, 0, 23, 0, 0),
        ("Abarrotes", "USD"): (0, 0, 7, 0, 0),
        ("Café", "MXN"): (0, 0, 0, 0, 5),
    }


@given(
    st.lists(
        st.builds(
            owed, st.sampled_from("ab"), st.sampled_from(["MXN", "USD"]), st.integers(-99, 999), st.integers(1, 99)
        )
    ),
    BOUNDS,
)
def test_aging_adds_up_to_what_is_owed(rows: list[Owed], bounds: tuple[int, ...]) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows:
        sums[row.group, row.currency] += row.balance
    aged = age(rows, TODAY, Ranges(bounds))
    assert {key: sum(buckets) for key, buckets in aged.items()} == dict(sums)
