"""Learned payers: when one is strong enough to say by itself who paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from aldia.domain.matching.model import Alias

STRONG_CONFIRMATIONS = 2
REJECTED_DAYS = 180
HALF_LIFE_DAYS = 180
# What may teach: a person, or documents cited by the payer. Never equal amounts, never a match that rested on an alias.
TEACHERS = frozenset({"person", "folio"})


def weight(alias: Alias, on: date) -> int:
    """Confirmations in thousandths, halved every `HALF_LIFE_DAYS` without use."""
    idle = (on - alias.confirmed_on).days if alias.confirmed_on else 0
    return (alias.confirmed * 1000) >> max(0, idle // HALF_LIFE_DAYS)


def is_blocked(alias: Alias, on: date) -> bool:
    """A rejection blocks until somebody confirms again after it, and for `REJECTED_DAYS` in any case weakens it."""
    if alias.rejected_on is None:
        return False
    return alias.confirmed_on is None or alias.confirmed_on <= alias.rejected_on


def strong(aliases: Sequence[Alias], on: date) -> str:
    """The customer that this payer pays for, "" if it is not certain: shared payers are never an identity."""
    live = [alias for alias in aliases if not is_blocked(alias, on) and weight(alias, on) >= 1000]
    if len({alias.customer for alias in live}) != 1:
        return ""
    alias = live[0]
    lately = alias.rejected_on and alias.rejected_on > on - timedelta(days=REJECTED_DAYS)
    if lately or weight(alias, on) < STRONG_CONFIRMATIONS * 1000:
        return ""
    return alias.customer


def shared(aliases: Sequence[Alias], on: date) -> tuple[str, ...]:
    """The customers of a payer of several: a factor, a group's treasury."""
    customers = {alias.customer for alias in aliases if not is_blocked(alias, on)}
    return tuple(sorted(customers)) if len(customers) > 1 else ()
