"""Late fees end with what they are on: nobody owes interest on an invoice that was cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from aldia.receivables.charge_models import FeeEnd
from aldia.receivables.clusters import chunks
from aldia.receivables.models import Allocation, LateFee, Receivable, ReceivableKind

if TYPE_CHECKING:
    from aldia.receivables.desk import Desk

VOID_CODE = "late_fee"


def follow(desk: Desk, voided: Sequence[Receivable]) -> None:
    """End the fees on what was voided now."""
    days = {row.id: row.voided_on for row in voided if row.kind != ReceivableKind.LATE_FEE}
    for part in chunks(days):
        fees = LateFee.objects.filter(receivable_id__in=part, ended_on__isnull=True, fee__voided_on__isnull=True)
        for each in fees.select_related("fee"):
            on = days[each.receivable_id]
            assert on is not None  # noqa: S101
            reason = _("Se canceló el documento que lo causó")
            end_fee(desk, each, on=on, code=FeeEnd.NOT_OWED, reason=reason)


def end_fee(desk: Desk, each: LateFee, *, on: date, code: str, reason: str) -> None:
    """Stop asking for a fee; what had paid it is in favour of the customer."""
    row = desk.held(each.fee)
    on = max(on, row.issued_on)
    live = Allocation.objects.filter(receivable=row, reversal_of__isnull=True, reversal__isnull=True)
    for allocation in live.select_related("credit"):
        allocation.receivable = row
        desk.give_back(allocation, on=on, rule="void")
    desk.void(row, on=on, code=VOID_CODE, reason=reason)
    mark_ended(each, desk=desk, on=on, code=code, reason=reason)


def mark_ended(each: LateFee, *, desk: Desk, on: date, code: str, reason: str) -> None:
    """Write down how a fee ended."""
    each.ended_on, each.end_code, each.end_reason, each.ended_by = on, code, reason[:300], desk.actor
    each.save(update_fields=["ended_on", "end_code", "end_reason", "ended_by"])
