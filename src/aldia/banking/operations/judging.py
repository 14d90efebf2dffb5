"""Keeping the record of each class of match: what people's acts say of what the engine said first."""

from __future__ import annotations

from datetime import datetime

from aldia.banking.models import BankMovement, Judgement
from aldia.domain.matching import Trust
from aldia.tenancy.models import User


def judge(
    *,
    movement: BankMovement,
    is_right: bool,
    how: str,
    now: datetime,
    actor: User | None = None,
    class_key: str = "",
    was_applied: bool | None = None,
) -> Judgement | None:
    """Whether what the engine said of a movement was right. `how`: accepted, changed, undone or review.

    One row a movement: a later act replaces an earlier one, except that what was undone or reviewed as wrong stays so.
    None when there is nothing to judge: no hypothesis, or one that something vetoed. Pauses the class whose record no
    longer holds, with an audit event. Call it inside the transaction of the act, before its own audit event or after.
    """
    raise NotImplementedError


def trust() -> Trust:
    """What the company's own record allows to apply by itself."""
    raise NotImplementedError
