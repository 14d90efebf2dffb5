"""PACs on this machine: real HTTP servers that speak as SW Sapien, Finkok and Facturama do, and do as they are told.

Each looks at what it is sent (schema, seal, credentials, the signature of a cancellation, for real) and stamps once:
the second time it says so the way that PAC does. `moods` are used up one a request: "slow" (answers too late), "drop"
(hangs up before it looks), "drop_after" (stamps, then hangs up), "500", "503", "html", "refuse", "balance",
"gone" (says 307 and gives nothing).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from aldia.domain.ports.stamping import Stamped, StampRefused
from aldia.integrations.stamping.simulated_pac import SimulatedPac

C = "{http://www.sat.gob.mx/cfd/4}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
CANCEL = "{http://cancelacfd.sat.gob.mx}"
USER, PASSWORD, TOKEN = "empresa@tresrios.example", "Canario-7Q-clave", "T-canario-00117"
CHILDREN_FIRST = "no_cancelable"


@dataclass
class FakePac:
    """What one PAC holds and how it behaves. `press` stamps; what came in is kept in `asked`."""

    home: Path
    moods: list[str] = field(default_factory=list)
    seconds: int = 3
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path of each request
    stamps: dict[str, Stamped] = field(default_factory=dict)  # by seal (Facturama: by its own id)
    cancelled: dict[str, tuple[str, str]] = field(default_factory=dict)  # by UUID: motive, replacement
    status: tuple[str, str] = ("Cancelado", "Cancelado sin aceptación")
    bodies: list[bytes] = field(default_factory=list)
    sealer: Any = None  # Facturama seals by itself: the CSD that was uploaded there
    lock: threading.Lock = field(default_factory=threading.Lock)

    def stamp(self, xml: bytes) -> tuple[Stamped, bool]:
        """The stamp of a document, and whether it had one. Raises `StampRefused`."""
        seal = etree.fromstring(xml).get("Sello") or ""
        with self.lock:
            if seal in self.stamps:
                return self.stamps[seal], True
            self.stamps[seal] = SimulatedPac({"home": str(self.home)}, {}).stamp(xml, key="fake")
            return self.stamps[seal], False

    def take_cancellation(self, request: bytes) -> tuple[str, str]:
        """The code of a signed request: 201, 202 or why not; and its UUID."""
        root = etree.fromstring(request)
        folio = root.find(f"{CANCEL}Folios/{CANCEL}Folio")
        uuid = folio.get("UUID")
        if not is_well_signed(request):
            return "302", uuid
        known = {stamped.uuid for stamped in self.stamps.values()}
        if uuid not in known:
            return "205", uuid
        code = "202" if uuid in self.cancelled else "201"
        self.cancelled[uuid] = (folio.get("Motivo"), folio.get("FolioSustitucion") or "")
        return code, uuid


def is_well_signed(request: bytes) -> bool:
    """Verify the enveloped signature of a cancellation as SAT does: digest of the document, then the signature."""
    root = etree.fromstring(request)
    signature = root.find(f"{DS}Signature")
    alone = etree.fromstring(etree.tostring(signature.find(f"{DS}SignedInfo")))  # see `cancelling._canonical`
    info = etree.tostring(alone, method="c14n", exclusive=False)
    wanted = signature.findtext(f"{DS}SignedInfo/{DS}Reference/{DS}DigestValue")
    value = base64.b64decode(signature.findtext(f"{DS}SignatureValue"))
    der = base64.b64decode(signature.findtext(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate"))
    root.remove(signature)
    digest = hashlib.sha1(etree.tostring(root, method="c14n", exclusive=False)).digest()
    if base64.b64encode(digest).decode() != wanted:
        return False
    certificate = x509.load_der_x509_certificate(der)
    try:
        certificate.public_key().verify(value, info, padding.PKCS1v15(), hashes.SHA1())  # type: ignore[union-attr,call-arg,arg-type]
    except Exception:
        return False
    holder = certificate.subject.get_attributes_for_oid(x509.oid.NameOID.X500_UNIQUE_IDENTIFIER)[0].value
    return str(holder).split(" ")[0] == root.get("RfcEmisor") and datetime.fromisoformat(root.get("Fecha")) is not None


class _Handler(BaseHTTPRequestHandler):
    """What the three share: moods, and answers whole or cut."""

    protocol_version = "HTTP/1.1"
    pac: FakePac

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        self._take("POST")

    def do_GET(self) -> None:
        self._take("GET")

    def do_DELETE(self) -> None:
        self._take("DELETE")

    def _take(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        self.pac.asked.append((method, self.path))
        self.pac.bodies.append(self.body)
        self.mood = self.pac.moods.pop(0) if self.pac.moods else ""
        if self.mood == "slow":
            time.sleep(self.pac.seconds)
        if self.mood == "drop":
            self._hang_up()
        elif self.mood in ("500", "503"):
            self.send(int(self.mood), b"<html>Service Unavailable</html>", "text/html")
        elif self.mood == "html":
            self.send(200, b"<html>Mantenimiento</html>", "text/html")
        else:
            self.answer(method, urlsplit(self.path).path, parse_qs(urlsplit(self.path).query))

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> None:
        raise NotImplementedError

    def send(self, status: int, body: bytes, kind: str) -> None:
        if self.mood == "drop_after":
            self._hang_up()
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def send_json(self, found: Any, status: int = 200) -> None:
        self.send(status, json.dumps(found).encode(), "application/json")

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def multipart(self) -> bytes:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        part = message_from_bytes(head + self.body).get_payload()[0]  # type: ignore[index]
        return bytes(part.get_payload(decode=True))  # type: ignore[union-attr,arg-type]


class SwHandler(_Handler):
    """SW Sapien: multipart, a token, {"status": …, "data": …}; 307 with the stamp that there is."""

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> None:
        del method, query
        if path == "/v2/security/authenticate":
            who = json.loads(self.body)
            works = (who.get("user"), who.get("password")) == (USER, PASSWORD)
            self.send_json(
                {"status": "success", "data": {"token": TOKEN, "expires_in": 1}}
                if works
                else {"status": "error", "message": "AU2000 El usuario y/o contraseña son inválidos"},
                200 if works else 400,
            )
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send_json({"status": "error", "message": f"Token {self.headers.get('Authorization')}"}, 401)
        elif path == "/account/balance":
            self.send_json({"status": "success", "data": {"saldoTimbres": 117, "unlimited": False}})
        elif path == "/v4/cfdi33/stamp/v2":
            self._stamp()
        elif path == "/cfdi33/cancel/xml":
            self._cancel()
        else:
            self.send_json({"status": "error", "message": "404"}, 404)

    def _stamp(self) -> None:
        if self.mood == "refuse":
            said = "CFDI40147 - El campo Nombre del receptor no es el registrado."
            self.send_json({"status": "error", "message": said, "messageDetail": f"token {TOKEN}"}, 400)
            return
        if self.mood == "balance":
            said = "La cuenta no cuenta con timbres disponibles."
            self.send_json({"status": "error", "message": said}, 400)
            return
        try:
            stamped, again = self.pac.stamp(self.multipart())
        except StampRefused as refusal:
            self.send_json({"status": "error", "message": f"{refusal.code} - {refusal.text}"}, 400)
            return
        tfd = etree.fromstring(stamped.xml).find(".//{http://www.sat.gob.mx/TimbreFiscalDigital}*")
        data = {"tfd": etree.tostring(tfd, encoding="unicode"), "cfdi": stamped.xml.decode()}
        if self.mood == "apart":
            data["cfdi"] = ""
        if again:
            said = "307. El comprobante contiene un timbre previo."
            self.send_json({"status": "error", "message": said, "data": None if self.mood == "gone" else data}, 400)
        else:
            self.send_json({"status": "success", "data": data})

    def _cancel(self) -> None:
        code, uuid = self.pac.take_cancellation(self.multipart())
        proof = f"<Acuse><UUID>{uuid}</UUID></Acuse>"
        self.send_json({"status": "success", "data": {"acuse": proof, "uuid": {uuid: code}}})


class StatusHandler(_Handler):
    """SAT's status service, for PACs that have none."""

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> None:
        del method, path, query
        state, cancellation = self.pac.status
        self.send(
            200,
            (
                '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
                '<ConsultaResponse xmlns="http://tempuri.org/"><ConsultaResult '
                'xmlns:a="http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio">'
                "<a:CodigoEstatus>S - Comprobante obtenido satisfactoriamente.</a:CodigoEstatus>"
                f"<a:EsCancelable>Cancelable sin aceptación</a:EsCancelable><a:Estado>{state}</a:Estado>"
                f"<a:EstatusCancelacion>{cancellation}</a:EstatusCancelacion><a:ValidacionEFOS>200</a:ValidacionEFOS>"
                "</ConsultaResult></ConsultaResponse></s:Body></s:Envelope>"
            ).encode(),
            "text/xml",
        )


