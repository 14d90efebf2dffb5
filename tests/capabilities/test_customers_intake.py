"""Customers appear from their documents: who is the same, who is not, and what is never collected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.customers.identity import identify
from aldia.customers.models import Customer
from aldia.customers.operations.intake import match_or_create
from aldia.domain.fiscal.document import Party
from aldia.domain.folding import fold
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import NoCompany, company_scope

FOREIGN = "XEXX010101000"
PUBLIC = "XAXX010101000"


@pytest.fixture
def company(db):
    company = Company.objects.create(slug="norte", legal_name="Comercial del Norte", tax_id="CNO010101AB1")
    with company_scope(company.pk):
        yield company


def names():
    return sorted(Customer.objects.values_list("legal_name", flat=True))


def test_one_customer_per_tax_id_however_it_is_spelled_or_called(company):
    parties = [Party("ACE010101AB1", "ACEROS DEL NORTE"), Party("ace010101ab1 ", "Aceros del Norte, S.A. de C.V.")]
    found = match_or_create(parties=parties)
    assert len({customer.pk for customer in found.values()}) == 1
    assert set(found) == set(parties)
    customer = Customer.objects.get()
    assert (customer.tax_id, customer.identity) == ("ACE010101AB1", "")
    assert (customer.collecting, customer.generic) == (False, False)


def test_a_known_customer_is_found_and_keeps_its_name(company):
    first = match_or_create(parties=[Party("ACE010101AB1", "ACEROS DEL NORTE")])
    Customer.objects.update(collecting=True)
    again = match_or_create(parties=[Party("ACE010101AB1", "ACEROS DEL NORTE SA DE CV")])
    assert [c.pk for c in first.values()] == [c.pk for c in again.values()]
    customer = Customer.objects.get()
    assert (customer.legal_name, customer.collecting) == ("ACEROS DEL NORTE", True)


def test_public_in_general_is_one_customer_marked_generic(company):
    match_or_create(parties=[Party(PUBLIC, "PUBLICO EN GENERAL"), Party(PUBLIC, "Mostrador")])
    assert Customer.objects.get().generic is True


def test_foreign_residents_are_told_apart_by_foreign_id_then_by_name(company):
    found = match_or_create(
        parties=[
            Party(FOREIGN, "Acme Inc.", foreign_id="12-3456789", residence="USA"),
            Party(FOREIGN, "ACME INC", foreign_id="123456789"),
            Party(FOREIGN, "Widgets Ltd"),
            Party(FOREIGN, "WIDGETS, LTD."),
            Party(FOREIGN, "Otra GmbH"),
        ]
    )
    assert len({customer.pk for customer in found.values()}) == 3
    assert not Customer.objects.filter(generic=True).exists()


def test_a_nameless_customer_takes_the_first_name_that_a_document_gives(company):
    match_or_create(parties=[Party("ACE010101AB1", "")])
    assert names() == ["ACE010101AB1"]
    match_or_create(parties=[Party("ACE010101AB1", "Aceros")])
    assert names() == ["Aceros"]
    assert "aceros" in Customer.objects.get().search


def test_hostile_names_are_kept_as_harmless_text(company):
    match_or_create(parties=[Party("ACE010101AB1", "=HYPERLINK(1)\x00\n<b>" + "ñ" * 400)])
    name = Customer.objects.get().legal_name
    assert name.startswith("=HYPERLINK(1) <b>ñ")
    assert len(name) == 300
    assert name.isprintable()


def test_the_search_text_has_names_and_ids_without_accents(company):
    match_or_create(parties=[Party("PEÑ010101AB1", "Peñón & Cía., S.A. de C.V.")])
    assert Customer.objects.get().search == "penon cia sa de cv pen010101ab1"


def test_many_parties_cost_few_queries_and_one_audit_event(company, django_assert_max_num_queries):
    parties = [Party(f"AAA{n:06}AB1", f"Cliente {n}") for n in range(300)]
    with django_assert_max_num_queries(16):
        match_or_create(parties=parties)
    event = AuditEvent.objects.get()
    assert event.verb == "customers.appeared"
    assert len(event.detail["customers"]) == 300
    with django_assert_max_num_queries(4):
        match_or_create(parties=parties)
    assert AuditEvent.objects.count() == 1


def test_companies_do_not_share_customers(company):
    match_or_create(parties=[Party("ACE010101AB1", "Aceros")])
    other = Company.objects.create(slug="sur", legal_name="Sur", tax_id="SUR010101AB1")
    with company_scope(other.pk):
        match_or_create(parties=[Party("ACE010101AB1", "Aceros")])
        assert Customer.objects.count() == 1
    assert Customer.objects.count() == 1


def test_outside_a_company_nothing_is_written(db):
    with pytest.raises(NoCompany):
        match_or_create(parties=[Party("ACE010101AB1", "Aceros")])


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_an_identity_fits_its_columns(tax_id, name, foreign_id):
    identity = identify("MX", Party(tax_id, name, foreign_id=foreign_id))
    assert len(identity.tax_id) <= 20
    assert len(identity.discriminator) <= 200
