"""Loading SAT's lists, flagging customers, and telling the company once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from aldia.authority.models import ListedTaxpayer, TaxpayerList
from aldia.authority.operations.lists import ListLooksCut, load_list
from aldia.authority.queries.lists import flags_of, listed_customers
from aldia.customers.models import Customer
from aldia.jobs.taxpayer_lists import tell_listed
from aldia.messaging.models import Message
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
HEAD = "No,RFC,Nombre del Contribuyente,Situación del contribuyente,Publicación página SAT presuntos\n"


def simulated(*rows: tuple[str, str]) -> bytes:
    lines = [f"{n},{tax_id},EMPRESA {n},{said},01/06/2018" for n, (tax_id, said) in enumerate(rows)]
    return (HEAD + "\n".join(lines)).encode("cp1252")


@pytest.fixture
def company() -> Iterator[Company]:
    company = make_company()
    with company_scope(company.pk):
        yield company


def test_a_load_replaces_the_one_before(company: Company) -> None:
    first = load_list(data=simulated(("AAA010101AA1", "Presunto"), ("BBB010101BB2", "Presunto")), now=NOW)
    again = load_list(data=simulated(("AAA010101AA1", "Presunto"), ("BBB010101BB2", "Presunto")), now=NOW)
    load_list(data=simulated(("AAA010101AA1", "Definitivo"), ("CCC010101CC3", "Presunto")), now=NOW)
    assert (first.rows, first.is_new, again.is_new) == (2, True, False)
    assert TaxpayerList.objects.count() == 1
    assert {(row.tax_id, row.situation) for row in ListedTaxpayer.objects.all()} == {
        ("AAA010101AA1", "Definitivo"),
        ("CCC010101CC3", "Presunto"),
    }


def test_a_list_that_looks_cut_is_not_taken_unless_somebody_confirms(company: Company) -> None:
    load_list(data=simulated(*[(f"AAA0101010{n:02}", "Presunto") for n in range(10)]), now=NOW)
    with pytest.raises(ListLooksCut, match="parece cortada"):
        load_list(data=simulated(("BBB010101BB2", "Presunto")), now=NOW)
    assert ListedTaxpayer.objects.count() == 10
    assert load_list(data=simulated(("BBB010101BB2", "Presunto")), now=NOW, is_confirmed=True).rows == 1


def test_customers_are_flagged_the_gravest_first(company: Company) -> None:
    bad = make_customer(company, tax_id="AAA010101AA1")
    make_customer(company, tax_id="ZZZ010101ZZ9")
    cleared = make_customer(company, tax_id="CCC010101CC3")
    load_list(data=simulated(("AAA010101AA1", "Definitivo"), ("CCC010101CC3", "Desvirtuado")), now=NOW)
    other = b"RFC,RAZON SOCIAL,TIPO PERSONA,SUPUESTO\nAAA010101AA1,X,M,FIRMES\n"
    load_list(data=other, now=NOW, file_name="Firmes.csv")
    assert set(listed_customers(Customer.objects.all())) == {bad, cleared}
    flags = flags_of([bad.tax_id, cleared.tax_id])
    assert [(each.listing, each.is_grave) for each in flags[bad.tax_id]] == [("69b", True), ("firmes", False)]
    assert [each.is_against for each in flags[cleared.tax_id]] == [False]


def test_the_company_is_told_once_of_each(company: Company) -> None:
    make_user("duena@tresrios.example", company)
    make_customer(company, tax_id="AAA010101AA1")
    make_customer(company, tax_id="CCC010101CC3")
    load_list(data=simulated(("AAA010101AA1", "Presunto"), ("CCC010101CC3", "Desvirtuado")), now=NOW)
    assert (tell_listed.func(), tell_listed.func()) == (1, 1)
    assert Message.objects.count() == 1
    load_list(data=simulated(("AAA010101AA1", "Definitivo"), ("CCC010101CC3", "Desvirtuado")), now=NOW + timedelta(1))
    tell_listed.func()
    assert Message.objects.count() == 2


def test_the_pages_say_it(company: Company, client: Client) -> None:
    client.force_login(make_user("ana@tresrios.example", company, "finance"))
    customer = make_customer(company, tax_id="AAA010101AA1")
    load_list(data=simulated(("AAA010101AA1", "Definitivo")), now=NOW)
    base = f"/e/{company.slug}"
    for address in (f"{base}/sat/listas/", f"{base}/clientes/", f"{base}/clientes/{customer.pk}/"):
        page = client.get(address).content.decode()
        assert "69-B" in page
        assert "Definitivo" in page
