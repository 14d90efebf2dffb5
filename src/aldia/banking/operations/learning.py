"""Learning who pays for whom: from people's confirmations and from documents that the payer cited, never from amounts."""

from __future__ import annotations

import uuid
from datetime import datetime

from aldia.banking.models import BankMovement, Match, PayerAlias
from aldia.tenancy.models import User


def confirm(*, match: Match, by: str, now: datetime, actor: User | None = None) -> list[PayerAlias]:
    """Learn from a match that stands: its payer pays for its customer. `by`: "person" or "folio" (the documents that
    the payer cited). Call it inside or after the transaction of the match; a match teaches once for each of its keys.

    Whatever may not teach (money out, an adjustment, an amount-only proposal, what rests on the alias itself, ids that
    identify nobody) teaches nothing: call it for every accepted, manual or automatic match without asking first.
    """
    raise NotImplementedError


def reject(
    *, movement: BankMovement, customer_id: uuid.UUID, now: datetime, actor: User | None = None
) -> list[PayerAlias]:
    """A person said that the payer of this movement did not pay for this customer: what said so is blocked until
    somebody confirms it again. Only aliases that exist; to be called when a proposal's *customer* was wrong.
    """
    raise NotImplementedError


def revoke(*, alias_id: uuid.UUID, actor: User | None, now: datetime) -> list[uuid.UUID]:
    """Forget a payer: it says nothing until somebody confirms again, and every automatic match that rested on it is
    undone, each in its own transaction. Returns the ids of the matches that were reopened; repeating it is harmless.
    """
    raise NotImplementedError


def restore(*, alias_id: uuid.UUID, actor: User | None, now: datetime) -> PayerAlias:
    """Take a revocation or a rejection back, as a person's word: it counts as what it was before."""
    raise NotImplementedError


def add(
    *, kind: str, value: str, customer_id: uuid.UUID, note: str = "", actor: User | None, now: datetime
) -> PayerAlias:
    """A payer that a person states. It is one confirmation: the second comes from a match."""
    raise NotImplementedError


def edit(
    *, alias_id: uuid.UUID, version: int, note: str, customer_id: uuid.UUID, actor: User | None, now: datetime
) -> PayerAlias:
    """Change the note, or whom the payer pays for (then the old one is revoked and what rested on it is reopened)."""
    raise NotImplementedError
