"""A person's word on what kind of debtor a customer is: with a reason, for 180 days, taken back when it was wrong."""

from __future__ import annotations

import uuid
from datetime import date

from django.utils.translation import gettext as _

from aldia.collections.models import DebtorTypeOverride
from aldia.customers.models import Customer
from aldia.domain.debtor_types import DebtorType
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction


class DebtorTypeError(ValueError):
    """A word that cannot be kept as said; the sentence is for the person."""


def set_debtor_type(
    *, customer_id: uuid.UUID, type: str, reason: str, today: date, actor: User | None
) -> DebtorTypeOverride:
    """Say what a customer is, or confirm what was measured: it holds for 180 days and takes the place of what was said
    before. Repeated with the same words on the same day it changes nothing. Raises `DebtorTypeError`.
    """
    if type not in {str(each) for each in DebtorType}:
        raise DebtorTypeError(_("Elige el tipo de deudor."))
    if not reason.strip():
        raise DebtorTypeError(_("Escribe en qué te basas."))
    with transaction():
        customer = Customer.objects.select_for_update().filter(pk=customer_id, generic=False).first()
        if customer is None:
            raise DebtorTypeError(_("Ese cliente no existe."))
        before = list(DebtorTypeOverride.objects.filter(customer=customer, withdrawn_on__isnull=True))
        for each in before:
            if (each.type, each.reason, each.on) == (type, reason.strip()[:500], today):
                return each
        DebtorTypeOverride.objects.filter(pk__in=[each.pk for each in before]).update(withdrawn_on=today)
        word = DebtorTypeOverride(
            id=uuid7(), company_id=current_company_id(), customer=customer, type=type, reason=reason.strip()[:500],
            on=today, created_by=actor,
        )  # fmt: skip
        word.save(force_insert=True)
        _audit(actor, "collections.debtor_type_set", word, {
            "before": before[-1].type if before else None, "after": type, "reason": word.reason,
        })  # fmt: skip
    return word


def withdraw_debtor_type(*, override_id: uuid.UUID, today: date, actor: User | None) -> DebtorTypeOverride:
    """Take a word back: what is on file speaks again. Done twice, it is done once. Raises `DebtorTypeError`."""
    with transaction():
        word = DebtorTypeOverride.objects.select_for_update().filter(pk=override_id).first()
        if word is None:
            raise DebtorTypeError(_("Eso ya no está."))
        if word.withdrawn_on is None:
            word.withdrawn_on = today
            word.save(update_fields=["withdrawn_on"])
            _audit(actor, "collections.debtor_type_withdrawn", word, {"before": word.type, "after": None})
    return word


def _audit(actor: User | None, verb: str, word: DebtorTypeOverride, detail: dict[str, object]) -> None:
    detail = {"customer": word.customer_id, **detail}
    audit.record(actor=actor, verb=verb, object_type="customer", object_id=word.customer_id, detail=detail)
