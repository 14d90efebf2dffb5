"""Editing customers by hand: terms, contacts, credit lines, portfolios, files; two edits of one form."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.customers import queries
from aldia.customers.models import Contact, CreditLine, Customer, CustomerFile, Portfolio
from aldia.customers.operations import contacts, credit_lines, customers, files, portfolios
from aldia.customers.operations.contacts import Person
from aldia.customers.operations.credit_lines import Terms
from aldia.customers.operations.customers import AlreadyThere, Details
from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.customers.queries import Filter
from aldia.tenancy.models import AuditEvent, Company, Membership, Role, StoredFile, User
from aldia.tenancy.scope import company_scope

TODAY = date(2026, 11, 21)


@pytest.fixture
def company(db):
    company = Company.objects.create(slug="norte", legal_name="Comercial del Norte", tax_id="CNO010101AB1")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def ana(company):
    user = User.objects.create_user("ana@example.com", name="Ana")
    Membership.objects.create(company=company, user=user, role=Role.OWNER)
    return user


@pytest.fixture
def aceros(ana):
    return create("ACE010101AB1", "Aceros del Norte")


def create(tax_id, name, **details):
    return customers.create_customer(tax_id=tax_id, details=Details(name, **details), actor=None)


def verbs():
    return list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))


# Customers


def test_a_new_customer_is_off_and_searchable(company):
    customer = create(" ace-010101-ab1", "Aceros  del\nNorte", trade_name="AceNor", term_days=30)
    assert (customer.tax_id, customer.legal_name) == ("ACE010101AB1", "Aceros del Norte")
    assert (customer.collecting, customer.generic, customer.version) == (False, False, 1)
    assert customer.search == "aceros del norte acenor ace010101ab1"
    assert verbs() == ["customers.created"]


@pytest.mark.parametrize(
    ("tax_id", "details", "field"),
    [
        ("", Details("A"), "tax_id"),
        ("NO ES RFC", Details("A"), "tax_id"),
        ("ACE010101AB1", Details("  \x00 "), "legal_name"),
        ("ACE010101AB1", Details("A", term_days=-1), "term_days"),
        ("ACE010101AB1", Details("A", term_days=40_000), "term_days"),
        ("ACE010101AB1", Details("A", language="fr"), "language"),
        ("ACE010101AB1", Details("A", notes="x" * 10_001), "notes"),
        ("ACE010101AB1", Details("A", portfolio_id=uuid.uuid4()), "portfolio"),
    ],
)
def test_a_bad_new_customer_names_its_field(company, tax_id, details, field):
    with pytest.raises(Refused) as caught:
        customers.create_customer(tax_id=tax_id, details=details, actor=None)
    assert caught.value.field == field
    assert str(caught.value)[0].isupper()
    assert not Customer.objects.exists()
    assert not AuditEvent.objects.exists()


def test_the_same_tax_id_again_is_refused_with_the_customer_there(aceros):
    with pytest.raises(AlreadyThere) as caught:
        create("ace010101ab1", "Otra")
    assert caught.value.customer == aceros
    assert "Aceros del Norte" in str(caught.value)


def test_two_foreign_customers_share_the_tax_id_of_foreigners(company):
    create("XEXX010101000", "Acme")
    create("XEXX010101000", "Widgets")
    with pytest.raises(AlreadyThere):
        create("XEXX010101000", "ACME.")


def test_an_edit_keeps_before_and_after_and_the_search(aceros, ana):
    details = Details("Aceros del Sur", term_days=45)
    customer = customers.update_customer(customer_id=aceros.pk, version=1, details=details, today=TODAY, actor=ana)
    assert (customer.term_days, customer.version) == (45, 2)
    assert "sur" in customer.search
    event = AuditEvent.objects.get(verb="customers.edited")
    assert (event.actor, event.object_id) == (ana, str(aceros.pk))
    assert event.detail["changes"] == {"legal_name": ["Aceros del Norte", "Aceros del Sur"], "term_days": [None, 45]}


def test_saving_without_changes_leaves_no_trace(aceros):
    customers.update_customer(
        customer_id=aceros.pk, version=1, details=Details("Aceros del Norte"), today=TODAY, actor=None
    )
    assert verbs() == ["customers.created"]
    assert Customer.objects.get().version == 1


def test_the_second_of_two_edits_of_one_form_is_told(aceros):
    customers.update_customer(customer_id=aceros.pk, version=1, details=Details("Una"), today=TODAY, actor=None)
    with pytest.raises(Stale, match="Alguien guardó cambios"):
        customers.update_customer(customer_id=aceros.pk, version=1, details=Details("Otra"), today=TODAY, actor=None)
    assert Customer.objects.get().legal_name == "Una"


def test_of_many_pairs_of_edits_exactly_one_is_saved(aceros):
    saved = refused = 0
    for turn in range(100):
        version = Customer.objects.get().version
        for name in (f"A{turn}", f"B{turn}"):
            try:
                customers.update_customer(
                    customer_id=aceros.pk, version=version, details=Details(name), today=TODAY, actor=None
                )
                saved += 1
            except Stale:
                refused += 1
    assert (saved, refused) == (100, 100)


def test_a_customer_of_another_company_does_not_exist(aceros):
    other = Company.objects.create(slug="sur", legal_name="Sur", tax_id="SUR010101AB1")
    with company_scope(other.pk), pytest.raises(NotThere):
        customers.update_customer(customer_id=aceros.pk, version=1, details=Details("Robada"), today=TODAY, actor=None)


def test_a_customer_without_documents_can_be_deleted(aceros):
    contacts.add_contact(customer_id=aceros.pk, person=Person(email="a@example.com"), actor=None)
    customers.delete_customer(customer_id=aceros.pk, actor=None)
    assert not Customer.objects.exists()
    assert not Contact.objects.exists()
    assert verbs()[-1] == "customers.deleted"


HOSTILE = st.text(st.characters(codec=None), max_size=60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.just("ACE010101AB1") | HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_any_text_is_kept_or_refused(company, tax_id, name, trade_name, notes):
    """Halves of characters and controls would be refused by PostgreSQL: they never reach it."""
    details = Details(name, trade_name=trade_name, notes=notes)
    try:
        customer = customers.create_customer(tax_id=tax_id, details=details, actor=None)
    except Refused:
        return
    kept = Customer.objects.get(pk=customer.pk)
    customer.delete()
    assert f"{kept.legal_name}{kept.trade_name}{kept.search}".isprintable()
    kept.notes.encode()


# Contacts


def test_the_first_contact_is_the_primary_and_there_is_always_one(aceros):
    first = contacts.add_contact(customer_id=aceros.pk, person=Person(email="Uno@Example.com"), actor=None)
    second = contacts.add_contact(customer_id=aceros.pk, person=Person(phone="81 1234 5678"), actor=None)
    assert (first.is_primary, second.is_primary, first.email) == (True, False, "uno@example.com")
    contacts.update_contact(
        contact_id=second.pk, version=1, person=Person(phone="8112345678"), primary=True, actor=None
    )
    assert [each.pk for each in queries.contacts_of(aceros)] == [second.pk, first.pk]
    contacts.remove_contact(contact_id=second.pk, actor=None)
    assert Contact.objects.get().is_primary is True


def test_the_primary_cannot_stop_being_it_without_another(aceros):
    only = contacts.add_contact(customer_id=aceros.pk, person=Person(email="a@example.com"), actor=None)
    contacts.update_contact(contact_id=only.pk, version=1, person=Person(name="A", email="a@example.com"),
                            primary=False, actor=None)  # fmt: skip
    assert Contact.objects.get().is_primary is True


@pytest.mark.parametrize(
    ("person", "field"),
    [
        (Person(name="Sin nada"), "email"),
        (Person(email="no es correo"), "email"),
        (Person(email="a@b"), "email"),
        (Person(email="a" * 250 + "@example.com"), "email"),
        (Person(phone="llámame"), "phone"),
        (Person(phone="１２３４５６７８"), "phone"),
        (Person(whatsapp="<script>"), "whatsapp"),
        (Person(email="a@example.com", role="jefe"), "role"),
    ],
)
def test_a_bad_contact_names_its_field(aceros, person, field):
    with pytest.raises(Refused) as caught:
        contacts.add_contact(customer_id=aceros.pk, person=person, actor=None)
    assert caught.value.field == field
    assert not Contact.objects.exists()


def test_two_edits_of_a_contact(aceros):
    contact = contacts.add_contact(customer_id=aceros.pk, person=Person(email="a@example.com"), actor=None)
    edit = {"contact_id": contact.pk, "version": 1, "primary": True, "actor": None}
    contacts.update_contact(person=Person(email="b@example.com"), **edit)
    with pytest.raises(Stale):
        contacts.update_contact(person=Person(email="c@example.com"), **edit)


def test_the_database_itself_refuses_a_second_primary(aceros):
    contacts.add_contact(customer_id=aceros.pk, person=Person(email="a@example.com"), actor=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contact.objects.create(company_id=aceros.company_id, customer=aceros, email="b@example.com", is_primary=True)


# Credit lines


def test_the_first_line_is_the_default_and_there_is_always_one(aceros):
    general = credit_lines.add_credit_line(
        customer_id=aceros.pk, terms=Terms("General", "MXN", 10_000_00, 30), actor=None
    )
    dollars = credit_lines.add_credit_line(
        customer_id=aceros.pk, terms=Terms("Dólares", "USD", 500_00), default=True, actor=None
    )
    assert [each.pk for each in queries.credit_lines_of(aceros)] == [dollars.pk, general.pk]
    credit_lines.remove_credit_line(line_id=dollars.pk, actor=None)
    assert CreditLine.objects.get().is_default is True
    assert verbs()[-3:] == [
        "customers.credit_line_added",
        "customers.credit_line_added",
        "customers.credit_line_removed",
    ]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms("", "MXN", 1), "name"),
        (Terms("General", "PESOS", 1), "currency"),
        (Terms("General", "XXX", 1), "currency"),
        (Terms("General", "MXN", -1), "limit"),
        (Terms("General", "MXN", 10**15), "limit"),
        (Terms("General", "MXN", 1, 9999), "term_days"),
        (Terms("Igual", "MXN", 1), "name"),
    ],
)
def test_a_bad_line_names_its_field(aceros, terms, field):
    credit_lines.add_credit_line(customer_id=aceros.pk, terms=Terms("Igual", "MXN", 1), actor=None)
    with pytest.raises(Refused) as caught:
        credit_lines.add_credit_line(customer_id=aceros.pk, terms=terms, actor=None)
    assert caught.value.field == field
    assert CreditLine.objects.count() == 1


# Portfolios


def test_customers_move_between_portfolios_and_back_to_none(aceros, ana):
    north = portfolios.create_portfolio(name=" Norte ", collector_id=ana.pk, actor=ana)
    other = create("OTR010101AB1", "Otra", portfolio_id=north.pk)
    both = [aceros.pk, other.pk]
    assert portfolios.assign_portfolio(customer_ids=both, portfolio_id=north.pk, today=TODAY, actor=ana) == 1
    assert queries.portfolio_counts() == {north.pk: (2, 0)}
    assert portfolios.delete_portfolio(portfolio_id=north.pk, today=TODAY, actor=ana) == 2
    assert queries.portfolio_counts() == {None: (2, 0)}
    assert Customer.objects.get(pk=aceros.pk).version == 3


def test_portfolios_have_one_name_and_a_collector_of_the_company(aceros, ana):
    portfolios.create_portfolio(name="Norte", actor=None)
    outsider = User.objects.create_user("fuera@example.com")
    for name, collector, field in [("NORTE", None, "name"), ("", None, "name"), ("Sur", outsider.pk, "collector")]:
        with pytest.raises(Refused) as caught:
            portfolios.create_portfolio(name=name, collector_id=collector, actor=None)
        assert caught.value.field == field
    with pytest.raises(NotThere):
        portfolios.assign_portfolio(customer_ids=[aceros.pk], portfolio_id=uuid.uuid4(), today=TODAY, actor=None)


def test_two_edits_of_a_portfolio(company):
    portfolio = portfolios.create_portfolio(name="Norte", actor=None)
    edit = {"portfolio_id": portfolio.pk, "version": 1, "collector_id": None, "today": TODAY, "actor": None}
    portfolios.update_portfolio(name="Sur", **edit)
    with pytest.raises(Stale):
        portfolios.update_portfolio(name="Este", **edit)
    assert Portfolio.objects.get().name == "Sur"


# Files


def test_a_removed_file_can_be_put_back(aceros, ana):
    stored = StoredFile.objects.create(company_id=aceros.company_id, path="x", name="c.pdf", size=3, sha256="0" * 64)
    kept = files.add_file(customer_id=aceros.pk, file=stored, label="Contrato", actor=ana)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    files.remove_file(file_id=kept.pk, now=now, actor=ana)
    assert queries.files_of(aceros) == []
    files.restore_file(file_id=kept.pk, actor=ana)
    assert [each.label for each in queries.files_of(aceros)] == ["Contrato"]
    assert CustomerFile.objects.get().file == stored
    assert verbs()[-3:] == ["customers.file_added", "customers.file_removed", "customers.file_restored"]


# Who sees whom


def test_a_restricted_collector_sees_the_own_portfolios_only(aceros, ana, company):
    luz = User.objects.create_user("luz@example.com")
    restricted = Membership.objects.create(company=company, user=luz, role=Role.COLLECTOR, own_portfolio_only=True)
    mine = portfolios.create_portfolio(name="De Luz", collector_id=luz.pk, actor=None)
    portfolios.create_portfolio(name="De Ana", collector_id=ana.pk, actor=None)
    hers = create("LUZ010101AB1", "De Luz", portfolio_id=mine.pk)
    assert list(queries.visible_to(restricted)) == [hers]
    assert list(queries.portfolios_visible_to(restricted)) == [mine]
    assert queries.visible_to(Membership.objects.get(user=ana)).count() == 2


def test_the_list_filters(aceros, ana):
    north = portfolios.create_portfolio(name="Norte", actor=None)
    pena = create("PEN010101AB1", "Peñón & Cía", portfolio_id=north.pk, term_days=15)
    public = create("XAXX010101000", "Público en general")
    contacts.add_contact(customer_id=aceros.pk, person=Person(email="a@example.com"), actor=None)
    Customer.objects.filter(pk=pena.pk).update(collecting=True)

    def found(state="", **wanted):
        return set(queries.matching(queries.by_state(Customer.objects.all(), state), Filter(**wanted)))

    assert found() == {aceros, pena}
    assert found(text="PENON cia") == {pena}
    assert found(text="010101ab1 norte") == {aceros}
    assert found(text="%") == {aceros, pena}
    assert found(text="nadie") == set()
    assert found(state="on") == {pena}
    assert found(state="off") == {aceros}
    assert found(state="generic") == {public}
    assert found(portfolio=str(north.pk)) == {pena}
    assert found(portfolio="none") == {aceros}
    assert found(portfolio="'; --") == set()
    assert found(email="yes") == {aceros}
    assert found(email="no") == {pena}
    assert queries.state_counts(Customer.objects.all()) == {"on": 1, "off": 1, "generic": 1}


def test_the_activity_of_a_customer_holds_what_was_done_to_many(aceros, ana):
    other = create("OTR010101AB1", "Otra")
    north = portfolios.create_portfolio(name="Norte", actor=ana)
    portfolios.assign_portfolio(customer_ids=[aceros.pk, other.pk], portfolio_id=north.pk, today=TODAY, actor=ana)
    assert [event.verb for event in queries.activity_of(aceros, {})] == [
        "customers.portfolio_assigned",
        "customers.created",
    ]