class FinkokHandler(_Handler):
    """Finkok: SOAP; codes as Incidencias; 307 without the document, which `stamped` gives."""

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> None:
        del method, path, query
        root = etree.fromstring(self.body)
        asked = root.find("{http://schemas.xmlsoap.org/soap/envelope/}Body")[0]
        name = etree.QName(asked).localname
        given = {etree.QName(each).localname: each.text or "" for each in asked}
        if (given.get("username"), given.get("password")) != (USER, PASSWORD):
            self._say(
                name,
                {
                    "CodigoError": "300",
                    "MensajeIncidencia": f"Usuario inválido {given.get('password')}",
                    "error": "Invalid username or password",
                },
            )
        elif name in ("stamp", "stamped"):
            self._stamp(name, base64.b64decode(given["xml"]))
        elif name == "cancel_signature":
            self._cancel(base64.b64decode(given["xml"]))
        elif name == "get_sat_status":
            state, cancellation = self.pac.status
            self._say(name, {"Estado": state, "EstatusCancelacion": cancellation, "CodigoEstatus": "S - Comprobante"})
        elif name == "datetime":
            self._say(name, {"datetime": "2026-09-10T12:00:00"})

    def _stamp(self, name: str, xml: bytes) -> None:
        seal = etree.fromstring(xml).get("Sello")
        if self.mood == "fault":
            body = "<s:Fault><faultcode>Server</faultcode><faultstring>Se cayó</faultstring></s:Fault>"
            self._soap(body, 500)
        elif self.mood in ("refuse", "balance"):
            said = {
                "refuse": ("CFDI40147", "El nombre del receptor no es el registrado."),
                "balance": ("702", "El RFC emisor no está asociado con la cuenta."),
            }[self.mood]
            self._say(name, {"CodigoError": said[0], "MensajeIncidencia": said[1]})
        elif name == "stamped" and (seal not in self.pac.stamps or self.mood == "gone"):
            self._say(name, {"CodigoError": "603", "MensajeIncidencia": "El CFDI no contiene un timbre previo"})
        else:
            try:
                stamped, again = self.pac.stamp(xml)
            except StampRefused as refusal:
                self._say(name, {"CodigoError": refusal.code, "MensajeIncidencia": refusal.text})
                return
            if again and name == "stamp":
                self._say(name, {"CodigoError": "307", "MensajeIncidencia": "El CFDI contiene un timbre previo"})
            else:
                self._say(
                    name,
                    {
                        "xml": stamped.xml.decode(),
                        "UUID": stamped.uuid,
                        "CodEstatus": "Comprobante timbrado satisfactoriamente",
                    },
                )

    def _cancel(self, request: bytes) -> None:
        code, uuid = self.pac.take_cancellation(request)
        if self.mood == CHILDREN_FIRST:
            code = CHILDREN_FIRST
        if code == "205":
            self._say("cancel_signature", {"CodEstatus": f"UUID: {uuid} No Encontrado"})
            return
        self._say(
            "cancel_signature", {"UUID": uuid, "EstatusUUID": code, "Acuse": f"<Acuse><UUID>{uuid}</UUID></Acuse>"}
        )

    def _say(self, name: str, found: dict[str, str]) -> None:
        inner = "".join(f"<a:{key}>{escape(value)}</a:{key}>" for key, value in found.items())
        self._soap(
            f'<t:{name}Response xmlns:t="http://facturacion.finkok.com/stamp"><t:{name}Result '
            f'xmlns:a="apps.services.soap.core.views">{inner}</t:{name}Result></t:{name}Response>',
            200,
        )

    def _soap(self, body: str, status: int) -> None:
        whole = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
        self.send(status, whole.encode(), "text/xml; charset=utf-8")


