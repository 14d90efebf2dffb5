"""Movements out of the way, comments, and who looks into one."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement, MovementComment
from aldia.banking.operations.movements import MatchError, locked_all, write
from aldia.tenancy import audit
from aldia.tenancy.models import Membership, User
from aldia.tenancy.scope import current_company_id, transaction

LONGEST = 2000


def archive(*, movement_ids: Collection[uuid.UUID], reason: str, actor: User | None, now: datetime) -> int:
    """Put movements out of the way, never deleted; return how many changed. Raises `MatchError`.

    What is explained already stays explained. One that is explained whole, or returned, needs no archive.
    """
    if not reason.strip():
        raise MatchError(_("Escribe por qué se archiva."))
    with transaction():
        rows = [row for row in locked_all(movement_ids) if row.archived_at is None and _is_open(row)]
        for row in rows:
            row.archived_at, row.archived_by, row.archive_reason = now, actor, reason.strip()[:300]
            write(row)
        _record(actor, "banking.archived", rows, {"reason": reason.strip()[:300]})
    return len(rows)


def unarchive(*, movement_ids: Collection[uuid.UUID], actor: User | None) -> int:
    """Put archived movements back; return how many changed."""
    with transaction():
        rows = [row for row in locked_all(movement_ids) if row.archived_at is not None]
        for row in rows:
            row.archived_at, row.archived_by, row.archive_reason = None, None, ""
            write(row)
        _record(actor, "banking.unarchived", rows, {})
    return len(rows)


def comment(*, movement_id: uuid.UUID, text: str, actor: User | None) -> MovementComment:
    """Write on a movement. Raises `MatchError`."""
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise MatchError(_("Escribe un comentario de hasta 2,000 caracteres."))
    with transaction():
        if not BankMovement.objects.filter(pk=movement_id).exists():
            raise MatchError(_("Ese movimiento no existe."))
        row = MovementComment(
            company_id=current_company_id(), movement_id=movement_id, text=words, author=actor
        )  # fmt: skip
        row.save(force_insert=True)
        audit.record(
            actor=actor, verb="banking.commented", object_type="bank_movement", object_id=movement_id,
            detail={"comment": row.pk},
        )  # fmt: skip
    return row


def assign(*, movement_ids: Collection[uuid.UUID], user_id: uuid.UUID | None, actor: User | None) -> int:
    """Say who looks into movements (None: nobody); return how many changed. Raises `MatchError`."""
    with transaction():
        if user_id is not None and not Membership.objects.filter(user_id=user_id, suspended_at=None).exists():
            raise MatchError(_("Esa persona no es de la empresa."))
        rows = [row for row in locked_all(movement_ids) if row.assigned_to_id != user_id]
        BankMovement.objects.filter(pk__in=[row.pk for row in rows]).update(assigned_to=user_id)
        _record(actor, "banking.assigned", rows, {"to": user_id})
    return len(rows)


def _is_open(row: BankMovement) -> bool:
    return row.explained != row.amount and row.reversal_id is None and row.reverses_id is None


def _record(actor: User | None, verb: str, rows: list[BankMovement], detail: dict[str, object]) -> None:
    """One event for all that changed together."""
    if rows:
        one = rows[0].pk if len(rows) == 1 else ""
        detail = {**detail, "movements": [row.pk for row in rows]}
        audit.record(actor=actor, verb=verb, object_type="bank_movement", object_id=one, detail=detail)
