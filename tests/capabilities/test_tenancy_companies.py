"""Companies: created with their owner, found by their place in addresses, changed with a trace."""

from __future__ import annotations

import pytest

from aldia.tenancy import operations, queries
from aldia.tenancy.models import AuditEvent, Company, Membership, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return make_user("ana@example.com")


def new_company(owner: User, **changes: str) -> Company:
    values = {"legal_name": "Comercial del Norte SA de CV", "tax_id": "eku 9003173c9"} | changes
    return operations.create_company(owner=owner, **values)


def test_a_company_begins_with_its_owner_and_one_event(ana: User) -> None:
    company = new_company(ana)
    assert company.slug == "comercial-del-norte"
    assert company.tax_id == "EKU9003173C9"
    with company_scope(company.pk):
        assert [(m.user, m.role) for m in Membership.objects.all()] == [(ana, Role.OWNER)]
        assert [event.verb for event in AuditEvent.objects.all()] == ["company.created"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Papelería Colón, S.A. de C.V.", "papeleria-colon"),
        ("Ñandú & Hijos S. de R.L.", "nandu-hijos"),
        ("日本", "empresa"),
        ("--- ", "empresa"),
        ("A" * 200, "a" * 50),
    ],
)
def test_the_place_in_addresses_is_plain(ana: User, name: str, slug: str) -> None:
    assert new_company(ana, legal_name=name).slug == slug


def test_a_taken_place_is_numbered(ana: User) -> None:
    slugs = [new_company(ana).slug for _ in range(3)]
    assert slugs == ["comercial-del-norte", "comercial-del-norte-2", "comercial-del-norte-3"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("legal_name", "  "),
        ("tax_id", ""),
        ("country", "XX"),
        ("currency", "ABC"),
        ("time_zone", "America/Nowhere"),
        ("time_zone", "../../etc/passwd"),
        ("locale", "fr"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(ana: User, field: str, value: str) -> None:
    with pytest.raises(operations.Refused) as refused:
        new_company(ana, **{field: value})
    assert refused.value.field == field
    assert not Company.objects.exists()


def test_a_doubtful_tax_id_is_kept(ana: User) -> None:
    assert new_company(ana, tax_id="ABC123").tax_id == "ABC123"


def test_a_change_leaves_before_and_after(ana: User) -> None:
    company = new_company(ana)
    with company_scope(company.pk):
        operations.update_company(actor=ana, changes={"trade_name": "El Norte", "currency": "MXN"})
        last = AuditEvent.objects.order_by("seq").last()
    assert last is not None
    assert (last.verb, last.detail) == ("company.changed", {"trade_name": ["", "El Norte"]})
    company.refresh_from_db()
    assert company.trade_name == "El Norte"


def test_nothing_changed_leaves_no_event(ana: User) -> None:
    company = new_company(ana)
    with company_scope(company.pk):
        operations.update_company(actor=ana, changes={"currency": "MXN"})
        assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize("name", ["country", "slug", "id"])
def test_what_names_a_company_stays(ana: User, name: str) -> None:
    company = new_company(ana)
    with company_scope(company.pk), pytest.raises(operations.Refused):
        operations.update_company(actor=ana, changes={name: "x"})


def test_a_person_goes_home_to_the_last_company(ana: User) -> None:
    first, second = new_company(ana, legal_name="Beta"), new_company(ana, legal_name="alfa")
    assert queries.companies_of(user=ana) == [second, first]
    assert queries.home_company(user=ana, last_slug=first.slug) == first
    assert queries.home_company(user=ana, last_slug="other") == second
    assert queries.home_company(user=make_user("nobody@example.com"), last_slug=first.slug) is None
