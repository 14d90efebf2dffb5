"""People: invited, accepted, changed, suspended; there is always an owner and nobody lifts their own role."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aldia.tenancy import operations, queries
from aldia.tenancy.models import AuditEvent, Company, Invitation, Membership, Role, User
from aldia.tenancy.operations.invitations import token_hash
from aldia.tenancy.permissions import EVERYTHING, MANAGE_PEOPLE, ROLE_PERMISSIONS, allows
from aldia.tenancy.scope import company_scope
from aldia.web.permission_names import PERMISSION_NAMES
from tests.cast import make_company, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 16, tzinfo=UTC)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def owner(company: Company) -> User:
    return make_user("owner@example.com", company)


@pytest.fixture
def admin(company: Company) -> User:
    return make_user("admin@example.com", company, Role.ADMIN)


def member(company: Company, user: User) -> Membership:
    with company_scope(company.pk):
        return Membership.objects.get(user=user)


def invite(company: Company, actor: User, email: str = "new@example.com", role: str = Role.FINANCE) -> str:
    with company_scope(company.pk):
        return operations.invite_person(actor=actor, email=email, role=role, now=NOW)[1]


def test_an_invitation_keeps_only_the_hash_of_its_token(company: Company, owner: User) -> None:
    token = invite(company, owner)
    with company_scope(company.pk):
        row = Invitation.objects.get()
    secret = token.partition(".")[2]
    assert len(secret) >= 43  # 256 bits
    assert row.token_hash == token_hash(secret)
    assert secret not in str(row.__dict__)
    assert row.expires_at == NOW + timedelta(days=7)


@pytest.mark.parametrize("known", [True, False])
def test_an_invitation_makes_a_member_once(company: Company, owner: User, known: bool) -> None:
    guest = make_user("new@example.com") if known else None
    token = invite(company, owner, "New@Example.com", Role.COLLECTOR)
    guest = guest or make_user("new@example.com")
    assert operations.accept_invitation(user=guest, token=token, now=NOW) == company
    assert member(company, guest).role == Role.COLLECTOR
    with pytest.raises(operations.Refused, match="ya se usó"):
        operations.accept_invitation(user=guest, token=token, now=NOW)
    with company_scope(company.pk):
        assert Membership.objects.filter(user=guest).count() == 1


def test_an_invitation_is_for_its_address_only(company: Company, owner: User) -> None:
    token = invite(company, owner)
    with pytest.raises(operations.Refused, match=r"new@example\.com"):
        operations.accept_invitation(user=make_user("other@example.com"), token=token, now=NOW)


def test_an_invitation_ends_after_seven_days(company: Company, owner: User) -> None:
    token = invite(company, owner)
    assert operations.find_invitation(token=token, now=NOW + timedelta(days=7, seconds=-1))
    with pytest.raises(operations.Refused, match="caducó"):
        operations.find_invitation(token=token, now=NOW + timedelta(days=7))


def test_sending_again_stops_the_earlier_link(company: Company, owner: User) -> None:
    token = invite(company, owner)
    with company_scope(company.pk):
        row = Invitation.objects.get()
        _row, second = operations.resend_invitation(actor=owner, invitation_id=row.pk, now=NOW + timedelta(days=3))
    with pytest.raises(operations.Refused):
        operations.find_invitation(token=token, now=NOW)
    assert operations.find_invitation(token=second, now=NOW + timedelta(days=9))


def test_inviting_again_revokes_the_earlier(company: Company, owner: User) -> None:
    first, second = invite(company, owner), invite(company, owner)
    with pytest.raises(operations.Refused, match="retirada"):
        operations.find_invitation(token=first, now=NOW)
    assert operations.find_invitation(token=second, now=NOW)


def test_a_revoked_invitation_is_of_no_use(company: Company, owner: User) -> None:
    token = invite(company, owner)
    with company_scope(company.pk):
        row = Invitation.objects.get()
        operations.revoke_invitation(actor=owner, invitation_id=row.pk, now=NOW)
    with pytest.raises(operations.Refused):
        operations.accept_invitation(user=make_user("new@example.com"), token=token, now=NOW)


@pytest.mark.parametrize("token", ["", ".", "x.y", "0" * 32 + ".x", "é" * 40, "\x00", "a" * 5000])
def test_a_made_up_token_is_a_sentence(company: Company, token: str) -> None:
    with pytest.raises(operations.Refused):
        operations.find_invitation(token=token, now=NOW)


def test_who_is_in_is_not_invited(company: Company, owner: User, admin: User) -> None:
    with pytest.raises(operations.Refused) as refused:
        invite(company, owner, "ADMIN@example.com")
    assert refused.value.field == "email"


@pytest.mark.parametrize("email", ["", "x", "a@b", "a@example.com\nBcc: x@example.com"])
def test_what_is_no_address_is_refused(company: Company, owner: User, email: str) -> None:
    with pytest.raises(operations.Refused):
        invite(company, owner, email)


def test_the_last_owner_is_neither_demoted_nor_suspended(company: Company, owner: User) -> None:
    mine = member(company, owner)
    with company_scope(company.pk):
        with pytest.raises(operations.Refused, match="única persona dueña"):
            operations.change_member(actor=owner, membership_id=mine.pk, role=Role.ADMIN, own_portfolio_only=False)
        with pytest.raises(operations.Refused, match="única persona dueña"):
            operations.suspend_member(actor=owner, membership_id=mine.pk, now=NOW)
    assert member(company, owner).role == Role.OWNER


def test_a_suspended_owner_does_not_count(company: Company, owner: User) -> None:
    other = make_user("second@example.com", company)
    with company_scope(company.pk):
        operations.suspend_member(actor=owner, membership_id=member(company, other).pk, now=NOW)
        with pytest.raises(operations.Refused):
            operations.suspend_member(actor=owner, membership_id=member(company, owner).pk, now=NOW)
        operations.restore_member(actor=owner, membership_id=member(company, other).pk)
        operations.suspend_member(actor=owner, membership_id=member(company, owner).pk, now=NOW)
    assert queries.companies_of(user=owner) == []


def test_an_admin_decides_nothing_about_owners(company: Company, owner: User, admin: User) -> None:
    mine, theirs = member(company, admin), member(company, owner)
    make_user("second@example.com", company)
    with company_scope(company.pk):
        for refused in (
            lambda: operations.change_member(
                actor=admin, membership_id=mine.pk, role=Role.OWNER, own_portfolio_only=False
            ),
            lambda: operations.change_member(
                actor=admin, membership_id=theirs.pk, role=Role.AUDITOR, own_portfolio_only=False
            ),
            lambda: operations.suspend_member(actor=admin, membership_id=theirs.pk, now=NOW),
            lambda: operations.invite_person(actor=admin, email="x@example.com", role=Role.OWNER, now=NOW),
        ):
            with pytest.raises(operations.Refused, match="dueña"):
                refused()
    assert member(company, admin).role == Role.ADMIN


def test_each_change_leaves_one_event(company: Company, owner: User, admin: User) -> None:
    theirs = member(company, admin)
    with company_scope(company.pk):
        operations.change_member(actor=owner, membership_id=theirs.pk, role=Role.AUDITOR, own_portfolio_only=True)
        operations.suspend_member(actor=owner, membership_id=theirs.pk, now=NOW)
        operations.suspend_member(actor=owner, membership_id=theirs.pk, now=NOW)
        operations.restore_member(actor=owner, membership_id=theirs.pk)
        events = list(AuditEvent.objects.order_by("seq"))
    assert [event.verb for event in events] == ["member.changed", "member.suspended", "member.restored"]
    assert events[0].detail["before"] == {"role": "admin", "own_portfolio_only": False}


def test_another_companys_member_is_not_found(company: Company, owner: User) -> None:
    other = make_company("Otra", slug="otra")
    stranger = make_user("stranger@example.com", other)
    with company_scope(company.pk), pytest.raises(operations.Refused):
        operations.suspend_member(actor=owner, membership_id=member(other, stranger).pk, now=NOW)
    assert member(other, stranger).suspended_at is None


def test_the_page_of_people_says_who_the_last_owner_is(company: Company, owner: User, admin: User) -> None:
    with company_scope(company.pk):
        rows = {row.user.email: row for row in queries.people()}
    assert rows["owner@example.com"].is_last_owner
    assert not rows["admin@example.com"].is_last_owner


def test_roles_grow_from_auditor_to_owner() -> None:
    assert ROLE_PERMISSIONS[Role.OWNER] == EVERYTHING
    assert set(ROLE_PERMISSIONS) == set(Role.values)
    assert ROLE_PERMISSIONS[Role.AUDITOR] <= ROLE_PERMISSIONS[Role.FINANCE] <= ROLE_PERMISSIONS[Role.OWNER]
    assert all(MANAGE_PEOPLE not in ROLE_PERMISSIONS[role] for role in ("finance", "collector", "auditor"))


def test_a_suspended_owner_may_do_nothing() -> None:
    suspended = Membership(role=Role.OWNER, suspended_at=NOW)
    assert not any(allows(suspended, permission) for permission in EVERYTHING)
    assert not any(allows(None, permission) for permission in EVERYTHING)
    assert all(allows(Membership(role=Role.OWNER), permission) for permission in EVERYTHING)


def test_every_permission_has_a_name_on_screen() -> None:
    assert set(PERMISSION_NAMES) == EVERYTHING


@pytest.mark.parametrize(
    "changes", [{"language": "fr"}, {"theme": "pink"}, {"theme": ""}], ids=["language", "theme", "none"]
)
def test_preferences_are_of_the_list(owner: User, changes: dict[str, str]) -> None:
    with pytest.raises(operations.Refused):
        operations.change_preferences(user=owner, **changes)
