"""Who issues and how customers are named: kept, refused with their field, read from documents else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from aldia.customers.models import Customer
from aldia.customers.operations.versions import NotThere, Stale
from aldia.issuing.models import FiscalProfile, IssuerProfile
from aldia.issuing.operations import profiles
from aldia.issuing.operations.profiles import ProfileError
from aldia.tenancy.ids import uuid7
from aldia.tenancy.models import AuditEvent
from aldia.tenancy.scope import company_scope
from tests.cast import make_customer
from tests.support.drafting import bring_in, invoice, with_fiscal_profile, with_profile
from tests.support.issuer import RECEIVER, issuing_company, receiving_customer


@pytest.fixture
def customer(db: None, settings: Any, tmp_path: Any) -> Iterator[Customer]:
    settings.DATA_DIR = tmp_path
    company = issuing_company()
    with company_scope(company.pk):
        yield receiving_customer(company)


def test_the_companys_profile_is_kept_once_and_changed_by_version(customer: Customer) -> None:
    assert profiles.issuer() is None
    row = with_profile(name="  Distribuidora  Tres Ríos ")
    assert (row.name, row.version) == ("DISTRIBUIDORA TRES RÍOS", 1)
    changed = with_profile(invoice_series="A", version=1)
    assert (changed.pk, changed.version, changed.invoice_series) == (row.pk, 2, "A")
    with pytest.raises(Stale):
        with_profile(invoice_series="B", version=1)
    same = with_profile(invoice_series="A", version=2)
    assert same.version == 2
    assert IssuerProfile.objects.count() == 1
    details = list(
        AuditEvent.objects.filter(verb="issuing.issuer_saved").order_by("seq").values_list("detail", flat=True)
    )
    assert list(details[1]["changes"]) == ["invoice_series"]
    assert details[1]["changes"]["invoice_series"][1] == "A"
    assert len(details) == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "A|B"}, "name"),
        ({"regime": ""}, "regime"),
        ({"regime": "612"}, "regime"),
        ({"postal_code": "067"}, "postal_code"),
        ({"invoice_series": "F 1"}, "invoice_series"),
        ({"complement_series": "F"}, "complement_series"),
        ({"complement_day": 0}, "complement_day"),
        ({"complement_day": 18}, "complement_day"),
        ({"complement_mode": "weekly"}, "complement_mode"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(customer: Customer, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ProfileError) as refused:
        with_profile(**fields)
    assert refused.value.field == field
    assert not IssuerProfile.objects.exists()


def test_a_customers_profile_is_confirmed_by_writing_it(customer: Customer) -> None:
    row = with_fiscal_profile(customer, name="Abarrotes La Guera")
    assert (row.name, row.is_confirmed, row.version) == ("ABARROTES LA GUERA", True, 1)
    assert profiles.fiscal_profile(customer.pk).pk == row.pk
    with pytest.raises(Stale):
        with_fiscal_profile(customer, regime="626")
    assert with_fiscal_profile(customer, regime="626", version=1).version == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"regime": "605"}, "regime"),
        ({"use": "D01"}, "use"),
        ({"postal_code": "x"}, "postal_code"),
        ({"name": ""}, "name"),
    ],
)
def test_a_customers_profile_must_fit_its_rfc(customer: Customer, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ProfileError) as refused:
        with_fiscal_profile(customer, **fields)
    assert refused.value.field == field


def test_nobody_wrote_it_so_the_last_invoice_says_it(customer: Customer) -> None:
    bring_in(invoice(receiver=replace(RECEIVER, postal_code="11111")), series="F", folio="1")
    bring_in(invoice(receiver=replace(RECEIVER, use="G03")), series="F", folio="2")
    row = profiles.fiscal_profile(customer.pk)
    assert (row.name, row.postal_code, row.regime, row.use) == (RECEIVER.name, "44100", "601", "G03")
    assert not row.is_confirmed
    assert not FiscalProfile.objects.exists()


def test_without_documents_only_the_name_is_known(customer: Customer) -> None:
    row = profiles.fiscal_profile(customer.pk)
    assert (row.name, row.postal_code, row.regime) == ("ABARROTES LA GUERA", "", "")
    with pytest.raises(NotThere):
        profiles.fiscal_profile(uuid7())


@pytest.mark.parametrize(("tax_id", "name"), [("XAXX010101000", "PUBLICO EN GENERAL"), ("XEXX010101000", "ACME INC")])
def test_generic_receivers_have_their_own_rules(customer: Customer, tax_id: str, name: str) -> None:
    with_profile()
    generic = make_customer(customer.company, name, tax_id, collecting=False)
    row = profiles.fiscal_profile(generic.pk)
    assert (row.name, row.regime, row.use, row.postal_code) == (name, "616", "S01", "06700")
    with pytest.raises(ProfileError):
        with_fiscal_profile(generic, regime="601", use="S01")
