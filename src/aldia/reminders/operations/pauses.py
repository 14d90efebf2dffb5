"""Customers that are left alone until a day, or until somebody says otherwise; with the reason."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from aldia.customers.models import Customer
from aldia.customers.operations.intake import clip
from aldia.customers.operations.versions import Refused
from aldia.receivables.clusters import chunks
from aldia.reminders.models import CustomerPause
from aldia.reminders.operations.locking import lock_planning
from aldia.tenancy import audit
from aldia.tenancy.bulk import insert_rows
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction


class PauseError(Refused):
    """A pause cannot be as asked; `field` names what of it."""


def pause_customers(
    *, customer_ids: Collection[uuid.UUID], until: date | None, reason: str, today: date, actor: User | None
) -> int:
    """Leave customers alone up to and including a day (None: until somebody resumes); return how many.

    A pause that is under way ends and the new one takes its place.
    """
    reason = clip(reason, 300)
    if not reason:
        raise PauseError(_("Escribe el motivo de la pausa."), "reason")
    if until is not None and until < today:
        raise PauseError(_("La pausa no puede terminar en el pasado."), "until")
    count = 0
    with transaction():
        lock_planning()
        for part in chunks(customer_ids):
            ids = list(Customer.objects.filter(pk__in=part).values_list("pk", flat=True))
            CustomerPause.objects.filter(customer_id__in=ids, ended_on__isnull=True).update(
                ended_on=today, ended_by=actor
            )
            insert_rows([_pause(each, until, reason, today, actor) for each in ids])
            count += len(ids)
        _record(actor, "reminders.customers_paused", customer_ids, {"until": until, "reason": reason})
    return count


def _pause(customer_id: uuid.UUID, until: date | None, reason: str, today: date, actor: User | None) -> CustomerPause:
    return CustomerPause(
        id=uuid7(),
        company_id=current_company_id(),
        customer_id=customer_id,
        starts_on=today,
        until=until,
        reason=reason,
        created_by=actor,
    )


def resume_customers(*, customer_ids: Collection[uuid.UUID], today: date, actor: User | None) -> int:
    """Remind customers again; return how many were paused until now."""
    count = 0
    lasting = Q(until__isnull=True) | Q(until__gte=today)
    with transaction():
        lock_planning()
        for part in chunks(customer_ids):
            rows = CustomerPause.objects.filter(lasting, customer_id__in=part, ended_on__isnull=True)
            count += rows.update(ended_on=today, ended_by=actor)
        if count:
            _record(actor, "reminders.customers_resumed", customer_ids, {"count": count})
    return count


def _record(actor: User | None, verb: str, ids: Collection[uuid.UUID], detail: dict[str, object]) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        object_type="customer",
        object_id=next(iter(ids), "") if len(ids) == 1 else "",
        detail=detail | {"ids": sorted(map(str, ids))},
    )
