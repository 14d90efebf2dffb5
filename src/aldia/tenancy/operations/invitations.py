"""Invitations: an offer of a membership, carried by a link that works once and for seven days."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from aldia.tenancy import audit
from aldia.tenancy.models import Company, Invitation, Membership, User
from aldia.tenancy.operations.members import check_may_grant, check_role, membership_of
from aldia.tenancy.operations.refusals import Refused, check_email
from aldia.tenancy.scope import company_scope, current_company_id, transaction

INVITATION_DAYS = 7


def invite_person(
    *, actor: User, email: str, role: str, own_portfolio_only: bool = False, now: datetime
) -> tuple[Invitation, str]:
    """Offer a membership to an address for seven days. Returns the invitation and its token, which is kept hashed only.

    An earlier open invitation to the same address is revoked.
    """
    email = email.strip().lower()
    check_email(email)
    check_role(role)
    with transaction():
        check_may_grant(membership_of(actor), role)
        if Membership.objects.filter(user__email=email).exists():
            raise Refused(_("Esa persona ya está en la empresa."), "email")
        Invitation.objects.filter(email=email, accepted_at__isnull=True, revoked_at__isnull=True).update(revoked_at=now)
        token = secrets.token_urlsafe(32)
        invitation = Invitation(
            company_id=current_company_id(),
            email=email,
            role=role,
            own_portfolio_only=own_portfolio_only,
            token_hash=token_hash(token),
            invited_by=actor,
            expires_at=now + timedelta(days=INVITATION_DAYS),
        )
        invitation.save(force_insert=True)
        _record_invitation(actor, "invitation.sent", invitation, role=role)
    return invitation, address_token(invitation, token)


def resend_invitation(*, actor: User, invitation_id: uuid.UUID, now: datetime) -> tuple[Invitation, str]:
    """Give an invitation a new token (the old one stops working) and seven more days."""
    with transaction():
        invitation = _open_invitation(invitation_id)
        check_may_grant(membership_of(actor), invitation.role)
        token = secrets.token_urlsafe(32)
        invitation.token_hash = token_hash(token)
        invitation.expires_at = now + timedelta(days=INVITATION_DAYS)
        invitation.save(update_fields=["token_hash", "expires_at"])
        _record_invitation(actor, "invitation.resent", invitation)
    return invitation, address_token(invitation, token)


def revoke_invitation(*, actor: User, invitation_id: uuid.UUID, now: datetime) -> Invitation:
    """Take an open invitation back."""
    with transaction():
        invitation = _open_invitation(invitation_id)
        check_may_grant(membership_of(actor), invitation.role)
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        _record_invitation(actor, "invitation.revoked", invitation)
    return invitation


def find_invitation(*, token: str, now: datetime) -> Invitation:
    """The open invitation that a link names (no login needed). Raises `Refused` for any other."""
    company_id, secret = read_token(token)
    with company_scope(company_id):
        invitation = Invitation.objects.select_related("company", "invited_by").filter(token_hash=token_hash(secret))
        found = invitation.first()
    if found is None or found.revoked_at is not None:
        raise Refused(_("Esta invitación no existe o fue retirada. Pide una nueva a quien te invitó."))
    if found.accepted_at is not None:
        raise Refused(_("Esta invitación ya se usó. Entra con tu correo y tu contraseña."))
    if found.expires_at <= now:
        raise Refused(_("Esta invitación caducó. Pide una nueva a quien te invitó."))
    return found


def accept_invitation(*, user: User, token: str, now: datetime) -> Company:
    """Make `user` a member as invited. The account must be that of the invited address."""
    invitation = find_invitation(token=token, now=now)
    if user.email.lower() != invitation.email.lower():
        raise Refused(
            _("La invitación es para %(email)s. Cierra sesión y entra con ese correo.") % {"email": invitation.email}
        )
    with company_scope(invitation.company_id), transaction():
        claimed = Invitation.objects.filter(
            pk=invitation.pk, accepted_at__isnull=True, revoked_at__isnull=True, token_hash=invitation.token_hash
        ).update(accepted_at=now)
        if claimed != 1:
            raise Refused(_("Esta invitación ya se usó. Entra con tu correo y tu contraseña."))
        if not Membership.objects.filter(user=user).exists():
            Membership(
                company_id=invitation.company_id,
                user=user,
                role=invitation.role,
                own_portfolio_only=invitation.own_portfolio_only,
            ).save(force_insert=True)
        _record_invitation(user, "invitation.accepted", invitation, role=invitation.role)
    return invitation.company


def token_hash(token: str) -> str:
    """SHA-256 of the secret: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def address_token(invitation: Invitation, secret: str) -> str:
    """What a link carries: the company (so that row-level security lets the row be found) and the secret."""
    return f"{invitation.company_id.hex}.{secret}"


def read_token(token: str) -> tuple[uuid.UUID, str]:
    """The company and the secret of a link. Raises `Refused`."""
    company, _dot, secret = token.partition(".")
    try:
        return uuid.UUID(hex=company), secret
    except ValueError:
        raise Refused(_("Esta invitación no existe o fue retirada. Pide una nueva a quien te invitó.")) from None


def _open_invitation(invitation_id: uuid.UUID) -> Invitation:
    invitation = Invitation.objects.select_for_update().filter(pk=invitation_id).first()
    if invitation is None or invitation.accepted_at or invitation.revoked_at:
        raise Refused(_("Esa invitación ya no está pendiente."))
    return invitation


def _record_invitation(actor: User, verb: str, invitation: Invitation, **detail: object) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        object_type="invitation",
        object_id=invitation.pk,
        detail={"email": invitation.email, **detail},
    )
