"""SAT's verification of what it is sent: canonical form, digest, signature, certificate, timestamp. Nothing is taken on
trust, and no code of the adapter is used."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.oid import NameOID
from lxml import etree

DS = "{http://www.w3.org/2000/09/xmldsig#}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
EXCLUSIVE = {
    "http://www.w3.org/2001/10/xml-exc-c14n#": True,
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": False,
}
SKEW = timedelta(minutes=5)


class Refused(Exception):
    """SAT's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


class Certificates:
    """Whose e.firma counts: those of the authorities that are trusted, and single ones."""

    def __init__(self) -> None:
        self._authorities: list[x509.Certificate] = []
        self._single: set[bytes] = set()
        self.revoked: set[int] = set()

    def trust(self, authorities: tuple[bytes, ...]) -> None:
        self._authorities += [x509.load_der_x509_certificate(der) for der in authorities]

    def enrol(self, der: bytes) -> None:
        self._single.add(der)

    def judge(self, der: bytes, now: datetime) -> x509.Certificate:
        """The certificate, if it is an e.firma in force. Raises `Refused`."""
        try:
            certificate = x509.load_der_x509_certificate(der)
        except ValueError:
            raise Refused("305", "Certificado Inválido") from None
        if not (der in self._single or self._is_issued(certificate)):
            raise Refused("305", "Certificado Inválido")
        if certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME):
            raise Refused("305", "Certificado Inválido")  # a seal is no e.firma
        out = not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
        if out or certificate.serial_number in self.revoked:
            raise Refused("304", "Certificado Revocado o Caduco")
        return certificate

    def _is_issued(self, certificate: x509.Certificate) -> bool:
        for authority in self._authorities:
            if authority.subject == certificate.issuer:
                try:
                    certificate.verify_directly_issued_by(authority)
                except (InvalidSignature, ValueError, TypeError):
                    continue
                return True
        return False


def tax_id_of(certificate: x509.Certificate) -> str:
    """The RFC: before the "/" in x500UniqueIdentifier."""
    (found,) = certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
    return str(found.value).partition("/")[0].strip()


def check_session(envelope: etree._Element, certificates: Certificates, now: datetime) -> x509.Certificate:
    """WS-Security: the token's certificate signed this timestamp, and it is of this moment. Raises `Refused`."""
    security = envelope.find("{*}Header/{*}Security")
    token, signature = security.find("{*}BinarySecurityToken"), security.find(f"{DS}Signature")
    stamp = security.find(f"{WSU}Timestamp")
    _expect(signature.find(f"{DS}SignedInfo/{DS}Reference").get("URI") == f"#{stamp.get(f'{WSU}Id')}")
    named = signature.find(f"{DS}KeyInfo/{{*}}SecurityTokenReference/{{*}}Reference").get("URI")
    _expect(named == f"#{token.get(f'{WSU}Id')}")
    certificate = certificates.judge(base64.b64decode(token.text, validate=True), now)
    _check(signature, stamp, certificate)
    created, expires = (datetime.fromisoformat(stamp.findtext(f"{WSU}{name}")) for name in ("Created", "Expires"))
    _expect(created - SKEW <= now < expires + SKEW and timedelta() < expires - created <= timedelta(minutes=10))
    return certificate


def check_request(operation: etree._Element, certificates: Certificates, now: datetime) -> dict[str, str]:
    """The attributes of a request whose enveloped signature holds. Raises `Refused`."""
    if len(operation) != 1:
        raise Refused("301", "XML Mal Formado")
    inner = operation[0]
    signature = inner.find(f"{DS}Signature")
    if signature is None:
        raise Refused("302", "Sello Mal Formado")
    try:
        der = base64.b64decode(signature.findtext(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate"), validate=True)
    except (TypeError, ValueError):
        raise Refused("305", "Certificado Inválido") from None
    certificate = certificates.judge(der, now)
    serial = signature.findtext(f"{DS}KeyInfo/{DS}X509Data/{DS}X509IssuerSerial/{DS}X509SerialNumber")
    if serial != str(certificate.serial_number):
        raise Refused("305", "Certificado Inválido")
    inner.remove(signature)
    _check(signature, operation, certificate)
    if inner.get("RfcSolicitante") != tax_id_of(certificate):
        raise Refused("303", "Sello no corresponde con RfcSolicitante")
    return dict(inner.attrib)


def _check(signature: etree._Element, signed: etree._Element, certificate: x509.Certificate) -> None:
    """That the digest is of `signed` and the signature of SignedInfo, by the methods that it names."""
    info = signature.find(f"{DS}SignedInfo")
    _expect(info.find(f"{DS}SignatureMethod").get("Algorithm") == "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
    reference = info.find(f"{DS}Reference")
    _expect(reference.find(f"{DS}DigestMethod").get("Algorithm") == "http://www.w3.org/2000/09/xmldsig#sha1")
    named = [each.get("Algorithm") for each in reference.iterfind(f"{DS}Transforms/{DS}Transform")]
    is_exclusive = any(EXCLUSIVE.get(name or "", False) for name in named)
    digest = base64.b64encode(hashlib.sha1(_canonical(signed, is_exclusive)).digest()).decode()
    _expect(reference.findtext(f"{DS}DigestValue") == digest)
    how = EXCLUSIVE.get(info.find(f"{DS}CanonicalizationMethod").get("Algorithm") or "")
    _expect(how is not None)
    made = base64.b64decode("".join((signature.findtext(f"{DS}SignatureValue") or "").split()))
    key = certificate.public_key()
    try:
        key.verify(made, _canonical(info, bool(how)), padding.PKCS1v15(), hashes.SHA1())
    except InvalidSignature:
        raise Refused("302", "Sello Mal Formado") from None


def _canonical(element: etree._Element, is_exclusive: bool) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=is_exclusive)


def _expect(holds: bool) -> None:
    if not holds:
        raise Refused("302", "Sello Mal Formado")
