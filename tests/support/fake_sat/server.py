"""The HTTP server in front of the fake SAT: envelopes in, envelopes out, in the shapes that were recorded of SAT's."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from tests.support.fake_sat.checks import Refused, check_request, check_session, tax_id_of
from tests.support.fake_sat.sat import CODES, Call, FakeSat

NS = "http://DescargaMasivaTerceros.sat.gob.mx"
ACTIONS = {
    "Autentica": ("session", "/Autenticacion/Autenticacion.svc"),
    "SolicitaDescargaEmitidos": ("ask", "/SolicitaDescargaService.svc"),
    "SolicitaDescargaRecibidos": ("ask", "/SolicitaDescargaService.svc"),
    "SolicitaDescargaFolio": ("ask", "/SolicitaDescargaService.svc"),
    "VerificaSolicitudDescarga": ("progress", "/VerificaSolicitudDescargaService.svc"),
    "Descargar": ("download", "/DescargaMasivaService.svc"),
    "Consulta": ("status", "/ConsultaCFDIService.svc"),
}
GARBAGE = {
    "html": (200, b"<html><body>Servicio en mantenimiento</body></html>"),
    "garbage": (200, b"\x00\xff not xml"),
    "doctype": (
        200,
        b'<!DOCTYPE a [<!ENTITY e "x">]><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
    ),
}
FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode xmlns:a="http://docs.'
    'oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">a:%s</faultcode><faultstring '
    'xml:lang="en-US">%s</faultstring></s:Fault></s:Body></s:Envelope>'
)


@contextlib.contextmanager
def serving(sat: FakeSat) -> Iterator[FakeSat]:
    """The fake behind a free port of this machine."""
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            action = (self.headers.get("SOAPAction") or "").strip('"').rpartition("/")[2]
            operation = ACTIONS.get(action, ("", ""))[0]
            how = "503" if sat.down else sat.trouble(operation)
            if how in ("drop", "hang"):
                stop.wait(sat.hang_seconds if how == "hang" else 0)
                self.close_connection = True
                return
            if how.isdigit():
                status, answer = int(how), b""
            elif how in GARBAGE:
                status, answer = GARBAGE[how]
            else:
                with sat.lock:
                    status, answer = _answer(sat, action, self.path, body, self.headers.get("Authorization") or "", how)
            if how == "lost":
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(answer)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    sat.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield sat
    finally:
        stop.set()
        server.shutdown()
        server.server_close()


def _answer(sat: FakeSat, action: str, path: str, body: bytes, authorization: str, how: str) -> tuple[int, bytes]:
    """The answer to an envelope, and a line in the record of calls."""
    operation, where = ACTIONS.get(action, ("", ""))
    if path != where:
        return 404, b""
    call = Call(operation, sat.now, {})
    sat.calls.append(call)
    try:
        envelope = etree.fromstring(body)
        asked = envelope.find("{*}Body")[0]
        if how in ("fault", "security"):
            code = "InvalidSecurity" if how == "security" else "InternalServiceFault"
            call.answer = code
            return 500, (FAULT % (code, "An error occurred when verifying security for the message.")).encode()
        if how.startswith("code:"):
            raise Refused(how[5:], CODES.get(how[5:], "Código"))
        status, text = _served(sat, operation, action, asked, authorization, call)
    except Refused as refused:
        call.answer = refused.code
        status, text = _refused(operation, action, refused)
    except (etree.XMLSyntaxError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        call.answer = "301"
        status, text = _refused(operation, action, Refused("301", "XML Mal Formado"))
    return status, text.encode()


def _served(
    sat: FakeSat, operation: str, action: str, asked: etree._Element, authorization: str, call: Call
) -> tuple[int, str]:
    call.answer = "5000"
    if operation == "session":
        certificate = check_session(asked.getroottree().getroot(), sat.certificates, sat.now)
        token = sat.open(tax_id_of(certificate))
        call.sent = {"RfcSolicitante": tax_id_of(certificate)}
        return 200, _session(sat.now, sat.now + sat.token_life, token)
    if operation == "status":
        call.sent = {"expresionImpresa": asked.findtext("{*}expresionImpresa")}
        return 200, _status(*sat.status(call.sent["expresionImpresa"]))
    if not authorization.startswith('WRAP access_token="'):
        return 401, ""
    sent = check_request(asked, sat.certificates, sat.now)
    call.sent = sent
    sat.check_token(authorization[19:-1], sent["RfcSolicitante"])
    if operation == "ask":
        return 200, _result(action, IdSolicitud=sat.ask(action, sent), CodEstatus="5000", Mensaje=CODES["5000"])
    if operation == "progress":
        stage, code, found, packages = sat.progress(sent["IdSolicitud"], sent["RfcSolicitante"])
        inner = "".join(f"<IdsPaquetes>{name}</IdsPaquetes>" for name in packages)
        return 200, _result(
            action, inner, CodEstatus="5000", EstadoSolicitud=str(stage), CodigoEstadoSolicitud=code,
            NumeroCFDIs=str(found), Mensaje=CODES["5000"],
        )  # fmt: skip
    data = sat.download(sent["IdPaquete"], sent["RfcSolicitante"])
    return 200, _package("5000", CODES["5000"], base64.b64encode(data).decode())


def _refused(operation: str, action: str, refused: Refused) -> tuple[int, str]:
    """A refusal as each service writes it: the session's is a fault."""
    if operation == "session":
        return 500, FAULT % ("InvalidSecurity", "An error occurred when verifying security for the message.")
    if operation == "download":
        return 200, _package(refused.code, refused.message, "")
    if operation == "progress":
        said = {"EstadoSolicitud": "0", "CodigoEstadoSolicitud": "0", "NumeroCFDIs": "0"}
        return 200, _result(action, CodEstatus=refused.code, Mensaje=refused.message, **said)
    if operation == "status":
        return 200, _status("N - 601: La expresión impresa proporcionada no es válida.", None)
    return 200, _result(action, IdSolicitud="", CodEstatus=refused.code, Mensaje=refused.message)


