"""Overlapping uploads: sets of movements compared, never keys. Properties over random accounts with many twins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from aldia.domain.statements.overlap import Assignment, Entry, assign, dedupe_keys

START = date(2026, 3, 1)
TEXTS = ("spei recibido alfa sa factura 100", "spei recibido beta sa factura 200", "deposito en efectivo", "comision")


def account(rows: Sequence[tuple[int, int, int]], opening: int = 1_000_000, balances: bool = True) -> list[Entry]:
    """Rows of (day, amount, text) as an account states them: running balances, places within the day."""
    found, balance, places = [], opening, Counter[date]()
    for at, (day, amount, text) in enumerate(sorted(rows, key=lambda row: row[0])):
        on = START + timedelta(days=day)
        balance += amount
        places[on] += 1
        found.append(Entry(("bank", at), on, amount, TEXTS[text], balance if balances else None, "", places[on]))
    return found


def upload(rows: Sequence[Entry], name: str) -> list[Entry]:
    """The same rows as they come in another file."""
    return [replace(row, key=(name, row.key)) for row in rows]


def store(stored: Sequence[Entry], incoming: Sequence[Entry], result: Assignment) -> list[Entry]:
    """What the database holds after the import."""
    by_key = {row.key: row for row in incoming}
    return [*stored, *(by_key[key] for key in result.new)]


def truth(keys: Sequence[object]) -> list[int]:
    """The bank's own rows behind stored ones."""
    return sorted(key[1][1] for key in keys)  # type: ignore[index]


rows_of_an_account = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([100, -50, 250, 250, -100]), st.integers(0, 3)), max_size=30
)


@given(rows_of_an_account, st.booleans())
def test_the_same_file_twice_adds_nothing(rows: list[tuple[int, int, int]], balances: bool) -> None:
    movements = account(rows, balances=balances)
    result = assign(upload(movements, "one"), upload(movements, "two"))
    assert result.new == ()
    assert result.review == ()
    assert len(result.known) == len(movements)
    assert len({pair.stored for pair in result.known}) == len(movements)


@given(rows_of_an_account, st.data())
@settings(max_examples=200)
def test_overlap_of_whole_days_is_the_union(rows: list[tuple[int, int, int]], data: st.DataObject) -> None:
    """Any two ranges of days, in any order of upload."""
    movements = account(rows, balances=data.draw(st.booleans()))
    first = data.draw(st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted))
    second = data.draw(st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted))
    part = [upload(_days(movements, *span), name) for span, name in ((first, "one"), (second, "two"))]
    stored = store([], part[0], assign([], part[0]))
    result = assign(stored, part[1])
    assert result.review == ()
    union = {row.key for row in (*_days(movements, *first), *_days(movements, *second))}
    assert truth([row.key for row in store(stored, part[1], result)]) == sorted(key[1] for key in union)  # type: ignore[index]


def _days(movements: Sequence[Entry], low: int, high: int) -> list[Entry]:
    return [row for row in movements if low <= (row.booked_on - START).days <= high]


@given(rows_of_an_account, st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=200)
def test_any_overlapping_files_with_balances_are_the_union(
    rows: list[tuple[int, int, int]], one: int, two: int
) -> None:
    """The first file ends and the second begins in the middle of days, with rows in common."""
    movements = [replace(row, text_key=f"{row.text_key} {at}") for at, row in enumerate(account(rows))]
    low, high = sorted((min(one, len(movements)), min(two, len(movements))))
    stored = upload(movements[:high], "one")
    incoming = upload(movements[low:], "two")
    result = assign(stored, incoming)
    assert result.review == ()
    assert truth([row.key for row in store(stored, incoming, result)]) == list(range(len(movements)))


@given(rows_of_an_account, st.integers(1, 25))
@settings(max_examples=200)
def test_truncated_texts_add_nothing(rows: list[tuple[int, int, int]], length: int) -> None:
    movements = account(rows)
    cut = [replace(row, text_key=row.text_key[:length].strip()) for row in upload(movements, "two")]
    result = assign(upload(movements, "one"), cut)
    assert result.new == ()
    back = assign(cut, upload(movements, "three"))
    assert back.new == ()


