"""What is sent to SAT: SOAP 1.1 envelopes, signed with the e.firma.

SAT's service is of 2018 and takes RSA-SHA1 only; what is signed names one request and lives five minutes. The session
is opened with WS-Security (a signed timestamp); every request carries an enveloped XML signature over its operation
element, exclusive C14N (https://www.w3.org/TR/xml-exc-c14n/), as SAT's own samples do.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal.certificates import load
from aldia.domain.fiscal.mass_download import states_wanted
from aldia.domain.fiscal.printed import total_text
from aldia.domain.ports.tax import Query, Side, Signer, Wanted

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OPERATIONS = "http://DescargaMasivaTerceros.sat.gob.mx"
SESSION = "http://DescargaMasivaTerceros.gob.mx"
STATUS = "http://tempuri.org/"
DS = "http://www.w3.org/2000/09/xmldsig#"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA1, SHA1 = f"{DS}rsa-sha1", f"{DS}sha1"
LIFE = timedelta(minutes=5)
_TOKEN_ID, _TIME_ID = "efirma", "_0"
_WANTED = {Wanted.XML: "CFDI", Wanted.METADATA: "Metadata"}


def session(signer: Signer, now: datetime) -> bytes:
    """Autentica: proves by a signed timestamp who asks."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "u": WSU})
    header = etree.SubElement(envelope, f"{{{SOAP}}}Header")
    security = etree.SubElement(header, f"{{{WSSE}}}Security", {f"{{{SOAP}}}mustUnderstand": "1"}, nsmap={"o": WSSE})
    stamp = etree.SubElement(security, f"{{{WSU}}}Timestamp", {f"{{{WSU}}}Id": _TIME_ID})
    etree.SubElement(stamp, f"{{{WSU}}}Created").text = _instant(now)
    etree.SubElement(stamp, f"{{{WSU}}}Expires").text = _instant(now + LIFE)
    kinds = {f"{{{WSU}}}Id": _TOKEN_ID, "ValueType": _X509, "EncodingType": _BASE64}
    etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken", kinds).text = _base64(signer.certificate)
    about = etree.Element(f"{{{WSSE}}}SecurityTokenReference", nsmap={"o": WSSE})
    etree.SubElement(about, f"{{{WSSE}}}Reference", {"ValueType": _X509, "URI": f"#{_TOKEN_ID}"})
    security.append(_signature(signer, stamp, f"#{_TIME_ID}", about))
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    etree.SubElement(body, f"{{{SESSION}}}Autentica", nsmap={None: SESSION})
    return _bytes(envelope)


def request(signer: Signer, query: Query) -> tuple[str, bytes]:
    """The operation that asks for documents, and its envelope."""
    if query.uuid:
        operation, asked = "SolicitaDescargaFolio", {"Folio": query.uuid.lower(), "RfcSolicitante": signer.tax_id}
        return operation, _operation(signer, operation, "solicitud", asked)
    if query.since is None or query.until is None:
        raise ValueError("a period or a folio")
    is_issued = query.side is Side.ISSUED
    operation = "SolicitaDescargaEmitidos" if is_issued else "SolicitaDescargaRecibidos"
    asked = {
        "EstadoComprobante": states_wanted(query),
        "FechaFinal": query.until.isoformat(timespec="seconds"),
        "FechaInicial": query.since.isoformat(timespec="seconds"),
        "RfcEmisor" if is_issued else "RfcReceptor": signer.tax_id,
        "RfcSolicitante": signer.tax_id,
        "TipoSolicitud": _WANTED[query.wanted],
    }
    return operation, _operation(signer, operation, "solicitud", asked)


def progress(signer: Signer, request_id: str) -> bytes:
    asked = {"IdSolicitud": request_id, "RfcSolicitante": signer.tax_id}
    return _operation(signer, "VerificaSolicitudDescarga", "solicitud", asked)


def download(signer: Signer, package: str) -> bytes:
    asked = {"IdPaquete": package, "RfcSolicitante": signer.tax_id}
    return _operation(signer, "PeticionDescargaMasivaTercerosEntrada", "peticionDescarga", asked)


def status(*, issuer: str, receiver: str, total: str, uuid: str, seal_end: str) -> bytes:
    """Consulta: what the QR of a printed document says. "&" of a tax id is escaped once more, inside the text."""
    said = (("id", uuid), ("re", issuer), ("rr", receiver), ("tt", _total(total)), ("fe", seal_end))
    expression = "?" + "&".join(f"{name}={value.replace('&', '&amp;')}" for name, value in said if value)
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "tem": STATUS})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    asked = etree.SubElement(etree.SubElement(body, f"{{{STATUS}}}Consulta"), f"{{{STATUS}}}expresionImpresa")
    asked.text = expression
    return _bytes(envelope)


def _total(printed: str) -> str:
    """As the QR has it; what is no number goes as it is, and SAT says so."""
    try:
        return total_text(Decimal(printed))
    except (InvalidOperation, ValueError):
        return printed


def _operation(signer: Signer, operation: str, name: str, asked: dict[str, str]) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "des": OPERATIONS})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    signed = etree.SubElement(body, f"{{{OPERATIONS}}}{operation}")
    inner = etree.SubElement(signed, f"{{{OPERATIONS}}}{name}", dict(sorted(asked.items())))
    certificate = load(signer.certificate).x509
    about = etree.Element(f"{{{DS}}}X509Data", nsmap={None: DS})
    issued = etree.SubElement(about, f"{{{DS}}}X509IssuerSerial")
    etree.SubElement(issued, f"{{{DS}}}X509IssuerName").text = certificate.issuer.rfc4514_string()
    etree.SubElement(issued, f"{{{DS}}}X509SerialNumber").text = str(certificate.serial_number)
    etree.SubElement(about, f"{{{DS}}}X509Certificate").text = _base64(signer.certificate)
    inner.append(_signature(signer, signed, "", about))
    return _bytes(envelope)


def _signature(signer: Signer, what: _Element, uri: str, about: _Element) -> _Element:
    """A signature over an element, whose key is told by `about`. It is not yet part of the document."""
    signature = etree.Element(f"{{{DS}}}Signature", nsmap={None: DS})
    info = etree.SubElement(signature, f"{{{DS}}}SignedInfo")
    _methods(info, (("CanonicalizationMethod", C14N), ("SignatureMethod", RSA_SHA1)))
    reference = etree.SubElement(info, f"{{{DS}}}Reference", URI=uri)
    _methods(etree.SubElement(reference, f"{{{DS}}}Transforms"), (("Transform", C14N),))
    _methods(reference, (("DigestMethod", SHA1),))
    digest = hashlib.sha1(canonical(what)).digest()  # noqa: S324 (the protocol's)
    etree.SubElement(reference, f"{{{DS}}}DigestValue").text = _base64(digest)
    made = signer.sign(canonical(info), algorithm="sha1")
    etree.SubElement(signature, f"{{{DS}}}SignatureValue").text = _base64(made)
    etree.SubElement(signature, f"{{{DS}}}KeyInfo").append(about)
    return signature


def canonical(element: _Element) -> bytes:
    """Exclusive canonical form, the same wherever the element stands."""
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_comments=False))


def _methods(parent: _Element, rows: Iterable[tuple[str, str]]) -> None:
    for name, algorithm in rows:
        etree.SubElement(parent, f"{{{DS}}}{name}", Algorithm=algorithm)


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(envelope: _Element) -> bytes:
    return bytes(etree.tostring(envelope, encoding="UTF-8", xml_declaration=True))
