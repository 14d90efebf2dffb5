"""SAT certificates: what a certificate says (number, RFC, validity), and whether an authority of ours issued it.

Pure: bytes in, answers out. Where certificates are kept is the caller's business: the newest issuing authority of SAT
ends on 2027-05-03, so the store is data that an administrator updates, never code.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

NUMBER = re.compile(r"[0-9]{20}").fullmatch
# local clocks of Mexico are 5 to 8 hours behind UTC
_EARLIEST, _LATEST = timedelta(hours=5), timedelta(hours=8)
_CHAIN_LIMIT = 6


class BadCertificate(ValueError):
    """The bytes are no X.509 certificate with an RSA key."""


class Certificate:
    """One certificate of SAT, issuer or PAC, from DER or PEM. `number` is its serial as SAT prints it (20 digits)."""

    __slots__ = ("key", "number", "tax_id", "x509")

    def __init__(self, data: bytes) -> None:
        try:
            is_text = data.lstrip().startswith(b"-----BEGIN")
            self.x509 = x509.load_pem_x509_certificate(data) if is_text else x509.load_der_x509_certificate(data)
            key = self.x509.public_key()
            self.number = _printed_number(self.x509.serial_number)
            self.tax_id = _tax_id(self.x509)
        except (ValueError, UnsupportedAlgorithm, OverflowError) as error:
            raise BadCertificate(str(error)) from None
        if not isinstance(key, rsa.RSAPublicKey):
            raise BadCertificate("no RSA key")
        self.key = key

    @property
    def der(self) -> bytes:
        return self.x509.public_bytes(Encoding.DER)

    def was_valid(self, local: datetime) -> bool:
        """Whether it was in force at a local time somewhere in Mexico."""
        not_before = self.x509.not_valid_before_utc.replace(tzinfo=None)
        not_after = self.x509.not_valid_after_utc.replace(tzinfo=None)
        return bool(not_before <= local + _LATEST and local + _EARLIEST <= not_after)

    def signed(self, signature: str, text: str, algorithm: hashes.HashAlgorithm) -> bool:
        """Whether `signature` (base64) over `text` was made with the key of this certificate."""
        try:
            raw = base64.b64decode("".join(signature.split()), validate=True)
            self.key.verify(raw, text.encode("utf-8", "replace"), padding.PKCS1v15(), algorithm)
        except (InvalidSignature, binascii.Error, ValueError, UnsupportedAlgorithm):
            return False
        return True


@lru_cache(maxsize=512)
def load(data: bytes) -> Certificate:
    """The certificate, parsed once: every document of an issuer carries the same one. Raises `BadCertificate`."""
    return Certificate(data)


def from_base64(text: str) -> Certificate:
    """As printed in a CFDI. Raises `BadCertificate`."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadCertificate("not base64") from None
    return load(data)


class Authorities:
    """The certificates of SAT's authorities that we trust, roots and intermediates."""

    def __init__(self, ders: Iterable[bytes]) -> None:
        self._by_subject: dict[bytes, list[x509.Certificate]] = {}
        for der in ders:
            certificate = x509.load_der_x509_certificate(der)
            self._by_subject.setdefault(certificate.subject.public_bytes(), []).append(certificate)

    def __len__(self) -> int:
        return sum(map(len, self._by_subject.values()))

    def issued(self, certificate: Certificate) -> bool | None:
        """True if it descends from a root of ours, None if nobody here knows its issuer, False if the link is forged.

        SAT has renewed authorities under one name, so every certificate of that name is tried.
        """
        child, known = certificate.x509, False
        for _ in range(_CHAIN_LIMIT):
            parents = self._by_subject.get(child.issuer.public_bytes(), [])
            parent = next((candidate for candidate in parents if _signed_by(child, candidate)), None)
            if parent is None:
                return False if parents and not known else None
            if parent.subject == parent.issuer:
                return True
            child, known = parent, True
        return None


def _signed_by(child: x509.Certificate, parent: x509.Certificate) -> bool:
    """By hand: SAT signed with SHA-1 until 2013, which the library's own check of chains refuses. MD5 (2004) is not."""
    key, algorithm = parent.public_key(), child.signature_hash_algorithm
    if not isinstance(key, rsa.RSAPublicKey) or algorithm is None or isinstance(algorithm, hashes.MD5):
        return False
    try:
        key.verify(child.signature, child.tbs_certificate_bytes, padding.PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _printed_number(serial: int) -> str:
    """SAT writes the 20 digits as ASCII inside the serial: 0x3030303031… is "00001…"."""
    raw = serial.to_bytes((serial.bit_length() + 7) // 8, "big")
    return raw.decode("ascii", "replace")


def _tax_id(certificate: x509.Certificate) -> str:
    """RFC of the holder: x500UniqueIdentifier, "EKU9003173C9 / VADA800927DJ3" where a person signs for a company."""
    attributes = certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
    if not attributes:
        return ""
    value = attributes[0].value
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text.split("/")[0].strip().upper()
