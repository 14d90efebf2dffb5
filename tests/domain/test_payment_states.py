"""Knowledge of a payment: the same whatever the order and the repetition of what its provider said."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.payment_states import Known, join, known_after, merge
from aldia.domain.ports.payments import PaymentState, Seen

S = PaymentState


def seen(state: PaymentState, **totals: int) -> Seen:
    return Seen("p-1", state, "MXN", **totals)


amounts = st.integers(0, 5)
answers = st.builds(seen, st.sampled_from(S), received=amounts, refunded=amounts, disputed=amounts, fee=amounts)
looks = st.lists(st.tuples(st.integers(0, 4), answers), max_size=7)
knowns = looks.map(known_after)


@given(looks, st.randoms())
def test_any_order_and_any_repetition_comes_to_the_same(said: list[tuple[int, Seen]], random: object) -> None:
    wanted = known_after(said)
    again = said + said[: len(said) // 2]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert known_after(again) == wanted


@given(knowns, knowns, knowns)
def test_a_join(one: Known, two: Known, three: Known) -> None:
    assert join(one, two) == join(two, one)
    assert join(one, join(two, three)) == join(join(one, two), three)
    assert join(one, one) == one
    assert join(join(one, two), two) == join(one, two)


@given(knowns, st.tuples(st.integers(0, 9), answers))
def test_totals_never_fall_and_what_was_heard_is_not_forgotten(known: Known, said: tuple[int, Seen]) -> None:
    after = merge(known, said[1], said[0])
    assert after.received >= known.received
    assert after.refunded >= known.refunded
    assert after.fee >= known.fee
    assert after.look >= known.look
    assert after.is_final or not known.is_final
    assert after.disputed >= known.disputed or after.look > known.look


STORY = [
    (1, seen(S.PENDING)),
    (2, seen(S.SUCCEEDED, received=100, fee=4)),
    (3, seen(S.REFUNDED, received=100, refunded=40, fee=4)),
    (4, seen(S.DISPUTED, received=100, refunded=40, disputed=60, fee=19)),
    (5, seen(S.SUCCEEDED, received=100, refunded=40, disputed=0, fee=19)),
]


def test_every_permutation_of_a_story_with_each_told_twice() -> None:
    ends = {known_after([*order, *order[:2]]) for order in permutations(STORY)}
    assert ends == {Known(S.SUCCEEDED, 100, 40, 0, 19, 5)}


@pytest.mark.parametrize(
    ("said", "state", "net"),
    [
        ([], S.CREATED, 0),
        ([(1, seen(S.FAILED)), (2, seen(S.PENDING))], S.FAILED, 0),
        ([(1, seen(S.EXPIRED)), (2, seen(S.SUCCEEDED, received=70))], S.SUCCEEDED, 70),
        ([(2, seen(S.SUCCEEDED, received=70)), (3, seen(S.PENDING))], S.SUCCEEDED, 70),
        ([(1, seen(S.REFUNDED, received=70, refunded=70))], S.REFUNDED, 0),
        ([(1, seen(S.REFUNDED, received=70, refunded=20))], S.SUCCEEDED, 50),
        ([(1, seen(S.DISPUTED, received=70, disputed=70))], S.DISPUTED, 0),
        ([(1, seen(S.DISPUTED, received=70, disputed=70)), (2, seen(S.SUCCEEDED, received=70))], S.SUCCEEDED, 70),
        ([(2, seen(S.SUCCEEDED, received=70)), (1, seen(S.DISPUTED, received=70, disputed=70))], S.SUCCEEDED, 70),
        ([(1, seen(S.DISPUTED, received=70, refunded=50, disputed=70))], S.DISPUTED, 0),
    ],
    ids=[
        "nothing", "failed-stays", "late-money", "late-news", "all-back", "part-back", "disputed", "won",
        "won-told-first", "more-back-than-came",
    ],
)  # fmt: skip
def test_states(said: list[tuple[int, Seen]], state: PaymentState, net: int) -> None:
    known = known_after(said)
    assert (known.state, known.net) == (state, net)


def test_failed_and_expired_do_not_depend_on_who_is_heard_first() -> None:
    for one, two in product((S.FAILED, S.EXPIRED), repeat=2):
        assert known_after([(1, seen(one)), (2, seen(two))]) == known_after([(2, seen(two)), (1, seen(one))])
