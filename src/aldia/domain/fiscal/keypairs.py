"""A certificate of SAT with its private key: an e.firma (FIEL) or a seal (CSD), read from the files that SAT delivers.

The .cer is a certificate in DER (or PEM); the .key PKCS#8, encrypted under the password (DER or PEM). What tells an
e.firma from a seal: SAT writes the branch of the taxpayer in the seal's subject (OU), and no e.firma has one
(https://www.sat.gob.mx/aplicacion/16660/presenta-tu-solicitud-de-certificado-de-sello-digital). Nothing here prints,
logs or keeps a key; `repr` says whose it is.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from aldia.domain.fiscal.certificates import BadCertificate, Certificate
from aldia.domain.sentences import gettext_noop

_HASHES: dict[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha1": hashes.SHA1()}  # noqa: S303


class BadKeyPair(ValueError):
    """The files or the password will not do; the sentence says which and what to do. `code` for programs."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code


class KeyPair:
    """A certificate and its key in use: satisfies `ports.tax.Signer` and `ports.stamping.Seal`."""

    __slots__ = ("_certificate", "_key")

    def __init__(self, certificate: Certificate, key: rsa.RSAPrivateKey) -> None:
        self._certificate, self._key = certificate, key

    def __repr__(self) -> str:
        return f"<KeyPair {self.tax_id} {self.number}>"

    @property
    def certificate(self) -> bytes:
        return self._certificate.der

    @property
    def number(self) -> str:
        return self._certificate.number

    @property
    def tax_id(self) -> str:
        return self._certificate.tax_id

    @property
    def holder(self) -> str:
        names = self._certificate.x509.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else ""

    @property
    def valid_from(self) -> datetime:
        return self._certificate.x509.not_valid_before_utc

    @property
    def valid_to(self) -> datetime:
        return self._certificate.x509.not_valid_after_utc

    @property
    def is_seal(self) -> bool:
        """A CSD; else an e.firma."""
        return bool(self._certificate.x509.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME))

    def sign(self, data: bytes, *, algorithm: str = "sha256") -> bytes:
        """RSA PKCS#1 v1.5 over the hash of `data`."""
        return self._key.sign(data, padding.PKCS1v15(), _HASHES[algorithm])

    def encrypted_key(self, password: str) -> bytes:
        """The key as PKCS#8 DER under a password."""
        how = serialization.BestAvailableEncryption(password.encode())
        return self._key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, how)


def read_pair(cer: bytes, key: bytes, password: str) -> KeyPair:
    """Read both files and see that they belong together. Raises `BadKeyPair`; its text never repeats the password."""
    try:
        certificate = Certificate(cer)
    except BadCertificate:
        raise BadKeyPair("cer", gettext_noop("El archivo .cer no es un certificado del SAT.")) from None
    private = _read_key(key, password)
    if private.public_key().public_numbers() != certificate.key.public_numbers():
        raise BadKeyPair("pair", gettext_noop("La llave (.key) no corresponde al certificado (.cer)."))
    return KeyPair(certificate, private)


def check_pair(pair: KeyPair, *, tax_id: str, is_seal: bool, now: datetime) -> None:
    """That the pair is of the right kind, in force, and the taxpayer's own. Raises `BadKeyPair`."""
    if pair.is_seal != is_seal:
        wrong = gettext_noop("Es un sello digital (CSD) y aquí va la e.firma.")
        other = gettext_noop("Es una e.firma y aquí va el sello digital (CSD).")
        raise BadKeyPair("kind", other if is_seal else wrong)
    if pair.tax_id != tax_id:
        raise BadKeyPair("tax_id", gettext_noop("El certificado es de otro RFC, no del de la empresa."))
    if now.astimezone(UTC) < pair.valid_from:
        raise BadKeyPair("early", gettext_noop("El certificado todavía no está vigente."))
    if now.astimezone(UTC) >= pair.valid_to:
        raise BadKeyPair("expired", gettext_noop("El certificado ya venció: renuévalo en el SAT y súbelo otra vez."))


def _read_key(data: bytes, password: str) -> rsa.RSAPrivateKey:
    load = (
        serialization.load_pem_private_key
        if data.lstrip().startswith(b"-----BEGIN")
        else serialization.load_der_private_key
    )
    try:
        key = load(data, password.encode() or None)
    except TypeError:  # no password where one is needed, or one where none is
        raise BadKeyPair("password", gettext_noop("La contraseña no abre la llave.")) from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadKeyPair(
            "key", gettext_noop("No se pudo abrir la llave: revisa que sea el archivo .key y la contraseña.")
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadKeyPair("key", gettext_noop("La llave no es de las que entrega el SAT."))
    return key