@given(rows_of_an_account, st.randoms(use_true_random=False))
def test_a_reordered_day_adds_nothing(rows: list[tuple[int, int, int]], chance: object) -> None:
    """The bank prints the day in another order, so its running balances change too."""
    movements = account(rows)
    shuffled = [(row, chance.random()) for row in movements]  # type: ignore[attr-defined]
    shuffled.sort(key=lambda pair: (pair[0].booked_on, pair[1]))
    balance, again = 1_000_000, []
    for row, _order in shuffled:
        balance += row.amount
        again.append(replace(row, key=("two", row.key), balance=balance))
    result = assign(upload(movements, "one"), again)
    assert result.new == ()


@given(rows_of_an_account)
def test_every_row_has_one_outcome_and_every_stored_row_one_partner(rows: list[tuple[int, int, int]]) -> None:
    movements = account(rows)
    stored, incoming = upload(movements[::2], "one"), upload(movements, "two")
    result = assign(stored, incoming)
    outcomes = [*result.new, *(pair.incoming for pair in (*result.known, *result.review))]
    assert Counter(outcomes) == Counter(row.key for row in incoming)
    partners = [pair.stored for pair in (*result.known, *result.review)]
    assert len(set(partners)) == len(partners)


# Cases by hand


def row(key: str, amount: int = 100, text: str = "alfa", balance: int | None = None, trace: str = "", seq: int = 1,
        day: int = 0) -> Entry:  # fmt: skip
    return Entry(key, START + timedelta(days=day), amount, text, balance, trace, seq)


def test_twins_count() -> None:
    two = [row("a"), row("b")]
    three = [row("x"), row("y"), row("z")]
    assert len(assign(two, three).new) == 1
    assert assign(three, two).new == ()
    assert len(assign([], three).new) == 3


def test_different_bank_keys_are_never_the_same() -> None:
    stored = [row("a", trace="ABC12345")]
    assert assign(stored, [row("x", trace="ABC99999")]).new == ("x",)
    same = assign(stored, [row("x", text="otro texto", trace="ABC12345")])
    assert [pair.basis for pair in same.known] == ["trace"]


def test_keys_that_many_rows_share_name_none() -> None:
    stored = [row("a", text="uno", trace="9990008"), row("b", text="dos", trace="9990008")]
    incoming = [row("x", text="dos", trace="9990008"), row("y", text="uno", trace="9990008")]
    pairs = {(pair.incoming, pair.stored) for pair in assign(stored, incoming).known}
    assert pairs == {("x", "b"), ("y", "a")}


def test_a_file_that_begins_after_noon_keeps_its_twin() -> None:
    """Same amount and text in the morning and in the afternoon: the opening balance tells them apart."""
    morning = [row("a", balance=1100)]
    afternoon = [row("x", balance=1200), row("y", amount=-50, balance=1150)]
    assert assign(morning, afternoon).new == ("x", "y")


def test_without_balances_the_twin_goes_to_review() -> None:
    stored = [row("a"), row("b", amount=70, seq=2)]
    result = assign(stored, [row("x"), row("y", amount=90, seq=2)])
    assert result.new == ("y",)
    assert [(pair.incoming, pair.stored) for pair in result.review] == [("x", "a")]


def test_equal_balance_and_other_text_is_a_question() -> None:
    result = assign([row("a", text="pago provisional", balance=500)], [row("x", text="spei recibido", balance=500)])
    assert [(pair.incoming, pair.stored) for pair in result.review] == [("x", "a")]
    assert result.new == ()


def test_keys_of_the_database_differ_for_twins_and_repeat_for_repeats() -> None:
    twins = [row("x"), row("y")]
    first = dedupe_keys("acc", twins)
    assert len(set(first)) == 2
    assert dedupe_keys("acc", twins) == first
    assert dedupe_keys("acc", [row("z")], already=[row("x")]) == first[1:]
    assert dedupe_keys("other", [row("z")]) != first[:1]


def test_many_equal_rows_are_no_square() -> None:
    """One day, one amount: the work stays linear."""
    stored = [row(f"a{at}", text=f"pago {at % 7}") for at in range(20_000)]
    incoming = [row(f"x{at}", text=f"pago {at % 7}") for at in range(20_001)]
    assert len(assign(stored, incoming).new) == 1