class FacturamaHandler(_Handler):
    """Facturama: JSON, Basic, ids of its own; it writes and seals the document itself and knows no idempotency key."""

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> None:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self.send_json({"Message": "Authorization has been denied for this request."}, 401)
        elif path == "/api-lite/csds":
            self.send_json([{"Rfc": "DTR980623K40"}])
        elif method == "POST":
            self._make()
        elif path.startswith("/cfdi/xml/issuedLite/"):
            kept = self.pac.stamps[path.rpartition("/")[2]]
            self.send_json({"ContentEncoding": "base64", "Content": base64.b64encode(kept.xml).decode()})
        elif path == "/api-lite/cfdis":
            self.send_json([row for row in map(self._row, self.pac.stamps) if _fits(row, query)])
        elif method == "DELETE":
            self._cancel(path.rpartition("/")[2], query)
        else:
            row = self._row(path.rpartition("/")[2])
            state = {"En proceso": "pending", "Solicitud rechazada": "rejected"}.get(self.pac.status[1], "canceled")
            self.send_json(row | {"Status": state if row["Uuid"] in self.pac.cancelled else "active"})

    def _make(self) -> None:
        if self.mood == "refuse":
            self.send_json(
                {
                    "Message": "La solicitud no es válida.",
                    "ModelState": {"Receiver.Name": ["CFDI40147 - El nombre no es el registrado."]},
                },
                400,
            )
            return
        if self.mood == "balance":
            self.send_json({"Message": "No tienes folios disponibles."}, 400)
            return
        asked = json.loads(self.body)
        xml = self.pac.sealer(asked)
        stamped = SimulatedPac({"home": str(self.pac.home)}, {}).stamp(xml, key="fake")
        name = f"F{len(self.pac.stamps) + 1}"
        self.pac.stamps[name] = stamped
        self.send_json({"Id": name, "Complement": {"TaxStamp": {"Uuid": stamped.uuid}}}, 201)

    def _row(self, name: str) -> dict[str, Any]:
        root = etree.fromstring(self.pac.stamps[name].xml)
        return {
            "Id": name,
            "Folio": root.get("Folio"),
            "Serie": root.get("Serie"),
            "Total": root.get("Total"),
            "Rfc": root.find(f"{C}Receptor").get("Rfc"),
            "Uuid": self.pac.stamps[name].uuid,
        }

    def _cancel(self, name: str, query: dict[str, list[str]]) -> None:
        row = self._row(name)
        self.pac.cancelled[row["Uuid"]] = (query["motive"][0], query.get("uuidReplacement", [""])[0])
        state = {"En proceso": "pending", "Solicitud rechazada": "rejected"}.get(self.pac.status[1], "canceled")
        proof = base64.b64encode(b"<Acuse/>").decode()
        self.send_json({"Status": state, "Message": self.pac.status[1], "Uuid": row["Uuid"], "AcuseXmlBase64": proof})


def _fits(row: dict[str, Any], query: dict[str, list[str]]) -> bool:
    """As their filters: by folio, by series, by RFC, by a word."""
    wanted = {"folioStart": "Folio", "serie": "Serie", "rfc": "Rfc"}
    if any(name in query and query[name][0] != row[own] for name, own in wanted.items()):
        return False
    return "keyword" not in query or query["keyword"][0] in (row["Uuid"], row["Folio"])


@contextlib.contextmanager
def serving(pac: FakePac, handler: type[_Handler], port: int = 0) -> Iterator[str]:
    """The address of a server that answers for a PAC."""
    own = type(handler.__name__, (handler,), {"pac": pac})
    server = ThreadingHTTPServer(("127.0.0.1", port), own)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
