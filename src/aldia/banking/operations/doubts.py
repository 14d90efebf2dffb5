"""Movements of which only a person can say whether they are new: another file tells of an equal one."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement, StatementImport
from aldia.banking.operations.importing import ImportRefused, lock_account
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def settle(*, movement_id: uuid.UUID, is_new: bool, actor: User | None, now: datetime) -> BankMovement | None:
    """Say whether a doubtful movement is new; one that is not goes, and None is returned.

    A movement that is settled already as new stays as it is. Raises `ImportRefused` if it is not there.
    """
    with transaction():
        movement = BankMovement.objects.filter(pk=movement_id).first()
        if movement is None:
            raise ImportRefused(_("Ese movimiento ya no está: alguien lo resolvió antes."))
        lock_account(movement.account_id)
        locked = BankMovement.objects.select_for_update(no_key=True).filter(pk=movement_id).first()
        if locked is None:
            raise ImportRefused(_("Ese movimiento ya no está: alguien lo resolvió antes."))
        if not locked.doubt:
            if is_new:
                return locked
            raise ImportRefused(_("Alguien ya dijo que este movimiento es nuevo: archívalo si no lo es."))
        _settle(locked, is_new)
        detail = {"new": is_new, "amount": locked.amount, "on": locked.booked_on, "twin": locked.twin_id, "at": now}
        audit.record(
            actor=actor, verb="banking.doubt_settled", object_type="bankmovement", object_id=movement_id,
            detail=detail,
        )  # fmt: skip
    return locked if is_new else None


def settle_all(*, statement_id: uuid.UUID, is_new: bool, actor: User | None, now: datetime) -> int:
    """Say the same of every doubtful movement of an import; return of how many."""
    with transaction():
        found = StatementImport.objects.filter(pk=statement_id).first()
        if found is None:
            raise ImportRefused(_("Ese estado de cuenta ya no está."))
        lock_account(found.account_id)
        rows = list(BankMovement.objects.filter(statement=found).exclude(doubt="").order_by("booked_on", "seq", "id"))
        for row in rows:
            _settle(row, is_new)
        if rows:
            audit.record(
                actor=actor, verb="banking.doubts_settled", object_type="statementimport", object_id=statement_id,
                detail={"new": is_new, "movements": [str(row.pk) for row in rows], "at": now},
            )  # fmt: skip
    return len(rows)


def _settle(movement: BankMovement, is_new: bool) -> None:
    """The caller holds the account: the counts of the import stay in step."""
    statement = StatementImport.objects.get(pk=movement.statement_id)
    statement.doubtful -= 1
    if is_new:
        statement.new += 1
        BankMovement.objects.filter(pk=movement.pk).update(doubt="", twin=None, version=F("version") + 1)
        movement.doubt, movement.version = "", movement.version + 1
    else:
        statement.known += 1
        if movement.twin_id is not None and statement.file_id is not None:
            statement.seen = [*statement.seen, str(movement.twin_id)]
        BankMovement.objects.filter(twin=movement).update(twin=movement.twin_id)
        BankMovement.objects.filter(pk=movement.pk).delete()
    statement.save(update_fields=["new", "known", "doubtful", "seen"])
