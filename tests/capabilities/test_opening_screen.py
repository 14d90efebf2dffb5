"""The screen of opening balances: upload, look at every row, apply exactly that."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aldia.customers.models import Customer
from aldia.integrations.spreadsheets import read_rows
from aldia.receivables.models import Receivable
from aldia.receivables.opening_rows import read_openings
from aldia.tenancy.models import Membership, Role
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_customer, make_user

HEAD = "RFC,Cliente,Folio,Fecha,Vencimiento,Moneda,Total,Saldo"
GOOD = "ALG010203AB2,Abarrotes La Güera,A-1,2026-01-10,2026-02-10,MXN,1000.00,400.00"
BAD = "ALG010203AB2,Abarrotes La Güera,A-2,2026-01-10,2026-02-10,MXN,mil,400.00"
HERE = "/e/norte/saldos-iniciales/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def company(db, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    company = make_company(slug="norte")
    with company_scope(company.id):
        yield company


@pytest.fixture
def client(company):
    return client_of(make_user("duena@norte.mx", company))


def client_of(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def upload(client, *lines, collect="1", **headers):
    file = SimpleUploadedFile("saldos.csv", "\n".join([HEAD, *lines]).encode(), "text/csv")
    return client.post(HERE, {"file": file, "collect": collect} if collect else {"file": file}, headers=headers)


def previewed(client, *lines, **options):
    address = upload(client, *lines, **options)["Location"]
    page = client.get(address)
    assert page.status_code == 200
    return address, page.context


def test_every_row_is_shown_and_exactly_that_is_applied(client):
    address, seen = previewed(client, GOOD, BAD, GOOD)
    assert dict(seen["figures"]) == {"opened": 1, "error": 1, "duplicate": 1, "ignored": 0}
    assert (seen["new_customers"], seen["sums"]) == (1, [("MXN", 400_00)])
    assert not Receivable.objects.exists()
    assert "no es un importe" in client.get(address).content.decode()
    token = seen["preview"].token
    done = client.post(address, {"preview": token}, follow=True)
    assert "Saldos iniciales abiertos: 1" in done.content.decode()
    assert Receivable.objects.get().balance == 400_00
    assert Customer.objects.get().collecting
    again = client.post(address, {"preview": token}, follow=True)
    assert "Algo cambió" in again.content.decode()
    assert client.post(address, {}).status_code == 302
    assert Receivable.objects.count() == 1


def test_customers_may_stay_off(client):
    address, seen = previewed(client, GOOD, collect="")
    client.post(address, {"preview": seen["preview"].token})
    assert not Customer.objects.get().collecting


def test_what_is_no_sheet_is_said(client):
    for data in (b"", b"hola", b"%PDF-1.4", b"PK\x03\x04rest"):
        file = SimpleUploadedFile("x.xlsx", data or b" ", "application/octet-stream")
        answer = client.post(HERE, {"file": file}, follow=True)
        assert answer.status_code == 422
        assert "No pudimos leer esta hoja" in answer.content.decode()
    assert client.post(HERE, {}).status_code == 422
    assert "message" in client.post(HERE, {}, headers={"X-Requested-With": "upload"}).json()
    assert client.get(f"{HERE}no-es-un-token/").status_code == 404


def test_the_template_reads_back(client):
    answer = client.get(f"{HERE}plantilla.xlsx")
    rows = list(read_rows(answer.content))
    assert rows[0].values[0] == "RFC"
    (row,) = read_openings(answer.content, country="MX", home="MXN", decimal=".")
    assert (row.problems, row.total, row.balance) == ((), 11600_00, 4600_00)


def test_another_companys_file_and_role_reach_nothing(client, company):
    other = make_company("Otra", "OTR010203AB9", "sur")
    theirs = client_of(make_user("otra@sur.mx", other))
    address = upload(client, GOOD)["Location"]
    token = address.rsplit("/", 2)[1]
    assert theirs.get(f"/e/sur/saldos-iniciales/{token}/").status_code == 404
    collector = make_user("cobra@norte.mx", company, Role.COLLECTOR)
    assert client_of(collector).get(HERE).status_code == 403
    finance = make_user("finanzas@norte.mx", company, Role.FINANCE)
    Membership.objects.filter(user=finance).update(own_portfolio_only=True)
    assert client_of(finance).get(HERE).status_code == 403


def test_hostile_names_are_shown_as_text(client, company):
    make_customer(company)
    line = GOOD.replace("A-1", "<b>x</b>").replace("Abarrotes La Güera", "=HYPERLINK(1)")
    address, _seen = previewed(client, line)
    assert "<b>x</b>" not in client.get(address).content.decode()
