"""Passes to the portal: the link by which one customer sees its statement of account without an account of ours.

A pass is bound to a company, a customer and the address that it was given to; only the hash of its token is kept, and
who has the company's key can say the token again (`payments.tokens`). Opening it writes nothing: what looks at links
before people do (scanners of mail) changes nothing by it.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError
from django.utils.translation import gettext as _

from aldia.customers.models import Contact, Customer
from aldia.payments.models import PortalPass, PortalSettings
from aldia.payments.tokens import PASS, Tokens, token_hash
from aldia.tenancy import audit
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

REUSED_FOR = timedelta(days=7)
MOST_DAYS = 30


class PassError(ValueError):
    """A pass that cannot be given as asked; the sentence is for the person."""


class PassState(StrEnum):
    """What a pass is at a moment."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


def issue_pass(
    *,
    customer_id: uuid.UUID,
    address: str = "",
    actor: User | None = None,
    now: datetime,
    renews: PortalPass | None = None,
    tokens: Tokens | None = None,
) -> tuple[PortalPass, str]:
    """A pass for a customer and one address ("": a person copies it), with its token.

    One that lives long enough is given again, so that mails of the same week carry the same link. `tokens`: those of
    the round, where many are issued; `renews`: the pass that somebody asked to have anew. Raises `PassError`.
    """
    known = tokens or Tokens()
    address = address.strip().lower()[:254]
    with transaction():
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise PassError(_("Ese cliente no existe."))
        if customer.generic:
            raise PassError(_("Público en general no tiene portal."))
        days = timedelta(days=min(portal_settings().pass_days, MOST_DAYS))
        if found := _living(customer_id, address, now + min(REUSED_FOR, days / 2)):
            return found, known.of(PASS, found.pk)
        row_id = uuid7()
        token = known.of(PASS, row_id)
        row = PortalPass(
            id=row_id, company_id=current_company_id(), customer=customer, address=address,
            token_hash=token_hash(token), expires_at=now + days, renews=renews, created_by=actor,
        )  # fmt: skip
        row.save(force_insert=True)
        _audit(actor, "portal.pass_issued", row, {"expires_at": row.expires_at.isoformat()})
    return row, token


def revoke_pass(*, pass_id: uuid.UUID, actor: User | None, now: datetime) -> PortalPass:
    """Close a pass at once, for every browser that is in with it. Done twice, it is done once. Raises `PassError`."""
    with transaction():
        row = PortalPass.objects.select_for_update().filter(pk=pass_id).first()
        if row is None:
            raise PassError(_("Esa liga no existe."))
        if row.revoked_at is None:
            row.revoked_at = now
            row.save(update_fields=["revoked_at"])
            row.visits.filter(ended_at__isnull=True).update(ended_at=now)
            _audit(actor, "portal.pass_revoked", row, {})
    return row


def find_pass(token: str, now: datetime) -> PortalPass | None:
    """The live pass of a token in the company in scope; None for one that is over, revoked, another's or none."""
    row = known_pass(token)
    return row if row is not None and pass_state(row, now) == PassState.LIVE else None


def known_pass(token: str) -> PortalPass | None:
    """The pass of a token, whatever became of it."""
    rows = PortalPass.objects.select_related("customer")
    return rows.filter(token_hash=token_hash(token)).first() if token else None


def pass_state(row: PortalPass, now: datetime) -> PassState:
    """Whether the pass still opens."""
    if row.revoked_at is not None:
        return PassState.REVOKED
    return PassState.LIVE if now < row.expires_at else PassState.EXPIRED


def is_on_file(row: PortalPass) -> bool:
    """Whether the address that the pass was given to is still one of a person of its customer."""
    return bool(row.address) and Contact.objects.filter(customer=row.customer_id, email__iexact=row.address).exists()


def portal_settings() -> PortalSettings:
    """What customers may do in the portal; made the first time they are asked for by who may write."""
    return PortalSettings.objects.first() or PortalSettings(company_id=current_company_id())


def own_portal_settings() -> PortalSettings:
    """The row of the settings, made where there is none yet."""
    found = PortalSettings.objects.first()
    if found is not None:
        return found
    try:
        with transaction():
            return PortalSettings.objects.create(company_id=current_company_id())
    except IntegrityError:  # somebody else was first
        return PortalSettings.objects.get()


def _living(customer_id: uuid.UUID, address: str, until: datetime) -> PortalPass | None:
    rows = PortalPass.objects.filter(customer_id=customer_id, address=address, revoked_at__isnull=True)
    return rows.filter(expires_at__gt=until).order_by("-expires_at", "-id").first()


def _audit(actor: User | None, verb: str, row: PortalPass, detail: dict[str, object]) -> None:
    told = {"customer": row.customer_id, "address": row.address, **detail}
    audit.record(actor=actor, verb=verb, object_type="portal_pass", object_id=row.pk, detail=told)
