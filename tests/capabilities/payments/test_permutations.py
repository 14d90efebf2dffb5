"""Whatever the order and the repetition in which a provider tells a story, the books come to the same (T22)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from aldia.domain.ports.payments import PaymentState, Seen
from aldia.payments.models import InboxEvent, PaymentAttempt
from aldia.payments.operations.inbox import process, write_seen
from aldia.tenancy.ids import uuid7
from tests.support.paying import Till, broken, ledger_hash

S = PaymentState
Step = dict[str, Any]
STORIES: dict[str, list[Step]] = {
    "dispute-won": [
        {"state": S.PENDING},
        {"state": S.SUCCEEDED, "received": 100_00, "fee": 4_00},
        {"state": S.REFUNDED, "received": 100_00, "refunded": 40_00, "fee": 4_00},
        {"state": S.DISPUTED, "received": 100_00, "refunded": 40_00, "disputed": 60_00, "fee": 19_00},
        {"state": S.SUCCEEDED, "received": 100_00, "refunded": 40_00, "disputed": 0, "fee": 19_00},
    ],
    "more-than-owed-and-back": [
        {"state": S.SUCCEEDED, "received": 130_00},
        {"state": S.REFUNDED, "received": 130_00, "refunded": 45_00},
        {"state": S.REFUNDED, "received": 130_00, "refunded": 130_00},
    ],
    "dispute-lost-in-part": [
        {"state": S.FAILED},
        {"state": S.SUCCEEDED, "received": 90_00, "fee": 3_00},
        {"state": S.DISPUTED, "received": 90_00, "disputed": 90_00, "fee": 18_00},
        {"state": S.DISPUTED, "received": 90_00, "disputed": 25_00, "fee": 18_00},
    ],
}
# Where the provider cannot be asked, each notice carries what was true when it was sent.
TOLD: list[Step] = [
    {"state": S.PENDING},
    {"state": S.SUCCEEDED, "received": 50_00},
    {"state": S.SUCCEEDED, "received": 120_00, "fee": 2_00},
    {"state": S.REFUNDED, "received": 120_00, "refunded": 30_00, "fee": 2_00},
    {"state": S.REFUNDED, "received": 120_00, "refunded": 75_00, "fee": 5_00},
]


def notice(till: Till, attempt: PaymentAttempt, number: int, said: Seen | None = None) -> InboxEvent:
    return InboxEvent.objects.create(
        id=uuid7(), company=till.company, account=till.account, event_id=f"evt_{number}", subject=attempt.provider_id,
        said=write_seen(said) if said is not None else None, body="{}", received_at=till.now,
    )  # fmt: skip


def ends(
    till: Till, orders: Sequence[Sequence[int]], tell: Callable[[PaymentAttempt, Sequence[int]], None]
) -> set[Any]:
    """The ends to which all orders of telling come, each from the same beginning."""
    first, second = till.owes(60_00, -5), till.owes(40_00, 5)
    attempt = till.begins(100_00, {first: 60_00, second: 40_00})
    begun = till.bank.payments[attempt.provider_id]
    found = set()
    for order in orders:
        with transaction.atomic():
            till.bank.payments[attempt.provider_id] = begun
            tell(attempt, order)
            end = PaymentAttempt.objects.get()
            assert broken() == []
            found.add((ledger_hash(), end.state, end.posted, end.posted_fee, *till.owed(first, second)))
            transaction.set_rollback(True)
    return found


def told_twice(count: int) -> list[list[int]]:
    """Every permutation, with some of it told again at random places."""
    rng = random.Random(20260914)
    orders = [list(order) for order in permutations(range(count))]
    return [order + rng.choices(order, k=rng.randrange(count + 1)) for order in orders]


@pytest.mark.parametrize("story", list(STORIES))
def test_hints_in_any_order(till: Till, story: str) -> None:
    """A notice never comes before what it tells of: the provider is as far as the farthest notice that came."""
    steps = STORIES[story]

    def tell(attempt: PaymentAttempt, order: Sequence[int]) -> None:
        events: dict[int, InboxEvent] = {}
        for place, number in enumerate(order):
            now_at = max(order[: place + 1])
            till.bank.say(attempt.provider_id, **steps[now_at])
            if number not in events:
                events[number] = notice(till, attempt, number)
            process(event_id=events[number].pk, now=till.now)

    assert len(ends(till, told_twice(len(steps)), tell)) == 1


def test_answers_that_cannot_be_asked_again_in_any_order(till: Till) -> None:
    def tell(attempt: PaymentAttempt, order: Sequence[int]) -> None:
        blank = Seen(attempt.provider_id, S.PENDING, "MXN", key=str(attempt.pk))
        for number, step in enumerate(order):
            process(event_id=notice(till, attempt, number, replace(blank, **TOLD[step])).pk, now=till.now)

    found = ends(till, told_twice(len(TOLD)), tell)
    assert [end[1:] for end in found] == [("succeeded", 45_00, 5_00, 15_00, 40_00)]


def test_the_order_matters_where_the_rule_is_left_out(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: believing the last one who speaks, the same notices come to different ends."""
    from aldia.domain.payment_states import Known
    from aldia.payments.operations import looking

    def last_word(known: Known, seen: Seen, look: int) -> Known:
        return Known(seen.state, seen.received, seen.refunded, seen.disputed, seen.fee, look)

    monkeypatch.setattr(looking, "merge", last_word)

    def tell(attempt: PaymentAttempt, order: Sequence[int]) -> None:
        blank = Seen(attempt.provider_id, S.PENDING, "MXN", key=str(attempt.pk))
        for number, step in enumerate(order):
            process(event_id=notice(till, attempt, number, replace(blank, **TOLD[step])).pk, now=till.now)

    assert len(ends(till, [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [0, 1, 2, 4, 3]], tell)) > 1