def _envelope(body: str, header: str = "") -> str:
    return (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{header}<s:Body xmlns:xsi="http://www.w3.org/'
        f'2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">{body}</s:Body></s:Envelope>'
    )


def _result(action: str, inner: str = "", **attributes: str) -> str:
    said = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return _envelope(
        f'<{action}Response xmlns="{NS}"><{action}Result{said}>{inner}</{action}Result></{action}Response>'
    )


def _session(created: datetime, expires: datetime, token: str) -> str:
    wsu = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
    wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    start, end = (f"{each:%Y-%m-%dT%H:%M:%S}.000Z" for each in (created, expires))
    times = f"<u:Created>{start}</u:Created><u:Expires>{end}</u:Expires>"
    header = (
        f'<s:Header><o:Security xmlns:o="{wsse}" s:mustUnderstand="1"><u:Timestamp xmlns:u="{wsu}" u:Id="_0">{times}'
        "</u:Timestamp></o:Security></s:Header>"
    )
    inner = f"<AutenticaResult>{token}</AutenticaResult>"
    return _envelope(f'<AutenticaResponse xmlns="{NS.replace(".sat", "")}">{inner}</AutenticaResponse>', header)


def _package(code: str, message: str, data: str) -> str:
    header = (
        f'<s:Header><h:respuesta CodEstatus={quoteattr(code)} Mensaje={quoteattr(message)} xmlns:h="{NS}"/></s:Header>'
    )
    name = "RespuestaDescargaMasivaTercerosSalida"
    return _envelope(f'<{name} xmlns="{NS}"><Paquete>{data}</Paquete></{name}>', header)


def _status(code: str, found: Any) -> str:
    state, cancelable, cancellation, listed = "No Encontrado", "", "", ""
    if found is not None:
        state = "Cancelado" if found.cancelled_at else "Vigente"
        cancelable, cancellation = found.cancelable, found.cancellation
        listed = "100" if found.is_listed_issuer else "200"
    rows = (("CodigoEstatus", code), ("EsCancelable", cancelable), ("Estado", state),
            ("EstatusCancelacion", cancellation), ("ValidacionEFOS", listed))  # fmt: skip
    inner = "".join(f"<a:{name}>{value}</a:{name}>" for name, value in rows)
    space = "http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio"
    return _envelope(
        f'<ConsultaResponse xmlns="http://tempuri.org/"><ConsultaResult xmlns:a="{space}">{inner}</ConsultaResult>'
        "</ConsultaResponse>"
    )
