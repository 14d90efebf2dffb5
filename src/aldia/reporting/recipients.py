"""Who gets a report by e-mail: members of the company, and addresses outside of it that somebody wrote down.

A member who sees only the own portfolio gets what lies inside of it, and nothing else; a member who left gets nothing.
That is asked when a schedule is written, and again each time that it goes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from aldia.customers.models import Customer, Portfolio
from aldia.messaging.operations.outbox import Recipient
from aldia.reporting.options import CUSTOMER, PORTFOLIO
from aldia.tenancy.models import Membership
from aldia.tenancy.permissions import allows

MOST = 20
USER, EMAIL = "user", "email"
Kept = dict[str, str]


class RecipientError(ValueError):
    """Somebody cannot get the report; the sentence says who and why."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Whom a report may go to, and sentences about those whom it may not."""

    people: list[Recipient]
    left_out: list[str]


def members() -> list[Membership]:
    """Who may be chosen, by name."""
    rows = Membership.objects.filter(suspended_at__isnull=True, user__is_active=True).select_related("user")
    return sorted(rows, key=lambda each: str(each.user).casefold())


def kept_of(user_ids: Iterable[str], addresses: Iterable[str]) -> list[Kept]:
    """As a schedule keeps them: an address of a member is the member. Raises `RecipientError`."""
    known = {str(each.user_id): each for each in members()}
    by_email = {each.user.email.lower(): user_id for user_id, each in known.items()}
    found: list[Kept] = []
    for user_id in user_ids:
        if user_id not in known:
            raise RecipientError(_("Una de las personas ya no es de la empresa: quítala y guarda de nuevo."))
        _add(found, {USER: user_id})
    for address in addresses:
        plain = address.strip()
        try:
            validate_email(plain)
        except ValidationError:
            raise RecipientError(_("«%(address)s» no es un correo.") % {"address": plain[:80]}) from None
        _add(found, {USER: by_email[plain.lower()]} if plain.lower() in by_email else {EMAIL: plain})
    if not found:
        raise RecipientError(_("Elige al menos a una persona o escribe un correo."))
    if len(found) > MOST:
        raise RecipientError(_("Son demasiados: un reporte va a %(most)s correos como máximo.") % {"most": MOST})
    return found


def _add(found: list[Kept], each: Kept) -> None:
    if each not in found:
        found.append(each)


def checked(kept: Sequence[Kept], *, options: Mapping[str, str], permission: str, owner_id: uuid.UUID) -> Checked:
    """Those of the kept recipients that may get a report with these options, made for the eyes of its owner, now."""
    known = {str(each.user_id): each for each in members()}
    people, left_out = [], []
    for each in kept:
        if EMAIL in each:
            people.append(Recipient(each[EMAIL]))
            continue
        member = known.get(each.get(USER, ""))
        if member is None:
            left_out.append(_("Una persona ya no es de la empresa."))
        elif not allows(member, permission):
            left_out.append(_("%(name)s no tiene permiso de ver este reporte.") % {"name": member.user})
        elif member.user_id != owner_id and not is_inside(member, options):
            left_out.append(
                _("%(name)s solo ve su cartera: elige una de sus carteras, o uno de sus clientes.")
                % {"name": member.user}
            )
        else:
            people.append(Recipient(member.user.email, str(member.user)))
    return Checked(people, left_out)


def is_inside(member: Membership, options: Mapping[str, str]) -> bool:
    """Whether all that a report with these options shows is what the member may see."""
    if not member.own_portfolio_only:
        return True
    own: Any = {"collector_id": member.user_id}
    if customer := options.get(CUSTOMER):
        return Customer.objects.filter(pk=_id(customer), portfolio__collector_id=member.user_id).exists()
    return Portfolio.objects.filter(pk=_id(options.get(PORTFOLIO, "")), **own).exists()


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
