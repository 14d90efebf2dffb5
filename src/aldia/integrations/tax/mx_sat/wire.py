"""One call to a service of SAT, within time and size, and what its faults mean.

Whether SAT took a request that it did not answer nobody knows: "no_answer", as against "connection" (nobody there).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from lxml import etree  # type: ignore[import-untyped]
from lxml.etree import _Element  # type: ignore[import-untyped]

from aldia.domain.fiscal.strict_xml import STRICT, is_too_deep
from aldia.domain.ports.tax import AuthorityFailure
from aldia.integrations import http

TIMEOUT = 45.0  # SAT thinks for long, and a request without an answer costs a period, a download one of two
PACKAGE_TIMEOUT, PACKAGE_SECONDS = 120.0, 900.0
MOST_ENVELOPE = 1024 * 1024 * 1024 * 4 // 3  # a zip of 1 GiB in base64
# https://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0.pdf, 12 (faults)
_SECURITY = frozenset({"InvalidSecurity", "InvalidSecurityToken", "SecurityTokenUnavailable", "FailedAuthentication",
                       "FailedCheck", "MessageExpired", "BadContextToken"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """Where an operation is asked for: the path of its service, and its name there."""

    path: str
    action: str


_MASS = "http://DescargaMasivaTerceros.sat.gob.mx"
SESSION = Service("/Autenticacion/Autenticacion.svc", "http://DescargaMasivaTerceros.gob.mx/IAutenticacion/Autentica")
VERIFY = Service(
    "/VerificaSolicitudDescargaService.svc", f"{_MASS}/IVerificaSolicitudDescargaService/VerificaSolicitudDescarga"
)
DOWNLOAD = Service("/DescargaMasivaService.svc", f"{_MASS}/IDescargaMasivaTercerosService/Descargar")
STATUS = Service("/ConsultaCFDIService.svc", "http://tempuri.org/IConsultaCFDIService/Consulta")


def asking(operation: str) -> Service:
    """The service that takes requests."""
    return Service("/SolicitaDescargaService.svc", f"{_MASS}/ISolicitaDescargaService/{operation}")


def call(base: str, service: Service, envelope: bytes, token: str = "") -> _Element:
    """The whole answer as XML, faults raised. Raises `AuthorityFailure`."""
    body = bytearray()
    status = carry(
        base, service, envelope, token, body.extend, most=http.MAX_ANSWER, seconds=http.MOST_SECONDS, timeout=TIMEOUT
    )
    try:
        root = parsed(bytes(body))
    except AuthorityFailure:
        refuse_status(status, with_token=bool(token))
        raise
    fault = root.find("{*}Body/{*}Fault")
    if fault is not None:
        refuse(_said(fault, "faultcode"), _said(fault, "faultstring"), with_token=bool(token))
    refuse_status(status, with_token=bool(token))
    return root


def carry(
    base: str, service: Service, envelope: bytes, token: str, take: Callable[[bytes], object], *, most: int,
    seconds: float, timeout: float,
) -> int:  # fmt: skip
    """Send an envelope and hand what comes to `take`, piece by piece; the status of the answer."""
    headers = {
        "Content-Type": 'text/xml;charset="utf-8"',
        "Accept": "text/xml",
        "Cache-Control": "no-cache",
        "SOAPAction": f'"{service.action}"',
    }
    if token:
        headers["Authorization"] = f'WRAP access_token="{token}"'
    try:
        return http.receive("POST", base.rstrip("/") + service.path, take, most=most, seconds=seconds, timeout=timeout,
                            headers=headers, content=envelope)  # fmt: skip
    except http.NotSent as error:
        text = f"No se pudo conectar con el SAT ({error.name})."
        raise AuthorityFailure("connection", text, permanent=error.settings) from None
    except http.NoAnswer as error:
        raise AuthorityFailure("no_answer", f"El SAT no contestó a tiempo ({error}).") from None


def parsed(body: bytes) -> _Element:
    """Strict XML without a DOCTYPE."""
    try:
        root = etree.fromstring(body, STRICT)
    except (etree.XMLSyntaxError, ValueError):
        garbled()
    if root.getroottree().docinfo.doctype or is_too_deep(root):
        garbled()
    return root


def refuse(code: str, text: str, *, with_token: bool) -> NoReturn:
    """Raise what a SOAP fault means: one about security, in a session, is the session's end."""
    code = code.rpartition(":")[2]
    if code in _SECURITY:
        said = "La sesión con el SAT terminó." if with_token else (
            "El SAT no aceptó la firma: revisa que la e.firma siga vigente y que el reloj del servidor esté en hora."
        )  # fmt: skip
        raise AuthorityFailure(code, said, is_token=with_token)
    raise AuthorityFailure(code[:40] or "fault", f"El SAT contestó con un error: {_line(text) or code}")


def refuse_status(status: int, *, with_token: bool) -> None:
    """Raise what an HTTP status other than 200 means when the answer itself says nothing."""
    if status == 200:
        return
    if status in (401, 403) and with_token:
        raise AuthorityFailure("session", "La sesión con el SAT terminó.", is_token=True)
    raise AuthorityFailure(f"http_{status}", f"El SAT no está disponible en este momento (HTTP {status}).")


def garbled() -> NoReturn:
    raise AuthorityFailure("garbled", "El SAT contestó algo que no se entiende.")


def _said(fault: _Element, name: str) -> str:
    return _line(fault.findtext(f"{{*}}{name}") or "")


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
