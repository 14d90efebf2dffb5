"""`aldia check`: each thing that can be proved of a file is said by itself, in words and as JSON; nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aldia.cli.main import main
from aldia.documents.models import FiscalDocument
from aldia.documents.operations import seals
from aldia.integrations.stamping.certificates import Credentials, Holder, make_credentials
from aldia.integrations.tax import mx_schemas
from tests.fixtures.cfdi.builder import ISSUER, Paid, cfdi, complement, paid, payment, uid
from tests.fixtures.cfdi.sealing import own_transform, sealed

pytestmark = pytest.mark.django_db
PROVED = ("seal", "stamp", "chain", "hours_72", "arithmetic")


@pytest.fixture(scope="module")
def family() -> Credentials:
    return make_credentials(company=Holder(*ISSUER), valid_from=date(2026, 1, 1))


@pytest.fixture
def said(
    family: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Exit status and report of one document. Our own transform and authorities stand for SAT's; schemas for none."""
    authorities = {str(at): der for at, der in enumerate(family.authorities())}
    monkeypatch.setattr(seals.mx_schemas, "transform", lambda version: own_transform)
    monkeypatch.setattr(seals.mx_schemas, "authority_files", lambda: authorities)
    monkeypatch.setattr(mx_schemas, "validate_schema", lambda data: [])
    (tmp_path / "pac.cer").write_bytes(family.pac.cer)

    def check(data: bytes, *options: str, knows_pac: bool = True) -> tuple[int, dict[str, Any]]:
        (tmp_path / "a.xml").write_bytes(data)
        lent = ["--certificate", str(tmp_path / "pac.cer")] if knows_pac else []
        status = main(["check", str(tmp_path / "a.xml"), "--json", *lent, *options])
        (report,) = json.loads(capsys.readouterr().out)
        return status, report

    return check


def outcomes(report: dict[str, Any]) -> tuple[str, ...]:
    return tuple(report[what] for what in PROVED)


def test_a_good_one_is_good_in_everything(said: Any, family: Credentials) -> None:
    status, report = said(sealed(cfdi("a"), family.seals[ISSUER[0]], family.pac), "--strict")
    assert status == 0
    assert outcomes(report) == ("ok",) * 5
    assert report["right"] is True
    assert (report["kind"], report["version"], report["key"], report["number"], report["issuer"]) == (
        "invoice", "4.0", uid("a"), "F-101", ISSUER[0],
    )  # fmt: skip
    assert FiscalDocument.all_companies.count() == 0


def test_each_fault_is_said_by_itself(said: Any, family: Credentials) -> None:
    mine = family.seals[ISSUER[0]]
    good = sealed(cfdi("a"), mine, family.pac)
    forger = make_credentials(company=Holder(*ISSUER), valid_from=date(2026, 1, 1))
    late = cfdi("a").replace(b'FechaTimbrado="2026-', b'FechaTimbrado="2027-')
    cases = {
        "seal": good.replace(b"30 DIAS", b"90 DIAS"),
        "stamp": good.replace(f'UUID="{uid("a")}"'.encode(), f'UUID="{uid("b")}"'.encode()),
        "chain": sealed(cfdi("a"), forger.seals[ISSUER[0]], family.pac),
        "hours_72": sealed(late, mine, family.pac),
        "arithmetic": sealed(cfdi("a", Total="9999.00"), mine, family.pac),
    }
    for what, data in cases.items():
        status, report = said(data)
        wrong = {each for each in PROVED if report[each] in ("bad", "differs")}
        assert (status, report["right"], wrong) == (1, False, {what}), (what, report)
        assert report["findings"], what


def test_a_complement_that_does_not_add_up_says_which_figure(said: Any, family: Credentials) -> None:
    rep = complement("p", payment("500.00", paid(Paid(uid("a"), "1160.00", "500.00", "660.01"))))
    status, report = said(sealed(rep, family.seals[ISSUER[0]], family.pac))
    assert (status, report["kind"], report["arithmetic"]) == (1, "payment_complement", "differs")
    assert "ImpSaldoInsoluto dice 660.01 y debe ser 660.00" in " ".join(report["findings"])


def test_what_cannot_be_proved_is_no_fault_unless_asked(said: Any, family: Credentials) -> None:
    data = sealed(cfdi("a"), family.seals[ISSUER[0]], family.pac)
    status, report = said(data, knows_pac=False)
    assert (status, report["stamp"], report["right"]) == (0, "unknown", True)
    assert said(data, "--strict", knows_pac=False)[0] == 1


def test_what_is_no_document_is_wrong_and_says_why(said: Any) -> None:
    for data in (b"", b"hola", b"<a/>", cfdi("a")[:400]):
        status, report = said(data)
        assert (status, report["kind"], report["right"]) == (1, None, False)
        assert report["findings"][0].endswith(".")


def test_in_words(said: Any, family: Credentials, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "bien.xml").write_bytes(sealed(cfdi("a"), family.seals[ISSUER[0]], family.pac))
    (tmp_path / "x" / "mal.xml").write_bytes(cfdi("b", Total="9999.00"))
    (tmp_path / "x" / "roto.xml").write_bytes(b"<a")
    assert main(["check", str(tmp_path / "x"), "--certificate", str(tmp_path / "pac.cer")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "bien bien.xml",
        f"     factura 4.0 · F-101 · {uid('a')}",
        "     sello correcto, timbre correcto, certificados del SAT, 72 horas a tiempo, esquema válido, sumas cuadran",
    ]
    assert "MAL  mal.xml" in lines
    assert any("sumas NO CUADRAN" in line for line in lines)
    assert any(line.startswith("     - Total dice 9999.00") for line in lines)
    assert lines[-2] == "MAL  roto.xml"


def test_a_certificate_that_is_none_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.xml").write_bytes(cfdi("a"))
    assert main(["check", str(tmp_path / "a.xml"), "--certificate", str(tmp_path / "a.xml")]) == 2
    assert "no es un certificado" in capsys.readouterr().err


@pytest.mark.corpus
@pytest.mark.skipif(not mx_schemas.is_available(), reason="satcfdi is not installed (aldia[mx])")
def test_the_scenario(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sealed with SAT's public test certificate and stamped by a PAC of nobody: all is proved but who issued those."""
    folder = corpus / "mx" / "scenario" / "generated"
    lent = str(folder / "pac-simulado-30001000000999999999.cer")
    files = sorted(map(str, folder.glob("*.xml")))
    assert main(["check", *files, "--certificate", lent, "--json"]) == 0
    reports = json.loads(capsys.readouterr().out)
    assert len(reports) == 21
    assert {(*outcomes(report), report["schema"]) for report in reports} == {("ok", "ok", "unknown", "ok", "ok", "ok")}
