"""Reads about companies and the people in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator

from aldia.tenancy.models import Company, Invitation, Membership, Role, User


def companies_of(*, user: Any) -> list[Company]:
    """The companies that a person is an active member of, by name (a directory read: it crosses companies)."""
    ids = Membership.all_companies.filter(user=user, suspended_at__isnull=True).values("company_id")
    return sorted(Company.objects.filter(pk__in=ids), key=lambda company: str(company).casefold())


def home_company(*, user: Any, last_slug: str) -> Company | None:
    """The company to open when the address names none: the last one worked in, else the first by name."""
    companies = companies_of(user=user)
    return next((company for company in companies if company.slug == last_slug), companies[0] if companies else None)


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the company as the people page shows them."""

    membership: Membership
    user: User
    has_two_factor: bool
    is_last_owner: bool

    @property
    def state(self) -> str:
        return "suspended" if self.membership.suspended_at else "active"


def people() -> list[Person]:
    """Everybody of the company in scope: active first, then by name."""
    memberships = list(Membership.objects.select_related("user"))
    secured = two_factor_users(membership.user_id for membership in memberships)
    owners = sum(1 for each in memberships if each.role == Role.OWNER and each.suspended_at is None)
    rows = [
        Person(each, each.user, each.user_id in secured, _is_active_owner(each) and owners == 1) for each in memberships
    ]
    return sorted(rows, key=lambda row: (row.membership.suspended_at is not None, str(row.user).casefold()))


def _is_active_owner(membership: Membership) -> bool:
    return membership.role == Role.OWNER and membership.suspended_at is None


def two_factor_users(user_ids: Iterable[Any]) -> set[Any]:
    """Which of the people have a second factor."""
    return set(
        Authenticator.objects.filter(user_id__in=list(user_ids), type=Authenticator.Type.TOTP).values_list(
            "user_id", flat=True
        )
    )


def open_invitations() -> list[Invitation]:
    """Invitations of the company in scope that were neither accepted nor revoked (expired ones too), newest first."""
    return list(
        Invitation.objects.filter(accepted_at__isnull=True, revoked_at__isnull=True)
        .select_related("invited_by")
        .order_by("-created_at", "-id")
    )


def invitation_state(*, invitation: Invitation, now: datetime) -> str:
    """ "accepted", "revoked", "expired" or "invited"."""
    if invitation.accepted_at:
        return "accepted"
    if invitation.revoked_at:
        return "revoked"
    return "expired" if invitation.expires_at <= now else "invited"
