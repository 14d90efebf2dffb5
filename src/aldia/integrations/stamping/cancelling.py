"""Asking for a cancellation: the request that the issuer signs, and what the authority's words about it mean.

Request: http://cancelacfd.sat.gob.mx, an enveloped XML signature (RSA-SHA1, as SAT's service still wants it, inclusive
C14N: https://www.w3.org/TR/2001/REC-xml-c14n-20010315). The key never leaves the house. Codes of each folio (201…) and
states of the status service: https://www.sat.gob.mx/consultas/91447/nuevo-esquema-de-cancelacion
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from cryptography import x509
from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal.zones import CENTRE
from aldia.domain.ports.stamping import CancelAnswer, CancelState, Seal, StampRefused, ToCancel
from aldia.domain.sentences import gettext_noop

CANCEL = "http://cancelacfd.sat.gob.mx"
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ASKED = frozenset({"201", "202"})  # taken now, or taken before
_SPACES = {
    None: CANCEL,
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_REFUSALS: Mapping[str, str] = {
    "203": gettext_noop("El folio fiscal es de otro emisor, o el sello digital es de otro RFC."),
    "204": gettext_noop("El SAT dice que este comprobante no se puede cancelar."),
    "205": gettext_noop("El SAT todavía no conoce ese folio fiscal: espera unas horas e inténtalo otra vez."),
    "206": gettext_noop("El comprobante no es de los que se cancelan por aquí."),
    "207": gettext_noop("El SAT no acepta ese motivo de cancelación."),
    "208": gettext_noop("Falta el folio del comprobante que lo sustituye, o no es válido."),
    "209": gettext_noop("Con ese motivo no debe ir el folio de un sustituto."),
    "210": gettext_noop("La fecha de la solicitud no es válida."),
    "211": gettext_noop("El comprobante que lo sustituye no está relacionado con este (relación 04)."),
    "212": gettext_noop("El comprobante que lo sustituye está cancelado o no existe."),
    "304": gettext_noop("El sello digital está revocado."),
    "305": gettext_noop("El sello digital no estaba vigente."),
    "310": gettext_noop("El certificado no es un sello digital (CSD)."),
    "no_cancelable": gettext_noop("No se puede cancelar: antes hay que cancelar lo que se relaciona con él."),
}


def signed_request(wanted: ToCancel, seal: Seal) -> bytes:
    """The issuer's signed request for one document, dated by the clock of central Mexico."""
    if wanted.at is None:
        raise ValueError("a signed request has its date")
    at = wanted.at.astimezone(ZoneInfo(CENTRE)).replace(tzinfo=None)
    root = etree.Element(f"{{{CANCEL}}}Cancelacion", nsmap=_SPACES)
    root.set("RfcEmisor", seal.tax_id)
    root.set("Fecha", at.isoformat(timespec="seconds"))
    folio = etree.SubElement(etree.SubElement(root, f"{{{CANCEL}}}Folios"), f"{{{CANCEL}}}Folio")
    folio.set("UUID", wanted.uuid)
    folio.set("Motivo", wanted.motive)
    if wanted.replacement:
        folio.set("FolioSustitucion", wanted.replacement)
    digest = base64.b64encode(hashlib.sha1(_canonical(root)).digest()).decode()  # noqa: S324  what SAT verifies
    signature = etree.SubElement(root, f"{{{DS}}}Signature", nsmap={None: DS})
    info = _signed_info(signature, digest)
    value = etree.SubElement(signature, f"{{{DS}}}SignatureValue")
    value.text = base64.b64encode(seal.sign(_canonical(info), algorithm="sha1")).decode()
    _key_info(signature, seal)
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return data


def refusal_of(code: str, text: str = "") -> StampRefused:
    """What a code other than 201 and 202 says."""
    return StampRefused(code or "refused", _REFUSALS.get(code) or text or gettext_noop("El SAT no la aceptó."))


def answer_of(
    state: str, cancellation: str, *, code: str = "", proof: bytes = b"", at: datetime | None = None
) -> CancelAnswer:
    """What the status service says of a document (`Estado`, `EstatusCancelacion`)."""
    said = cancellation.strip().lower()
    if (
        state.strip().lower().startswith("cancelado")
        or said.startswith("cancelado")
        or said.startswith("plazo vencido")
    ):
        found = CancelState.DONE
    elif "proceso" in said:
        found = CancelState.WAITING
    elif "rechaz" in said:
        found = CancelState.REJECTED
    else:
        found = CancelState.NONE
    return CancelAnswer(found, code, cancellation or state, proof, at)


def asked_and(answer: CancelAnswer, code: str, proof: bytes, at: datetime | None) -> CancelAnswer:
    """The authority took it (201, 202) and says how it stands; while its status lags behind, it is waited for."""
    state = CancelState.WAITING if answer.state == CancelState.NONE else answer.state
    return CancelAnswer(state, code, answer.message, proof, at)


def _canonical(element: _Element) -> bytes:
    """Inclusive C14N with the namespaces in scope. As a document of its own: of a part of one, libxml2 writes xmlns=""
    where nothing is undeclared."""
    alone = etree.fromstring(etree.tostring(element))
    data: bytes = etree.tostring(alone, method="c14n", exclusive=False)
    return data


def _signed_info(signature: _Element, digest: str) -> _Element:
    info = etree.SubElement(signature, f"{{{DS}}}SignedInfo")
    etree.SubElement(info, f"{{{DS}}}CanonicalizationMethod", Algorithm=C14N)
    etree.SubElement(info, f"{{{DS}}}SignatureMethod", Algorithm=f"{DS}rsa-sha1")
    reference = etree.SubElement(info, f"{{{DS}}}Reference", URI="")
    transforms = etree.SubElement(reference, f"{{{DS}}}Transforms")
    etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=f"{DS}enveloped-signature")
    etree.SubElement(reference, f"{{{DS}}}DigestMethod", Algorithm=f"{DS}sha1")
    etree.SubElement(reference, f"{{{DS}}}DigestValue").text = digest
    return info


def _key_info(signature: _Element, seal: Seal) -> None:
    certificate = x509.load_der_x509_certificate(seal.certificate)
    about = etree.SubElement(etree.SubElement(signature, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
    issued = etree.SubElement(about, f"{{{DS}}}X509IssuerSerial")
    etree.SubElement(issued, f"{{{DS}}}X509IssuerName").text = certificate.issuer.rfc4514_string()
    etree.SubElement(issued, f"{{{DS}}}X509SerialNumber").text = str(certificate.serial_number)
    etree.SubElement(about, f"{{{DS}}}X509Certificate").text = base64.b64encode(seal.certificate).decode()
