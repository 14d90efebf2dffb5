"""Seal, stamp, chain and the 72 hours: each proved by itself, each broken by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from aldia.domain.fiscal import seals
from aldia.domain.fiscal.certificates import Authorities, BadCertificate, Certificate, load
from aldia.domain.fiscal.seals import SealReport, verify
from aldia.integrations.stamping.certificates import Credentials, Holder, make_credentials
from tests.fixtures.cfdi.builder import ISSUER, cfdi, old, payroll, stamp
from tests.fixtures.cfdi.sealing import own_transform, sealed

COMPANY = Holder(*ISSUER, representative="GARL700101HA1")
OTHER = Holder("OTR010101AB1", "OTRA EMPRESA")


@pytest.fixture(scope="session")
def ours() -> Credentials:
    return make_credentials(company=COMPANY, suppliers=(OTHER,), valid_from=date(2026, 1, 1))


@pytest.fixture(scope="session")
def twin() -> Credentials:
    """A family under the same names, made by somebody else."""
    return make_credentials(company=COMPANY, valid_from=date(2026, 1, 1))


@pytest.fixture(scope="session")
def good(ours: Credentials) -> bytes:
    return sealed(cfdi(), ours.seals[ISSUER[0]], ours.pac)


Examine = Callable[..., SealReport]


@pytest.fixture
def examine(ours: Credentials) -> Examine:
    def run(data: bytes, **replaced: Any) -> SealReport:
        known = {ours.pac.number: ours.pac.cer}
        usual: dict[str, Any] = {
            "certificates": known.get,
            "transform": lambda version: own_transform,
            "authorities": Authorities(ours.authorities()),
        }
        return verify(data, **{**usual, **replaced})

    return run


def test_all_is_well(examine: Examine, good: bytes) -> None:
    assert examine(good) == SealReport("ok", "ok", "ok", "ok", ())
    assert examine(good).state == "ok"


def test_other_versions(examine: Examine, ours: Credentials) -> None:
    issuer = ours.seals[ISSUER[0]]
    assert examine(sealed(cfdi(version="3.3"), issuer, ours.pac)).state == "ok"
    assert examine(sealed(payroll(), issuer, ours.pac)).state == "ok"
    ancient = old(fecha="2026-03-02T10:00:00").replace(b"2016-05-04", b"2026-03-02").replace(b"09:31", b"10:01")
    assert examine(sealed(ancient, issuer, ours.pac)) == SealReport("ok", "ok", "ok", "ok", ())


def test_a_stamp_with_a_legend(examine: Examine, ours: Credentials) -> None:
    data = sealed(cfdi(), ours.seals[ISSUER[0]], ours.pac, leyenda="Comprobante de prueba")
    assert examine(data).stamp == "ok"
    assert examine(data.replace(b"de prueba", b"de verdad")).stamp == "bad"


def test_prefix_and_layout_are_not_content(examine: Examine, good: bytes) -> None:
    assert examine(good.replace(b"cfdi:", b"x:").replace(b":cfdi=", b":x=")).state == "ok"
    assert examine(good.replace(b"><", b">\n  <")).state == "ok"


@pytest.mark.parametrize(
    ("before", "after", "seal", "stamp_state", "finding"),
    [
        (b' Total="1160.00"', b' Total="1160.01"', "bad", "ok", seals.BAD_SEAL),
        (b'Rfc="COM980612H51"', b'Rfc="COM980612H52"', "bad", "ok", seals.BAD_SEAL),
        (b'FechaTimbrado="2026-03-02T10:05:00"', b'FechaTimbrado="2026-03-02T10:06:00"', "ok", "bad", seals.BAD_STAMP),
        (b' SelloCFD="', b' SelloCFD="A', "ok", "bad", seals.OTHER_SEAL),
        (b' SelloSAT="', b' SelloSAT="*', "ok", "bad", seals.BAD_STAMP),
        (b' NoCertificadoSAT="3', b' NoCertificadoSAT="../3', "ok", "bad", seals.BAD_NUMBER),
        (b' NoCertificado="3', b' NoCertificado="2', "bad", "ok", seals.OTHER_NUMBER),
        (b' Certificado="', b' Certificado="AAAA', "bad", "ok", seals.BAD_CERTIFICATE),
        (b' Sello="', b' data-sello="', "bad", "bad", seals.NO_SEAL),
    ],
)
def test_each_change_is_told(
    examine: Examine, good: bytes, before: bytes, after: bytes, seal: str, stamp_state: str, finding: str
) -> None:
    assert good.count(before) == 1
    report = examine(good.replace(before, after))
    assert (report.seal, report.stamp) == (seal, stamp_state)
    assert finding in report.findings
    assert report.state == "bad"


class TestCertificates:
    def test_of_another_taxpayer(self, examine: Examine, ours: Credentials) -> None:
        report = examine(sealed(cfdi(), ours.seals[OTHER.rfc], ours.pac))
        assert (report.seal, report.findings) == ("bad", (seals.OTHER_HOLDER,))

    def test_not_yet_or_no_longer_in_force(self, examine: Examine, ours: Credentials) -> None:
        for year in ("2024", "2031"):
            data = cfdi().replace(b"2026-03-02", f"{year}-03-02".encode())
            report = examine(sealed(data, ours.seals[ISSUER[0]], ours.pac))
            assert (report.seal, report.stamp) == ("bad", "bad")
            assert {seals.EXPIRED, seals.STAMP_EXPIRED} <= set(report.findings)

    def test_the_store_serves_where_the_document_carries_none(
        self, examine: Examine, ours: Credentials, good: bytes
    ) -> None:
        issuer = ours.seals[ISSUER[0]]
        bare = re.sub(rb' Certificado="[^"]*"', b"", good)
        stored = {ours.pac.number: ours.pac.cer, issuer.number: issuer.cer}
        assert examine(bare, certificates=stored.get) == SealReport("ok", "ok", "ok", "ok", ())
        report = examine(bare)
        assert (report.seal, report.findings) == ("unknown", (seals.NO_CERTIFICATE,))

    def test_unknown_stamping_certificate(self, examine: Examine, good: bytes) -> None:
        report = examine(good, certificates=lambda number: None)
        assert (report.seal, report.stamp, report.state) == ("ok", "unknown", "unknown")
        assert report.findings == (seals.NO_SAT_CERTIFICATE,)

    def test_only_numbers_of_twenty_digits_are_looked_up(self, examine: Examine, good: bytes) -> None:
        asked: list[str] = []
        data = good.replace(b' NoCertificadoSAT="', b' NoCertificadoSAT="../../')
        examine(data.replace(b' Certificado="', b' x="'), certificates=asked.append)
        assert all(len(number) == 20 and number.isdigit() for number in asked)

    def test_forged_authority(self, examine: Examine, twin: Credentials, ours: Credentials) -> None:
        """Same names, other keys: what is sealed adds up by itself and only the chain gives it away."""
        data = sealed(cfdi(), twin.seals[ISSUER[0]], twin.pac)
        report = examine(data, certificates={twin.pac.number: twin.pac.cer}.get)
        assert (report.seal, report.stamp, report.chain) == ("ok", "ok", "bad")
        assert report.findings == (seals.FORGED_AUTHORITY,)

    def test_forged_authority_of_the_stamp_alone(self, examine: Examine, twin: Credentials, ours: Credentials) -> None:
        data = sealed(cfdi(), ours.seals[ISSUER[0]], twin.pac)
        report = examine(data, certificates={twin.pac.number: twin.pac.cer}.get)
        assert (report.seal, report.stamp, report.chain) == ("ok", "ok", "bad")

    def test_authority_that_nobody_knows(self, examine: Examine, ours: Credentials, good: bytes) -> None:
        root, issuing = ours.authorities()
        assert examine(good, authorities=None).chain == "unknown"
        report = examine(good, authorities=Authorities([root]))
        assert (report.chain, report.findings) == ("unknown", (seals.UNKNOWN_AUTHORITY,))
        assert examine(good, authorities=Authorities([issuing])).chain == "unknown"

    def test_what_a_certificate_says(self, ours: Credentials) -> None:
        credential = ours.seals[ISSUER[0]]
        certificate = load(credential.cer)
        assert certificate.number == credential.number
        assert certificate.tax_id == ISSUER[0]
        pem = b"-----BEGIN CERTIFICATE-----\n" + b"garbage"
        for bad in (b"", b"x" * 500, pem):
            with pytest.raises(BadCertificate):
                Certificate(bad)


class TestHours:
    @pytest.mark.parametrize(
        ("place", "issued", "stamped", "state"),
        [
            ("06000", "2026-03-02T10:00:00", "2026-03-02T10:00:00", "ok"),
            ("06000", "2026-03-02T10:00:00", "2026-03-05T10:00:00", "ok"),
            ("06000", "2026-03-02T10:00:00", "2026-03-05T10:00:01", "bad"),
            ("06000", "2026-03-02T10:00:00", "2026-03-02T09:59:59", "bad"),
            ("06000", "2026-03-02T10:00:00", "2026-04-02T10:00:00", "bad"),
            # Tijuana: two hours behind in winter, one in summer
            ("22000", "2026-03-02T10:00:00", "2026-03-02T12:00:05", "ok"),
            ("22000", "2026-03-02T10:00:00", "2026-03-02T11:59:59", "bad"),
            ("22000", "2026-07-02T10:00:00", "2026-07-02T11:00:00", "ok"),
            # Cancún: one hour ahead
            ("77500", "2026-03-02T10:00:00", "2026-03-02T09:00:10", "ok"),
            ("77500", "2026-03-02T10:00:00", "2026-03-02T08:59:00", "bad"),
            # Matamoros and Reynosa follow the United States: one hour ahead in summer
            ("88500", "2026-07-02T10:00:00", "2026-07-02T09:00:10", "ok"),
            ("88500", "2026-01-12T10:00:00", "2026-01-12T09:00:10", "bad"),
            # Ciudad Juárez
            ("32000", "2026-01-12T10:00:00", "2026-01-12T11:00:10", "ok"),
            # nobody knows where: any zone of Mexico will do
            ("", "2026-03-02T10:00:00", "2026-03-02T09:00:10", "ok"),
            ("", "2026-03-02T10:00:00", "2026-03-02T06:00:00", "bad"),
        ],
    )
    def test_each_in_its_own_zone(self, examine: Examine, place: str, issued: str, stamped: str, state: str) -> None:
        data = cfdi(Fecha=issued, LugarExpedicion=place).replace(b"2026-03-02T10:05:00", stamped.encode())
        assert examine(data).hours_72 == state

    def test_words(self, examine: Examine) -> None:
        late = cfdi().replace(b"2026-03-02T10:05", b"2026-04-02T10:05")
        early = cfdi().replace(b"2026-03-02T10:05", b"2026-03-01T10:05")
        assert seals.LATE in examine(late).findings
        assert seals.EARLY in examine(early).findings


class TestWhatCannotBeVerified:
    def test_without_transforms(self, examine: Examine, good: bytes) -> None:
        for transform in (None, lambda version: None):
            report = examine(good, transform=transform)
            assert (report.seal, report.stamp, report.state) == ("unknown", "ok", "unknown")
            assert report.findings == (seals.NO_TRANSFORM,)

    def test_no_stamp(self, examine: Examine) -> None:
        report = examine(cfdi(stamped=False))
        assert (report.stamp, seals.NO_STAMP in report.findings) == ("bad", True)

    def test_a_stamp_in_the_addenda_is_none(self, examine: Examine, good: bytes) -> None:
        data = cfdi(stamped=False, addenda=f"<cfdi:Addenda>{stamp('factura-1')}</cfdi:Addenda>")
        assert seals.NO_STAMP in examine(data).findings

    def test_a_repaired_copy_can_be_proved_but_not_condemned(self, examine: Examine, good: bytes) -> None:
        report = examine(b"\n\n" + good + b"--fin")
        assert (report.seal, report.stamp) == ("ok", "ok")
        assert report.findings == (seals.REPAIRED,)
        damaged = examine(b"\n\n" + good.replace(b' Total="1160.00"', b' Total="1160.01"'))
        assert (damaged.seal, damaged.stamp) == ("unknown", "ok")

    @pytest.mark.parametrize("data", [b"", b"<html/>", b"<!DOCTYPE x><x/>", b"%PDF-1.4", b"<a>" * 100_000])
    def test_files_that_are_no_documents(self, examine: Examine, data: bytes) -> None:
        assert examine(data).state == "unknown"
