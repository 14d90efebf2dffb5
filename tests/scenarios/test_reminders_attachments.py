"""What goes along with a reminder: PDF and XML of its documents, the XML as it came, one ZIP above the limit."""

from __future__ import annotations

import io
from datetime import date
from email.message import EmailMessage
from zipfile import ZipFile

import pytest

from aldia.customers.models import Customer
from aldia.documents import packing
from aldia.documents.models import FiscalDocument
from aldia.documents.operations.batches import create_batch
from aldia.documents.originals import read_original
from aldia.receivables.models import Receivable
from aldia.receivables.operations.intake import run_batch
from aldia.reminders.attachments import Wanted, enclosures
from aldia.reminders.models import When
from aldia.reminders.operations.rule_words import StepWords
from aldia.tenancy.models import StoredFile
from tests.fixtures.cfdi.builder import ISSUER, cfdi
from tests.support.papers import text_of
from tests.support.stage import Stage

LUPITA = "lupita@laguera.example"
ORIGINALS = {f"F-{folio}.xml": cfdi(f"doc{folio}", Folio=folio) for folio in ("101", "102")}


def files(mail: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_content() for part in mail.iter_attachments()}


@pytest.fixture
def late(stage: Stage) -> Stage:
    """Two invoices of 2 March, due on 1 April, and a rule that attaches them; it is Monday 6 April (after Easter)."""
    stage.company.tax_id = ISSUER[0]
    stage.company.save(update_fields=["tax_id"])
    packed = packing.pack([(name, io.BytesIO(data)) for name, data in ORIGINALS.items()], name="z")
    batch = create_batch(file=packed, name="z", actor=None, collect_all=True)
    run_batch(batch_id=batch.pk, now=lambda: stage.at("08:00"), today=stage.today)
    assert Receivable.objects.count() == 2
    guera = Customer.objects.get()
    stage.contact(guera, LUPITA)
    steps = (StepWords(When.AFTER, 1), StepWords(When.REPEAT, 7, times=2))
    stage.follow(stage.rule(*steps, attach_pdf=True, attach_xml=True), guera)
    stage.today = date(2026, 4, 6)
    return stage


def test_pdf_and_xml_of_each_document_stored_once(late: Stage) -> None:
    late.walk(date(2026, 4, 6))
    (mail,) = late.mails
    found = files(mail)
    assert set(found) == {"F-101.pdf", "F-101.xml", "F-102.pdf", "F-102.xml"}
    assert {name: data for name, data in found.items() if name.endswith(".xml")} == ORIGINALS
    document = FiscalDocument.objects.get(folio="101")
    assert document.key in text_of(found["F-101.pdf"]).replace("\n", "")
    stored = StoredFile.objects.count()
    late.walk(date(2026, 4, 14))
    assert late.days() == ["04-06", "04-09"]
    assert set(files(late.mails[1])) == set(found)
    assert StoredFile.objects.count() == stored  # the second names the files of the first


def test_above_the_limit_they_come_in_one_archive(late: Stage) -> None:
    late.settings(attach_limit_kb=1)
    late.walk(date(2026, 4, 6))
    (bundle,) = files(late.mails[0]).items()
    assert bundle[0] == "documentos.zip"
    inside = ZipFile(io.BytesIO(bundle[1]))
    assert sorted(inside.namelist()) == ["F-101.pdf", "F-101.xml", "F-102.pdf", "F-102.xml"]
    assert inside.read("F-102.xml") == ORIGINALS["F-102.xml"]


def test_a_document_whose_original_is_lost_keeps_nothing_from_leaving(late: Stage) -> None:
    lost = FiscalDocument.objects.get(folio="101")
    FiscalDocument.objects.filter(pk=lost.pk).update(sha256="0" * 64)
    late.walk(date(2026, 4, 6))
    assert set(files(late.mails[0])) == {"F-102.pdf", "F-102.xml"}
    assert late.days() == ["04-06"]


def test_two_documents_of_one_name_keep_a_file_each(late: Stage) -> None:
    FiscalDocument.objects.update(folio="101")
    found = enclosures(
        customer_id=Customer.objects.get().pk,
        document_ids=list(FiscalDocument.objects.values_list("pk", flat=True)),
        wanted=Wanted(pdf=False, xml=True, statement=False, limit_kb=5000),
        today=late.today,
        statement_pdf=None,
    )
    assert sorted(each.name for each in found) == ["F-101-2.xml", "F-101.xml"]
    assert len({each.file_id for each in found}) == 2
    assert {read_original(each) for each in FiscalDocument.objects.select_related("original")} == set(
        ORIGINALS.values()
    )
