"""Certificates in the shape of SAT's, made by the project itself: for the demo and for tests, never for SAT.

A root, an issuing authority, the seals (CSD) of whoever issues, the e.firma (FIEL) of the company and the seal of
the simulated PAC. As in SAT's own: 2048-bit RSA, SHA-256, a serial number of 20 digits written as ASCII, the RFC in
x500UniqueIdentifier, an OU for seals and none for the e.firma. The names say that nothing here is fiscal.
Keys come from the system's randomness, never from a seed: what a fixed seed promises concerns data, not secrets.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from aldia.domain.fiscal.drafts import CertificateText

AUTHORITY_NAME = "AC DE DEMOSTRACION SIN VALIDEZ FISCAL"
ROOT_NAME = "RAIZ DE DEMOSTRACION SIN VALIDEZ FISCAL"
AUTHORITY_RFC = "ADD200101AA5"
PAC_RFC = "PSD2001019M1"
PAC_NAME = "PAC SIMULADO DE DEMOSTRACION"
# Published on purpose, like the password of SAT's own test certificates: it guards nothing.
DEMO_PASSWORD = b"12345678a"
_LIFE = timedelta(days=4 * 365)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate is for. `representative` is the RFC of the person who answers for a company."""

    rfc: str
    name: str
    representative: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate with its key. `number` is the 20-digit number that a CFDI prints as NoCertificado."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def number(self) -> str:
        """The serial number, whose bytes are ASCII digits."""
        return self.certificate.serial_number.to_bytes(20, "big").decode("ascii")

    @property
    def cer(self) -> bytes:
        """The .cer file as SAT delivers it (DER)."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def encrypted_key(self, password: bytes = DEMO_PASSWORD) -> bytes:
        """The .key file as SAT delivers it: PKCS#8, encrypted, DER."""
        return self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password),
        )

    def text(self) -> CertificateText:
        """What the CFDI that it seals must print."""
        start, end = self.certificate.not_valid_before_utc.date(), self.certificate.not_valid_after_utc.date()
        return CertificateText(self.number, base64.b64encode(self.cer).decode("ascii"), start, end)


@dataclass(frozen=True, slots=True)
class Credentials:
    """All that sealing and stamping need. `seals` by RFC: the company and each supplier whose documents are made."""

    root: x509.Certificate
    issuing: x509.Certificate
    seals: dict[str, Credential]
    efirma: Credential
    pac: Credential

    def authorities(self) -> tuple[bytes, bytes]:
        """Root and issuing certificates in DER, for the store that checks seals and stamps."""
        encoding = serialization.Encoding.DER
        return self.root.public_bytes(encoding), self.issuing.public_bytes(encoding)


def make_credentials(
    *, company: Holder, suppliers: tuple[Holder, ...] = (), valid_from: date, family: int = 0
) -> Credentials:
    """A new family of certificates, valid for four years from a date. About 0.1 s for each key.

    `family` (0 to 99) is in every number: certificates of families that meet in one store must differ by it.
    """
    start = datetime.combine(valid_from, time(), UTC)
    root_key, issuing_key = _new_key(), _new_key()
    root_name = _authority_name(ROOT_NAME)
    issuing_name = _authority_name(AUTHORITY_NAME)
    root = _sign_authority(root_name, root_name, root_key, root_key, number=_in(family, 1), start=start)
    issuing = _sign_authority(issuing_name, root_name, issuing_key, root_key, number=_in(family, 2), start=start)

    def issue(holder: Holder, serial: int, unit: str) -> Credential:
        key = _new_key()
        leaf = _sign_leaf(holder, key, issuing_name, issuing_key, number=_in(family, serial), unit=unit, start=start)
        return Credential(leaf, key)

    holders = (company, *suppliers)
    seals = {holder.rfc: issue(holder, 100 + place, "Matriz") for place, holder in enumerate(holders)}
    return Credentials(
        root=root,
        issuing=issuing,
        seals=seals,
        efirma=issue(company, 50, ""),
        pac=issue(Holder(PAC_RFC, PAC_NAME), 10, "PACSIMULADO"),
    )


