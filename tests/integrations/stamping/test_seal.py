"""Seals and stamps: they verify with the certificates, on the bytes as written, and break when a byte changes."""

from __future__ import annotations

import base64
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.oid import NameOID
from lxml import etree

from aldia.domain.tax_ids import rfc_check_digit
from aldia.integrations.stamping import simulated
from aldia.integrations.stamping.certificates import (
    AUTHORITY_RFC,
    DEMO_PASSWORD,
    PAC_RFC,
    Credentials,
    Holder,
    load_or_make_credentials,
)
from tests.integrations.stamping.cast import ISSUER, KINDS, UUID_B

C = "{http://www.sat.gob.mx/cfd/4}"
TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"
_CFD = "transform/schemas/www.sat.gob.mx/sitio_internet/cfd"


def _chain(xml: bytes, path: str, node: str = "") -> str:
    root = resources.files(pytest.importorskip("satcfdi", reason="the extra mx is not installed"))
    transform = etree.XSLT(etree.parse(str(root / _CFD / path)))
    tree = etree.fromstring(xml)
    return str(transform(etree.ElementTree(tree.find(f".//{node}")) if node else tree))


def _verify(certificate: x509.Certificate, seal: str, chain: str) -> None:
    certificate.public_key().verify(base64.b64decode(seal), chain.encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("kind", KINDS)
def test_seal_and_stamp_verify_on_the_bytes(kind: str, credentials: Credentials) -> None:
    xml = simulated.SimulatedPress(credentials).issue(KINDS[kind], uuid=UUID_B)
    root = etree.fromstring(xml)
    stamp = root.find(f".//{TFD}")
    mine = x509.load_der_x509_certificate(base64.b64decode(root.get("Certificado")))
    _verify(mine, root.get("Sello"), _chain(xml, "4/cadenaoriginal_4_0/cadenaoriginal_4_0.xslt"))
    stamp_chain = _chain(xml, "TimbreFiscalDigital/cadenaoriginal_TFD_1_1.xslt", TFD)
    _verify(credentials.pac.certificate, stamp.get("SelloSAT"), stamp_chain)
    assert stamp.get("SelloCFD") == root.get("Sello")
    assert (stamp.get("UUID"), stamp.get("NoCertificadoSAT")) == (UUID_B, credentials.pac.number)
    assert "SIN VALIDEZ FISCAL" in stamp.get("Leyenda")


def test_another_amount_breaks_the_seal(credentials: Credentials) -> None:
    xml = simulated.SimulatedPress(credentials).issue(KINDS["fees with withholdings"], uuid=UUID_B)
    changed = xml.replace(b'Total="9533.33"', b'Total="1533.33"')
    assert changed != xml
    chain = _chain(changed, "4/cadenaoriginal_4_0/cadenaoriginal_4_0.xslt")
    with pytest.raises(InvalidSignature):
        _verify(credentials.seals[ISSUER.rfc].certificate, etree.fromstring(changed).get("Sello"), chain)


def test_sealed_documents_satisfy_the_schema(credentials: Credentials, schema_errors: object) -> None:
    xml = simulated.SimulatedPress(credentials).issue(KINDS["payment with withholdings"], uuid=UUID_B)
    assert schema_errors(xml) == []  # type: ignore[operator]


def test_chain_of_certificates(credentials: Credentials) -> None:
    for leaf in (*credentials.seals.values(), credentials.efirma, credentials.pac):
        leaf.certificate.verify_directly_issued_by(credentials.issuing)
    credentials.issuing.verify_directly_issued_by(credentials.root)
    credentials.root.verify_directly_issued_by(credentials.root)


def test_shape_is_that_of_the_authority(credentials: Credentials) -> None:
    seal, efirma = credentials.seals[ISSUER.rfc], credentials.efirma

    def read(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
        return [a.value for a in certificate.subject.get_attributes_for_oid(oid)]

    assert seal.number.isdigit()
    assert len({c.number for c in (seal, efirma, credentials.pac)}) == 3
    assert read(seal.certificate, NameOID.X500_UNIQUE_IDENTIFIER) == [f"{ISSUER.rfc} / GODE561231GR8"]
    assert read(seal.certificate, NameOID.ORGANIZATIONAL_UNIT_NAME) == ["Matriz"]
    assert read(efirma.certificate, NameOID.ORGANIZATIONAL_UNIT_NAME) == []  # that is how a FIEL is told from a CSD
    usage = efirma.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.data_encipherment) == (True, True, True)
    assert seal.key.key_size == 2048
    for rfc in (PAC_RFC, AUTHORITY_RFC):
        assert rfc_check_digit(rfc) == rfc[-1]


def test_files_as_the_authority_delivers_them(credentials: Credentials) -> None:
    key = serialization.load_der_private_key(credentials.efirma.encrypted_key(b"secreta"), b"secreta")
    certificate = x509.load_der_x509_certificate(credentials.efirma.cer)
    assert key.public_key() == certificate.public_key()
    with pytest.raises(ValueError, match=r"(?i)password|decrypt"):
        serialization.load_der_private_key(credentials.efirma.encrypted_key(b"secreta"), b"otra")


def test_kept_in_a_directory_and_made_anew_when_they_do_not_serve(tmp_path: Path) -> None:
    holder, day = Holder(ISSUER.rfc, ISSUER.name), date(2026, 1, 15)

    def load(first: date, *suppliers: Holder) -> Credentials:
        return load_or_make_credentials(
            tmp_path / "keys", company=holder, suppliers=suppliers, first_day=first, last_day=first + timedelta(540)
        )

    made = load(day)
    again = load(day)
    assert again.efirma.number == made.efirma.number
    assert again.seals[ISSUER.rfc].cer == made.seals[ISSUER.rfc].cer
    assert (tmp_path / "keys" / "efirma.key").stat().st_mode & 0o077 == 0
    assert load_der(tmp_path / "keys" / f"csd_{ISSUER.rfc}.key") == made.seals[ISSUER.rfc].key.private_numbers()

    later = load(date(2032, 1, 1))
    assert later.root.public_bytes(serialization.Encoding.DER) != made.authorities()[0]
    (tmp_path / "keys" / "pac.cer").write_bytes(b"junk")
    assert load(date(2032, 1, 1)).pac.cer != later.pac.cer
    assert set(load(day, Holder("CACX7605101P8", "PROVEEDORA")).seals) == {ISSUER.rfc, "CACX7605101P8"}


def load_der(path: Path) -> object:
    return serialization.load_der_private_key(path.read_bytes(), DEMO_PASSWORD).private_numbers()


def test_without_the_transformation_it_says_what_to_install(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    simulated._original_chain.cache_clear()
    monkeypatch.setattr(simulated.resources, "files", missing)
    with pytest.raises(simulated.SealingUnavailable, match="mx"):
        simulated.SimulatedPress(credentials)
