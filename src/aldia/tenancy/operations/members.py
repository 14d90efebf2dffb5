"""Members of the company in scope: what they may do, and whether they may enter.

A company always keeps an active owner; only owners make, change or suspend owners, so nobody can lift their own role.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.tenancy import audit
from aldia.tenancy.models import Membership, Role, User
from aldia.tenancy.operations.refusals import Refused
from aldia.tenancy.scope import transaction


def change_member(*, actor: User, membership_id: uuid.UUID, role: str, own_portfolio_only: bool) -> Membership:
    """Change what a member may do. The last active owner keeps the role."""
    check_role(role)
    with transaction():
        members = _locked_members()
        member = _pick(members, membership_id)
        mine = _pick_user(members, actor)
        check_may_grant(mine, role)
        check_may_grant(mine, member.role)
        if role != Role.OWNER:
            _check_not_last_owner(members, member, _("Es la única persona dueña: nombra a otra antes de cambiarla."))
        before = {"role": member.role, "own_portfolio_only": member.own_portfolio_only}
        member.role, member.own_portfolio_only = role, own_portfolio_only
        member.save(update_fields=["role", "own_portfolio_only"])
        after = {"role": role, "own_portfolio_only": own_portfolio_only}
        _record_member(actor, "member.changed", member, before=before, after=after)
    return member


def suspend_member(*, actor: User, membership_id: uuid.UUID, now: datetime) -> Membership:
    """Close the company to a member; nothing that they did is lost. The last active owner stays."""
    with transaction():
        members = _locked_members()
        member = _pick(members, membership_id)
        check_may_grant(_pick_user(members, actor), member.role)
        _check_not_last_owner(members, member, _("Es la única persona dueña: nombra a otra antes de suspenderla."))
        if member.suspended_at is None:
            member.suspended_at = now
            member.save(update_fields=["suspended_at"])
            _record_member(actor, "member.suspended", member)
    return member


def restore_member(*, actor: User, membership_id: uuid.UUID) -> Membership:
    """Open the company again to a suspended member."""
    with transaction():
        members = _locked_members()
        member = _pick(members, membership_id)
        check_may_grant(_pick_user(members, actor), member.role)
        if member.suspended_at is not None:
            member.suspended_at = None
            member.save(update_fields=["suspended_at"])
            _record_member(actor, "member.restored", member)
    return member


def check_role(role: str) -> None:
    if role not in Role.values:
        raise Refused(_("Ese papel no existe."), "role")


def check_may_grant(mine: Membership | None, role: str) -> None:
    """Only owners make, change, suspend or un-invite owners."""
    if role == Role.OWNER and (mine is None or mine.role != Role.OWNER or mine.suspended_at is not None):
        raise Refused(_("Solo una persona dueña puede decidir sobre personas dueñas."), "role")


def _check_not_last_owner(members: list[Membership], member: Membership, message: str) -> None:
    owners = [each for each in members if each.role == Role.OWNER and each.suspended_at is None]
    if owners == [member]:
        raise Refused(message, "role")


def _locked_members() -> list[Membership]:
    """All members, locked in id order: two owners cannot demote each other at once."""
    return list(Membership.objects.select_for_update(of=("self",)).select_related("user").order_by("pk"))


def _pick(members: list[Membership], membership_id: uuid.UUID) -> Membership:
    for member in members:
        if member.pk == membership_id:
            return member
    raise Refused(_("Esa persona no está en la empresa."))


def _pick_user(members: list[Membership], user: User) -> Membership | None:
    return next((member for member in members if member.user_id == user.pk), None)


def membership_of(user: User) -> Membership | None:
    return Membership.objects.filter(user=user).first()


def _record_member(actor: User, verb: str, member: Membership, **detail: object) -> None:
    audit.record(
        actor=actor, verb=verb, object_type="member", object_id=member.pk, detail={"email": member.user.email, **detail}
    )