def load_or_make_credentials(
    directory: Path,
    *,
    company: Holder,
    suppliers: tuple[Holder, ...] = (),
    first_day: date,
    last_day: date,
    family: int = 0,
) -> Credentials:
    """The family kept in a directory; made anew (and kept) if missing or not covering the days and holders."""
    kept = _load(directory, (company, *suppliers))
    if kept is not None and _covers(kept, first_day, last_day):
        return kept
    since = first_day - timedelta(days=30)
    made = make_credentials(company=company, suppliers=suppliers, valid_from=since, family=family)
    _save(directory, made)
    return made


def _covers(credentials: Credentials, first_day: date, last_day: date) -> bool:
    text = credentials.pac.text()
    return text.valid_from < first_day and last_day < text.valid_until


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _in(family: int, number: int) -> int:
    return family * 10**10 + number


def _serial(number: int) -> int:
    return int.from_bytes(f"30001000{number:012d}".encode("ascii"), "big")


def _authority_name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "DEMOSTRACION"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Autoridad de demostración"),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "MX"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "CDMX"),
            x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, AUTHORITY_RFC),
        ]
    )


def _holder_name(holder: Holder, unit: str) -> x509.Name:
    identity = f"{holder.rfc} / {holder.representative}" if holder.representative else holder.rfc
    parts: list[x509.NameAttribute[str]] = [
        x509.NameAttribute(NameOID.COMMON_NAME, holder.name[:64]),
        x509.NameAttribute(x509.ObjectIdentifier("2.5.4.41"), holder.name),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, holder.name[:64]),
        x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, identity),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, f" / {holder.representative}" if holder.representative else " / "),
    ]
    if unit:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name(parts)


def _usage(*, signs: bool, authority: bool = False, encrypts: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=encrypts,
        key_agreement=encrypts,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, number: int, start: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(_serial(number))
        .not_valid_before(start)
    )


def _sign_authority(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer_key: rsa.RSAPrivateKey,
    *,
    number: int,
    start: datetime,
) -> x509.Certificate:
    return (
        _builder(subject, issuer, key, number, start)
        .not_valid_after(start + 2 * _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs=True, authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _sign_leaf(
    holder: Holder,
    key: rsa.RSAPrivateKey,
    issuer: x509.Name,
    issuer_key: rsa.RSAPrivateKey,
    *,
    number: int,
    unit: str,
    start: datetime,
) -> x509.Certificate:
    builder = (
        _builder(_holder_name(holder, unit), issuer, key, number, start)
        .not_valid_after(start + _LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True, encrypts=not unit), critical=False)
    )
    if not unit:  # an e.firma also identifies its holder to SAT's web services
        uses = [ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _save(directory: Path, credentials: Credentials) -> None:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    root, issuing = credentials.authorities()
    (directory / "raiz.cer").write_bytes(root)
    (directory / "emisora.cer").write_bytes(issuing)
    named = {f"csd_{rfc}": credential for rfc, credential in credentials.seals.items()}
    for name, credential in (named | {"efirma": credentials.efirma, "pac": credentials.pac}).items():
        (directory / f"{name}.cer").write_bytes(credential.cer)
        _write_private(directory / f"{name}.key", credential.encrypted_key())


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)


def _load(directory: Path, holders: tuple[Holder, ...]) -> Credentials | None:
    try:
        root, issuing = (
            x509.load_der_x509_certificate((directory / name).read_bytes()) for name in ("raiz.cer", "emisora.cer")
        )
        seals = {holder.rfc: _load_credential(directory, f"csd_{holder.rfc}") for holder in holders}
        efirma, pac = (_load_credential(directory, name) for name in ("efirma", "pac"))
    except (OSError, ValueError):
        return None  # not there, half written or not ours: a new family is made
    return Credentials(root, issuing, seals, efirma, pac)


def _load_credential(directory: Path, name: str) -> Credential:
    certificate = x509.load_der_x509_certificate((directory / f"{name}.cer").read_bytes())
    key = serialization.load_der_private_key((directory / f"{name}.key").read_bytes(), DEMO_PASSWORD)
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
        raise ValueError(f"{name}: the key is not the certificate's")
    return Credential(certificate, key)
