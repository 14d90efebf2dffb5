"""Passes to the portal: whom they are for, how long they live, and that only their hash is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aldia.customers.models import Contact, Customer
from aldia.payments.models import PortalPass, PortalSettings
from aldia.payments.operations.passes import (
    PassError,
    PassState,
    find_pass,
    is_on_file,
    issue_pass,
    known_pass,
    pass_state,
    revoke_pass,
)
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.support.portal import customer_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 16, tzinfo=UTC)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def customer(company: Company) -> Customer:
    return customer_of(company)


def test_a_token_opens_its_pass_and_is_not_kept(company: Company, customer: Customer) -> None:
    with company_scope(company.pk):
        row, token = issue_pass(customer_id=customer.pk, address=" Lupita@Guera.example ", now=NOW)
        assert len(token) == 43
        found = find_pass(token, NOW)
        assert found == row
        assert row.address == "lupita@guera.example"
        assert row.expires_at == NOW + timedelta(days=30)
        assert not PortalPass.objects.filter(token_hash=token).exists()
        assert token not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_a_pass_is_given_again_while_it_lives_long_enough(company: Company, customer: Customer) -> None:
    with company_scope(company.pk):
        first = issue_pass(customer_id=customer.pk, address="a@x.example", now=NOW)
        assert issue_pass(customer_id=customer.pk, address="a@x.example", now=NOW + timedelta(days=22)) == first
        later, token = issue_pass(customer_id=customer.pk, address="a@x.example", now=NOW + timedelta(days=24))
        assert later != first[0]
        assert token != first[1]
        assert issue_pass(customer_id=customer.pk, address="b@x.example", now=NOW)[0] != first[0]
        revoke_pass(pass_id=first[0].pk, actor=None, now=NOW)
        assert issue_pass(customer_id=customer.pk, address="a@x.example", now=NOW)[0].pk not in (first[0].pk,)


def test_a_pass_ends(company: Company, customer: Customer) -> None:
    owner = make_user("owner@example.com", company)
    with company_scope(company.pk):
        PortalSettings.objects.create(company=company, pass_days=3)
        row, token = issue_pass(customer_id=customer.pk, now=NOW, actor=owner)
        last = NOW + timedelta(days=3)
        assert find_pass(token, last - timedelta(seconds=1))
        assert find_pass(token, last) is None
        assert pass_state(row, last) == PassState.EXPIRED
        revoked = revoke_pass(pass_id=row.pk, actor=owner, now=NOW)
        assert pass_state(revoked, NOW) == PassState.REVOKED
        assert find_pass(token, NOW) is None
        assert revoke_pass(pass_id=row.pk, actor=owner, now=last).revoked_at == NOW
        assert AuditEvent.objects.filter(verb="portal.pass_revoked").count() == 1
        assert known_pass(token) == row


def test_a_token_is_nothing_in_another_company(company: Company, customer: Customer) -> None:
    other = make_company("Otra Empresa", "OTR010203AB1")
    with company_scope(company.pk):
        _row, token = issue_pass(customer_id=customer.pk, now=NOW)
    with company_scope(other.pk):
        assert find_pass(token, NOW) is None
        with pytest.raises(PassError):
            issue_pass(customer_id=customer.pk, now=NOW)


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "ñ" * 43, "%00", "a" * 5000])
def test_garbage_opens_nothing(company: Company, customer: Customer, token: str) -> None:
    with company_scope(company.pk):
        issue_pass(customer_id=customer.pk, now=NOW)
        assert find_pass(token, NOW) is None


def test_an_address_is_on_file_while_a_contact_has_it(company: Company, customer: Customer) -> None:
    with company_scope(company.pk):
        row, _token = issue_pass(customer_id=customer.pk, address="ana@x.example", now=NOW)
        assert not is_on_file(row)
        contact = Contact.objects.create(company=company, customer=customer, email="Ana@X.example")
        assert is_on_file(row)
        contact.delete()
        assert not is_on_file(row)


def test_nobody_has_a_portal_for_the_public(company: Company) -> None:
    public = customer_of(company, "Público en general", "XAXX010101000", generic=True, collecting=False)
    with company_scope(company.pk), pytest.raises(PassError):
        issue_pass(customer_id=public.pk, now=NOW)
