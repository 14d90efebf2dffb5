"""Money at the bank that no document explains goes to an account, for a reason that the company keeps."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.banking.models import AdjustmentReason, BankMovement, Match, MatchHow
from aldia.banking.operations.applying import MatchError, Stale, apply_match
from aldia.banking.plans import Plan
from aldia.domain import ledger
from aldia.receivables.chart import OWN, accounts
from aldia.receivables.models import LedgerAccount
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

DIRECTIONS = ("in", "out", "both")
# accounts whose balance is proved against rows of their own: an adjustment there would make them lie
PROVED = frozenset({ledger.RECEIVABLE, ledger.CUSTOMER_CREDIT, ledger.CLEARING, ledger.BANK, ledger.PRESUMED})


def adjust(
    *,
    movement_id: uuid.UUID,
    reason_id: uuid.UUID,
    actor: User | None,
    now: datetime,
    key: str,
    amount: int | None = None,
    note: str = "",
    version: int | None = None,
) -> Match:
    """Explain (all that is left of, or `amount` with its sign of) a movement by an adjustment. Raises `MatchError`."""
    with transaction():
        if amount is None:
            done = Match.objects.filter(key=key, movement=movement_id).first()
            row = BankMovement.objects.select_for_update(no_key=True).filter(pk=movement_id).first()
            amount = done.amount if done else row.amount - row.explained if row else 0
        return apply_match(
            movement_id=movement_id, plan=Plan(adjustments=((reason_id, amount),)), how=MatchHow.MANUAL, key=key,
            actor=actor, now=now, note=note, version=version,
        )  # fmt: skip


def save_reason(
    *,
    name: str,
    code: str,
    account_name: str = "",
    direction: str = "both",
    actor: User | None,
    reason_id: uuid.UUID | None = None,
    version: int | None = None,
) -> AdjustmentReason:
    """Make a reason, or change one: its name, its account (`code` of the chart) and direction (in, out, both).

    An account that the chart has not is opened, called `account_name` (the reason, if that is empty). What was
    adjusted before stays on the account that it went to. Raises `MatchError`.
    """
    name, code, account_name = name.strip(), code.strip(), account_name.strip()
    if not 0 < len(name) <= 100:
        raise MatchError(_("Escribe el motivo, de hasta 100 caracteres."))
    if not 0 < len(code) <= 30:
        raise MatchError(_("Escribe el código de la cuenta, de hasta 30 caracteres."))
    if direction not in DIRECTIONS:
        raise MatchError(_("Di si es para dinero que entra, que sale o ambos."))
    with transaction():
        row = _reason(reason_id, version)
        if AdjustmentReason.objects.filter(name=name).exclude(pk=row.pk).exists():
            raise MatchError(_("Ya hay un motivo con ese nombre."))
        row.name, row.direction, row.account = name, direction, _account(code, account_name or name, account_name)
        row.save(force_insert=reason_id is None)
        detail = {"name": name, "account": code, "direction": direction}
        audit.record(
            actor=actor, verb="banking.reason_saved", object_type="adjustment_reason", object_id=row.pk, detail=detail
        )
    return row


def retire_reason(*, reason_id: uuid.UUID, retired: bool = True, actor: User | None, now: datetime) -> AdjustmentReason:
    """Offer a reason no more (or again); what was adjusted by it stays."""
    with transaction():
        row = _reason(reason_id, None)
        if (row.retired_at is not None) != retired:
            row.retired_at = now if retired else None
            row.save(update_fields=["retired_at", "version"])
            verb = "banking.reason_retired" if retired else "banking.reason_restored"
            audit.record(actor=actor, verb=verb, object_type="adjustment_reason", object_id=row.pk)
    return row


def _reason(reason_id: uuid.UUID | None, version: int | None) -> AdjustmentReason:
    if reason_id is None:
        return AdjustmentReason(company_id=current_company_id())
    row = AdjustmentReason.objects.select_for_update(of=("self",)).filter(pk=reason_id).first()
    if row is None:
        raise MatchError(_("Ese motivo no existe."))
    if version is not None and row.version != version:
        raise Stale(_("Alguien cambió este motivo mientras lo veías. Revísalo y repítelo."))
    row.version += 1
    return row


def _account(code: str, name: str, new_name: str) -> LedgerAccount:
    """The account of that code: the chart's, or one that the company opens (and may rename)."""
    accounts()  # the chart, the first time
    found = LedgerAccount.objects.filter(code=code).first()
    if found is None:
        role = f"{OWN}{uuid7().hex[-20:]}"
        return LedgerAccount.objects.create(company_id=current_company_id(), code=code, name=name[:150], role=role)
    if found.role in PROVED:
        raise MatchError(_("A esa cuenta no se ajusta: la llevan los documentos y los pagos."))
    if new_name and found.role.startswith(OWN) and found.name != new_name:
        found.name = new_name[:150]
        found.save(update_fields=["name"])
    return found
