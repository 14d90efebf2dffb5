"""When the house stops selling on credit by itself."""

from __future__ import annotations

from django.utils.translation import gettext as _

from aldia.collections.models import CreditPolicy
from aldia.domain.credit import Policy
from aldia.domain.money import MAX_MINOR
from aldia.tenancy import audit
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

MOST_DAYS = 3650


class PolicyError(ValueError):
    """A policy that cannot be kept; the sentence is for the person."""


class Stale(PolicyError):
    """Somebody saved it after the form was drawn; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            _("Alguien guardó cambios aquí mientras editabas. Revisa cómo quedó y vuelve a escribir lo tuyo.")
        )


def save_policy(*, policy: Policy, version: int, actor: User | None) -> CreditPolicy:
    """Keep the policy; `version` is that of the form (0: never kept before). Raises `PolicyError`, `Stale`."""
    if policy.overdue_days is not None and not 0 <= policy.overdue_days <= MOST_DAYS:
        raise PolicyError(_("Los días de atraso van de 0 a 3,650."))
    if not 0 <= policy.min_overdue <= MAX_MINOR:
        raise PolicyError(_("El importe debe ser cero o más."))
    with transaction():
        Company.objects.select_for_update().get(pk=current_company_id())  # the first one is written once
        row = CreditPolicy.objects.first() or CreditPolicy(company_id=current_company_id(), version=0)
        if row.version != version:
            raise Stale
        wanted = {
            "hold_over_limit": policy.over_limit, "hold_overdue_days": policy.overdue_days,
            "hold_min_overdue": policy.min_overdue,
        }  # fmt: skip
        changes = {name: [getattr(row, name), value] for name, value in wanted.items() if getattr(row, name) != value}
        if not changes and row.version:
            return row
        for name, value in wanted.items():
            setattr(row, name, value)
        row.version += 1
        row.save()
        audit.record(
            actor=actor, verb="collections.credit_policy_changed", object_type="credit_policy", object_id=row.pk,
            detail={"changes": changes},
        )  # fmt: skip
    return row
