"""Seals verified in the background: what can be proved, what cannot and why; certificates that may come in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from aldia.documents import packing
from aldia.documents.models import FiscalDocument, SatCertificate
from aldia.documents.operations import seals
from aldia.documents.operations.batches import create_batch
from aldia.documents.operations.seals import (
    CertificateRefused,
    UnknownAuthority,
    add_certificate,
    trust_certificate,
    verify_pending,
)
from aldia.integrations.stamping.certificates import Credentials, Holder, make_credentials
from aldia.receivables.operations.intake import run_batch
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope
from tests.cast import make_company
from tests.fixtures.cfdi.builder import ISSUER, cfdi
from tests.fixtures.cfdi.sealing import own_transform, sealed

NOW = datetime(2026, 5, 20, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def family() -> Credentials:
    return make_credentials(company=Holder(*ISSUER), valid_from=date(2026, 1, 1))


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """Our own transform stands for SAT's, which is not ours to carry."""
    monkeypatch.setattr(seals.mx_schemas, "transform", lambda version: own_transform)
    monkeypatch.setattr(seals.mx_schemas, "authority_files", dict)
    company = make_company(tax_id=ISSUER[0])
    with company_scope(company.id):
        yield company


def take_in(*documents: bytes) -> None:
    files = [(f"{number}.xml", io.BytesIO(data)) for number, data in enumerate(documents)]
    batch = create_batch(file=packing.pack(files, name="z"), name="z", actor=None)
    run_batch(batch_id=batch.pk, now=lambda: NOW, today=date(2026, 5, 20))


def states() -> dict[str, str]:
    return dict(FiscalDocument.objects.values_list("original_name", "seal_state"))


def trust(family: Credentials) -> None:
    for der in family.authorities():
        trust_certificate(data=der)


def test_good_tampered_and_unknown_are_told_apart(company: Company, family: Credentials) -> None:
    trust(family)
    add_certificate(data=family.pac.cer, actor=None)
    good = sealed(cfdi("a"), family.seals[ISSUER[0]], family.pac)
    other = sealed(cfdi("b"), family.seals[ISSUER[0]], family.pac).replace(b"30 DIAS", b"90 DIAS")
    take_in(good, other, cfdi("c"))
    assert verify_pending() == 3
    assert states() == {"0.xml": "ok", "1.xml": "bad", "2.xml": "bad"}
    report = FiscalDocument.objects.get(original_name="1.xml").seal_report
    assert (report["seal"], report["stamp"], report["chain"]) == ("bad", "ok", "ok")
    assert "fue alterado" in report["findings"][0]
    assert verify_pending() == 0


def test_a_certificate_that_arrives_later_lets_documents_be_tried_again(company: Company, family: Credentials) -> None:
    trust(family)
    take_in(sealed(cfdi("a"), family.seals[ISSUER[0]], family.pac))
    verify_pending()
    assert states() == {"0.xml": "unknown"}
    row = add_certificate(data=family.pac.cer, actor=None)
    assert (row.number, row.trusted) == (family.pac.number, False)
    assert states() == {"0.xml": "pending"}
    verify_pending()
    assert states() == {"0.xml": "ok"}
    assert AuditEvent.objects.filter(verb="certificates.added").count() == 1


def test_work_is_done_in_parts(company: Company, family: Credentials) -> None:
    take_in(*(cfdi(f"n{number}") for number in range(5)))
    assert [verify_pending(limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_lost_original_is_said(company: Company) -> None:
    take_in(cfdi("a"))
    row = FiscalDocument.objects.select_related("original").get()
    default_storage.delete(row.original.path)
    assert verify_pending() == 1
    row.refresh_from_db()
    assert row.seal_state == "unknown"
    assert "original" in row.seal_report["findings"][0]


def test_only_what_a_trusted_authority_issued_comes_in(company: Company, family: Credentials) -> None:
    with pytest.raises(CertificateRefused, match="no es un certificado"):
        add_certificate(data=b"hola", actor=None)
    with pytest.raises(UnknownAuthority) as caught:
        add_certificate(data=family.pac.cer, actor=None)
    assert family.pac.number in caught.value.message
    forger = make_credentials(company=Holder(*ISSUER), valid_from=date(2026, 1, 1))
    trust(family)
    with pytest.raises(UnknownAuthority):
        add_certificate(data=forger.pac.cer, actor=None)
    assert set(SatCertificate.objects.values_list("trusted", flat=True)) == {True}


def test_authorities_are_trusted_from_the_command_line(company: Company, family: Credentials, tmp_path: Path) -> None:
    paths = []
    for number, der in enumerate(family.authorities()):
        paths.append(str(tmp_path / f"{number}.cer"))
        Path(paths[-1]).write_bytes(der)
    out = io.StringIO()
    call_command("trust_certificate", *paths, stdout=out)
    call_command("trust_certificate", *paths, stdout=out)
    assert SatCertificate.objects.filter(trusted=True, is_authority=True).count() == 2
    (tmp_path / "mal.cer").write_bytes(b"x")
    with pytest.raises(CommandError, match="no es un certificado"):
        call_command("trust_certificate", str(tmp_path / "mal.cer"))
