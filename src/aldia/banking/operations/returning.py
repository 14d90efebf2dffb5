"""The bank takes a deposit back: what it had explained is owed again."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement, Match, MatchHow
from aldia.banking.operations.applying import AlreadyExplained, MatchError, Stale, repeated
from aldia.banking.operations.movements import check_open, locked_all, write
from aldia.banking.operations.undoing import hold, take_back
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.crashpoints import crashpoint
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction


def apply_return(
    *,
    movement_id: uuid.UUID,
    undoes_id: uuid.UUID,
    how: str = MatchHow.RETURN,
    key: str,
    actor: User | None,
    now: datetime,
    version: int | None = None,
) -> Match:
    """Undo what explains the deposit `undoes_id`, and mark it and the return `movement_id`. Raises `MatchError`.

    The match of the return has no lines and no entry: both movements together leave the bank as it was. What a person
    had recorded by hand of that money is reversed, too, and no night presumes paid what it had paid.
    """
    with transaction():
        live = list(Match.objects.filter(movement=undoes_id, undone_at__isnull=True).values_list("pk", flat=True))
        matches = hold(live) if live else []
        rows = {row.pk: row for row in locked_all({movement_id, undoes_id})}
        movement, deposit = rows[movement_id], rows.get(undoes_id)
        if found := repeated(key, movement_id):
            return found
        if version is not None and movement.version != version:
            raise Stale(_("Este movimiento cambió mientras lo veías. Revísalo y repítelo."))
        if deposit is None or set(live) != _live(undoes_id):
            raise Stale(_("El depósito cambió mientras tanto. Revísalo y repítelo."))
        check_pair(movement, deposit)
        match = Match(
            id=uuid7(), company_id=current_company_id(), movement=movement, how=MatchHow(how), key=key,
            amount=movement.amount, applied_at=now, applied_by=actor,
        )  # fmt: skip
        bounced = []
        for each in matches:
            each.movement = deposit
            reason = _("El banco devolvió el depósito el %(day)s") % {"day": f"{movement.booked_on:%d/%m/%Y}"}
            bounced += take_back(each, reason=reason, actor=actor, now=now, has_bounced=True)
        match.before = {"undone": [str(each) for each in live], "no_presumption": [str(each) for each in bounced]}
        insert_rows([match])
        movement.reverses, movement.explained, deposit.reversal = deposit, movement.amount, movement
        write(movement)
        write(deposit)
        detail = {"movement": movement_id, "deposit": undoes_id, "amount": movement.amount, "undone": live}
        audit.record(actor=actor, verb="banking.returned", object_type="match", object_id=match.pk, detail=detail)
        crashpoint("in_undo")
    crashpoint("after_undo")
    return match


def check_pair(movement: BankMovement, deposit: BankMovement) -> None:
    """Raise unless the one takes the whole of the other back."""
    check_open(movement)
    if movement.explained:
        raise AlreadyExplained(_("Esta devolución ya está explicada."))
    if deposit.reversal_id is not None or deposit.doubt:
        raise AlreadyExplained(_("Ese depósito ya está devuelto, o falta decir si es nuevo."))
    if movement.amount >= 0 or movement.amount != -deposit.amount or movement.account_id != deposit.account_id:
        raise MatchError(_("Una devolución se lleva el mismo importe del depósito, en la misma cuenta."))
    if movement.booked_on < deposit.booked_on:
        raise MatchError(_("La devolución es anterior al depósito."))


def _live(movement_id: uuid.UUID) -> set[uuid.UUID]:
    return set(Match.objects.filter(movement=movement_id, undone_at__isnull=True).values_list("pk", flat=True))
