"""SAT's own files through satcfdi: transforms, schemas, authorities; and what is said where they are not installed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from aldia.domain.fiscal.certificates import Certificate
from aldia.domain.fiscal.seals import NO_TRANSFORM, verify
from aldia.integrations.stamping.certificates import Credentials, Holder, make_credentials
from aldia.integrations.tax import mx_schemas
from tests.fixtures.cfdi.builder import ISSUER, Paid, cfdi, complement, old, paid, payment, payroll, uid
from tests.fixtures.cfdi.sealing import sealed

OLD = old(fecha="2026-03-02T10:00:00")
needs_sat = pytest.mark.skipif(not mx_schemas.is_available(), reason="satcfdi is not installed (aldia[mx])")


@pytest.fixture(scope="module")
def ours() -> Credentials:
    return make_credentials(company=Holder(*ISSUER), valid_from=date(2026, 1, 1))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("SAT's files are read, never fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@needs_sat
class TestTransforms:
    def test_cadena_original_of_40(self) -> None:
        from lxml import etree

        transform = mx_schemas.transform("4.0")
        assert transform is not None
        text = str(transform(etree.fromstring(cfdi())))
        start = "||4.0|F|101|2026-03-02T10:00:00|99|00000000000000000000|30 DIAS|1000.00|MXN|1160.00|I|01|PPD|64000|"
        assert text.startswith(start)
        assert "|COM980612H51|COMERCIAL MUÑOZ & HIJOS|06600|601|G03|" in text
        assert text.endswith("||")

    @pytest.mark.parametrize("data", [cfdi(), cfdi(version="3.3"), OLD, payroll(), complement("p", payment("1"))])
    def test_a_seal_over_it_verifies_and_breaks(self, ours: Credentials, data: bytes) -> None:
        version = "3.2" if b'version="3.2"' in data else "3.3" if b'Version="3.3"' in data else "4.0"
        transform = mx_schemas.transform(version)
        assert transform is not None
        good = sealed(data, ours.seals[ISSUER[0]], ours.pac, transform=transform)
        known = {ours.pac.number: ours.pac.cer}
        report = verify(good, certificates=known.get, transform=mx_schemas.transform)
        assert report.seal == "ok"
        tampered = good.replace(b"DISTRIBUIDORA", b"DISTRIBUIDORO")
        assert verify(tampered, certificates=known.get, transform=mx_schemas.transform).seal == "bad"

    def test_threads_share_one_transform(self, ours: Credentials) -> None:
        transform = mx_schemas.transform("4.0")
        assert transform is not None
        assert mx_schemas.transform("4.0") is transform
        documents = [
            sealed(cfdi(f"f-{n}", Folio=str(n)), ours.seals[ISSUER[0]], ours.pac, transform=transform)
            for n in range(40)
        ]

        def examine(data: bytes) -> str:
            report = verify(data, certificates=lambda number: None, transform=mx_schemas.transform)
            mx_schemas.validate_schema(data)
            return report.seal

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(examine, documents * 3)) == {"ok"}

    def test_versions_without_one(self) -> None:
        assert mx_schemas.transform("2.2") is None
        assert mx_schemas.transform("../../etc/passwd") is None


@needs_sat
class TestSchemas:
    @pytest.mark.parametrize("version", ["3.3", "4.0"])
    def test_ours_is_valid_but_for_its_certificate(self, ours: Credentials, version: str) -> None:
        transform = mx_schemas.transform(version)
        assert transform is not None
        data = sealed(cfdi(version=version), ours.seals[ISSUER[0]], ours.pac, transform=transform)
        assert mx_schemas.validate_schema(data) == []

    def test_a_complement_is_judged_too(self) -> None:
        line = Paid(uid("a"), "10.00", "10.00", "0.00")
        assert mx_schemas.validate_schema(complement("p", payment("10.00", paid(line), rate="1"), total="10.00")) == []
        objections = mx_schemas.validate_schema(complement("p", payment("10.00", paid(line), FormaDePagoP="77")))
        assert objections
        assert "FormaDePagoP" in objections[0]

    def test_objections_say_where(self) -> None:
        objections = mx_schemas.validate_schema(cfdi(MetodoPago="PPX", Fecha="ayer"))
        assert objections is not None
        assert any("MetodoPago" in text for text in objections)
        assert all(text.startswith("línea ") for text in objections)

    def test_addenda_and_unknown_complements_are_left_out(self) -> None:
        odd = "<x:Otro xmlns:x='http://example.com/x' Version='9'/>"
        assert mx_schemas.validate_schema(cfdi(complements=(odd,), addenda="<cfdi:Addenda><a/></cfdi:Addenda>")) == []

    @pytest.mark.parametrize("data", [b"", b"<x/>", b"<!DOCTYPE a><a/>", b"\n\n" + cfdi(), cfdi(Version="9")])
    def test_what_cannot_be_judged(self, data: bytes) -> None:
        assert mx_schemas.validate_schema(data) is None


@needs_sat
def test_authorities_form_chains() -> None:
    authorities = mx_schemas.authorities()
    assert authorities is not None
    known = mx_schemas.authority_files()
    issuing = {name: Certificate(der) for name, der in known.items() if name.startswith("AC")}
    del issuing["AC0_SAT.cer"]  # signed with MD5, before any CFDI
    assert len(issuing) >= 5
    assert [name for name, certificate in issuing.items() if authorities.issued(certificate) is not True] == []


class TestNotInstalled:
    @pytest.fixture(autouse=True)
    def _absent(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(mx_schemas, "find_spec", lambda name: None)
        return

    def test_every_answer_is_none(self) -> None:
        assert not mx_schemas.is_available()
        assert mx_schemas.transform("4.0") is None
        assert mx_schemas.authorities() is None
        assert mx_schemas.authority_files() == {}
        assert mx_schemas.validate_schema(cfdi()) is None

    def test_seals_say_so(self, ours: Credentials) -> None:
        data = sealed(cfdi(), ours.seals[ISSUER[0]], ours.pac)
        report = verify(data, certificates=lambda number: None, transform=mx_schemas.transform)
        assert report.seal == "unknown"
        assert NO_TRANSFORM in report.findings
