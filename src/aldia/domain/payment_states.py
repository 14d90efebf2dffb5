"""What is known of a payment, and how one more answer of its provider changes it.

Answers come late, twice and in any order, so that knowledge is a join: `merge` takes the greater of what was known and
what is said, field by field, which makes it commutative, associative and idempotent. Totals to date (received,
refunded, fee) only grow. What is disputed may also fall (a dispute that is won), so that it belongs to the number of
the look it was seen by, and the later look has it. The state is a function of the totals; before money came in it is
the highest one heard of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aldia.domain.ports.payments import RANK, PaymentState, Seen


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one payment: totals to date in minor units. `look` is the one that `disputed` was seen by."""

    state: PaymentState = PaymentState.CREATED
    received: int = 0
    refunded: int = 0
    disputed: int = 0
    fee: int = 0
    look: int = 0

    @property
    def net(self) -> int:
        """What stays with us of the money, before the provider's fee: what the books must hold."""
        return max(self.received - self.refunded - self.disputed, 0)

    @property
    def is_final(self) -> bool:
        """Whether nothing is waited for (money may still come back, or come late). Paid with nothing is not."""
        rank, ended = RANK[self.state], RANK[PaymentState.FAILED]
        return rank == ended or (rank > ended and self.received > 0)


def merge(known: Known, seen: Seen, look: int) -> Known:
    """What is known after the answer that look number `look` brought (0: a notice that nobody could ask about)."""
    return join(known, Known(seen.state, seen.received, seen.refunded, seen.disputed, seen.fee, look))


def join(one: Known, other: Known) -> Known:
    """The least that says all that both say."""
    received, refunded = max(one.received, other.received), max(one.refunded, other.refunded)
    look, disputed = max((one.look, one.disputed), (other.look, other.disputed))
    heard = max(_heard(one.state), _heard(other.state), key=lambda state: (RANK[state], state.value))
    state = _state(heard, received, refunded, disputed)
    return Known(state, received, refunded, disputed, max(one.fee, other.fee), look)


def known_after(looks: Iterable[tuple[int, Seen]]) -> Known:
    """What a set of answers comes to, in whatever order."""
    known = Known()
    for look, seen in looks:
        known = merge(known, seen, look)
    return known


def _heard(state: PaymentState) -> PaymentState:
    """What a state says by itself: that money went back or is disputed is told by the totals."""
    return state if RANK[state] < RANK[PaymentState.SUCCEEDED] else PaymentState.SUCCEEDED


def _state(heard: PaymentState, received: int, refunded: int, disputed: int) -> PaymentState:
    if heard is not PaymentState.SUCCEEDED and not received:
        return heard
    if disputed:
        return PaymentState.DISPUTED
    if received and refunded >= received:
        return PaymentState.REFUNDED
    return PaymentState.SUCCEEDED
