"""The pages of documents: upload, watch, find, open, cancel and undo."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from aldia.customers.models import Customer
from aldia.documents.models import FiscalDocument, IngestBatch, IngestItem
from aldia.queue.models import Job
from aldia.receivables.models import Receivable
from aldia.receivables.operations.intake import run_batch
from aldia.receivables.operations.switching import open_on_file
from aldia.tenancy.models import Company, Role, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.fixtures.cfdi.builder import ISSUER, Paid, cfdi, complement, paid, payment, uid

NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)
TODAY = date(2026, 5, 20)
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    company = make_company(tax_id=ISSUER[0], slug="norte")
    with company_scope(company.id):
        yield company


@pytest.fixture
def owner(company: Company) -> User:
    return make_user("duena@norte.mx", company)


@pytest.fixture
def client(owner: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(owner)
    return client


def upload(client: Client, *files: tuple[str, bytes], **fields: str) -> IngestBatch:
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    answer = client.post("/e/norte/importar/subir/", {"files": sent, **fields})
    assert answer.status_code == 302, answer.content[:500]
    return IngestBatch.objects.order_by("-created_at").first() or pytest.fail("no batch")


def imported(client: Client, *files: tuple[str, bytes], **fields: str) -> IngestBatch:
    batch = upload(client, *files, **fields)
    return run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(f"/e/norte/{path}")
    assert answer.status_code == status, path
    return answer.content.decode()


def test_an_upload_waits_for_the_background_and_survives_leaving(client: Client) -> None:
    batch = upload(client, ("a.xml", cfdi("a")), ("b.xml", cfdi("b")))
    assert batch.name == "2 archivos"
    assert Job.objects.filter(task_path="aldia.jobs.documents.import_batch").count() == 1
    waiting = page(client, f"importar/{batch.pk}/")
    assert "En espera de su turno" in waiting
    assert f"importar/{batch.pk}/avance/" in waiting
    assert "HX-Refresh" not in client.get(f"/e/norte/importar/{batch.pk}/avance/").headers
    run_batch(batch_id=batch.pk, now=lambda: NOW, today=TODAY)
    assert client.get(f"/e/norte/importar/{batch.pk}/avance/").headers["HX-Refresh"] == "true"
    done = page(client, f"importar/{batch.pk}/")
    assert "En espera de su turno" not in done
    assert "sus clientes están apagados" in done


def test_items_are_filtered_by_outcome_and_listed_in_a_workbook(client: Client) -> None:
    batch = imported(client, ("bien.xml", cfdi("a")), ("=mal.xml", b"<a>"), ("nota.pdf", b"%PDF-1.4"))
    everything = page(client, f"importar/{batch.pk}/")
    assert "bien.xml" in everything
    assert "=mal.xml" in everything
    errors = page(client, f"importar/{batch.pk}/?outcome=error")
    assert "=mal.xml" in errors
    assert "bien.xml" not in errors
    answer = client.get(f"/e/norte/importar/{batch.pk}/no-leidos.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        text = book.read(
            "xl/sharedStrings.xml" if "xl/sharedStrings.xml" in book.namelist() else "xl/worksheets/sheet1.xml"
        )
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert b"=mal.xml" in text
    assert b"nota.pdf" in text
    assert b"bien.xml" not in text


def test_nothing_chosen_is_a_sentence(client: Client) -> None:
    answer = client.post("/e/norte/importar/subir/", {}, headers={"X-Requested-With": "upload"})
    assert answer.status_code == 400
    assert "Elige" in answer.json()["message"]
    assert client.post("/e/norte/importar/subir/", {}).status_code == 400


def test_a_full_disk_is_a_sentence_and_nothing_is_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from aldia.tenancy import storage

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.default_storage, "save", full)
    sent = {"files": [SimpleUploadedFile("a.xml", cfdi("a"))]}
    answer = client.post("/e/norte/importar/subir/", sent, headers={"X-Requested-With": "upload"})
    assert answer.status_code == 507
    assert "espacio" in answer.json()["message"]
    assert not IngestBatch.objects.exists()


@pytest.mark.parametrize(
    "wanted",
    ["F-101", "f101", "101", uid("a"), uid("a")[:8], uid("a")[9:23].lower(), "1,160.00", "$1160", "com980612h51",
     "munoz", "MUÑOZ"],
)  # fmt: skip
def test_a_document_is_found_by_whatever_is_known_of_it(client: Client, wanted: str) -> None:
    other = ("OTR010101AB1", "OTRA EMPRESA")
    imported(client, ("a.xml", cfdi("a")), ("b.xml", cfdi("b", Serie="Z", Folio="9", Total="7.00", receiver=other)))
    found = page(client, f"documentos/?q={wanted.replace('$', '%24')}")
    assert "F-101" in found
    assert "Z-9" not in found


def test_filters_by_kind_and_date(client: Client) -> None:
    imported(client, ("a.xml", cfdi("a")), ("e.xml", cfdi("e", type_code="E", Serie="NC", Folio="1")))
    assert "NC-1" not in page(client, "documentos/?kind=invoice")
    assert "NC-1" in page(client, "documentos/?kind=credit_note&from=2026-03-01&until=2026-03-31")
    assert "Nada coincide" in page(client, "documentos/?from=2026-04-01")
    assert "no es una fecha" in page(client, "documentos/?from=ayer")


def test_the_page_of_a_document_shows_everything_that_touches_it(client: Client) -> None:
    note = cfdi("e", type_code="E", Serie="NC", Folio="1", relations=(("01", (uid("a"), uid("perdida"))),))
    rep = complement("p", payment("500.00", paid(Paid(uid("a"), "1160.00", "500.00", "660.00"))))
    imported(client, ("a.xml", cfdi("a")), ("e.xml", note), ("p.xml", rep))
    invoice, credit, payment_complement = (FiscalDocument.objects.get(key=uid(name)) for name in "aep")
    text = page(client, f"documentos/{invoice.pk}/")
    for shown in (
        "Cable de cobre calibre 12",
        "NC-1",
        "P-101",
        "$500.00",
        "COMERCIAL MUÑOZ",
        "30 DIAS",
        invoice.sha256,
    ):
        assert shown in text.replace("&amp;", "&"), shown
    text = page(client, f"documentos/{credit.pk}/")
    assert "F-101" in text
    assert "no está en archivo" in text
    assert "$660.00" in page(client, f"documentos/{payment_complement.pk}/")


def test_the_xml_is_an_attachment_with_the_original_bytes(client: Client) -> None:
    data = cfdi("a")
    imported(client, ("a.xml", data))
    row = FiscalDocument.objects.get()
    answer = client.get(f"/e/norte/documentos/{row.pk}/xml/")
    assert answer.content == data
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row.key}.xml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_lost_original_leaves_the_page_alive(client: Client, settings: object, tmp_path: Path) -> None:
    from django.core.files.storage import default_storage

    imported(client, ("a.xml", cfdi("a")))
    row = FiscalDocument.objects.select_related("original").get()
    default_storage.delete(row.original.path)
    assert "No se encuentra el archivo original" in page(client, f"documentos/{row.pk}/")
    answer = client.get(f"/e/norte/documentos/{row.pk}/xml/", follow=True)
    assert "No se encuentra el archivo original de F-101" in answer.content.decode()


def test_cancelled_by_hand_and_back(client: Client) -> None:
    imported(client, ("a.xml", cfdi("a")), collect_all="1")
    row, receivable = FiscalDocument.objects.get(), Receivable.objects.get()
    assert receivable.balance == 116_000
    future = client.post(f"/e/norte/documentos/{row.pk}/cancelado/", {"on": "2099-01-01"}, follow=True)
    assert "debe estar entre" in future.content.decode()
    assert client.post(f"/e/norte/documentos/{row.pk}/cancelado/", {"on": "ayer"}).status_code == 400
    client.post(f"/e/norte/documentos/{row.pk}/cancelado/", {"on": "2026-04-01"})
    receivable.refresh_from_db()
    assert (receivable.balance, receivable.voided_on) == (0, date(2026, 4, 1))
    assert "Volver a vigente" in page(client, f"documentos/{row.pk}/")
    again = client.post(f"/e/norte/documentos/{row.pk}/cancelado/", {"on": "2026-04-01"}, follow=True)
    assert "ya estaba cancelado" in again.content.decode()
    client.post(f"/e/norte/documentos/{row.pk}/vigente/")
    receivable.refresh_from_db()
    assert (receivable.balance, receivable.voided_on) == (116_000, None)
    twice = client.post(f"/e/norte/documentos/{row.pk}/vigente/", follow=True)
    assert "no hay nada que deshacer" in twice.content.decode()


def test_hostile_text_is_shown_as_text(client: Client) -> None:
    bad = HOSTILE + "=1+1\u202e"
    data = cfdi("a", receiver=("COM980612H51", bad), Serie="<b>", CondicionesDePago=bad)
    imported(client, (f"{HOSTILE}.xml", data), ("b.xml", b"<x>" + HOSTILE.encode()))
    row = FiscalDocument.objects.get()
    batch, item = IngestBatch.objects.get(), IngestItem.objects.get(outcome="stored")
    assert item.document_id == row.pk
    for path in (f"importar/{batch.pk}/", "importar/", "documentos/", f"documentos/{row.pk}/"):
        assert "<img src=x" not in page(client, path)
    client.get("/e/norte/documentos/exportar/").content.index(b"PK")


def test_who_may_not_import_or_cancel(company: Company, client: Client) -> None:
    imported(client, ("a.xml", cfdi("a")))
    row = FiscalDocument.objects.get()
    auditor = Client()
    auditor.force_login(make_user("auditora@norte.mx", company, Role.AUDITOR))
    assert auditor.get("/e/norte/importar/").status_code == 403
    assert auditor.post(f"/e/norte/documentos/{row.pk}/cancelado/", {"on": "2026-04-01"}).status_code == 403
    text = auditor.get(f"/e/norte/documentos/{row.pk}/").content.decode()
    assert "Cancelado en el SAT" not in text
    assert "Importar documentos" not in auditor.get("/e/norte/documentos/").content.decode()


def test_a_collector_of_own_portfolios_sees_their_customers_papers_only(company: Company, client: Client) -> None:
    from aldia.customers.models import Portfolio
    from aldia.tenancy.models import Membership

    imported(client, ("a.xml", cfdi("a")), ("b.xml", cfdi("b", Folio="202", receiver=("OTR010101AB1", "OTRA"))))
    collector = make_user("cobra@norte.mx", company, Role.COLLECTOR)
    Membership.objects.filter(user=collector).update(own_portfolio_only=True)
    portfolio = Portfolio.objects.create(company=company, name="Norte", collector=collector)
    Customer.objects.filter(tax_id="OTR010101AB1").update(portfolio=portfolio)
    theirs = Client()
    theirs.force_login(collector)
    text = theirs.get("/e/norte/documentos/").content.decode()
    assert "F-202" in text
    assert "F-101" not in text
    hidden = FiscalDocument.objects.get(folio="101")
    for path in ("", "xml/"):
        assert theirs.get(f"/e/norte/documentos/{hidden.pk}/{path}").status_code == 404


def test_customers_switched_on_later_collect_what_is_on_file(client: Client) -> None:
    imported(client, ("a.xml", cfdi("a")))
    assert not Receivable.objects.exists()
    customer = Customer.objects.get()
    Customer.objects.filter(pk=customer.pk).update(collecting=True)
    open_on_file(customer_ids=[customer.pk], today=TODAY, actor=None)
    receivable = Receivable.objects.get()
    row = FiscalDocument.objects.get()
    assert "Ver en Por cobrar" in page(client, f"documentos/{row.pk}/") or receivable.document_id == row.pk


def test_certificates_of_unknown_authorities_are_refused(client: Client, tmp_path: Path) -> None:
    answer = client.post(
        "/e/norte/configuracion/certificados/", {"files": [SimpleUploadedFile("a.cer", b"no")]}, follow=True
    )
    assert "no es un certificado" in answer.content.decode()
