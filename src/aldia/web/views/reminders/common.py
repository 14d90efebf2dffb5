"""What the pages of reminders share: rules by id, why something is not sent and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aldia.customers.models import Customer
from aldia.customers.queries import visible_to
from aldia.domain.reminders import Why, sentence
from aldia.reminders.models import ReminderRule
from aldia.tenancy import permissions
from aldia.tenancy.permissions import allows
from aldia.web.access import CompanyRequest


def rule_or_404(rule_id: UUID) -> ReminderRule:
    return get_object_or_404(ReminderRule.objects, pk=rule_id)


def reminded(request: CompanyRequest) -> QuerySet[Customer]:
    """The customers that may be reminded and that the person may see."""
    return visible_to(request.membership).filter(collecting=True, generic=False)


def why_text(why: str, detail: str = "") -> str:
    """The sentence of a reason, in the person's language."""
    said = sentence(why)
    return _(said) if said else detail or why


# What a person can do about a reason: (label, name of the address, what its argument is, permission).
_MENDS: dict[str, tuple[Any, str, str, str]] = {
    Why.NO_CONTACT: (gettext_lazy("Agregar contacto"), "contact_new", "customer", permissions.EDIT_CUSTOMERS),
    Why.BOUNCED: (gettext_lazy("Ver contactos"), "customer_contacts", "customer", permissions.VIEW),
    Why.OPTED_OUT: (gettext_lazy("Ver contactos"), "customer_contacts", "customer", permissions.VIEW),
    Why.OFF: (gettext_lazy("Abrir ficha"), "customer", "customer", permissions.VIEW),
    Why.CUSTOMER_PAUSED: (gettext_lazy("Ver la pausa"), "customer", "customer", permissions.VIEW),
    Why.PAUSED: (gettext_lazy("Ver la pausa"), "receivable", "receivable", permissions.VIEW),
    Why.PROMISE: (gettext_lazy("Ver la cuenta"), "receivable", "receivable", permissions.VIEW),
    Why.DISPUTED: (gettext_lazy("Ver la cuenta"), "receivable", "receivable", permissions.VIEW),
    Why.REPORTED: (gettext_lazy("Ver la cuenta"), "receivable", "receivable", permissions.VIEW),
    Why.COVERED: (gettext_lazy("Aplicar el saldo a favor"), "customer_credits", "customer", permissions.VIEW),
    Why.RULE_OFF: (gettext_lazy("Revisar y activar"), "reminder_rule_activate", "rule", permissions.MANAGE_REMINDERS),
    Why.BELOW_MINIMUM: (gettext_lazy("Ver la regla"), "reminder_rule", "rule", permissions.VIEW),
    Why.FREQUENCY: (gettext_lazy("Ver los límites"), "reminder_settings", "", permissions.MANAGE_REMINDERS),
    Why.QUIET_HOURS: (gettext_lazy("Ver el horario"), "reminder_settings", "", permissions.MANAGE_REMINDERS),
}


@dataclass(frozen=True, slots=True)
class Mend:
    """Where a person goes to have something sent after all."""

    label: str
    url: str


def mend(request: CompanyRequest, why: str, **ids: UUID | None) -> Mend | None:
    """The way out of a reason, if there is one that this person may take. `ids`: customer, receivable, rule."""
    found = _MENDS.get(why)
    if found is None:
        return None
    label, name, argument, permission = found
    if not allows(request.membership, permission) or (argument and ids.get(argument) is None):
        return None
    return Mend(str(label), reverse(name, args=[ids[argument]] if argument else []))
