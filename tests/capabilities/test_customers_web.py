"""The pages of customers through Django's client: what each role sees, changes, and is told."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aldia.customers.models import Contact, CreditLine, Customer, CustomerFile, Portfolio
from aldia.customers.operations import contacts, credit_lines, portfolios
from aldia.customers.operations.contacts import Person
from aldia.customers.operations.credit_lines import Terms
from aldia.integrations.spreadsheets import read_rows
from aldia.jobs.customers import switch_customers_on
from aldia.queue.models import Job
from aldia.receivables.models import Receivable
from aldia.receivables.operations.switching import switch_on
from aldia.receivables.queries import switching
from aldia.tenancy.models import Membership, Role
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import Papers, make_company, make_customer, make_user

TABS = ("", "por-cobrar/", "documentos/", "pagos/", "contactos/", "condiciones/", "archivos/", "actividad/", "editar/")


@pytest.fixture(autouse=True)
def _files_go_to_a_folder_of_the_test(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}},
    }


@pytest.fixture
def company(db):
    company = make_company(slug="norte")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def ana(company):
    return make_user("ana@example.com", company)


@pytest.fixture
def guera(company):
    """Off, with an invoice on file that fell due."""
    customer = make_customer(company, collecting=False, search="abarrotes la guera alg010203ab2")
    Papers(company, customer).invoice(1000_00, clock.today(company) - timedelta(days=60))
    return customer


class Visitor:
    """A person with a browser, in a company."""

    def __init__(self, user, slug="norte"):
        self.client, self.home = Client(), f"/e/{slug}/"
        self.client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def get(self, path, **headers):
        return self.client.get(self.home + path, secure=True, headers=headers or None)

    def post(self, path, data=None, follow=False, **headers):
        return self.client.post(self.home + path, data or {}, secure=True, follow=follow, headers=headers or None)


def text(response):
    return unescape(re.sub(r"\s+", " ", response.content.decode()))


def hidden(response, name):
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', response.content.decode())[1]


@pytest.fixture
def owner(ana):
    return Visitor(ana)


# Reading


def test_every_page_of_a_customer_opens(owner, guera, ana):
    switch_on(customer_ids=[guera.pk], today=date(2026, 11, 21), actor=ana)
    contacts.add_contact(customer_id=guera.pk, person=Person(email="a@example.com"), actor=ana)
    credit_lines.add_credit_line(customer_id=guera.pk, terms=Terms("General", "MXN", 500_00), actor=ana)
    for tab in TABS:
        response = owner.get(f"clientes/{guera.pk}/{tab}")
        assert response.status_code == 200, tab
        assert "Abarrotes La Güera" in text(response), tab
    page = text(owner.get(f"clientes/{guera.pk}/"))
    assert "Crédito excedido." in page
    assert "$1,000.00" in page


def test_pages_without_any_customer_say_what_to_do(owner):
    assert "Tus clientes aparecen con tus facturas" in text(owner.get("clientes/"))
    assert "Reparte a tus clientes en carteras" in text(owner.get("carteras/"))
    for path in ("clientes/nuevo/", "clientes/hoja/", "carteras/nueva/"):
        assert owner.get(path).status_code == 200, path


def test_the_table_filters_and_searches(owner, company, guera):
    make_customer(company, "Ferretería El Tornillo", "FET010203AB2", search="ferreteria el tornillo")
    assert "Tornillo" in text(owner.get("clientes/"))
    found = text(owner.get("clientes/?q=GÜERA", HX_Request="true"))
    assert "Abarrotes" in found
    assert "Tornillo" not in found
    assert "Abarrotes" not in text(owner.get("clientes/?state=on"))
    assert "Nada coincide" in text(owner.get("clientes/?q=nadie"))


@pytest.mark.parametrize(
    "query",
    [
        "?state=zzz&debt=x&portfolio=1%27", "?q=%00%ED%A0%80", "?sort=-owed", "?sort=zzz", "?c=zzz", "?debt=owing",
        "?columns=&columns=zzz", "?debt=overdue", "?debt=nothing", "?email=no&portfolio=none",
        "?sort=-overdue&state=generic",
    ],
)  # fmt: skip
def test_any_query_gives_a_page(owner, guera, query):
    assert owner.get(f"clientes/{query}").status_code == 200


def test_hostile_names_are_shown_as_text(owner, company):
    customer = make_customer(company, "<script>alert(1)</script>", "ALG010203AB2", notes="<img src=x>")
    for path in ("clientes/", f"clientes/{customer.pk}/"):
        content = owner.get(path).content.decode()
        assert "<script>alert" not in content
        assert "<img src=x" not in content
        assert "&lt;script&gt;" in content


def test_off_customers_say_what_switching_on_would_do(owner, guera):
    page = text(owner.get(f"clientes/{guera.pk}/"))
    assert "Si lo prendes se abre 1 cuenta por cobrar y queda por cobrar" in page
    assert "$1,000.00" in page


# Switching


def test_one_switch_answers_its_row_with_the_figures(owner, guera):
    response = owner.post(f"clientes/{guera.pk}/prender/", {"to": "on", "row": "1"}, HX_Request="true")
    assert f'<tr id="c-{guera.pk}">' in text(response)
    assert "$1,000.00" in text(response)
    assert "abri" in response["HX-Trigger"]
    assert Customer.objects.get().collecting is True
    owner.post(f"clientes/{guera.pk}/prender/", {"to": "off"})
    assert Customer.objects.get().collecting is False
    assert Receivable.objects.get().balance == 1000_00


def test_while_nobody_is_on_the_table_offers_to_switch_everybody_on(owner, guera):
    assert "no se le cobra todavía" in text(owner.get("clientes/"))
    said = text(owner.post("clientes/prender/?state=off", {"to": "on", "all": "1"}))
    assert "¿Prender a 1 cliente?" in said
    owner.post("clientes/prender/?state=off", {"to": "on", "all": "1", "confirmed": "1"})
    assert "no se le cobra todavía" not in text(owner.get("clientes/"))


def test_público_en_general_cannot_be_switched_on(owner, company):
    public = make_customer(company, "Público", "XAXX010101000", generic=True, collecting=False)
    response = owner.post(f"clientes/{public.pk}/prender/", {"to": "on"}, follow=True)
    assert "no se cobran" in text(response)
    assert Customer.objects.get().collecting is False


def test_many_are_told_before_and_then_done(owner, guera):
    said = text(owner.post("clientes/prender/", {"to": "on", "id": [str(guera.pk), "basura"]}))
    assert "¿Prender a 1 cliente?" in said
    assert "$1,000.00" in said
    assert not Receivable.objects.exists()
    done = owner.post("clientes/prender/", {"to": "on", "id": [str(guera.pk)], "confirmed": "1"}, follow=True)
    assert "Cuentas por cobrar abiertas: 1." in text(done)
    off = owner.post("clientes/prender/?state=on", {"to": "off", "all": "1", "confirmed": "1"}, follow=True)
    assert "Se apagó 1 cliente" in text(off)
    assert "No hay nada que cambiar" in text(owner.post("clientes/prender/", {"to": "off", "all": "1"}, follow=True))


def test_long_work_goes_to_the_queue_and_is_done_there(owner, guera, ana, monkeypatch):
    monkeypatch.setattr(switching, "EXACT_UP_TO", 0)
    said = owner.post("clientes/prender/", {"to": "on", "id": [str(guera.pk)]})
    assert "se trabajan en segundo plano" in text(said)
    done = owner.post("clientes/prender/", {"to": "on", "id": [str(guera.pk)], "confirmed": "1"}, follow=True)
    assert "Clientes que se están prendiendo en segundo plano: 1." in text(done)
    job = Job.objects.get()
    assert not Receivable.objects.exists()
    switch_customers_on.call(*job.payload["args"])
    assert Receivable.objects.get().balance == 1000_00
    assert Customer.objects.get().collecting is True


# Roles


def test_a_collector_edits_but_does_not_switch(company, guera):
    visitor = Visitor(make_user("luz@example.com", company, Role.COLLECTOR))
    assert visitor.post(f"clientes/{guera.pk}/prender/", {"to": "on"}).status_code == 403
    assert visitor.post("clientes/prender/", {"to": "on", "all": "1"}).status_code == 403
    assert visitor.get(f"clientes/{guera.pk}/editar/").status_code == 200


def test_an_auditor_looks_and_changes_nothing(company, guera):
    visitor = Visitor(make_user("eva@example.com", company, Role.AUDITOR))
    assert "Nuevo cliente" not in text(visitor.get("clientes/"))
    assert visitor.get(f"clientes/{guera.pk}/").status_code == 200
    for path in ("clientes/nuevo/", "clientes/hoja/", f"clientes/{guera.pk}/contactos/nuevo/", "carteras/nueva/"):
        assert visitor.get(path).status_code == 403, path


def test_a_restricted_collector_has_only_the_own_portfolio(company, guera):
    luz = make_user("luz@example.com", company, Role.COLLECTOR)
    Membership.objects.filter(user=luz).update(own_portfolio_only=True)
    mine = portfolios.create_portfolio(name="De Luz", collector_id=luz.pk, actor=None)
    hers = make_customer(company, "Cliente de Luz", "CLU010203AB2", portfolio=mine)
    visitor = Visitor(luz)
    page = text(visitor.get("clientes/"))
    assert "Cliente de Luz" in page
    assert "Abarrotes" not in page
    for tab in TABS:
        assert visitor.get(f"clientes/{guera.pk}/{tab}").status_code == 404, tab
        assert visitor.get(f"clientes/{hers.pk}/{tab}").status_code == 200, tab
    assert visitor.get("carteras/nueva/").status_code == 403
    assert visitor.get(f"carteras/{mine.pk}/").status_code == 403
    assert visitor.post("clientes/cartera/", {"all": "1", "portfolio": "none"}).status_code == 403
    rows = list(read_rows(b"".join(visitor.get("clientes/exportar/").streaming_content)))
    assert [row.values[2] for row in rows[1:]] == ["Cliente de Luz"]
    visitor.post(f"clientes/{hers.pk}/editar/", {"version": 1, "legal_name": "Otro", "language": "es", "portfolio": ""})
    assert Customer.objects.get(pk=hers.pk).portfolio == mine


def test_another_companys_customers_do_not_exist(owner, guera):
    other = make_company("Sur", slug="sur")
    with company_scope(other.pk):
        stranger = Visitor(make_user("ivo@example.com", other), "sur")
    for tab in TABS:
        assert stranger.get(f"clientes/{guera.pk}/{tab}").status_code == 404
    assert stranger.post(f"clientes/{guera.pk}/prender/", {"to": "on"}).status_code == 404
    assert stranger.post(f"clientes/{guera.pk}/borrar/").status_code == 404
    assert Visitor(owner.client.get("/", secure=True).wsgi_request.user, "sur").get("clientes/").status_code == 404


# Editing


def test_a_new_customer_and_the_same_again(owner):
    data = {"version": 1, "tax_id": "ace-010101-ab1", "legal_name": "Aceros", "language": "es", "term_days": "30"}
    response = owner.post("clientes/nuevo/", data, follow=True)
    assert "Aceros está en tu lista, apagado." in text(response)
    again = owner.post("clientes/nuevo/", data)
    assert again.status_code == 422
    assert "Abrir la ficha de Aceros" in text(again)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tax_id": "MAL"}, "El RFC no tiene la forma correcta"),
        ({"legal_name": ""}, "Este campo es obligatorio"),
        ({"term_days": "1e3"}, "entero"),
        ({"term_days": "99999"}, "3650"),
        ({"portfolio": str(uuid4())}, "Escoja una opción válida"),
        ({"notes": "x" * 10_001}, "10000"),
        ({"version": "x"}, ""),
    ],
)
def test_a_bad_form_is_sentences_not_an_error(owner, change, sentence):
    data = {"version": 1, "tax_id": "ACE010101AB1", "legal_name": "Aceros", "language": "es"}
    response = owner.post("clientes/nuevo/", data | change)
    assert response.status_code == 422
    assert sentence in text(response)


def test_the_second_of_two_edits_of_one_form_gets_409(owner, guera):
    version = hidden(owner.get(f"clientes/{guera.pk}/editar/"), "version")
    data = {"version": version, "legal_name": "Una", "language": "es"}
    assert owner.post(f"clientes/{guera.pk}/editar/", data).status_code == 302
    second = owner.post(f"clientes/{guera.pk}/editar/", data | {"legal_name": "Otra"})
    assert second.status_code == 409
    assert "Alguien guardó cambios aquí mientras editabas" in text(second)
    assert Customer.objects.get().legal_name == "Una"


def test_a_customer_with_documents_is_not_deleted(owner, company, guera):
    assert "no se puede borrar" in text(owner.post(f"clientes/{guera.pk}/borrar/", follow=True))
    empty = make_customer(company, "Error", "ERR010203AB2")
    assert "Se borró a Error" in text(owner.post(f"clientes/{empty.pk}/borrar/", follow=True))


def test_contacts_are_added_edited_and_removed(owner, guera):
    base = f"clientes/{guera.pk}/contactos/"
    person = {"version": 1, "name": "Ana", "role": "collections", "email": "ana@example.com"}
    assert owner.post(f"{base}nuevo/", person | {"email": ""}).status_code == 422
    assert owner.post(f"{base}nuevo/", person).status_code == 302
    contact = Contact.objects.get()
    owner.post(f"{base}{contact.pk}/", person | {"phone": "81 1234 5678"})
    assert owner.post(f"{base}{contact.pk}/", person).status_code == 409
    assert "81 1234 5678" in text(owner.get(base))
    assert "Se quitó a Ana" in text(owner.post(f"{base}{contact.pk}/quitar/", follow=True))
    assert owner.post(f"{base}{contact.pk}/quitar/").status_code == 404


@pytest.mark.parametrize(
    ("limit", "minor"),
    [("1,234.50", 1234_50), ("1234", 1234_00), ("1_000", None), ("１２", None), ("1e5", None), ("-1", None),
     ("NaN", None), ("1.005", None), ("9" * 18, None), ("Infinity", None), ("\u0000", None)],
)  # fmt: skip
def test_limits_are_read_by_the_one_parser(owner, guera, limit, minor):
    data = {"version": 1, "name": "General", "currency": "MXN", "limit": limit}
    response = owner.post(f"clientes/{guera.pk}/lineas/nueva/", data)
    if minor is None:
        assert response.status_code == 422
        assert not CreditLine.objects.exists()
        return
    line = CreditLine.objects.get()
    assert line.limit_minor == minor
    edit = owner.get(f"clientes/{guera.pk}/lineas/{line.pk}/")
    assert hidden(edit, "limit") == f"{minor // 100}.{minor % 100:02}"
    owner.post(f"clientes/{guera.pk}/lineas/{line.pk}/quitar/")
    assert not CreditLine.objects.exists()


def test_files_come_back_as_downloads_and_can_be_put_back(owner, guera):
    base = f"clientes/{guera.pk}/archivos/"
    page = SimpleUploadedFile("../mal\u202e.html", b"<script>1</script>", "text/html")
    owner.post(f"{base}nuevo/", {"file": page, "label": "Contrato"})
    kept = CustomerFile.objects.get()
    answer = owner.get(f"{base}{kept.pk}/")
    assert b"".join(answer.streaming_content) == b"<script>1</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    owner.post(f"{base}{kept.pk}/quitar/")
    assert "Quitados" in text(owner.get(base))
    owner.post(f"{base}{kept.pk}/recuperar/")
    assert CustomerFile.objects.get().removed_at is None
    empty = owner.post(f"{base}nuevo/", {"file": SimpleUploadedFile("a.pdf", b"")})
    assert empty.status_code == 422


# Portfolios


def test_portfolios_are_made_filled_and_removed(owner, guera, ana):
    owner.post("carteras/nueva/", {"version": 1, "name": "Norte", "collector": str(ana.pk)})
    portfolio = Portfolio.objects.get()
    move = {"id": [str(guera.pk)], "portfolio": str(portfolio.pk)}
    assert "1 cliente cambió de cartera." in text(owner.post("clientes/cartera/", move, follow=True))
    owner.post(f"clientes/{guera.pk}/prender/", {"to": "on"})
    assert "$1,000.00" in text(owner.get("carteras/"))
    assert owner.post("clientes/cartera/", {"id": [str(guera.pk)], "portfolio": str(uuid4())}).status_code == 404
    assert "Elige una cartera" in text(owner.post("clientes/cartera/", {"portfolio": "x"}, follow=True))
    again = owner.post("carteras/nueva/", {"version": 1, "name": "norte", "collector": ""})
    assert again.status_code == 422
    stale = {"version": 1, "name": "Sur", "collector": ""}
    assert owner.post(f"carteras/{portfolio.pk}/", stale).status_code == 302
    assert owner.post(f"carteras/{portfolio.pk}/", stale).status_code == 409
    assert "1 cliente quedó sin cartera" in text(owner.post(f"carteras/{portfolio.pk}/borrar/", follow=True))


# The sheet


def sent(owner, data, name="clientes.csv", **fields):
    return owner.post("clientes/hoja/", {"file": SimpleUploadedFile(name, data), **fields}, follow=True)


def test_the_sheet_goes_out_comes_back_and_is_applied(owner, company, guera):
    exported = b"".join(owner.get("clientes/exportar/").streaming_content)
    assert "La hoja no cambia nada" in text(sent(owner, exported, "clientes.xlsx"))
    seen = sent(owner, "RFC;Plazo;Prendido;Correo\nALG010203AB2;45;Sí;a@example.com\nNO;1;;\n".encode())
    assert "Clientes que se prenden: 1. Cuentas por cobrar que se abren: 1." in text(seen)
    assert "Fila 3: no hay un cliente con el RFC NO" in text(seen)
    address = seen.redirect_chain[-1][0].removeprefix("/e/norte/")
    refused = owner.post(address, {"preview": "x"}, follow=True)
    assert "Algo cambió desde que viste la revisión" in text(refused)
    assert Customer.objects.get().term_days is None
    done = owner.post(address, {"preview": hidden(seen, "preview")}, follow=True)
    assert "Clientes editados: 1. Nuevos: 0. Cuentas por cobrar abiertas: 1." in text(done)
    customer = Customer.objects.get()
    assert (customer.term_days, customer.collecting) == (45, True)
    assert "Se editó desde una hoja de Excel" in text(owner.get(f"clientes/{guera.pk}/actividad/"))


def test_a_sheet_creates_what_is_missing_when_asked(owner):
    seen = sent(owner, b"RFC;Nombre\nNVO010101AB1;Nuevo\n", create="on")
    owner.post(seen.redirect_chain[-1][0].removeprefix("/e/norte/"), {"preview": hidden(seen, "preview")})
    assert Customer.objects.get().legal_name == "Nuevo"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"%PDF-1.4", "archivo PDF"),
        (b"PK\x03\x04 no", "dañada"),
        (b"Nombre;Otra\nA;B\n", "Faltan columnas en la primera fila: RFC"),
        (b"\x00\x01\x02", "binario"),
    ],
)
def test_a_file_that_is_no_sheet_is_a_sentence(owner, data, sentence):
    response = sent(owner, data)
    assert response.status_code == 422
    assert sentence in text(response)


def test_an_empty_or_missing_file_is_a_sentence(owner):
    assert sent(owner, b"").status_code == 422
    assert owner.post("clientes/hoja/", {}).status_code == 422
    said = owner.post("clientes/hoja/", {"file": SimpleUploadedFile("a.csv", b"")}, X_Requested_With="upload")
    assert said.json()["message"]


def test_addresses_of_previews_cannot_be_made_up_or_taken_to_another_company(owner, company):
    address = sent(owner, b"RFC;Plazo\nALG010203AB2;1\n").redirect_chain[-1][0]
    other = make_company("Sur", slug="sur")
    with company_scope(other.pk):
        stranger = Visitor(make_user("ivo@example.com", other), "sur")
    assert stranger.get(address.removeprefix("/e/norte/")).status_code == 404
    assert owner.get("clientes/hoja/inventada/").status_code == 404


def test_the_export_holds_text_as_text(owner, company):
    make_customer(company, '=HYPERLINK("http://x")', "ALG010203AB2")
    answer = owner.get("clientes/exportar/")
    assert answer["Content-Disposition"].startswith("attachment")
    data = b"".join(answer.streaming_content)
    rows = list(read_rows(data))
    assert rows[1].values[2] == '=HYPERLINK("http://x")'
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
