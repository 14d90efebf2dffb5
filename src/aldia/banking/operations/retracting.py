"""An import is taken back: its movements go while nothing rests on them; what another file also tells stays."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aldia.banking.models import BankAccount, BankMovement, Match, StatementImport, StatementState
from aldia.banking.operations.importing import ImportRefused, lock_account
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

BATCH = 500


class RestsOn(ImportRefused):
    """Movements of the import are explained, or were: what explains them is kept, so they are too."""


@dataclass(frozen=True, slots=True)
class Undone:
    """`removed` movements are gone, `kept` are told by another file too, `cleared` are no longer doubtful."""

    row: StatementImport
    removed: int
    kept: int
    cleared: int = 0


def undo(*, import_id: uuid.UUID, actor: User | None, now: datetime) -> Undone:
    """Take an import back. Raises `RestsOn`, or `ImportRefused` if there is none; twice is once.

    Movements that a later file told too go over to its import. An account that is read on line is asked again from the
    first of these days.
    """
    with transaction():
        found = StatementImport.objects.filter(pk=import_id).first()
        if found is None:
            raise ImportRefused(_("Ese estado de cuenta ya no está."))
        account = lock_account(found.account_id)
        row = StatementImport.objects.get(pk=import_id)
        if row.state == StatementState.UNDONE:
            return Undone(row, 0, 0)
        own = list(
            BankMovement.objects.select_for_update(no_key=True).filter(statement=row).order_by("id")
            .values_list("pk", flat=True)
        )  # fmt: skip
        _refuse_rested(row)
        kept = _hand_over(row, set(own))
        gone = [pk for pk in own if pk not in kept]
        cleared = _clear_doubts(gone)
        for start in range(0, len(gone), BATCH):
            BankMovement.objects.filter(pk__in=gone[start : start + BATCH]).delete()
        row.state, row.undone_at, row.undone_by = StatementState.UNDONE, now, actor
        row.save(update_fields=["state", "undone_at", "undone_by"])
        _ask_again(account, row)
        detail = {"account": account.pk, "removed": len(gone), "kept": len(kept)}
        audit.record(
            actor=actor, verb="banking.statement_undone", object_type="statementimport", object_id=row.pk,
            detail=detail,
        )  # fmt: skip
    return Undone(row, len(gone), len(kept), cleared)


def resting(row: StatementImport) -> int:
    """How many movements of an import something rests on."""
    explained = set(Match.objects.filter(movement__statement=row).values_list("movement_id", flat=True))
    tied = Q(reverses__isnull=False) | Q(reversal__isnull=False) | ~Q(explained=0)
    explained |= set(BankMovement.objects.filter(tied, statement=row).values_list("pk", flat=True))
    return len(explained)


def _refuse_rested(row: StatementImport) -> None:
    count = resting(row)
    if count:
        raise RestsOn(
            ngettext(
                "%(n)d movimiento ya tiene conciliaciones, y su historia se conserva: no se puede deshacer.",
                "%(n)d movimientos ya tienen conciliaciones, y su historia se conserva: no se puede deshacer.",
                count,
            )
            % {"n": count}
        )


def _hand_over(row: StatementImport, own: set[uuid.UUID]) -> set[uuid.UUID]:
    """Give movements to the first other import that saw them; which ones."""
    kept: set[uuid.UUID] = set()
    others = StatementImport.objects.filter(account_id=row.account_id, state=StatementState.IMPORTED)
    for other in others.exclude(pk=row.pk).order_by("imported_at", "id"):
        seen = {uuid.UUID(each) for each in other.seen}
        mine = (seen & own) - kept
        if not mine:
            continue
        doubtful = _give(mine, other)
        other.seen = [each for each in other.seen if uuid.UUID(each) not in mine]
        other.known, other.doubtful = other.known - len(mine), other.doubtful + doubtful
        other.new += len(mine) - doubtful
        other.save(update_fields=["seen", "known", "doubtful", "new"])
        kept |= mine
    return kept


def _give(movements: Collection[uuid.UUID], other: StatementImport) -> int:
    """Make movements those of another import; how many of them are doubtful."""
    listed, doubtful = list(movements), 0
    for start in range(0, len(listed), BATCH):
        rows = BankMovement.objects.filter(pk__in=listed[start : start + BATCH])
        doubtful += rows.exclude(doubt="").count()
        rows.update(statement=other, line=0)
    return doubtful


def _clear_doubts(gone: Sequence[uuid.UUID]) -> int:
    """What might have been one of these is new after all."""
    cleared = 0
    for start in range(0, len(gone), BATCH):
        for each in BankMovement.objects.filter(twin__in=gone[start : start + BATCH]).exclude(pk__in=gone):
            StatementImport.objects.filter(pk=each.statement_id).update(**_one_less(each.statement_id))
            BankMovement.objects.filter(pk=each.pk).update(doubt="", twin=None)
            cleared += 1
    return cleared


def _one_less(statement_id: uuid.UUID) -> dict[str, int]:
    other = StatementImport.objects.get(pk=statement_id)
    return {"doubtful": other.doubtful - 1, "new": other.new + 1}


def _ask_again(account: BankAccount, row: StatementImport) -> None:
    if account.feed and account.fed_until and row.first_on and account.fed_until >= row.first_on:
        BankAccount.objects.filter(pk=account.pk).update(fed_until=row.first_on - timedelta(days=1))
