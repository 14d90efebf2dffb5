"""The page of a document says of seal, stamp, certificates and 72 hours each by itself what could be proved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from lxml import html

from aldia.documents import packing
from aldia.documents.models import FiscalDocument
from aldia.documents.operations import seals
from aldia.documents.operations.batches import create_batch
from aldia.documents.operations.seals import add_certificate, trust_certificate, verify_pending
from aldia.integrations.stamping.certificates import Credentials, Holder, make_credentials
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.models import Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.fixtures.cfdi.builder import ISSUER, cfdi
from tests.fixtures.cfdi.sealing import own_transform, sealed

NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)
FACTS = ("Sello del emisor", "Timbre del SAT", "Cadena de certificados", "Timbrado en 72 horas")
GOOD, BAD, UNPROVED = "Correcto", "No corresponde", "Sin verificar"


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    monkeypatch.setattr(seals.mx_schemas, "transform", lambda version: own_transform)
    monkeypatch.setattr(seals.mx_schemas, "authority_files", dict)
    company = make_company(tax_id=ISSUER[0], slug="norte")
    with company_scope(company.id):
        yield company


def test_each_thing_is_said_by_itself(company: Company) -> None:
    family = make_credentials(company=Holder(*ISSUER), valid_from=date(2026, 1, 1))
    mine, late = family.seals[ISSUER[0]], cfdi("b").replace(b'FechaTimbrado="2026-', b'FechaTimbrado="2027-')
    altered = sealed(cfdi("c"), mine, family.pac).replace(b"30 DIAS", b"90 DIAS")
    take_in(sealed(cfdi("a"), mine, family.pac), sealed(late, mine, family.pac), altered)
    client = Client()
    client.force_login(make_user("duena@ejemplo.mx", company))
    assert facts(client, "0.xml") == (UNPROVED,) * 4
    trust(family)
    assert [facts(client, f"{number}.xml") for number in range(3)] == [
        (GOOD, GOOD, GOOD, GOOD),
        (GOOD, GOOD, GOOD, BAD),
        (BAD, GOOD, GOOD, GOOD),
    ]


def trust(family: Credentials) -> None:
    for der in family.authorities():
        trust_certificate(data=der)
    add_certificate(data=family.pac.cer, actor=None)
    verify_pending()


def take_in(*documents: bytes) -> None:
    files = [(f"{number}.xml", io.BytesIO(data)) for number, data in enumerate(documents)]
    batch = create_batch(file=packing.pack(files, name="z"), name="z", actor=None)
    run_batch(batch_id=batch.pk, now=lambda: NOW, today=NOW.date())


def facts(client: Client, name: str) -> tuple[str, ...]:
    row = FiscalDocument.objects.get(original_name=name)
    tree = html.fromstring(client.get(f"/e/norte/documentos/{row.pk}/").content)
    found = {term.text_content().strip(): term.getnext().text_content().strip() for term in tree.iter("dt")}
    return tuple(found[fact] for fact in FACTS)
