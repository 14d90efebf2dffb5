"""What a bank says of a movement after we had it: changed, or taken back.

While nothing rests on the movement it is simply what the bank says now. Once it is explained it stays as it was, with
the bank's new word beside it: undoing is a person's decision.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from aldia.banking.feed_notices import fed_json
from aldia.banking.models import BankMovement, Match, MovementComment, MovementState, StatementImport
from aldia.banking.operations.importing import bring_in, lock_account
from aldia.banking.operations.movements import QUEUED, write
from aldia.banking.operations.storing import fitted
from aldia.customers.operations.versions import NotThere
from aldia.domain.ports.banks import Fed
from aldia.domain.statements.model import Movement
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

# What a movement is; everything else are words about it.
MONEY = ("booked_on", "amount", "currency")
WORDS = ("text", "concept", "bank_reference", "trace_key", "payer_name", "payer_tax_id", "payer_account")


class Change(StrEnum):
    """What became of a change: nothing new, never had it, put in its place, taken out, or put to a person."""

    SAME = "same"
    UNKNOWN = "unknown"
    UPDATED = "updated"
    GONE = "gone"
    FLAGGED = "flagged"


def differs(row: BankMovement, movement: Movement) -> bool:
    """Whether the bank says anything else than what is on file."""
    now = fitted(movement)
    return any(getattr(row, name) != getattr(now, name) for name in (*MONEY, *WORDS))


def reconsider(*, account_id: uuid.UUID, fed: Fed, now: datetime) -> Change:
    """Take a movement as the feed gives it now, if we have it under its name. Raises `ImportRefused`."""
    if not fed.is_booked:
        return take_away(account_id=account_id, feed_id=fed.id, now=now)
    with transaction():
        row = _taken(account_id, fed.id)
        if row is None:
            return Change.UNKNOWN
        if not differs(row, fed.movement):
            _settle(row, None)
            return Change.SAME
        if not _is_untouched(row):
            return _put_to_a_person(row, fed, now)
        _remove(row)
        bring_in(
            account_id=account_id, statement=[replace(fed.movement, line=0)], source="pull", feed_ids=[fed.id],
            actor=None, now=now,
        )  # fmt: skip
    return Change.UPDATED


def take_away(*, account_id: uuid.UUID, feed_id: str, now: datetime) -> Change:
    """The bank does not have the movement any more. Nothing that rests on it is undone by itself."""
    with transaction():
        row = _taken(account_id, feed_id)
        if row is None:
            return Change.UNKNOWN
        if _is_untouched(row):
            detail = {"feed_id": feed_id, "amount": row.amount, "currency": row.currency, "booked_on": row.booked_on}
            _remove(row)
            _audit("banking.movement_removed_at_bank", row, None, detail)
            return Change.GONE
        if row.feed_change is None or row.feed_change["kind"] != "removed":
            _settle(row, {"kind": "removed", "at": now.isoformat(), "now": None})
            _audit("banking.movement_removed_at_bank", row, None, {"feed_id": feed_id, "kept": True})
        return Change.FLAGGED


def acknowledge(*, movement_id: uuid.UUID, actor: User | None) -> BankMovement:
    """A person looked at what the bank says now, and has done what was to be done. Raises `NotThere`.

    What the bank took out and nothing explains goes to the archive: it is not money that waits.
    """
    with transaction():
        row = BankMovement.objects.select_for_update(no_key=True).filter(pk=movement_id).first()
        if row is None:
            raise NotThere
        if row.feed_change is not None:
            said = row.feed_change
            _settle(row, None)
            if said["kind"] == "removed" and row.state in QUEUED and not row.explained:
                row.archived_at, row.archived_by = datetime.fromisoformat(said["at"]), actor
                row.archive_reason = _("El banco ya no tiene este movimiento.")
                write(row)
            _audit("banking.bank_change_seen", row, actor, {"kind": said["kind"]})
    return row


def _put_to_a_person(row: BankMovement, fed: Fed, now: datetime) -> Change:
    """Only what changes the money: other words about money that is explained change nothing any more."""
    if all(getattr(row, name) == getattr(fed.movement, name) for name in MONEY):
        return Change.SAME
    said = fed_json(fed)["movement"]
    kept = {name: said[name] for name in (*MONEY, "text")}
    if row.feed_change is None or row.feed_change.get("now") != kept:
        _settle(row, {"kind": "modified", "at": now.isoformat(), "now": kept})
        _audit("banking.movement_changed_at_bank", row, None, {"now": kept})
    return Change.FLAGGED


def _taken(account_id: uuid.UUID, feed_id: str) -> BankMovement | None:
    lock_account(account_id)
    rows = BankMovement.objects.select_for_update(no_key=True).filter(account_id=account_id, feed_id=feed_id[:120])
    return rows.first() if feed_id else None


def _is_untouched(row: BankMovement) -> bool:
    """Whether nobody and nothing has built on the movement."""
    if row.state != MovementState.PENDING or row.explained or row.assigned_to_id or row.doubt:
        return False
    tied = BankMovement.objects.filter(reverses=row) | BankMovement.objects.filter(twin=row)
    held = Match.objects.filter(movement=row).exists() or MovementComment.objects.filter(movement=row).exists()
    return not held and not tied.exists()


def _remove(row: BankMovement) -> None:
    StatementImport.objects.filter(pk=row.statement_id).update(new=F("new") - 1, read=F("read") - 1)
    BankMovement.objects.filter(pk=row.pk).delete()


def _settle(row: BankMovement, change: dict[str, Any] | None) -> None:
    if row.feed_change != change:
        row.feed_change, row.version = change, row.version + 1
        row.save(update_fields=["feed_change", "version"])


def _audit(verb: str, row: BankMovement, actor: User | None, detail: dict[str, Any]) -> None:
    audit.record(actor=actor, verb=verb, object_type="bankmovement", object_id=row.pk, detail=detail)
