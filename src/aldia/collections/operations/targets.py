"""What is to be collected in a month, by each person and by the whole team."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from aldia.collections.models import Target
from aldia.domain.currencies import CURRENCIES
from aldia.domain.money import MAX_MINOR, Money
from aldia.tenancy import audit
from aldia.tenancy.models import Company, Membership, User
from aldia.tenancy.scope import current_company_id, transaction

Whom = uuid.UUID | None  # None: the whole team


class TargetError(ValueError):
    """Targets that cannot be kept; the sentence is for the person."""


class Stale(TargetError):
    """Somebody saved them after the form was drawn; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            _("Alguien guardó metas de este mes mientras editabas. Revisa cómo quedaron y vuelve a escribir las tuyas.")
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """An amount in minor units (None: no target), and the version of the one that the form showed (0: none)."""

    amount: int | None
    version: int = 0


def save_targets(*, month: date, currency: str, wanted: Mapping[Whom, Wanted], actor: User | None) -> int:
    """Keep the targets of a month in a currency; those not named stay. How many changed.

    Raises `TargetError`, and `Stale` when one is not the version that the form showed.
    """
    _check(month, currency, wanted)
    with transaction():
        Company.objects.select_for_update().get(pk=current_company_id())  # two forms of the same month, one by one
        rows = {row.collector_id: row for row in Target.objects.filter(month=month, currency=currency)}
        if any((rows[whom].version if whom in rows else 0) != each.version for whom, each in wanted.items()):
            raise Stale
        changes = [
            change for whom, each in wanted.items() if (change := _keep(rows.get(whom), whom, each, month, currency))
        ]
        if changes:
            audit.record(
                actor=actor, verb="collections.targets_changed", object_type="target", object_id=f"{month:%Y-%m}",
                detail={"month": month, "currency": currency, "changes": changes},
            )  # fmt: skip
    return len(changes)


def _check(month: date, currency: str, wanted: Mapping[Whom, Wanted]) -> None:
    if month.day != 1 or not 2000 <= month.year <= 2100:
        raise TargetError(_("Elige un mes."))
    if currency not in CURRENCIES:
        raise TargetError(_("Elige una moneda."))
    if any(each.amount is not None and not 0 < each.amount <= MAX_MINOR for each in wanted.values()):
        raise TargetError(_("Una meta debe ser mayor que cero; déjala vacía si no hay."))
    people = {whom for whom, each in wanted.items() if whom is not None and each.amount is not None}
    if len(people) != Membership.objects.filter(user_id__in=people, suspended_at__isnull=True).count():
        raise TargetError(_("Una de las personas ya no está en la empresa."))


def _keep(row: Target | None, whom: Whom, wanted: Wanted, month: date, currency: str) -> dict[str, str | None] | None:
    """Write one; before and after as text, None when nothing changed."""
    before = row.amount if row else None
    if before == wanted.amount:
        return None
    if wanted.amount is None:
        if row is not None:
            row.delete()
    elif row is None:
        Target.objects.create(
            company_id=current_company_id(), month=month, collector_id=whom, currency=currency, amount=wanted.amount
        )
    else:
        row.amount, row.version = wanted.amount, row.version + 1
        row.save(update_fields=["amount", "version"])
    said = [None if each is None else Money(each, currency).text for each in (before, wanted.amount)]
    return {"person": str(whom or ""), "before": said[0], "after": said[1]}
