"""A movement in hand: locked, checked, and its state written; and what an explanation may be refused for.

Order of locks, never the other way round: customers, movements (by id), the ledger's chain, the audit chain.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence

from django.utils.translation import gettext as _

from aldia.banking.models import BankMovement, MovementState, QueueKey
from aldia.customers.models import Customer
from aldia.domain.money import format_money
from aldia.receivables.operations.payments import Suspect

QUEUED = (MovementState.PENDING, MovementState.PARTIAL)
_WRITTEN = (
    "state", "explained", "archived_at", "archived_by", "archive_reason", "reverses", "reversal", "version",
)  # fmt: skip


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

    def __init__(self, sentence: str, suspects: Sequence[Suspect]) -> None:
        super().__init__(sentence)
        self.suspects = list(suspects)


def lock_customers(customer_ids: Iterable[uuid.UUID | None]) -> None:
    """Take turns with whatever else is being done for these customers. Raises `MatchError` for one that is not."""
    wanted = {each for each in customer_ids if each is not None}
    if wanted:
        rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        if len(rows.values_list("pk", flat=True)) != len(wanted):
            raise MatchError(_("Ese cliente no existe."))


def locked(movement_id: uuid.UUID, *, version: int | None = None) -> BankMovement:
    """The movement, which stays as it is read until the transaction ends. Raises `MatchError`."""
    return locked_all([movement_id], version=version)[0]


def locked_all(movement_ids: Collection[uuid.UUID], *, version: int | None = None) -> list[BankMovement]:
    """Movements in the order of their ids, locked. Raises `MatchError` if one is not there, `Stale` if it changed."""
    rows = list(
        BankMovement.objects.select_for_update(no_key=True).filter(pk__in=set(movement_ids)).order_by("pk")
    )  # fmt: skip
    if len(rows) != len(set(movement_ids)):
        raise MatchError(_("Ese movimiento no existe."))
    if version is not None and any(row.version != version for row in rows):
        raise Stale(_("Este movimiento cambió mientras lo veías. Revísalo y repítelo."))
    return rows


def check_open(movement: BankMovement) -> None:
    """Raise where a movement is not to be explained: a doubtful, an archived, a returned or a changed one."""
    if movement.doubt:
        raise MatchError(_("Primero di si este movimiento es nuevo o ya estaba."))
    if movement.reversal_id is not None or movement.reverses_id is not None:
        raise AlreadyExplained(_("Este movimiento está devuelto: deshaz antes la devolución."))
    if movement.feed_change is not None:
        raise MatchError(_("El banco cambió o quitó este movimiento: primero revisa qué dice ahora."))
    if movement.archived_at is not None:
        raise MatchError(_("Este movimiento está archivado: sácalo del archivo para conciliarlo."))


def check_room(movement: BankMovement, amount: int) -> None:
    """Raise unless `amount` (signed) of the movement is not explained yet."""
    left = movement.amount - movement.explained
    if amount == 0 or (amount > 0) != (movement.amount > 0):
        raise MatchError(_("Di qué parte del movimiento se explica."))
    if not left:
        raise AlreadyExplained(_("Este movimiento ya está conciliado por completo."))
    if abs(amount) > abs(left):
        values = {"amount": shown(movement, amount), "left": shown(movement, left)}
        raise AlreadyExplained(_("Quieres explicar %(amount)s y del movimiento solo quedan %(left)s.") % values)


def state_of(movement: BankMovement) -> MovementState:
    """The state that the facts of a movement give."""
    if movement.reversal_id is not None or movement.reverses_id is not None:
        return MovementState.REVERSED
    if movement.explained == movement.amount:
        return MovementState.RECONCILED
    if movement.archived_at is not None:
        return MovementState.ARCHIVED
    return MovementState.PARTIAL if movement.explained else MovementState.PENDING


def write(movement: BankMovement) -> None:
    """Write the facts of a locked movement and the state that they give; out of the queue it has no keys there."""
    movement.state, movement.version = state_of(movement), movement.version + 1
    movement.save(update_fields=_WRITTEN)
    if movement.state not in QUEUED:
        QueueKey.objects.filter(movement=movement).delete()


def shown(movement: BankMovement, amount: int) -> str:
    return format_money(abs(amount), movement.currency)
