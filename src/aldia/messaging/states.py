"""What became of a delivery: one order of states, so that what is known wins over what is not, whenever it arrives.

A state never goes back: a provider may say «delivered» before we wrote «sent», twice, or after a person opened it.
"""

from __future__ import annotations

from collections.abc import Iterable

from aldia.domain.ports.channels import EventKind
from aldia.messaging.models import DeliveryState

PENDING = (DeliveryState.QUEUED, DeliveryState.SENDING)
_RANK = {
    state: rank
    for rank, state in enumerate(
        (
            DeliveryState.QUEUED,
            DeliveryState.SENDING,
            DeliveryState.CANCELLED,
            DeliveryState.UNKNOWN,
            DeliveryState.SENT,
            DeliveryState.FAILED,
            DeliveryState.DELIVERED,
            DeliveryState.OPENED,
            DeliveryState.BOUNCED,
            DeliveryState.COMPLAINED,
        )
    )
}
MEANS = {
    EventKind.SENT: DeliveryState.SENT,
    EventKind.FAILED: DeliveryState.FAILED,
    EventKind.DELIVERED: DeliveryState.DELIVERED,
    EventKind.OPENED: DeliveryState.OPENED,
    EventKind.CLICKED: DeliveryState.OPENED,
    EventKind.BOUNCED: DeliveryState.BOUNCED,
    EventKind.COMPLAINED: DeliveryState.COMPLAINED,
    EventKind.UNSUBSCRIBED: DeliveryState.DELIVERED,
    EventKind.ANSWERED: DeliveryState.DELIVERED,
}


def state_after(own: str, kinds: Iterable[str]) -> DeliveryState:
    """The state of a delivery of which we know `own` and were told these events, in any order."""
    told = (MEANS[EventKind(kind)] for kind in kinds if kind in MEANS)
    return max((DeliveryState(own), *told), key=_RANK.__getitem__)
