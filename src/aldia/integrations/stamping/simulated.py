"""Seal and stamp without SAT: a PAC of our own whose stamps say that they have no fiscal validity.

The seal is a real one: RSA-SHA256 of the cadena original that SAT's own transformation gives (extra `mx`).
Stamp: Anexo 20, TimbreFiscalDigital 1.1, http://www.sat.gob.mx/sitio_internet/cfd/TimbreFiscalDigital/.
Whoever only needs many documents fast takes `UnsealedPress`: same shape, a constant text in place of seals.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Protocol
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree  # type: ignore[import-untyped]

from aldia.domain.fiscal.drafts import CertificateText, Draft
from aldia.domain.fiscal.zones import CENTRE, zones_of
from aldia.integrations.stamping.certificates import PAC_RFC, Credentials
from aldia.integrations.stamping.cfdi_writer import write_cfdi
from aldia.integrations.stamping.xml_text import attributes, element

LEGEND = "DOCUMENTO DE DEMOSTRACIÓN SIN VALIDEZ FISCAL"
UNSEALED = base64.b64encode(b"SIN SELLAR: DOCUMENTO DE PRUEBA DE RENDIMIENTO. ".ljust(256, b".")).decode("ascii")
_TRANSFORM = "transform/schemas/www.sat.gob.mx/sitio_internet/cfd/4/cadenaoriginal_4_0/cadenaoriginal_4_0.xslt"


class SealingUnavailable(RuntimeError):
    """SAT's transformation is not installed (it comes with the extra `mx`), so nothing can be sealed."""


class Press(Protocol):
    """Turns a draft into the bytes of a stamped CFDI."""

    def issue(self, draft: Draft, *, uuid: str) -> bytes:
        """The finished XML with the given UUID as its fiscal folio."""
        ...


def stamped_at(issued_at: datetime, place: str) -> datetime:
    """When the simulated PAC stamps: forty seconds after the issue, in the time of central Mexico as TFD 1.1 wants.

    `issued_at` is local to the postal code of the place of issue; both are without zone.
    """
    zone = _zone_of(place)
    if zone is None:
        return issued_at + timedelta(seconds=40)
    central = issued_at.replace(tzinfo=zone).astimezone(_CENTRAL).replace(tzinfo=None)
    return central + timedelta(seconds=40)


_CENTRAL = ZoneInfo(CENTRE)


@cache
def _zone_of(place: str) -> ZoneInfo | None:
    """The zone of a postal code, None where it is the centre's."""
    zone = zones_of(place)[0]
    return None if zone.key == CENTRE else zone


class SimulatedPress:
    """Seals with the issuer's CSD and stamps with the simulated PAC's."""

    def __init__(self, credentials: Credentials) -> None:
        """Raise SealingUnavailable at once rather than at the first document."""
        self._transform = _original_chain()
        self._credentials = credentials
        self._texts = {rfc: credential.text() for rfc, credential in credentials.seals.items()}
        self._pac_number = credentials.pac.number

    def issue(self, draft: Draft, *, uuid: str) -> bytes:
        """Seal and stamp. KeyError if there is no CSD for the issuer's RFC."""
        credential, text = self._credentials.seals[draft.issuer.rfc], self._texts[draft.issuer.rfc]
        unsealed = etree.fromstring(write_cfdi(draft, certificate=text))
        chain = str(self._transform(unsealed))
        seal = sign_chain(credential.key, chain)
        stamp = self._stamp(uuid, stamped_at(draft.issued_at, draft.place), seal)
        return write_cfdi(draft, certificate=text, seal=seal, stamp=stamp)

    def _stamp(self, uuid: str, at: datetime, seal: str) -> str:
        chain = stamp_chain(uuid=uuid, at=at, seal=seal, certificate_number=self._pac_number)
        return stamp_xml(uuid, at, seal, self._pac_number, sign_chain(self._credentials.pac.key, chain))


class UnsealedPress:
    """Writes the shape only, for benchmarks: seals and stamps are one constant text that says so."""

    _NUMBER = "30001000000000000000"

    def __init__(self, certificate: CertificateText | None = None) -> None:
        """`certificate`: what to print as the issuer's; without it, a text that is no certificate."""
        self._certificate = certificate

    def issue(self, draft: Draft, *, uuid: str) -> bytes:
        """The XML, with a constant in place of what costs time."""
        issued_on = draft.issued_at.date()
        text = self._certificate or CertificateText(self._NUMBER, UNSEALED, issued_on, issued_on)
        stamp = stamp_xml(uuid, stamped_at(draft.issued_at, draft.place), UNSEALED, self._NUMBER, UNSEALED)
        return write_cfdi(draft, certificate=text, seal=UNSEALED, stamp=stamp)


def stamp_chain(*, uuid: str, at: datetime, seal: str, certificate_number: str) -> str:
    """The cadena original of the stamp, as SAT's cadenaoriginal_TFD_1_1 gives it."""
    return f"||1.1|{uuid}|{at.isoformat(timespec='seconds')}|{PAC_RFC}|{LEGEND}|{seal}|{certificate_number}||"


def stamp_xml(uuid: str, at: datetime, seal: str, number: str, pac_seal: str) -> str:
    """The TimbreFiscalDigital node of a stamp that says it is not fiscal."""
    own = attributes(
        (
            ("xmlns:tfd", "http://www.sat.gob.mx/TimbreFiscalDigital"),
            ("Version", "1.1"),
            ("UUID", uuid),
            ("FechaTimbrado", at.isoformat(timespec="seconds")),
            ("RfcProvCertif", PAC_RFC),
            ("Leyenda", LEGEND),
            ("SelloCFD", seal),
            ("NoCertificadoSAT", number),
            ("SelloSAT", pac_seal),
        )
    )
    return element("tfd:TimbreFiscalDigital", own)


def sign_chain(key: rsa.RSAPrivateKey, chain: str) -> str:
    """RSA-SHA256 over a cadena original, in base64."""
    signature = key.sign(chain.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode("ascii")


@cache
def _original_chain() -> etree.XSLT:
    try:
        root = resources.files("satcfdi")
    except ModuleNotFoundError as missing:
        raise SealingUnavailable(
            "Para sellar hace falta el extra «mx» (la transformación del SAT): pip install 'aldia[mx]'."
        ) from missing
    with resources.as_file(root / _TRANSFORM) as path:
        return etree.XSLT(etree.parse(path))
