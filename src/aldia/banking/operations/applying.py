"""Apply an explanation to a movement: the books say what it paid, and the bank stands behind it."""

from __future__ import annotations

import uuid
from datetime import datetime

from aldia.banking.models import Match
from aldia.banking.plans import Plan
from aldia.receivables.operations.payments import Suspect
from aldia.tenancy.models import User


class MatchError(ValueError):
    """An explanation that cannot be applied (or taken back) as asked; the sentence is for the person."""


class AlreadyExplained(MatchError):
    """Another explanation holds that part of the movement already."""


class BalanceChanged(MatchError):
    """What was to be paid is not owed any more, or a credit has not that much left."""


class NotThisCustomer(MatchError):
    """A document or a credit of the plan is another customer's, or in another currency."""


class Stale(MatchError):
    """The movement changed since the person looked."""


class OnTheBooks(MatchError):
    """The same money may be on the books already: recognise `suspects`, or say that it is another payment."""

    def __init__(self, sentence: str, suspects: list[Suspect]) -> None:
        super().__init__(sentence)
        self.suspects = suspects


def apply_match(
    *,
    movement_id: uuid.UUID,
    plan: Plan,
    how: str,
    key: str,
    actor: User | None,
    now: datetime,
    decision_id: uuid.UUID | None = None,
    report_id: uuid.UUID | None = None,
    rests_on_id: uuid.UUID | None = None,
    class_key: str = "",
    note: str = "",
    version: int | None = None,
    is_distinct: bool = False,
    review: str = "",
) -> Match:
    """Explain (part of) a movement by a plan. Repeating a `key` returns the match it made. Raises `MatchError`.

    `version`: the movement's as the person saw it. `is_distinct`: a person said that it is another payment than the
    one on the books that looks alike. `review`: `ReviewState.WAITING` for the blind review.
    """
    raise NotImplementedError
