"""Discounts of one document: offered by a person, taken off, allowed again. Rules are in `charge_rules`.

What is given follows from what was paid and when (`following.discounts`); here people decide what may be given.
"""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from aldia.receivables.charge_models import EndCode
from aldia.receivables.desk import Desk
from aldia.receivables.following.discounts import SOURCE
from aldia.receivables.models import Allocation, DiscountRefusal, DiscountRule, Receivable, ReceivableKind
from aldia.receivables.operations.charge_rules import DiscountDetails, RuleRefused, Whom, draft_discount
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction


def offer_discount(
    *,
    receivable_id: uuid.UUID,
    percent: Decimal,
    until_on: date,
    today: date,
    pro_rata: bool = False,
    actor: User | None,
) -> DiscountRule:
    """Offer a discount on one document until a day; it takes the place of any other. Raises `RuleRefused`.

    It is given when money that settles the rest comes from now on.
    """
    with transaction():
        Desk(actor=actor)  # the ledger's lock: nothing is paid meanwhile
        row = _receivable(receivable_id)
        if row.voided_on is not None or row.balance == 0 or row.kind == ReceivableKind.LATE_FEE:
            raise RuleRefused(_("De ese documento no hay nada que descontar."))
        if until_on < today:
            raise RuleRefused(_("El último día del descuento no puede estar en el pasado."))
        name = _("Oferta para %(number)s") % {"number": row.number}
        rule = draft_discount(
            Whom(name[:100], currency=row.currency), DiscountDetails(((0, percent),), until_on, pro_rata)
        )
        withdrawn = DiscountRule.objects.filter(receivable=row, ended_on__isnull=True)
        withdrawn.update(ended_on=today, end_code=EndCode.REPLACED)
        DiscountRefusal.objects.filter(receivable=row).delete()
        rule.receivable, rule.starts_on, rule.created_by = row, today, actor
        rule.save(force_insert=True)
        _record(actor, "offered", row, {"percent": percent, "until": until_on})
        return rule


def refuse_discount(*, receivable_id: uuid.UUID, on: date, reason: str, actor: User | None) -> None:
    """Give no discount on a document, whatever the rules say; what was given is owed again."""
    if not reason.strip():
        raise RuleRefused(_("Escribe el motivo."))
    with transaction():
        desk = Desk(actor=actor)
        row = _receivable(receivable_id)
        DiscountRefusal.objects.get_or_create(
            company_id=row.company_id,
            receivable=row,
            defaults={"reason": reason.strip()[:300], "refused_by": actor},
        )
        live = Allocation.objects.filter(
            receivable=row, credit__source=SOURCE, reversal_of__isnull=True, reversal__isnull=True
        )
        for each in live.select_related("credit", "receivable"):
            desk.give_back(each, on=on, rule="unassigned")
        desk.close()
        _record(actor, "refused", row, {"reason": reason})


def allow_discount(*, receivable_id: uuid.UUID, actor: User | None) -> None:
    """Let the rules give a discount on a document again, from the next payment on."""
    with transaction():
        row = _receivable(receivable_id)
        if DiscountRefusal.objects.filter(receivable=row).delete()[0]:
            _record(actor, "allowed", row, {})


def _receivable(receivable_id: uuid.UUID) -> Receivable:
    row = Receivable.objects.filter(pk=receivable_id).first()
    if row is None:
        raise RuleRefused(_("Esa cuenta por cobrar no existe."))
    return row


def _record(actor: User | None, verb: str, row: Receivable, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=f"discounts.{verb}", object_type="receivable", object_id=row.pk, detail=detail)
