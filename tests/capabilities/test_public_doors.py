"""What every answer under a public address has in common, errors and redirects too; and what no database keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from aldia.customers.models import Customer
from aldia.messaging.models import Message
from aldia.payments.addresses import portal_url
from aldia.payments.models import ReportedPayment
from aldia.portal.views import downloads
from aldia.tenancy.models import Company, Role
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.support.portal import Guest, customer_of, guest_of, owes, today

pytestmark = pytest.mark.django_db
TOKEN = "x" * 43
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _plain(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def company() -> Company:
    company = make_company(slug="tres-rios")
    make_user("duena@tresrios.example", company)
    return company


@pytest.fixture
def customer(company: Company) -> Customer:
    return customer_of(company)


@pytest.fixture
def guest(customer: Customer) -> Guest:
    return guest_of(customer)


ADDRESSES = {
    "no token": "/l/tres-rios/",
    "bad token": f"/l/tres-rios/{TOKEN}/",
    "without its slash": f"/p/tres-rios/{TOKEN}",
    "too long": f"/p/tres-rios/{TOKEN}/y/z/",
    "no company": f"/p/nadie/{TOKEN}/",
    "no charge": "/prueba/tres-rios/pago_x/",
    "no such page": f"/prueba/tres-rios/pago_x/{TOKEN}/a",
}


@pytest.mark.parametrize("method", ["get", "post", "options"])
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_every_answer_is_neither_kept_nor_told_on(company: Company, address: str, method: str) -> None:
    answer = getattr(Client(), method)(address)
    assert answer.status_code < 500
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "default-src 'self'" in answer["Content-Security-Policy"] or not answer.content


def test_not_even_the_way_to_https(company: Company, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get(f"/l/tres-rios/{TOKEN}/")
    assert answer.status_code == 301
    assert (answer["Referrer-Policy"], "no-store" in answer["Cache-Control"]) == ("no-referrer", True)


@pytest.mark.parametrize(
    "address",
    ["/prueba/tres-rios/pago%00/", "/prueba/tres-rios/clabe/0%00/", "/l/tres-rios/a%00b/", "/p/tres-rios/a%00b/"],
    ids=["charge", "clabe", "link", "pass"],
)
def test_a_letter_that_no_database_keeps_is_no_address(company: Company, address: str) -> None:
    assert Client().get(address).status_code == 404


def test_nor_is_it_a_hook(company: Company) -> None:
    assert Client().post(f"/ganchos/pagos/{company.pk}/a%00b/", b"{}", "application/json").status_code == 404


def test_such_letters_do_not_reach_what_is_kept(guest: Guest, customer: Customer) -> None:
    owes(customer, 100_00)
    data = {"amount": "10\0", "paid_on": today().isoformat(), "method": "x\0", "reference": "a\0b", "note": "c\0d"}
    answer = guest.post("ya-pague/", {**data, "key": "k\0", "currency": "MXN"})
    assert answer.status_code == 303
    with company_scope(customer.company_id):
        kept = ReportedPayment.objects.get()
    assert (kept.reference, kept.note) == ("ab", "cd")
    assert guest.get("", {"number": "a\0b", "currency": "\0"}).status_code == 200
    assert guest.post("pregunta/", {"text": "hola\0", "key": "k2\0"}).status_code == 303


def test_papers_are_made_so_many_times_an_hour(guest: Guest, customer: Customer, monkeypatch: Any) -> None:
    monkeypatch.setattr(downloads, "cfdi_pdf", None)
    owes(customer, 100_00)
    codes = [guest.get("documentos.zip").status_code for _each in range(downloads.ARCHIVES + 1)]
    assert set(codes[:-1]) == {409}  # nothing to download, and that took its work
    assert codes[-1] == 429
    other = guest_of(customer, "otra@guera.example")
    assert other.get("documentos.zip").status_code == 409, "the pace of one pass is not that of another"


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.COLLECTOR, True), (Role.AUDITOR, False)], ids=["collector", "auditor"]
)
def test_who_only_looks_is_not_given_the_door_of_a_customer(
    company: Company, customer: Customer, role: str, sees: bool
) -> None:
    guest, staff = guest_of(customer, enters=False), Client()
    staff.force_login(make_user(f"{role}@tresrios.example", company, role), backend=BACKEND)
    page = staff.get(f"/e/{company.slug}/clientes/{customer.pk}/cobro/")
    assert page.status_code == 200
    assert (guest.token in page.content.decode()) == sees


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.COLLECTOR, True), (Role.AUDITOR, False)], ids=["collector", "auditor"]
)
def test_who_only_looks_reads_messages_without_their_ways_in(
    company: Company, customer: Customer, role: str, sees: bool
) -> None:
    guest, staff = guest_of(customer, enters=False), Client()
    staff.force_login(make_user(f"{role}@tresrios.example", company, role), backend=BACKEND)
    address = portal_url(company, guest.token)
    with company_scope(company.pk):
        message = Message.objects.create(
            company=company, customer=customer, channel="email", purpose="direct", key="one", on_day=today(),
            text=f"Hola: {address}", html=f'<p>Hola: <a href="{address}">aquí</a></p>',
        )  # fmt: skip
    base = f"/e/{company.slug}/recordatorios/enviados/{message.pk}/"
    pages = [staff.get(base), staff.get(f"{base}contenido/")]
    assert [each.status_code for each in pages] == [200, 200]
    assert [guest.token in each.content.decode() for each in pages] == [sees, sees]
